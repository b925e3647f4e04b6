package web

import (
	"cmp"
	"slices"
	"strings"
)

// sentForm is a form as one of its buttons sends it.
type sentForm struct {
	address  string
	controls []*node
}

// sentForms are the forms of a page that act, once for each address that they are sent to.
func sentForms(doc *node) (all []sentForm) {
	controls, forms := map[*node][]*node{}, map[string]*node{}
	for n := range doc.Descendants() {
		if n.Data == "form" {
			forms[attribute(n, "id")] = n
		}
	}
	for n := range doc.Descendants() {
		if !slices.Contains([]string{"input", "button", "select", "textarea"}, n.Data) {
			continue
		}
		form := n.Parent
		for form != nil && form.Data != "form" {
			form = form.Parent
		}
		if id := attribute(n, "form"); id != "" {
			form = forms[id]
		}
		controls[form] = append(controls[form], n)
	}
	for form, of := range controls {
		if form == nil || attribute(form, "method") != "post" {
			continue
		}
		addresses := map[string]bool{}
		for _, n := range of {
			if n.Data == "button" && attribute(n, "type") == "" && !has(n, "disabled") {
				address, _, _ := strings.Cut(cmp.Or(attribute(n, "formaction"), attribute(form, "action")), "?")
				addresses[address] = true
			}
		}
		for address := range addresses {
			all = append(all, sentForm{address, of})
		}
	}
	return all
}

func (f sentForm) count(name string) (n int) {
	for _, c := range f.controls {
		if attribute(c, "name") == name {
			n++
		}
	}
	return n
}
