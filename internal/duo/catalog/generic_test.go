package catalog

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo"
)

func typed(t *testing.T, slug string, form map[string]string) (Action, Values, []FieldError) {
	t.Helper()
	a, found := Lookup(slug)
	if !found {
		t.Fatal(slug)
	}
	in, bad := a.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
	return a, in, bad
}

// TestGenericCallsAreJudged compares what a call asks for with what the
// catalogue's own action for it asks for.
func TestGenericCallsAreJudged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		slug, method, path, params, confirm string
		least                               Role
		asks                                bool
		fault                               string // part of the fault, if there is one
	}{
		{"admin-api-action", "get", "/admin/v1/users", "", "", Administrator, false, ""},
		{"admin-api-action", "get", "/admin/v1/nobody/knows", "", "", Administrator, false, ""},
		{"admin-api-action", "get", "/admin/v1/integrations", "", "", Owner, false, ""},
		{"admin-api-action", "get", "/admin/v1/integrations/DI0000000000000000EX/skey", "", "", Owner, false, ""},
		{"admin-api-action", "post", "/admin/v1/users/DU0000000000000000EX/bypass_codes", "count=10", "",
			Administrator, true, ""},
		{"admin-api-action", "post", "/admin/v1/nobody/knows", "", "/admin/v1/nobody/knows", Owner, true, ""},
		{"admin-api-action", "post", "/admin/v1/nobody/knows", "", "", 0, false, "Type the path again"},
		{"admin-api-action", "delete", "/admin/v1/users/DU0000000000000000EX", "", "", 0, false, "Type the path again"},
		{"admin-api-action", "delete", "/admin/v1/users/DU0000000000000000EX", "",
			"/admin/v1/users/DU0000000000000000EX", Administrator, true, ""},
		{"admin-api-action", "get", "/accounts/v1/account/list", "", "", 0, false, "begins with"},
		{"admin-api-action", "get", "/admin/v1/../v1/users", "", "", 0, false, "dots"},
		{"admin-api-action", "get", "/admin/v1//users", "", "", 0, false, "//"},
		{"admin-api-action", "get", "/admin/v1/%75sers", "", "", 0, false, "encoding"},
		{"admin-api-action", "get", "/admin/v1/Users", "", "", 0, false, "lowercase"},
		{"admin-api-action", "get", "/admin/v1/users?limit=1", "", "", 0, false, "after the ?"},
		{"admin-api-action", "get", "/admin/v1/users", "account_id=DA0000000000000000EX", "", 0, false, "account_id"},
		{"admin-api-action", "get", "/admin/v1/users", `{"account_id": "DA0000000000000000EX"}`, "", 0, false,
			"account_id"},
		{"admin-api-action", "get", "/admin/v1/users", `{"a": {"b": 1}}`, "", 0, false, "travels in the address"},
		{"admin-api-action", "get", "/admin/v1/users", "no value", "", 0, false, "name=value"},
		{"admin-api-action", "get", "/admin/v1/users", `{"a": 1} {"b": 2}`, "", 0, false, "JSON object"},
		{"accounts-api-action", "post", "/accounts/v1/account/list", "", "", Administrator, false, ""},
		{"accounts-api-action", "post", "/accounts/v1/account/create", "name=New", "", Administrator, true, ""},
		{"accounts-api-action", "post", "/accounts/v1/account/delete", "account_id=DA0000000000000000EX", "", 0, false,
			"Type the path again"},
		{"accounts-api-action", "post", "/accounts/v1/account/delete", "account_id=DA0000000000000000EX",
			"/accounts/v1/account/delete", Owner, true, ""},
		{"auth-api-action", "post", "/auth/v2/preauth", "username=ada", "", Administrator, false, ""},
		{"auth-api-action", "post", "/auth/v2/auth", "username=ada\nfactor=passcode\npasscode=123456", "",
			Administrator, true, ""},
		{"auth-api-action", "post", "/auth/v2/auth", "username=ada", "", 0, false, "asks a person"},
		{"auth-api-action", "post", "/auth/v2/auth", "username=ada\nfactor=push\ndevice=auto\nasync=1", "", 0, false,
			"asks a person"},
		{"auth-api-action", "post", "/auth/v2/auth", "username=ada\nfactor=passcode\nfactor=push\ndevice=auto", "", 0,
			false, "asks a person"},
		{"auth-api-action", "post", "/auth/v2/auth",
			`{"user_id": "DU0000000000000000EX", "Factor": "passcode", "factor": "sms"}`, "", 0, false,
			"asks a person"},
		{"admin-api-action", "post", "/admin/v1/users/DU0000000000000000EX/send_verification_push",
			"phone_id=DP0000000000000000EX", "", 0, false, "asks a person"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": [{"method": "POST", "path": "/admin/v1/users", "body": {}}]}`, "", Administrator, true, ""},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": "[{\"method\": \"DELETE\", \"path\": \"/admin/v1/users/DU0000000000000000EX\"}]"}`, "", 0,
			false, "Type the path again"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": [{"method": "POST", "path": "/admin/v1/nobody/knows"}]}`, "/admin/v1/bulk",
			Owner, true, ""},
		{"admin-api-action", "post", "/admin/v1/bulk", `{"operations": [{"method": "POST", "path": "/admin/v1/bulk"}]}`,
			"/admin/v1/bulk", 0, false, "cannot be"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": [{"method": "post", "path": "/admin/v1/users"}]}`, "/admin/v1/bulk", 0, false,
			"method of an operation"},
		{"admin-api-action", "post", "/admin/v1/bulk", `{"operations": [{"method": "GET", "path": "/admin/v1/users"}]}`,
			"/admin/v1/bulk", 0, false, "only changes"},
		{"admin-api-action", "post", "/admin/v1/bulk", "", "/admin/v1/bulk", 0, false, "1 to 50"},
		// Go finds members in any case, Duo does not: what is judged has to be what is done.
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": "[{\"method\": \"DELETE\", \"path\": \"/admin/v1/users/DU0000000000000000EX\", \"Method\": \"POST\"}]"}`, "", 0, false, "1 to 50"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`operations=[{"method": "POST", "path": "/admin/v1/nobody/knows", "PATH": "/admin/v1/users"}]`, "", 0,
			false, "1 to 50"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": "[{\"method\": \"POST\", \"path\": \"/admin/v1/users\"}] []"}`, "", 0, false, "1 to 50"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": [{"method": "POST", "path": "/admin/v1/users", "body": {"Account_ID": "DA0000000000000000EX"}}]}`, "", 0, false, "account_id"},
		{"admin-api-action", "post", "/admin/v1/bulk",
			`{"operations": [{"method": "POST", "path": "/admin/v1/users", "body": [{"account_id": "DA0000000000000000EX"}]}]}`, "", 0, false, "1 to 50"},
		{"admin-api-action", "get", "/admin/v1/users", "Account_id=DA0000000000000000EX", "", 0, false, "account_id"},
		{"admin-api-action", "get", "/admin/v1/users", `{"account_id ": "DA0000000000000000EX"}`, "", 0, false,
			"name of a parameter"},
		{"admin-api-action", "get", "/admin/v1/users", "account_id\u200b=DA0000000000000000EX", "", 0, false,
			"account_id"},
		{"accounts-api-action", "post", "/accounts/v1/account/delete",
			"account_id=DA0000000000000000EX\nAccount_ID=DA0000000000000000EY", "/accounts/v1/account/delete", 0, false,
			"account_id"},
		{"admin-api-action", "get", "/admin/v3/integrations/DI0000000000000000EX/skey", "", "", Owner, false, ""},
		{"admin-api-action", "get", "/admin/v2/integrations/DI0000000000000000EX/skey", "", "", Owner, false, ""},
	} {
		name := test.method + " " + test.path + " " + test.params
		a, in, bad := typed(t, test.slug, map[string]string{"method": test.method, "path": test.path,
			"params": test.params, "confirm": test.confirm})
		switch {
		case test.fault != "":
			if len(bad) != 1 || !strings.Contains(bad[0].Message, test.fault) {
				t.Errorf("%s: faults %v, want one of %q", name, bad, test.fault)
			}
		case len(bad) > 0:
			t.Errorf("%s: %v", name, bad)
		case a.LeastRole(in) != test.least || (a.Question(in) != "") != test.asks || a.Reads(in) == test.asks:
			t.Errorf("%s asks for %s and says %q", name, a.LeastRole(in), a.Question(in))
		}
	}
}

