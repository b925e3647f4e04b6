package web

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
)

// typeNine types values into the nine boxes of the integration page.
func typeNine(p *page, values map[string]string) *formOfPage {
	f := p.form("Save Configuration")
	for name, value := range values {
		f.set(name, value)
	}
	return f
}

func TestNineFields(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Unconnected(t))
	b := s.as(t, s.Owner)
	good := s.NineFields()

	empty := b.get(s.ws("/integration")).want(http.StatusOK, "Not available yet").form("Save Configuration").send()
	empty.want(http.StatusUnprocessableEntity, "9 fields need a change")

	bad := maps.Clone(good)
	bad["auth_host"] = "https://api-0a1b2c3d.evil.example/"
	bad["auth_integration_key"] = ""
	bad["accounts_secret_key"] = "SECRETTOOSHORTkx9"
	bad["admin_integration_key"] = good["auth_secret_key"]
	bad["admin_secret_key"] = good["admin_integration_key"]
	bad["account_host"] = "  HTTPS://" + strings.ToUpper(good["account_host"]) + "/ "
	refused := typeNine(b.get(s.ws("/integration")), bad).send().want(http.StatusUnprocessableEntity,
		"5 fields need a change")
	if summary := refused.all(func(n *node) bool { return strings.Contains(attribute(n, "class"), "summary") }); len(
		summary) != 1 || !has(summary[0], "autofocus") || attribute(summary[0], "role") != "alert" {
		t.Error("no summary that takes the focus")
	}
	for name, value := range bad {
		shown, fault := refused.box(name)
		if wrong := strings.Contains(
			" auth_host auth_integration_key accounts_secret_key admin_integration_key admin_secret_key ",
			" "+name+" "); wrong != (fault != "") {
			t.Errorf("%s: message %q", name, fault)
		}
		switch {
		case setup.SecretField(name) && shown != "":
			t.Errorf("%s is shown", name)
		case name == "admin_integration_key" && shown != "":
			t.Error("a secret key in the wrong box is shown")
		case name == "account_host" && shown != good[name]:
			t.Errorf("%s: %q instead of its plain form", name, shown)
		case strings.HasPrefix(name, "auth") && !setup.SecretField(name) && shown != value:
			t.Errorf("%s: %q instead of what was typed", name, shown)
		}
	}
	refused.wantNot(good["auth_secret_key"], good["accounts_secret_key"], "SECRETTOOSHORTkx9")
	if _, note := refused.note("account_host"); !strings.Contains(note, "removed") {
		t.Errorf("what was taken off is not said: %q", note)
	}

	// What is kept needs no typing again: only what was wrong is corrected.
	next := b.get(s.ws("/integration")).want(http.StatusOK, "Kept in your draft until")
	saved := typeNine(next, map[string]string{
		"auth_host": good["auth_host"], "auth_integration_key": good["auth_integration_key"],
		"admin_integration_key": good["admin_integration_key"],
		"accounts_secret_key":   " " + good["accounts_secret_key"] + " ", "admin_secret_key": good["admin_secret_key"],
	}).send()
	saved.want(http.StatusOK, "Saved. All three APIs accept their keys.", "The Accounts API lists 1 account", "Set on ",
		" by "+s.Owner.Email)
	for _, p := range b.seen {
		for name, secret := range good {
			if setup.SecretField(name) {
				p.wantNot(secret)
			}
		}
	}
	if value, _ := saved.box("admin_integration_key"); value != good["admin_integration_key"] {
		t.Error("the integration key is not shown: ", value)
	}
	// An empty box keeps what is stored.
	b.get(s.ws("/integration")).form("Save Configuration").send().want(http.StatusOK,
		"All three APIs accept their keys")
}

// TestDraftIsOnesOwn: what somebody typed is for them alone.
func TestDraftIsOnesOwn(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Unconnected(t))
	typeNine(s.as(t, s.Owner).get(s.ws("/integration")),
		map[string]string{"auth_host": "typed-by-the-owner"}).send().want(http.StatusUnprocessableEntity)
	admin := s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	admin.get(s.ws("/integration")).want(http.StatusOK).wantNot("typed-by-the-owner")
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	good := s.NineFields()

	wrong := strings.Repeat("W", 40)
	p := typeNine(b.get(s.ws("/integration")), map[string]string{"accounts_secret_key": wrong}).send()
	p.want(http.StatusOK, "1 of 3 APIs did not accept", "Newer values are waiting",
		"the secret key does not belong to this integration key", "Use anyway", "Discard").wantNot(wrong)
	// What worked before stays in use meanwhile.
	b.get(s.org("/users")).want(http.StatusOK, "0 users")
	b.request(http.MethodPost, s.ws("/integration/accounts/discard"),
		url.Values{}).follow().want(http.StatusOK).wantNot("Newer values are waiting")

	typeNine(b.get(s.ws("/integration")), map[string]string{"admin_secret_key": wrong}).send().want(http.StatusOK,
		"Use anyway")
	b.request(http.MethodPost, s.ws("/integration/admin/activate"), url.Values{}).follow().want(http.StatusOK,
		"The Admin API refuses these keys").wantNot("Newer values are waiting")
	typeNine(b.get(s.ws("/integration")), map[string]string{"admin_secret_key": good["admin_secret_key"]}).send().want(
		http.StatusOK, "All three APIs accept")

	// Swapped cards are called by their names.
	swapped := maps.Clone(good)
	swapped["auth_integration_key"], swapped["admin_integration_key"] = good["admin_integration_key"],
		good["auth_integration_key"]
	swapped["auth_secret_key"], swapped["admin_secret_key"] = good["admin_secret_key"], good["auth_secret_key"]
	typeNine(b.get(s.ws("/integration")), swapped).send().want(http.StatusOK,
		"These are the keys of an Admin API application, in the wrong card.",
		"These are the keys of an Auth API application, in the wrong card.")

	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	b.request(http.MethodPost, s.ws("/integration/accounts/check"), url.Values{}).follow().want(http.StatusOK,
		"Duo cannot be reached")
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{Kind: duosim.RateLimited})
	b.request(http.MethodPost, s.ws("/integration/accounts/check"), url.Values{}).follow().want(http.StatusOK,
		"Duo is limiting requests")
}

// TestReadersSeeTheState: those who may not set the values see how they are, and
// no form.
func TestReadersSeeTheState(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Helpdesk, catalog.Technician} {
		p := s.as(t, s.Member(t, s.Workspace, role)).get(s.ws("/integration")).want(http.StatusOK,
			"Owners and admins of this workspace set these values", "The Auth API accepts these keys")
		if len(p.all(func(n *node) bool { return strings.Contains(attribute(n, "name"), "secret_key") })) > 0 {
			t.Error(role, " has boxes for secrets")
		}
	}
}
