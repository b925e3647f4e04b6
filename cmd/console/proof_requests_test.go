//go:build proof

package main

import (
	"go/ast"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	if strings.HasSuffix(p.row.pattern, "/connection/auth/activate") {
		return -1 // another connection takes these keys with it
	}
	for harm, words := range [][]string{{"/account/password"}, {"/signout", "/end", "/account/sessions"}, {"delete", "/remove", "/discard", "/own/activate"}, {"/activate"}, {"disassociate", "un-assign", "/disable", "/enable", "/revoke", "/accept", "/repair", "/import/preview"}} {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(p.address, w) }) {
			return 6 - harm
		}
	}
	if p.method == http.MethodPost {
		return 0
	}
	return -1
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

// mostAtOnce is how many parameters one run of sqlmap tries: forms with more are
// shared out.
const mostAtOnce = 12

// formIDs are the parameters that make a form act once.
var formIDs = []string{"run_id", "id"}

// targets are the probes for sqlmap: the parameters of what was found that its
// row, or the form of its action, has not been tried with, the open parts of each
// address, and the cookie.
func (f *finder) targets() []probe {
	cookies := f.client.Jar.Cookies(mustParse(f.s.url))
	var all []probe
	open, seen := map[row]bool{}, map[string]bool{}
	slices.SortStableFunc(f.found, func(a, b probe) int { return len(b.parameters()) - len(a.parameters()) })
	for _, p := range f.found {
		if !slices.ContainsFunc(strangers, func(page string) bool { return strings.HasPrefix(p.row.pattern, page) }) {
			p.cookies = cookies
		}
		of, _, _ := strings.Cut(p.address, "?")
		if p.method == http.MethodGet || strings.HasSuffix(p.row.pattern, "/:action") { // all actions are read and recorded by one handler
			of = p.row.pattern
		}
		var news [][]string
		var others []string
		for _, name := range p.parameters() {
			key := p.method + of + name
			if slices.Contains(formIDs, name) {
				key = p.method + p.row.pattern + name
			}
			switch {
			case seen[key]:
			case slices.Contains(formIDs, name):
				news = append(news, []string{name})
			default:
				others = append(others, name)
			}
			seen[key] = true
		}
		if !open[p.row] {
			open[p.row] = true
			all = append(all, marked(p)...)
		}
		for p.only = range slices.Values(slices.AppendSeq(news, slices.Chunk(others, mostAtOnce))) {
			all = append(all, p)
		}
	}
	for r, address := range f.pages {
		if !open[r] {
			all = append(all, marked(probe{method: http.MethodGet, address: address, row: r, cookies: cookies})...)
		}
	}
	home, _ := rowOf(f.rows, http.MethodGet, "/w/"+f.s.ws.Slug)
	all = append(all, probe{method: http.MethodGet, address: "/w/" + f.s.ws.Slug, row: home, cookies: []*http.Cookie{{Name: cookies[0].Name, Value: cookies[0].Value + "*"}}})
	slices.SortStableFunc(all, func(a, b probe) int { return a.harm() - b.harm() })
	return all
}

// parameters are the names of what the probe's request carries.
func (p probe) parameters() []string {
	if p.method == http.MethodPost {
		return slices.Sorted(maps.Keys(p.form))
	}
	return slices.Sorted(maps.Keys(mustParse(p.address).Query()))
}

// marked is the probe of the open parts of an address; none when it has none.
func marked(p probe) []probe {
	path, query, asked := strings.Cut(p.address, "?")
	parts := strings.Split(path, "/")
	marks := 0
	for i, w := range strings.Split(p.row.pattern, "/") {
		if strings.HasPrefix(w, ":") {
			parts[i] += "*"
			marks++
		}
	}
	if marks == 0 {
		return nil
	}
	p.address, p.only = strings.Join(parts, "/"), nil
	if asked {
		p.address += "?" + query
	}
	return []probe{p}
}

// untried are rows of the route table and names of parameters in the source
// that no probe is about.
func (f *finder) untried(targets []probe) []string {
	var missing []string
	tried, named := map[row]bool{}, map[string]bool{}
	for _, p := range targets {
		tried[p.row] = true
		for _, name := range p.parameters() {
			named[name] = true
		}
	}
	for _, r := range f.rows {
		// Without anything open in the address, without parameters and form, there is nothing to try.
		if plain := !strings.Contains(r.pattern, ":"); !tried[r] && !(plain && (r.method == http.MethodGet || r.pattern == "/csp" || f.empty[r])) {
			missing = append(missing, r.method+" "+r.pattern)
		}
	}
	inspectWeb(f.s.t, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return
		}
		name, ok := call.Fun.(*ast.SelectorExpr)
		text, isText := call.Args[0].(*ast.BasicLit)
		if ok && isText && name.Sel.Name == "QueryParam" {
			if parameter, _ := strconv.Unquote(text.Value); !named[parameter] {
				named[parameter] = true
				missing = append(missing, "the parameter "+parameter)
			}
		}
	})
	return missing
}