// TestSecretsOfIntegrationsAreOwners: a call that reads an integration's secret is
// an owner's, in each version of the API, for each kind of integration and in each
// spelling that is let through, by itself and within a bulk call.
func TestSecretsOfIntegrationsAreOwners(t *testing.T) {
	t.Parallel()
	const key, client = "DI0000000000000000EX", "DC0000000000000000EX"
	paths := []string{key, key + "/skey", key + "/secret_key", key + "/client_secret",
		"oidc/" + key, "oidc/" + key + "/client_secret", "oidc/" + key + "/client-secret",
		"oidc/" + key + "/clientsecret", "oidc/client_secret/" + key,
		"oauth_cc/" + key + "/client_secret", "oauth_cc/" + key + "/client_secret/" + client,
		"oauth_cc/" + key + "/client_secrets", "saml/" + key + "/skey", "sso/oidc/" + key + "/client_secret"}
	var all []string
	for _, version := range []string{"v1", "v2", "v3"} {
		for _, path := range paths {
			path = "/admin/" + version + "/integrations/" + path
			all = append(all, path, path+"/", path+"?x", path+"#x", " "+path, path+"\u200b", strings.ToUpper(path),
				strings.Replace(path, "_", "%5f", 1))
			for _, spelling := range []string{"Integrations", "integrations/.", "/integrations", "%69ntegrations",
				"users/../integrations", "integrations;x"} {
				all = append(all, strings.Replace(path, "integrations", spelling, 1))
			}
		}
	}
	// Wherever a later version puts them.
	all = append(all, "/admin/v2/oidc/"+key+"/client_secret", "/admin/v3/applications/"+key+"/client-secret",
		"/admin/v3/applications/"+key+"/clientsecrets", "/admin/v3/applications/"+key+"/skey",
		"/admin/v1/secret_keys/"+key)
	refused := 0
	for _, path := range all {
		inner, err := json.Marshal([]any{map[string]any{"method": "GET", "path": path}})
		if err != nil {
			t.Fatal(err)
		}
		for what, form := range map[string]map[string]string{
			"get": {"method": "get", "path": path},
			"bulk": {"method": "post", "path": bulkPath, "params": `{"operations": ` + string(inner) + `}`,
				"confirm": bulkPath},
			"change": {"method": "post", "path": path, "confirm": path},
		} {
			a, in, bad := typed(t, "admin-api-action", form)
			if len(bad) > 0 {
				refused++
			} else if a.LeastRole(in) != Owner {
				t.Errorf("%s %s asks for %s", what, path, a.LeastRole(in))
			}
		}
	}
	if n := len(all) * 3; refused < n/2 || refused > n-3*3*len(paths) {
		t.Errorf("%d of %d are refused: the plain paths are to be judged, the others not to be sent", refused, n)
	}
}

