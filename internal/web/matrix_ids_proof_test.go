//go:build proof

package web

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/web/site"
)

// otherIDs sends every form and every query that works once more for each id in
// it, with the id of another's, of nothing and of another kind in its place.
// Nothing of another's may come of it, and the answer about another's must be
// the one about nothing.
func (w *walk) otherIDs() {
	routes := routes(w.e.server)
	// What makes another's key or account the visitor's own comes last.
	late := func(r site.Route) int {
		return strings.Count(r.Path, "/connection") + strings.Count(r.Path, "/integration")
	}
	slices.SortStableFunc(routes, func(a, b site.Route) int { return cmp.Compare(late(a), late(b)) })
	for _, r := range routes {
		if w.v.program && !r.Policy.Token {
			continue
		}
		for _, k := range knownRoutes(r.Method + " " + r.Path) {
			of := &w.e.near
			if w.v.foreign {
				of = &w.e.foreign
			} else if !slices.Contains(w.v.sees, of.canary) {
				of = &w.e.far
			}
			at := targetOf(of)
			if status, _ := w.e.expect(w.v, r.Method, k, r.Path, at); status != k.ok || k.public ||
				likeAnother(k) && (w.brief || r.Method == http.MethodGet) {
				continue
			}
			w.otherIDsIn(r, k, at)
		}
	}
}

func (w *walk) otherIDsIn(r site.Route, k knownRoute, at target) {
	sent := func() url.Values {
		switch {
		case r.Method == http.MethodPost && k.form != nil:
			return k.form(w.e, at.of, true)
		case r.Method == http.MethodGet && k.query != nil:
			return k.query(at.of)
		}
		return nil
	}
	for kind, own := range idsOf(at.of) {
		answers, form := map[string]string{}, sent()
		if typed := form.Get(fieldOf[kind]); typed != "" {
			own = typed // made for this form
		}
		if !strings.Contains(form.Encode(), own) {
			continue
		}
		strange := w.strange(at.of, kind)
		ask := func(what string) {
			id, changed := strange[what], url.Values{}
			for name, values := range form {
				changed.Set(strings.ReplaceAll(name, own, id), strings.ReplaceAll(values[0], own, id))
			}
			if changed.Has("run_id") {
				changed.Set("run_id", uuid.NewString())
			}
			var p *page
			if r.Method == http.MethodGet {
				p = w.request(w.b, r, k, addressOf(r, k, at)+"?"+changed.Encode(), nil)
			} else {
				p = w.request(w.b, r, k, addressOf(r, k, at), changed)
			}
			w.asked++
			w.tellsNothing(r, p)
			if p.status < 400 || !strings.HasSuffix(what, "'s") && what != "nothing" {
				return // the action takes no notice of this field, or nobody's thing is meant
			}
			answers[what] = strings.NewReplacer(id, "", url.QueryEscape(id), "").Replace(withoutToken(p))
		}
		for what := range strange {
			ask(what)
		}
		for _, what := range []string{"another organization's", "another workspace's"} {
			if what == "another organization's" && w.v.whole && !strings.Contains(r.Path, ":org") {
				continue // a page of the whole workspace shows it to them
			}
			got, found := answers[what]
			nothing := answers["nothing"]
			if !found || w.lenient || nothing == "" || got == nothing {
				continue
			}
			if got, nothing = withoutOwn(got), withoutOwn(nothing); got != nothing { // hardly ever
				// What a form offers may have been read again in between.
				ask("nothing")
				ask(what)
				got, nothing = withoutOwn(answers[what]), withoutOwn(answers["nothing"])
			}
			if got != nothing {
				w.t.Errorf("%s %s %s: %s %s is told from nothing%s", r.Method, r.Path, k.action, what, kind,
					difference(nothing, got))
			}
		}
	}
}

// wasHere is what a form says of the visitor's own row as it is: what was asked
// before may have changed it.
var wasHere = regexp.MustCompile(`name="was\.[^"]*" value="[^"]*"`)

func withoutOwn(answer string) string { return wasHere.ReplaceAllString(withoutRest(answer), "") }

// idsOf is everything of a tenant that a form can name.
func idsOf(n *tenant) map[string]string {
	return map[string]string{
		"user": n.user, "phone": n.phone, "code": n.code, "group": n.group, "token": n.token,
		"credential": n.credential, "directory": n.directory,
		"org": n.org.ID.String(), "account": n.account.AccountID, "directory of ours": n.directoryID,
		"operator": n.member.ID.String(), "invitation": n.invitation.String(),
	}
}

// fieldOf names the field in which actions take an id of the kind.
var fieldOf = map[string]string{
	"user": "user_id", "phone": "phone_id", "code": "bypass_code_id", "group": "group_id", "token": "token_id",
	"credential": "webauthnkey",
	"directory":  "directory_key", "account": "account_id",
}

// strange is what stands in for an id of a kind. What the visitor may see of it
// is left out.
func (w *walk) strange(own *tenant, kind string) map[string]string {
	id := idsOf(own)[kind]
	found := map[string]string{"malformed": "';--", "of another kind": idsOf(own)["user"],
		"nothing": id[:2] + strings.Repeat("0", max(0, len(id)-2))}
	if kind == "user" {
		found["of another kind"] = own.phone
	}
	if _, err := uuid.Parse(id); err == nil && kind != "account" {
		found["of another kind"], found["nothing"] = own.run, uuid.Nil.String()
	}
	if !w.every {
		delete(found, "malformed")
		delete(found, "of another kind")
	}
	ofWorkspace := kind == "org" || kind == "account" || kind == "operator" || kind == "invitation"
	for _, n := range []*tenant{&w.e.near, &w.e.far, &w.e.foreign} {
		switch {
		case n == own || n.workspace.ID == own.workspace.ID && w.v.whole && ofWorkspace:
		case n.workspace.ID == own.workspace.ID:
			found["another organization's"] = idsOf(n)[kind]
		default:
			found["another workspace's"] = idsOf(n)[kind]
		}
	}
	return found
}
