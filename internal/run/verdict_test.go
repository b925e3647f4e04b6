package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// verdict is what the newest version of an API was last told.
func verdict(t *testing.T, d *runtest.Desk, api string) (setup.Verdict, store.Version) {
	t.Helper()
	found := state(t, d)
	v, ok := found.Version(api, store.Candidate)
	if !ok {
		if v, ok = found.Version(api, store.Active); !ok {
			t.Fatal(api, " has no version")
		}
	}
	var told setup.Verdict
	if err := json.Unmarshal(v.Verdict, &told); err != nil {
		t.Fatal(err)
	}
	if v.Finding == nil || *v.Finding != told.Finding || told.Headline == "" || len(told.Steps) == 0 {
		t.Errorf("%s: the verdict is incomplete: %+v", api, told)
	}
	return told, v
}

func text(v setup.Verdict) string {
	return fmt.Sprintf("%s|%v|%s|%s", v.Headline, v.Steps, v.Cause, v.Fix)
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	all := []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI}
	wrong := strings.Repeat("W", 40)
	unknown := "DIUNKNOWN00000000000"
	for _, test := range []struct {
		name    string
		typed   func(d *runtest.Desk) map[string]string
		fault   duosim.Fault
		apis    []string // that are told
		outcome string
		says    string // a regular expression
	}{
		{"good", nil, duosim.Fault{}, all, setup.Works, "belong together"},
		{"good, in use without checking what it cannot", nil, duosim.Fault{}, []string{store.AdminAPI}, setup.Works,
			"Writing is not checked"},
		{"number of accounts", nil, duosim.Fault{}, []string{store.AccountsAPI}, setup.Works, `lists 1 account\|`},
		{"wrong secret", func(d *runtest.Desk) map[string]string {
			return with(d, "auth_secret_key", wrong, "accounts_secret_key", wrong, "admin_secret_key", wrong)
		}, duosim.Fault{}, all, setup.Fails, "refused the signature"},
		{"unknown key", func(d *runtest.Desk) map[string]string { return with(d, "admin_integration_key", unknown) },
			duosim.Fault{},
			[]string{store.AdminAPI}, setup.Fails,
			`^The Admin API refuses these keys\|.*does not know this integration key`},
		{"another parent's host", func(d *runtest.Desk) map[string]string {
			return with(d, "account_host", d.Sim.AddParent("Second").APIHostname)
		}, duosim.Fault{}, []string{store.AccountsAPI}, setup.Fails, "does not know this integration key on this host"},
		{"Auth keys in the Admin card", func(d *runtest.Desk) map[string]string {
			auth := d.Sim.AddApplication(d.Parent.AccountID, duosim.AuthAPI)
			return with(d, "admin_integration_key", auth.IntegrationKey, "admin_secret_key", auth.SecretKey)
		}, duosim.Fault{}, []string{store.AdminAPI}, setup.Fails, "keys of an Auth API application, in the wrong card"},
		{"Admin keys in the Accounts card", func(d *runtest.Desk) map[string]string {
			admin := d.Sim.AddApplication(d.Parent.AccountID, duosim.AdminAPI)
			return with(d, "accounts_integration_key", admin.IntegrationKey, "accounts_secret_key", admin.SecretKey)
		}, duosim.Fault{}, []string{store.AccountsAPI}, setup.Fails,
			"keys of an Admin API application, in the wrong card"},
		{"Accounts keys in the Auth card", func(d *runtest.Desk) map[string]string {
			accounts := d.Sim.AddApplication(d.Parent.AccountID, duosim.AccountsAPI)
			return with(d, "auth_integration_key", accounts.IntegrationKey, "auth_secret_key", accounts.SecretKey)
		}, duosim.Fault{}, []string{store.AuthAPI}, setup.Fails,
			"keys of an Accounts API application, in the wrong card"},
		{"no users", admin(duosim.Settings), duosim.Fault{}, []string{store.AdminAPI}, setup.Limited,
			"Reading users: not granted"},
		{"no settings", admin(duosim.ReadResource), duosim.Fault{}, []string{store.AdminAPI}, setup.Limited,
			"Reading settings: not granted"},
		{"no permission at all", admin(duosim.ReadInfo), duosim.Fault{}, []string{store.AdminAPI}, setup.Fails,
			`^The Admin API refuses these keys\|.*without any permission.*Duo said: “Access forbidden” \(code 40301\)`},
		{"revoked", nil, duosim.Fault{Kind: duosim.Revoked}, all, setup.Fails, "does not know this integration key"},
		{"rate limited", nil, duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 30 * time.Second}, all, setup.Fails,
			`did not do what it was asked\|.*Wait 30 s`},
		{"Admin API limited", nil, duosim.Fault{Kind: duosim.RateLimited, Path: "/admin/v1/users"},
			[]string{store.AdminAPI}, setup.Fails, `^The Admin API did not do what it was asked\|`},
		{"second question refused", nil, duosim.Fault{Kind: duosim.Refuses, Code: 40002, Message: "Not now",
			Path: "/admin/v1/settings"}, []string{store.AdminAPI}, setup.Fails,
			`^The Admin API did not do what it was asked\|.*Duo said: “Not now” \(code 40002\)`},
		{"an edition's refusal", nil, duosim.Fault{Kind: duosim.Refuses, Code: 40301, Message: "Not in your edition",
			Path: "/admin/v1/settings"}, []string{store.AdminAPI}, setup.Limited,
			`^The Admin API accepts these keys, but does not permit everything\|.*Reading settings: Duo does not permit it. Duo said: “Not in your edition” \(code 40301\)`},
		{"an edition's refusal of everything", nil, duosim.Fault{Kind: duosim.Refuses, Code: 40301,
			Message: "Not in your edition", Path: "/admin/"}, []string{store.AdminAPI}, setup.Fails,
			`^The Admin API did not do what it was asked\|.*Duo said: “Not in your edition” \(code 40301\)`},
		{"a network's refusal", nil, duosim.Fault{Kind: duosim.Refuses, Code: 40301,
			Message: "Your network is not permitted", Path: "/accounts/"}, []string{store.AccountsAPI}, setup.Fails,
			`^The Accounts API did not do what it was asked\|.*Duo said: “Your network is not permitted”`},
		{"a refused time", nil, duosim.Fault{Kind: duosim.Refuses, Code: 40105, Message: "Bad request timestamp",
			Path: "/admin/"}, []string{store.AdminAPI}, setup.Fails,
			`^The Admin API did not do what it was asked\|.*the clock here and Duo's differ too much`},
		{"a refused type of content", nil, duosim.Fault{Kind: duosim.Refuses, Code: 40106,
			Message: "Invalid content type", Path: "/admin/"}, []string{store.AdminAPI}, setup.Fails,
			`^The Admin API did not do what it was asked\|`},
		{"down", nil, duosim.Fault{Kind: duosim.Down}, all, setup.Fails, "cannot be reached"},
		{"unavailable", nil, duosim.Fault{Kind: duosim.Unavailable}, all, setup.Fails,
			`did not do what it was asked\|.*\(503\)`},
		{"slow", nil, duosim.Fault{Kind: duosim.Slow, Delay: time.Hour}, all, setup.Fails, "did not answer in time"},
		{"clock behind by ten minutes", nil, duosim.Fault{Kind: duosim.ClockOff, Delay: 10 * time.Minute}, all,
			setup.Works, "differs from Duo's by (599|600) s"},
		{"clock ahead by a minute", nil, duosim.Fault{Kind: duosim.ClockOff, Delay: -time.Minute}, all, setup.Works,
			"differs from Duo's by (60|61) s; Duo refuses from 300 s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := runtest.Unconnected(t)
			d.Runner = d.Over(t, impatient(d.Transport))
			typed := d.NineFields()
			if test.typed != nil {
				typed = test.typed(d)
			}
			d.Sim.SetFault(d.Parent.AccountID, test.fault)
			if faults, _ := save(t, d, typed); len(faults) > 0 {
				t.Fatal(faults)
			}
			for _, api := range test.apis {
				told, v := verdict(t, d, api)
				if told.Finding != test.outcome || !regexp.MustCompile(test.says).MatchString(text(told)) {
					t.Errorf("%s: %s: %s; want %s: … %s …", api, told.Finding, text(told), test.outcome, test.says)
				}
				if inUse := v.State == store.Active; inUse != (test.outcome != setup.Fails) {
					t.Errorf("%s is %s", api, v.State)
				}
				if test.outcome == setup.Fails && (told.Cause == "" || told.Fix == "") {
					t.Errorf("%s: a failure without cause or fix: %+v", api, told)
				}
				for name, value := range typed {
					if setup.SecretField(name) && strings.Contains(text(told), value) {
						t.Errorf("%s: the verdict quotes a secret", api)
					}
				}
			}
		})
	}
}

