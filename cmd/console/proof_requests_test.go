//go:build proof

package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"duodesk/internal/duo/catalog"
)

// finder walks over the pages of a site like a person and collects what can be
// asked of the console: addresses with parameters, and forms.
type finder struct {
	s      *site
	client *http.Client
	rows   []row
	kinds  map[string]bool
	empty  map[row]bool // rows whose form carries nothing
	next   []string     // paths with queries
	pages  map[row]string
	found  []probe
}

// strangers are the pages of who is not signed in, whose forms are sent without a
// session: what signs in ends the session that it came with.
var strangers = []string{"/signin", "/invitation"}

// findRequests looks at one page of each kind, sends the forms that destroy
// nothing, and looks at where they lead as well. token is of an invitation, and
// starts are addresses besides.
func (s *site) findRequests(token string, starts ...string) *finder {
	s.t.Helper()
	f := &finder{s: s, client: s.browser(s.owner), rows: routeTable(s.t), kinds: map[string]bool{}, empty: map[row]bool{}, pages: map[row]string{}}
	for _, page := range strangers {
		f.look(page, http.DefaultClient)
	}
	for _, p := range f.found {
		if p.form.Has("token") { // which a script would take from the link
			p.form.Set("token", token)
			f.send(p)
		}
	}
	f.add("/")
	f.add("/w/" + s.ws.Slug)
	f.add("/account?done=session") // where ending one leads, which nobody does here yet
	for _, start := range starts { // also where another of the kind is there
		f.next = append(f.next, "/w/"+s.ws.Slug+start)
	}
	f.all()
	for _, p := range slices.Clone(f.found) {
		if p.method == http.MethodPost && p.harm() == 0 {
			f.send(p)
		}
	}
	f.all()
	// Scripts ask how a run is getting on.
	for _, pattern := range []string{"/w/:ws/runs/:run", "/w/:ws/o/:org/runs/:run"} {
		if address := f.pages[row{http.MethodGet, pattern}]; address != "" {
			f.look(address+"/events", f.client)
		}
	}
	f.client.CloseIdleConnections()
	return f
}

// harm says how much later probes miss when this one is sent: what it changes,
// ends or deletes. Those that do the most harm come last.
func (p probe) harm() int {
	if p.method != http.MethodPost || strings.HasSuffix(p.row.pattern, "/connection/auth/activate") {
		return -1 // changes nothing, or is taken along by another connection
	}
	for harm, words := range [][]string{{"/account/password"}, {"/signout", "/end", "/account/sessions"}, {"delete", "/remove", "/discard", "/own/activate"}, {"/activate"}, {"disassociate", "un-assign", "/disable", "/enable", "/revoke", "/accept", "/repair", "/import/preview"}} {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(p.address, w) }) {
			return 6 - harm
		}
	}
	return 0
}

func (f *finder) add(address string) {
	address, _, _ = strings.Cut(address, "#")
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return
	}
	r, known := rowOf(f.rows, http.MethodGet, u.Path)
	names := slices.Sorted(maps.Keys(u.Query()))
	kind := r.pattern + " " + strings.Join(names, " ")
	// A form of each action is looked at, but what narrows a list only once.
	if strings.HasSuffix(r.pattern, ":action") && len(names) == 0 {
		kind = u.Path
	}
	if !known || f.kinds[kind] || r.pattern == "/static/*" {
		return
	}
	f.kinds[kind] = true
	f.next = append(f.next, address)
}

func (f *finder) all() {
	for len(f.next) > 0 {
		address := f.next[0]
		f.next = f.next[1:]
		f.look(address, f.client)
	}
}

// look reads a page: where it leads, and its forms.
func (f *finder) look(address string, client *http.Client) {
	answer, err := client.Get(f.s.url + address)
	if err != nil {
		f.s.t.Error(err)
		return
	}
	defer answer.Body.Close()
	f.add(answer.Header.Get("Location"))
	path, query, _ := strings.Cut(address, "?")
	r, _ := rowOf(f.rows, http.MethodGet, path)
	if f.pages[r] == "" && answer.StatusCode < 400 {
		f.pages[r] = address
	}
	if query != "" && answer.StatusCode < 400 {
		f.found = append(f.found, probe{method: http.MethodGet, address: address, row: r})
	}
	f.read(answer, path)
}

