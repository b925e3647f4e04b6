//go:build proof

package main

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store/storetest"
)

// finder walks over the pages of a site like a person and collects what can be
// asked of the console: addresses with parameters, and forms.
type finder struct {
	s      *proofSite
	client *http.Client
	rows   []row
	kinds  map[string]bool
	forms  map[string]bool
	empty  map[row]bool // rows whose form carries nothing
	next   []string     // paths with queries
	looked []string     // the ones before
	again  bool         // whether these are looked at once more
	over   bool         // whether forms are not collected any more
	pages  map[row]string
	found  []probe
}

// strangers are the pages of who is not signed in, whose forms are sent without a
// session: what signs in ends the session that it came with.
var strangers = []string{"/signin", "/invitation"}

// harmful are the forms that change, end or delete what other pages and forms need.
var harmful = regexp.MustCompile(
	`/signin|/account/(password|sessions)|/signout|/onboard$|/onboarding/|/plans/|/archive$|/end$|/(dis|en)able|/revoke|/accept|/repair|/import/preview|/o$|` +
		`/accounts/organizations|/directories$|/remove|/discard|activate|/synchronize|/create-|-enroll-user|delete|associate|assign|restore|unlock`)

// comesBack are values that are not taken, of forms that come back then with another field: to be repaired, or with a
// box that confirms a name which others have.
var comesBack = []struct{ pattern, field, value string }{
	{"/w/:ws/o", "id", "words"},
	{"/w/:ws/onboard", "name", "Acme Dental"},
	{"/w/:ws/o/:org/onboarding/facts", "name", "Acme Dental"},
	{"/w/:ws/o/:org/onboarding/account", "account_name", "Acme Dental"},
}

// findRequests looks at one page of each kind, sends the forms that harm nothing, and looks at where they lead as well.
// token is of an invitation, and starts are addresses besides.
func (s *proofSite) findRequests(token string, starts ...string) *finder {
	s.t.Helper()
	f := &finder{s: s, client: s.browser(s.owner), rows: routeTable(s.t), kinds: map[string]bool{},
		forms: map[string]bool{}, empty: map[row]bool{}, pages: map[row]string{}}
	f.add("/")
	f.add("/w/" + s.ws.Slug)
	f.add("/account?done=session") // where ending one leads, which nobody does here yet
	for _, start := range starts { // also where another of the kind is there
		f.next = append(f.next, "/w/"+s.ws.Slug+start)
	}
	f.walk(token, func() {})
	// Scripts ask how a run is getting on.
	for _, pattern := range []string{"/w/:ws/runs/:run", "/w/:ws/o/:org/runs/:run"} {
		if address := f.pages[row{http.MethodGet, pattern}]; address != "" {
			f.look(address+"/events", f.client)
		}
	}
	return f
}

// lookAgain collects what the same pages, and more, offer now, in the state that restore brings back. What was found
// before is of states that are gone.
func (f *finder) lookAgain(token string, restore func(), more ...string) {
	f.next, f.looked, f.found, f.forms, f.again = slices.Concat(f.looked, more), nil, nil, map[string]bool{}, true
	f.walk(token, restore)
	f.client.CloseIdleConnections()
}

// walk looks at the next pages and where they lead, sends each form to the state that restore brings back, and looks at
// where that leads.
func (f *finder) walk(token string, restore func()) {
	for _, page := range strangers {
		f.look(page, http.DefaultClient)
	}
	for _, p := range f.found {
		if p.form.Has("token") { // which a script would take from the link
			p.form.Set("token", token)
			f.send(p)
		}
	}
	f.all()
	for _, again := range comesBack {
		for _, p := range f.found {
			if p.row.pattern == again.pattern && p.method == http.MethodPost && p.form.Has(again.field) {
				p.form = maps.Clone(p.form)
				p.form.Set(again.field, again.value)
				f.send(p)
				break
			}
		}
	}
	for _, p := range slices.Clone(f.found) {
		if p.method == http.MethodPost && (f.again || !harmful.MatchString(p.address)) {
			restore()
			f.send(p)
		}
	}
	restore()
	f.over = f.again // these pages are of states that are gone again
	f.all()
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
	if r.ofAction() && len(names) == 0 {
		kind = r.pattern + slugOf(address)
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
	if client == f.client {
		f.looked = append(f.looked, address)
	}
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
			if has(n, "action") {
				f.form(n, attr(n, "action"), path)
			}
			for button := range page.Descendants() {
				id := attr(n, "id")
				if has(button, "formaction") && (below(button, n) || id != "" && attr(button, "form") == id) {
					f.form(n, attr(button, "formaction"), path, button)
				}
			}
		}
	}
}

// below reports whether a node is inside another.
func below(n, above *html.Node) bool {
	return slices.Contains(slices.Collect(n.Ancestors()), above)
}

