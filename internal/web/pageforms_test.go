package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// formOfPage is a form of a page with the values that it would send now.
type formOfPage struct {
	page   *page
	action string
	values url.Values
	node   *node
}

// form returns the page's form with a button of that text.
func (p *page) form(button string) *formOfPage {
	p.b.t.Helper()
	for _, c := range p.all(func(n *node) bool { return n.Data == "button" && strings.HasPrefix(textOf(n), button) }) {
		n := c.Parent
		for n != nil && n.Data != "form" {
			n = n.Parent
		}
		if id := attribute(c, "form"); id != "" { // it stands in another form, or in none
			n = p.byID(id)
		}
		if n == nil {
			continue
		}
		f := &formOfPage{page: p, action: cmp.Or(attribute(c, "formaction"), attribute(n, "action")),
			values: url.Values{}, node: n}
		for _, c := range f.controls() {
			f.take(c)
		}
		if name := attribute(c, "name"); name != "" {
			f.values.Set(name, attribute(c, "value"))
		}
		return f
	}
	p.b.t.Fatalf("%s has no form with a button %q:\n%s", p.address, button, p.text())
	return nil
}

// controls are those in the form, and those elsewhere on the page that name it.
func (f *formOfPage) controls() (all []*node) {
	id, doc := attribute(f.node, "id"), f.node
	for doc.Parent != nil {
		doc = doc.Parent
	}
	for n := range doc.Descendants() {
		if n.Data == "button" {
			continue
		}
		of := n.Parent
		for of != nil && of != f.node {
			of = of.Parent
		}
		if named := attribute(n, "form"); named == "" && of != nil || named != "" && named == id {
			all = append(all, n)
		}
	}
	return all
}

// take adds what one control would send.
func (f *formOfPage) take(n *node) {
	name := attribute(n, "name")
	if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
		return
	}
	switch n.Data {
	case "input":
		if kind := attribute(n, "type"); (kind != "radio" && kind != "checkbox") || has(n, "checked") {
			f.values.Set(name, attribute(n, "value"))
		}
	case "textarea":
		text := ""
		if n.FirstChild != nil {
			text = n.FirstChild.Data
		}
		f.values.Set(name, strings.ReplaceAll(text, "\n", "\r\n"))
	case "select":
		first := true
		for o := range n.Descendants() {
			if o.Data == "option" && (first || has(o, "selected")) {
				f.values.Set(name, attribute(o, "value"))
				first = false
			}
		}
	}
}

// set types into a control that the form must have.
func (f *formOfPage) set(name, value string) *formOfPage {
	f.page.b.t.Helper()
	for _, n := range f.controls() {
		if attribute(n, "name") == name && !has(n, "disabled") &&
			(attribute(n, "type") != "radio" || attribute(n, "value") == value) {
			f.values.Set(name, value)
			return f
		}
	}
	f.page.b.t.Fatalf("%s: the form has no control %s=%s", f.page.address, name, value)
	return nil
}

// untick takes the tick off a box.
func (f *formOfPage) untick(name string) *formOfPage { f.values.Del(name); return f }

// send posts the form and follows the redirect.
func (f *formOfPage) send(header ...string) *page {
	f.page.b.t.Helper()
	return f.post(header...).follow()
}

// post posts the form and returns the answer itself.
func (f *formOfPage) post(header ...string) *page {
	f.page.b.t.Helper()
	return f.page.b.send(http.MethodPost, f.action, f.values, header...)
}

// box is the control of that name as the page shows it, and the fault beside it.
func (p *page) box(name string) (value, fault string) {
	p.b.t.Helper()
	return p.control(name, "-error")
}

// note is the control of that name, and the remark beside it.
func (p *page) note(name string) (value, note string) {
	p.b.t.Helper()
	return p.control(name, "-note")
}

func (p *page) control(name, beside string) (value, words string) {
	p.b.t.Helper()
	found := p.all(func(n *node) bool { return attribute(n, "name") == name && attribute(n, "type") != "hidden" })
	if len(found) == 0 {
		p.b.t.Fatalf("%s has no control %q", p.address, name)
	}
	n := found[0]
	value = attribute(n, "value")
	if n.Data == "textarea" || n.Data == "select" {
		f := formOfPage{values: url.Values{}}
		f.take(n)
		value = f.values.Get(name)
	}
	for id := range strings.FieldsSeq(attribute(n, "aria-describedby")) {
		if strings.HasSuffix(id, beside) {
			words = textOf(p.byID(id))
		}
	}
	return value, words
}