// admin types the keys of an Admin API application with these permissions alone.
func admin(grants ...duosim.Grant) func(*runtest.Desk) map[string]string {
	return func(d *runtest.Desk) map[string]string {
		keys := d.Sim.AddApplication(d.Parent.AccountID, duosim.AdminAPI, grants...)
		return with(d, "admin_integration_key", keys.IntegrationKey, "admin_secret_key", keys.SecretKey)
	}
}

// impatient gives an answer of a slow Duo up long before the console would.
func impatient(next http.RoundTripper) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		context.AfterFunc(ctx, cancel)
		return next.RoundTrip(r.WithContext(ctx))
	})
}

// TestHostsThatAreNotDuos: a host that an answer names for an account must
// not be sent signed requests unless it is Duo's.
func TestHostsThatAreNotDuos(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		answer, err := d.Transport.RoundTrip(r)
		if err == nil && r.URL.Path == "/accounts/v1/account/list" {
			replaceBody(t, answer, fmt.Sprintf(`{"stat": "OK", "response": [
				{"account_id": %q, "name": "good", "api_hostname": %q},
				{"account_id": "DA1", "name": "evil", "api_hostname": "evil.example"},
				{"account_id": "DA2", "name": "inside", "api_hostname": "169.254.169.254"},
				{"account_id": "DA3", "name": "nowhere", "api_hostname": ""},
				{"account_id": "", "name": "nobody", "api_hostname": %q}]}`, d.Account.AccountID, d.Account.APIHostname,
				d.Account.APIHostname))
		}
		return answer, err
	}))
	save(t, d, d.NineFields())
	told, _ := verdict(t, d, store.AccountsAPI)
	if !strings.Contains(text(told), "4 more cannot be mapped") || !strings.Contains(told.Headline, "1 account") {
		t.Errorf("told: %s", text(told))
	}
	if accounts := state(t, d).Accounts; len(accounts) != 1 || accounts[0].Name != "good" {
		t.Errorf("kept %+v", accounts)
	}
}

// TestAGoodKeyMayFailLater: what is in use stays in use when a later check finds
// Duo down.
func TestAGoodKeyMayFailLater(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	d.Sim.SetFault(d.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	if err := d.Setup().CheckKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine()); err != nil {
		t.Fatal(err)
	}
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		if told, v := verdict(t, d, api); v.State != store.Active || told.Finding != setup.Fails {
			t.Errorf("%s is %s and %s", api, v.State, told.Finding)
		}
	}
	if accounts := state(t, d).Accounts; len(accounts) != 1 {
		t.Errorf("the list of accounts was lost: %+v", accounts)
	}
}