// read takes links and forms out of a page.
func (f *finder) read(answer *http.Response, path string) {
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		return
	}
	page, err := html.Parse(answer.Body)
	if err != nil {
		f.s.t.Error(err)
		return
	}
	for n := range page.Descendants() {
		switch {
		case n.Data == "a":
			f.add(attr(n, "href"))
		case n.Data == "form":
			f.form(n, attr(n, "action"), path)
			for button := range n.Descendants() {
				if has(button, "formaction") {
					f.form(n, attr(button, "formaction"), path)
				}
			}
		}
	}
}

// form notes a form with what it holds; empty boxes are filled.
func (f *finder) form(n *html.Node, action, here string) {
	fields := url.Values{}
	for e := range n.Descendants() {
		name, value := attr(e, "name"), attr(e, "value")
		switch kind := attr(e, "type"); {
		case name == "" || e.Data != "input" && e.Data != "select" && e.Data != "textarea" && e.Data != "button":
		case (kind == "radio" || kind == "checkbox") && !has(e, "checked") && fields.Has(name), e.Data == "button" && fields.Has(name):
		case e.Data == "select":
			fields.Set(name, chosen(e))
		case e.Data == "textarea":
			fields.Set(name, "words")
		case value == "" && kind != "hidden" && kind != "password":
			text, optional := exampleOf(action, name)
			if offered := offeredIn(n, attr(e, "list")); offered != "" {
				text = offered
			}
			if text == "" && !optional {
				text = filling(name, kind)
			}
			fields.Set(name, text)
		default:
			fields.Set(name, value)
		}
	}
	if action == "" {
		action = here
	}
	if !strings.EqualFold(attr(n, "method"), "post") {
		f.add(action + "?" + fields.Encode())
		return
	}
	path, _, _ := strings.Cut(action, "?")
	r, _ := rowOf(f.rows, http.MethodPost, path)
	f.empty[r] = len(fields) == 0
	kind := "POST " + r.pattern + " " + strings.Join(slices.Sorted(maps.Keys(fields)), " ")
	if strings.HasSuffix(r.pattern, ":action") {
		kind += path
	}
	// The mapping repeats its fields for each organization.
	if r.pattern == "/w/:ws/integration/mapping" {
		kind = r.pattern
	}
	if !f.kinds[kind] {
		f.kinds[kind] = true
		f.found = append(f.found, probe{method: http.MethodPost, address: action, form: fields, row: r})
	}
}

// offeredIn is what a list of a form offers first; empty without that list.
func offeredIn(form *html.Node, list string) string {
	for e := range form.Descendants() {
		if e.Data == "datalist" && attr(e, "id") == list {
			return chosen(e)
		}
	}
	return ""
}

// exampleOf is a value that the action whose form it is takes in the field, and
// whether it does without one.
func exampleOf(address, field string) (text string, optional bool) {
	path, _, _ := strings.Cut(address, "?")
	a, _ := catalog.Lookup(path[strings.LastIndex(path, "/")+1:])
	for _, f := range a.Fields {
		if spec := f.Spec(); spec.Name == field {
			return spec.Example, !spec.Required
		}
	}
	return "", false
}

// filling is what is typed into an empty box.
func filling(name, kind string) string {
	field, _, _ := strings.Cut(name, ".")
	for _, known := range []string{field, kind} {
		if text := map[string]string{"directory_key": "DSPROOFPROOFPROOF001", "extension": "12", "email": "a@b.example", "number": "1", "tel": "+15550100"}[known]; text != "" {
			return text
		}
	}
	return "words"
}

// send sends a form once, to see where it leads.
func (f *finder) send(p probe) {
	answer, err := f.client.Do(f.s.post(f.s.t.Context(), f.s.url+p.address, p.form))
	if err != nil {
		f.s.t.Error(err)
		return
	}
	defer answer.Body.Close()
	f.add(answer.Header.Get("Location"))
	if path, _, _ := strings.Cut(p.address, "?"); answer.StatusCode < 500 {
		f.read(answer, path)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// chosen is the option that a list would send.
func chosen(list *html.Node) string {
	value := ""
	for o := range list.Descendants() {
		if o.Data == "option" && (value == "" || has(o, "selected")) {
			value = attr(o, "value")
		}
	}
	return value
}