// form notes a form with what it holds, and with buttons that are elsewhere on the page; empty boxes are filled.
func (f *finder) form(n *html.Node, action, here string, buttons ...*html.Node) {
	fields := url.Values{}
	for _, e := range slices.Concat(buttons, slices.Collect(n.Descendants())) {
		name, value := attr(e, "name"), attr(e, "value")
		if e.Data == "textarea" && e.FirstChild != nil {
			value = e.FirstChild.Data
		}
		switch kind := attr(e, "type"); {
		case name == "" || has(e, "disabled") || e.Data != "input" && e.Data != "select" && e.Data != "textarea" &&
			e.Data != "button":
		case (kind == "radio" || kind == "checkbox") && !has(e, "checked") && fields.Has(name),
			e.Data == "button" && fields.Has(name):
		case e.Data == "select":
			fields.Set(name, chosen(e))
		case value == "" && kind != "hidden":
			text, optional := exampleOf(action, name)
			if text == "" || typedInto[slugOf(action)+" "+name] == "" {
				text = cmp.Or(offeredIn(n, attr(e, "list")), text)
			}
			if text == "" && !optional {
				text = f.filling(name, kind)
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
	if r.ofAction() {
		kind += slugOf(path)
	}
	// The mapping repeats its fields for each organization.
	if r.pattern == "/w/:ws/integration/mapping" {
		kind = r.pattern
	}
	if !f.forms[kind] && !f.over {
		f.forms[kind] = true
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

// typedInto is what some actions take in a field, other than its example: a name that nothing in Duo has yet, or the
// one that is asked for again, or a change.
var typedInto = map[string]string{
	"create-user username": "robin.example", "enroll-user username": "robin.example",
	"auth-enroll-user username":    "robin.example",
	"create-phone extension":       "23",
	"assign-phone-to-user user_id": "user1", "assign-hardware-token-to-user user_id": "user1",
	"disassociate-group-from-user group_id": "All staff 0",
	"delete-phone-by-id phone_id":           "+15550199", "unlock-user user_id": "user1",
	"restore-user user_id":   "user2",
	"delete-account confirm": newAccount, "delete-user confirm": "casey.example", "verify-caller user_id": "user1",
	"verify-caller phone_id":           "+15550101",
	"update-settings helpdesk_message": "Call us.",
	"directories directory_key.1":      "DSPROOFPROOFPROOF004", "directories directory_name.1": "Fourth",
	"directories directory_key.2": "DSPROOFPROOFPROOF005", "directories directory_name.2": "Fifth",
	"directories directory_key.3": "DSPROOFPROOFPROOF006", "directories directory_name.3": "Sixth",
	"onboard name": "Fir Hill Pediatrics", "archive confirm": "Acme Dental",
}

// exampleOf is a value that the action whose form it is takes in the field, and
// whether it does without one.
func exampleOf(address, field string) (text string, optional bool) {
	slug := slugOf(address)
	if strings.HasSuffix(address, "/onboarding/settings") { // which takes the fields of the action
		slug = catalog.UpdateSettings
	}
	a, known := catalog.Lookup(slug)
	for _, f := range a.Fields {
		if spec := f.Spec(); spec.Name == field {
			return cmp.Or(typedInto[slug+" "+field], spec.Example), !spec.Required
		}
	}
	return typedInto[slug+" "+field], known && field == "confirm"
}

// slugOf is the end of an address, which names an action if it is one's. An action's form of fields has an address
// below the action's own.
func slugOf(address string) string {
	path, _, _ := strings.Cut(address, "?")
	path = strings.TrimSuffix(path, "/form")
	return path[strings.LastIndex(path, "/")+1:]
}

// filling is what is typed into an empty box.
func (f *finder) filling(name, kind string) string {
	field, of, _ := strings.Cut(name, ".")
	if field == "account" && of != "" {
		return "" // an organization without an account stays so
	}
	if strings.HasSuffix(field, "paste") {
		return "Admin API: integration key DIPROOFPROOFPROOF001 Secret key " + strings.Repeat("x", 40) +
			" API hostname " + f.s.duo.Accounts[0].APIHostname
	}
	byField := map[string]string{"directory_key": "DSPROOFPROOFPROOF003", "extension": "12",
		"time_zone": "Europe/London",
		"text":      "name,aliases\nAnother,one",
		"usernames": "casey.example", "password": storetest.Password, "current": storetest.Password,
		"new": "quaint ember tundra violin"}
	byKind := map[string]string{"email": f.s.owner.Email, "number": "1", "tel": "+15550100"}
	if text := cmp.Or(byField[field], byKind[kind]); text != "" || kind == "password" {
		return text // a key that is empty stays as it is
	}
	return "words"
}

// send sends a form once, to see where it leads.
func (f *finder) send(p probe) {
	request := f.s.post(f.s.t.Context(), f.s.url+p.address, p.form)
	for _, c := range f.client.Jar.Cookies(request.URL) {
		request.AddCookie(c)
	}
	answer, err := f.s.send(http.DefaultTransport.RoundTrip, f.s.owner, request) // which forgets no session
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
