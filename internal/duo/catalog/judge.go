package catalog

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"duodesk/internal/duo"
)

// demand is what a generic call asks of who makes it.
type demand struct {
	role  Role
	asks  string // what will come of it, for somebody who has to say yes; empty: nobody is asked
	typed bool   // the path has to be typed a second time
	fault string // why it cannot be judged, and so not be made
}

const (
	deleteAccountPath = "/accounts/v1/account/delete"
	bulkPath          = "/admin/v1/bulk"
)

// neighbouring are calls that the console knows without having made an action of
// each. What is not here and no action's call is not known: it asks for an owner
// if it may change something.
var neighbouring = []struct {
	call string
	role Role
}{
	{"GET /admin/v1/integrations", Owner}, // tells secret keys
	{"GET /admin/v1/integrations/{integration_key}", Owner},
	{"GET /admin/v1/integrations/{integration_key}/skey", Owner},
	{"GET /admin/v2/integrations/{integration_key}", Owner},
	{"GET /admin/v3/integrations", Administrator},
	{"GET /admin/v3/integrations/{integration_key}", Owner},
	{"GET /admin/v2/integrations/oauth_cc/{ikey}/client_secret/{client_id}", Owner},
	{"GET /admin/v2/integrations/oidc/{ikey}/client_secret", Owner},
	{"GET /admin/v1/admins/activations", Owner},
	{"POST /admin/v1/users/bulk_create", Technician},
	{"POST /admin/v1/users/bulk_send_to_trash", Technician},
	{"POST /admin/v1/users/bulk_restore", Technician},
	{"DELETE /admin/v1/users/{user_id}", Administrator}, // for good: see lasting
	{"POST /auth/v2/auth", Helpdesk},
}

// lasting are the calls that nothing undoes: their actions ask for a name, and a
// generic action for the path.
var lasting = []string{"POST " + deleteAccountPath, "DELETE /admin/v1/users/{user_id}"}

// judge says what a call asks for: at least what the catalogue's own action for
// it asks for, and never less than an administrator.
func judge(api API, c call) demand {
	if c.path == bulkPath && c.method == http.MethodPost {
		return judgeBulk(api, c)
	}
	pattern, least := knownCall(c)
	v := demand{role: max(least, Administrator)}
	if c.method == http.MethodGet && pattern == "" && secretPath.MatchString(c.path) {
		v.role = Owner // could tell a secret key, in a version of the API that is not known here
	}
	if duo.OnlyReads(c.method, c.path) {
		return v
	}
	v.asks = c.String() + " is sent exactly as entered. The console does not check what it does in Duo."
	if pattern == "" {
		v.role = Owner
	}
	v.typed = pattern == "" || slices.Contains(lasting, pattern)
	return v
}

const notOperations = "operations must be a list of 1 to 50 calls, each with method, path and body."

// listOf is a list as it is sent: of a text, which Duo takes as well, the list in
// it. Nil is none.
func listOf(value any) any {
	if text, ok := value.(string); ok {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil || decoder.More() {
			return nil
		}
	}
	if list, ok := value.([]any); ok {
		return list
	}
	return nil
}

// judgeBulk judges each call inside of one, and asks for the most of them.
func judgeBulk(api API, c call) demand {
	v := demand{role: Administrator, asks: c.String() +
		" is sent exactly as entered. The console does not check what it does in Duo."}
	operations, _ := c.params["operations"].([]any)
	if len(operations) == 0 || len(operations) > 50 {
		return demand{role: Owner, fault: notOperations}
	}
	for _, o := range operations {
		inner, fault := innerCall(api, o)
		if fault != "" {
			return demand{role: Owner, fault: fault}
		}
		one := judge(api, inner)
		v.role, v.typed = max(v.role, one.role), v.typed || one.typed
	}
	return v
}

// innerCall is one call inside of another. Its members are named as Duo names
// them and in no other case, and no account is among its parameters.
func innerCall(api API, operation any) (c call, fault string) {
	members, _ := operation.(map[string]any)
	c.method, _ = members["method"].(string)
	c.path, _ = members["path"].(string)
	body, isObject := members["body"].(map[string]any)
	for name := range members {
		if !slices.Contains([]string{"method", "path", "body"}, name) {
			return c, notOperations
		}
	}
	for name := range body {
		if strings.EqualFold(name, accountParam) {
			return c, noAccount
		}
	}
	switch {
	case !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, c.method):
		return c, "The method of an operation must be POST, PUT, PATCH or DELETE: Duo accepts only changes here."
	case c.asksAPerson():
		return c, asksAPerson
	case c.path == bulkPath || pathFault(api, c.path) != "":
		return c, "The path of an operation cannot be " + Plain(c.path) + "."
	case members["body"] != nil && !isObject:
		return c, notOperations
	}
	return c, ""
}

// knownCall finds the pattern of a call that the console knows, and the least
// role for it; an unknown call has neither.
func knownCall(c call) (pattern string, least Role) {
	for _, a := range all {
		if _, path, found := strings.Cut(a.Call, " /"); found && strings.HasPrefix(a.Call, c.method+" ") {
			path, _, _ = strings.Cut("/"+path, "?")
			if fitsPattern(path, c.path) && a.Role > least {
				pattern, least = c.method+" "+path, a.Role
			}
		}
	}
	for _, known := range neighbouring {
		method, path, _ := strings.Cut(known.call, " ")
		if method == c.method && fitsPattern(path, c.path) {
			pattern, least = known.call, max(least, known.role)
		}
	}
	return pattern, least
}

func fitsPattern(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got,
		func(w, g string) bool { return strings.HasPrefix(w, "{") && pathID.MatchString(g) || w == g })
}

const pathWord = `(?:[a-z0-9_-]{1,64}|[A-Z0-9]{16,64})`

var (
	pathPrefixes = map[API][]string{Accounts: {"/accounts/v1/"}, Auth: {"/auth/v2/"},
		Admin: {"/admin/v1/", "/admin/v2/", "/admin/v3/"}}
	// A name of Duo's is in small letters and an id in capitals and digits: nothing
	// else can be meant, and two spellings of one path cannot be judged apart.
	pathID    = regexp.MustCompile(`^[A-Z0-9]{16,64}$`)
	pathWords = regexp.MustCompile(`^(/` + pathWord + `)+$`)
	// An answer can hold a secret under a name that says nothing; its path says more.
	secretPath = regexp.MustCompile(`/integrations|secret|[/_-]skey`)
)

func pathFault(api API, path string) string {
	switch {
	case !slices.ContainsFunc(pathPrefixes[api], func(prefix string) bool { return strings.HasPrefix(path, prefix) }):
		return "A path of the " + string(api) + " begins with " + strings.Join(pathPrefixes[api], " or ") + "."
	case strings.Contains(path, "?"):
		return "Enter the part after the ? as parameters."
	case !pathWords.MatchString(path):
		return "A path consists of / and names in lowercase, or Duo's ids in uppercase, without encoding, // or dots."
	}
	return ""
}