// TestBulkIsSentAsJudged gives a bulk call as a text in which a member is there
// twice: which of the two is meant is decided here, not by Duo.
func TestBulkIsSentAsJudged(t *testing.T) {
	t.Parallel()
	_, in, bad := typed(t, "admin-api-action", map[string]string{"method": "post", "path": bulkPath,
		"params": `operations=[{"method": "DELETE", "method": "POST", "path": "/admin/v1/users", "body": {"n": 12345678901234567890}}]`})
	c, fault := callOf(in)
	sent, err := json.Marshal(c.params)
	want := `{"operations":[{"body":{"n":12345678901234567890},"method":"POST","path":"/admin/v1/users"}]}`
	if len(bad) > 0 || fault != nil || err != nil || string(sent) != want {
		t.Errorf("%v, %v, %v: %s is sent", bad, fault, err, sent)
	}
}

// TestSecretsOfGenericCallsAreNotRecorded looks for secrets among what the record
// keeps of a call's parameters.
func TestSecretsOfGenericCallsAreNotRecorded(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]string{
		"username=ada\npasscode=618204957":                                                                                  "username=ada\npasscode=(masked)",
		" codes = 618204957\ncount=1":                                                                                       "codes=(masked)\ncount=1",
		`{"codes": ["618204957"], "count": 1, "Secret": "618204957"}`:                                                       `{"codes":"(masked)","count":1,"Secret":"(masked)"}`,
		`{"users": "[{\"username\": \"ada\", \"password\": \"618204957\"}]"}`:                                               `{"users":"[{\"username\":\"ada\",\"password\":\"(masked)\"}]"}`,
		`users=[{"username": "ada", "password": "618204957"}]`:                                                              `users=[{"username":"ada","password":"(masked)"}]`,
		`{"operations": [{"method": "POST", "path": "/admin/v1/users", "body": {"username": "ada", "code": "618204957"}}]}`: `{"operations":[{"method":"POST","path":"/admin/v1/users","body":{"username":"ada","code":"(masked)"}}]}`,
		"a=1\na=2\n": "a=1\na=2",
	} {
		a, in, bad := typed(t, "admin-api-action",
			map[string]string{"method": "post", "path": "/admin/v1/users", "params": params})
		if len(bad) > 0 {
			t.Fatal(params, bad)
		}
		if got := in.Given(a)["params"]; got != want {
			t.Errorf("%s is recorded as %s, want %s", params, got, want)
		}
		if strings.Contains(params, "618204957") && !strings.Contains(strings.Join(in.Ordered(a), "\n"), "618204957") {
			t.Errorf("%s: a secret does not count for what makes two submissions the same", params)
		}
	}
}

