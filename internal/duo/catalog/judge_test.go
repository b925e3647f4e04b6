package catalog

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// TestRawTwins makes each action's call as a generic one: it takes at least the
// action's role, and never less than an administrator, and what changes
// something is asked about before.
func TestRawTwins(t *testing.T) {
	t.Parallel()
	judgedCalls := 0
	for _, a := range All() {
		if a.Kind == Generic {
			continue
		}
		method, path, _ := strings.Cut(a.Call, " ")
		path, _, _ = strings.Cut(placeholder.ReplaceAllString(path, "XX00000000000000000X"), "?")
		if fault := pathFault(a.API, path); fault != "" {
			t.Errorf("%s: its own call is refused: %s", a.Slug, fault)
		}
		v := judge(a.API, call{method: method, path: path})
		if v.role < max(a.Role, Administrator) {
			t.Errorf("%s: as a raw call it takes no more than %v", a.Slug, v.role)
		}
		if (a.Kind == Read) != (v.asks == "") {
			t.Errorf("%s is of the kind %s, and as a raw call asks %q", a.Slug, a.Kind, v.asks)
		}
		if v.typed != slices.Contains([]string{"delete-account"}, a.Slug) {
			t.Errorf("%s: to type the path again is asked for: %t", a.Slug, v.typed)
		}
		judgedCalls++
	}
	if judgedCalls < 60 {
		t.Errorf("only %d calls were judged", judgedCalls)
	}
}

// TestRawWords: a word where an id belongs names a call that nobody here knows.
func TestRawWords(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/admin/v1/users/anything", "/admin/v1/users/bulk_delete", "/admin/v1/phones/purge",
		"/admin/v1/groups/x"} {
		if v := judge(Admin, call{method: http.MethodPost, path: path}); v.role != Owner || !v.typed {
			t.Errorf("POST %s takes %v, and its path a second time: %t", path, v.role, v.typed)
		}
	}
}

// TestRawSecrets are calls that tell or make secrets without being actions.
func TestRawSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []call{
		{method: http.MethodGet, path: "/admin/v1/integrations"},
		{method: http.MethodGet, path: "/admin/v1/integrations/DI000000000000000000"},
		{method: http.MethodGet, path: "/admin/v2/integrations/DI000000000000000000"},
		{method: http.MethodGet, path: "/admin/v3/integrations/DI000000000000000000"},
		{method: http.MethodGet, path: "/admin/v1/integrations/DI000000000000000000/skey"},
		{method: http.MethodPost, path: "/admin/v2/integrations"},
		{method: http.MethodPost, path: "/admin/v3/integrations"},
		{method: http.MethodPost, path: "/admin/v2/integrations/DI000000000000000000"},
		{method: http.MethodGet, path: "/admin/v1/admins/activations"},
		{method: http.MethodPost, path: "/admin/v1/admins"},
		{method: http.MethodPost, path: "/admin/v1/billing/user_limit"},
	} {
		if v := judge(Admin, c); v.role != Owner {
			t.Errorf("%s is for %v", c, v.role)
		}
	}
}
