package site

import (
	"bytes"
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// refill returns a page with what was typed in the form that posts to an address,
// and a note that says so. What the page has no box for any more is in the note.
func refill(page []byte, post string, values url.Values) ([]byte, error) {
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	left := maps.Clone(values)
	for _, control := range controlsOf(doc, bestForm(doc, post, values)) {
		name := attr(control, "name")
		if texts, typed := values[name]; name != "" {
			fillControl(control, texts, typed)
			delete(left, name)
		}
	}
	addNote(doc, left)
	var b bytes.Buffer
	err = html.Render(&b, doc)
	return b.Bytes(), err
}

// bestForm finds the form that posts to an address; of several, such as one in
// each row of a list, the one that shares most with what was sent.
func bestForm(doc *html.Node, post string, values url.Values) *html.Node {
	var best *html.Node
	most := -1
	for form := range doc.Descendants() {
		if form.DataAtom != atom.Form || !strings.EqualFold(attr(form, "method"), "post") {
			continue
		}
		if !sendsTo(doc, form, post) {
			continue
		}
		shared := 0
		for _, control := range controlsOf(doc, form) {
			texts, typed := values[attr(control, "name")]
			if typed {
				shared++
			}
			if typed && attr(control, "type") == "hidden" && slices.Contains(texts, attr(control, "value")) {
				shared += 100 // it is about the same thing
			}
		}
		if shared > most {
			best, most = form, shared
		}
	}
	return best
}

// sendsTo reports whether a form goes to a path, by its own address or by that of one of its buttons.
func sendsTo(doc, form *html.Node, path string) bool {
	fits := func(address string) bool {
		to, err := url.Parse(address)
		return err == nil && to.Path == path
	}
	if fits(attr(form, "action")) {
		return true
	}
	id := attr(form, "id")
	for n := range doc.Descendants() {
		if n.DataAtom != atom.Button || !fits(attr(n, "formaction")) {
			continue
		}
		if owner := attr(n, "form"); owner == "" && slices.Contains(slices.Collect(n.Ancestors()), form) ||
			owner != "" && owner == id {
			return true
		}
	}
	return false
}

// controlsOf lists the inputs of a form, those outside that name it included.
func controlsOf(doc, form *html.Node) (controls []*html.Node) {
	if form == nil {
		return nil
	}
	id := attr(form, "id")
	for n := range doc.Descendants() {
		if n.DataAtom != atom.Input && n.DataAtom != atom.Textarea && n.DataAtom != atom.Select {
			continue
		}
		owner := attr(n, "form")
		if owner == "" && slices.Contains(slices.Collect(n.Ancestors()), form) || owner != "" && owner == id {
			controls = append(controls, n)
		}
	}
	return controls
}

// fillControl puts texts into an input; what was not sent is unticked, since
// browsers send only boxes that are ticked.
func fillControl(n *html.Node, texts []string, typed bool) {
	switch {
	case n.DataAtom == atom.Textarea && typed:
		for child := n.FirstChild; child != nil; child = n.FirstChild {
			n.RemoveChild(child)
		}
		n.AppendChild(textNode(UnixLines(texts[0])))
	case n.DataAtom == atom.Select && typed:
		for option := range n.Descendants() {
			if option.DataAtom == atom.Option {
				mark(option, "selected", slices.Contains(texts, attr(option, "value")))
			}
		}
	case n.DataAtom == atom.Input:
		switch attr(n, "type") {
		case "checkbox", "radio":
			mark(n, "checked", slices.Contains(texts, cmp.Or(attr(n, "value"), "on")))
		case "password", "file", "submit", "button", "image", "reset":
		default:
			if typed {
				setAttr(n, "value", texts[0])
			}
		}
	}
}

// addNote says at the top of a page that the text is back, with the rest of it.
func addNote(doc *html.Node, left url.Values) {
	for name := range left {
		if strings.HasPrefix(name, "was.") || strings.TrimSpace(strings.Join(left[name], "")) == "" ||
			slices.Contains(unseenNames, name) {
			delete(left, name)
		}
	}
	note := element("div", "class", "note", "role", "status")
	note.AppendChild(
		textNode("What you typed is back. It was not sent again. Passwords and keys have to be entered again."))
	if len(left) > 0 {
		list := element("dl")
		for _, name := range slices.Sorted(maps.Keys(left)) {
			term, described := element("dt"), element("dd")
			term.AppendChild(textNode(name))
			described.AppendChild(textNode(strings.Join(left[name], "\n")))
			list.AppendChild(term)
			list.AppendChild(described)
		}
		note.AppendChild(textNode(" This page has no box for:"))
		note.AppendChild(list)
	}
	for n := range doc.Descendants() {
		if n.DataAtom == atom.Main {
			n.InsertBefore(note, n.FirstChild)
			return
		}
	}
}

// unseenNames are of hidden inputs and of buttons, which nobody typed.
var unseenNames = []string{"run_id", "id", "connection", "agreed", "as", "from", "organizations", "token",
	"repair", "row"}

func element(name string, attributes ...string) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
	for i := 0; i+1 < len(attributes); i += 2 {
		setAttr(n, attributes[i], attributes[i+1])
	}
	return n
}

func textNode(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func setAttr(n *html.Node, name, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

// mark sets or removes an attribute without a value.
func mark(n *html.Node, name string, set bool) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if set {
		setAttr(n, name, "")
	}
}
