//go:build proof

package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// namedDeeds are values with which each action of catalog.Acts takes a second factor of its
// own on a page.
var namedDeeds = map[string]map[string]string{
	"accounts-api-action": fields("method", "post", "path", "/accounts/v1/account/create", "params", "name=$new Branch",
		"confirm", "/accounts/v1/account/create"),
	"admin-api-action": fields("method", "post", "path", "/admin/v1/users", "params", "username=$new.generic",
		"confirm", "/admin/v1/users"),
	"auth-api-action": fields("method", "post", "path", "/auth/v2/enroll", "params", "username=$new.enrolled",
		"confirm", "/auth/v2/enroll"),
	"delete-account":              fields("account_id", "$account", "confirm", "$account name"),
	"delete-user":                 fields("user_id", "$user to delete", "permanent", "true", "confirm", "named.leaver"),
	"delete-group":                fields("group_id", "$group to delete"),
	"create-group":                fields("name", "$new group", "status", "bypass"),
	"modify-group":                fields("group_id", "$group", "status", "bypass"),
	"create-user":                 fields("username", "$new.bypass", "status", "bypass"),
	"update-user":                 fields("user_id", "$user", "status", "bypass"),
	"create-bypass-code-for-user": fields("user_id", "$asked", "valid_secs", "0", "preserve_existing", "true"),
	"create-auth-api-integration": fields("name", "$new Auth API"),
	"update-settings":             fields("lockout_threshold", "20"),
}

// tokensNameActions sends each action that takes a second factor each time by an access token that
// names no action, by each that names another alone, and by the one that names it alone, which
// does it. The others are refused, and Duo does not change.
func (d *desk) tokensNameActions(t *testing.T, things map[string]thing, account duosim.Account) (done, refused int) {
	t.Helper()
	for name, group := range map[string]string{"group": "Night shift", "group to delete": "Day shift"} {
		things[name] = thing{group, d.sim.AddGroup(account.AccountID, group, "")}
	}
	if unlike := slices.Sorted(maps.Keys(namedDeeds)); !slices.Equal(unlike, catalog.Acts()) {
		t.Errorf("this proof knows %v, and the catalog has %v", unlike, catalog.Acts())
	}
	tokens := map[string]curler{"": d.curler()}
	for _, slug := range catalog.Acts() {
		tokens[slug] = d.curler(slug)
	}
	for _, slug := range catalog.Acts() {
		t.Run("named/"+slug, func(t *testing.T) {
			for by, program := range tokens {
				if by == slug {
					continue
				}
				before := len(d.sim.Ledger())
				answer, status := program.act(t, slug, things)
				if status != "403" || !strings.Contains(answer, `"code":"not_named"`) {
					t.Errorf("a token that names %q is answered with %s %s", by, status, answer)
				}
				if effects := d.sim.Ledger()[before:]; len(effects) > 0 {
					t.Errorf("a token that names %q has changed Duo: %+v", by, effects)
				}
				refused++
			}
			before := len(d.sim.Ledger())
			answer, status := tokens[slug].act(t, slug, things)
			if status != "200" || !strings.Contains(answer, `"state":"applied"`) {
				t.Errorf("the token that names it is answered with %s %s", status, answer)
			}
			if len(d.sim.Ledger()) == before {
				t.Error("Duo has not changed")
			}
			done++
		})
	}
	return done, refused
}

// act sends an action of namedDeeds, and returns the answer and its status.
func (r curler) act(t *testing.T, slug string, things map[string]thing) (answer, status string) {
	t.Helper()
	a, _ := catalog.Lookup(slug)
	body := map[string]string{}
	for name, text := range namedDeeds[slug] {
		body[name] = filled(text, things, asID)
	}
	in, bad := a.Parse(func(name string) (string, bool) { text, given := body[name]; return text, given })
	if len(bad) > 0 || a.TierOf(in) != catalog.Act {
		t.Fatalf("these values take the tier %s: %v", a.TierOf(in), bad)
	}
	sent, err := json.Marshal(map[string]any{"run_id": uuid.NewString(), "fields": body})
	if err != nil {
		t.Fatal(err)
	}
	at := r.d.url + "/api/v1/w/" + r.d.ws.Slug
	if !a.OfWorkspace() {
		at += "/o/cedar-row-bakery"
	}
	said := r.curl(t, "-w", "\n%{http_code}", "-H", "Content-Type: application/json", "--data", string(sent),
		at+"/actions/"+slug)
	end := strings.LastIndexByte(said, '\n')
	return said[:end], said[end+1:]
}