func TestParamsOfGenericCalls(t *testing.T) {
	t.Parallel()
	params, fault := parseParams("a=1\r\n\n b = x=y \na=2\na=3\nempty=")
	if list, ok := params["a"].([]string); fault != "" || !ok || len(list) != 3 || params["b"] != " x=y" ||
		params["empty"] != "" {
		t.Errorf("%v %q", params, fault)
	}
	if params, fault := parseParams(`{"n": 12345678901234567890}`); fault != "" ||
		inQuery(params["n"]) != "12345678901234567890" {
		t.Errorf("a large number became %v, %q", params, fault)
	}
	if inQuery(map[string]any{}) != nil || inQuery([]any{1}) != nil || inQuery(nil) != nil {
		t.Error("what cannot travel in an address does")
	}
}

func FuzzGenericCall(f *testing.F) {
	f.Add("/admin/v1/users", "a=1")
	f.Add("/admin/v1/users/DU0000000000000000EX", `{"a": [1, "b"]}`)
	f.Add("/admin/v1/bulk", `{"operations": [{"method": "GET", "path": "/admin/v1/users"}]}`)
	f.Fuzz(func(t *testing.T, path, params string) {
		for _, method := range []string{"get", "post", "delete"} {
			a, in, bad := typed(t, "admin-api-action",
				map[string]string{"method": method, "path": path, "params": params, "confirm": path})
			if len(bad) > 0 {
				continue
			}
			if !strings.HasPrefix(in.given["path"], "/admin/v") || strings.ContainsAny(in.given["path"], ".%?\\ ") ||
				strings.Contains(in.given["path"], "//") {
				t.Errorf("the path %q is let through", path)
			}
			if method != "get" && a.Question(in) == "" || a.LeastRole(in) < Administrator {
				t.Errorf("%s %q needs %s and asks %q", method, path, a.LeastRole(in), a.Question(in))
			}
		}
	})
}

func TestSpan(t *testing.T) {
	t.Parallel()
	life := BypassLife
	for text, want := range map[string]string{
		"3600": "3600", "1 hour": "3600", "90 min": "5400", "24h": "86400", "7 days": "604800", "7d": "604800",
		" 2 Hours ": "7200", "0": "0", "never": "0", "60 s": "60",
	} {
		if plain, fault := life.normalize(text, true); plain != want || fault != "" {
			t.Errorf("%q became %q, %q", text, plain, fault)
		}
	}
	for _, text := range []string{"", "-1", "1.5 hours", "31 days", "59", "an hour", "1 fortnight", "999999999 days",
		"1 hour 5 min", "10000000000"} {
		if plain, fault := life.normalize(text, true); fault == "" {
			t.Errorf("%q is taken for %q", text, plain)
		}
	}
	if smsLife.Of(Values{given: map[string]string{}}) != smsLife.Default {
		t.Error("the default is lost")
	}
	if _, fault := smsLife.normalize("0", true); fault == "" {
		t.Error("for ever is taken where there is no such thing")
	}
	// What is offered can be typed.
	for _, a := range All() {
		for _, f := range a.Fields {
			if spec := f.Spec(); spec.Kind == "duration" {
				for _, text := range append([]string{spec.Default}, valuesOf(spec.Options)...) {
					if _, fault := f.normalize(text, true); fault != "" {
						t.Errorf("%s: %s offers %q and says %s", a.Slug, spec.Name, text, fault)
					}
				}
			}
		}
	}
}

func valuesOf(options []Option) []string {
	var values []string
	for _, o := range options {
		values = append(values, o.Value)
	}
	return values
}

type answers func(*http.Request) string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a(r))),
		Request: r}, nil
}

// TestAGenericReadIsBounded reads pages of 6 MB each, of which there are always more.
func TestAGenericReadIsBounded(t *testing.T) {
	t.Parallel()
	asked := 0
	client := duo.New(duo.Credentials{Host: "api-1a2b3c4d.duosecurity.com", IntegrationKey: "DI0000000000000000EX",
		Secret: func(use func([]byte)) error {
			use([]byte("a secret"))
			return nil
		}}, duo.Options{Transport: answers(func(*http.Request) string {
		asked++
		return fmt.Sprintf(`{"stat":"OK","metadata":{"next_offset":%d},"response":["%s"]}`, asked,
			strings.Repeat("x", 6<<20))
	})})
	a, in, bad := typed(t, "admin-api-action", map[string]string{"method": "get", "path": "/admin/v1/users",
		"parts": "20"})
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	result, err := a.Run(t.Context(), client, in)
	if err != nil || len(result.Raw) > mostRead || len(result.Raw) < 18<<20 || asked != 4 {
		t.Errorf("%d bytes of %d pages, %v", len(result.Raw), asked, err)
	}
	if !strings.Contains(result.Summary, "in 3 parts") || !strings.Contains(result.Summary, "There is more to read") {
		t.Errorf("it says %q", result.Summary)
	}
}
