package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// TestDuosOwnWords: where Duo refuses, the form, the run and the API say what it means and quote
// Duo; they do not blame what nobody typed, nor the keys where Duo names another reason.
func TestDuosOwnWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, program := s.as(t, s.Owner), s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	user := s.addUser(t, duosim.UserSpec{Username: "jroe", Status: duosim.LockedOut})
	for name, c := range map[string]struct {
		refusal  duosim.Fault
		meaning  string
		said     string
		mustMiss []string
	}{
		"a message alone": {duosim.Fault{Code: 40002, Message: "The account is being migrated"},
			"Duo did not accept this request.",
			"Duo said: “The account is being migrated” (code 40002).",
			[]string{"did not accept a value", "Change it", "change it"}},
		"a phrase for a detail": {duosim.Fault{Code: 40002, Detail: "no capable device"},
			"Duo did not accept this request.",
			"Duo said: “Invalid request parameters: no capable device” (code 40002).",
			[]string{"did not accept a value", "change it"}},
		"the name of a parameter": {duosim.Fault{Code: 40002, Detail: "status"},
			"Duo did not accept the value of status. ",
			"Duo said: “Invalid request parameters: status” (code 40002).", nil},
		"an edition's refusal": {duosim.Fault{Code: 40301, Message: "Access forbidden",
			Detail: "This needs Duo Premier."}, "Duo does not permit this in this account, or to these keys.",
			"Duo said: “Access forbidden: This needs Duo Premier.” (code 40301).",
			[]string{"another kind of application"}},
		"an edition's refusal as a message": {duosim.Fault{Code: 40301, Message: "Not in your edition"},
			"Duo does not permit this in this account, or to these keys.",
			"Duo said: “Not in your edition” (code 40301).", []string{"another kind of application"}},
		"another application's keys": {duosim.Fault{Code: 40301, Detail: "Wrong integration type for this API."},
			"these keys belong to another kind of application.",
			"Duo said: “Access forbidden: Wrong integration type for this API.” (code 40301).", nil},
		"a code that nobody knows": {duosim.Fault{Code: 41801, Message: "I am a teapot"},
			"Duo answered that this failed.", "Duo said: “I am a teapot” (code 41801).", nil},
		"long and invisible words": {duosim.Fault{Code: 40002, Message: "a\u202eb\u200b\u3164c\x07\r\nd “e” " +
			strings.Repeat("x", 5000)}, "Duo did not accept this request.",
			"Duo said: “abc d \"e\" " + strings.Repeat("x", 289) + "…” (code 40002).", nil},
		"a failure with the status 200": {duosim.Fault{Code: 40002, Message: "Not now", Status: 200},
			"Duo did not accept this request.",
			"Duo said: “Not now” (code 40002).", []string{"may have"}},
	} {
		c.refusal.Kind, c.refusal.WritesOnly = duosim.Refuses, true
		s.Sim.SetFault(s.Account.AccountID, c.refusal)
		p := b.get(s.org("/actions/unlock-user?user_id=" + user)).form("Unlock").send()
		p.want(http.StatusUnprocessableEntity, c.meaning, c.said, "Nothing was changed").wantNot(c.mustMiss...).fine()
		p.click("Open the run").want(http.StatusOK, "Refused", c.meaning, c.said).wantNot(c.mustMiss...).fine()
		id := uuid.NewString()
		answer := program.call(token, http.MethodPost, s.apiOrg("/actions/unlock-user"),
			map[string]any{"run_id": id, "fields": map[string]any{"user_id": user}})
		got := answer.wantProblem(http.StatusUnprocessableEntity, "duo_refused")
		if got.State != store.Refused || !strings.Contains(got.Detail, c.said) ||
			strings.Contains(answer.body, "Nothing was sent") {
			t.Errorf("%s: %+v", name, got)
		}
		if kept := s.Record(t, uuid.MustParse(id)); kept.State != store.Refused ||
			!strings.Contains(kept.Summary, c.said) {
			t.Errorf("%s: the record says %q: %q", name, kept.State, kept.Summary)
		}
		s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	}
}

// TestValueThatDuoRefuses: a refusal beside a field is Duo's, was sent, and is quoted.
func TestValueThatDuoRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	refuse := func(f duosim.Fault) {
		f.Kind, f.WritesOnly = duosim.Refuses, true
		s.Sim.SetFault(s.Account.AccountID, f)
	}
	call := func(slug string, fields map[string]any) *page {
		return b.call(token, http.MethodPost, s.apiOrg("/actions/"+slug),
			map[string]any{"run_id": uuid.NewString(), "fields": fields})
	}
	refuse(duosim.Fault{Code: 40003, Message: "Duplicate resource", Detail: "name"})
	p := call("create-group", map[string]any{"name": "Staff"})
	got := p.wantProblem(http.StatusUnprocessableEntity, "duo_refused")
	if len(got.Errors) != 1 || got.Errors[0].Field != "name" || !strings.HasSuffix(got.Errors[0].Message,
		"Duo said: “Duplicate resource: name” (code 40003).") || strings.Contains(p.body, "Nothing was") {
		t.Errorf("%s", p.body)
	}
	// Not every refusal of credits is about how many there are.
	refuse(duosim.Fault{Code: 40002, Detail: "credits"})
	got = call("set-telephony-credits", map[string]any{"credits": 7}).wantProblem(http.StatusUnprocessableEntity,
		"duo_refused")
	if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "may not have enough credits left") ||
		!strings.Contains(got.Errors[0].Message, "(code 40002)") {
		t.Errorf("%+v", got)
	}
	refuse(duosim.Fault{Code: 40002, Message: "Telephony is being changed"})
	got = call("set-telephony-credits", map[string]any{"credits": 7}).wantProblem(http.StatusUnprocessableEntity,
		"duo_refused")
	if len(got.Errors) != 0 || strings.Contains(got.Detail, "fewer") ||
		!strings.Contains(got.Detail, "“Telephony is being changed”") {
		t.Errorf("%+v", got)
	}
	// A reading that Duo serves by POST changes nothing, whatever becomes of its answer.
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{Kind: duosim.Unavailable, Path: "/accounts/v1/account/list"})
	p = b.call(token, http.MethodPost, s.api("/actions/list-accounts"), map[string]any{"run_id": uuid.NewString()})
	if got = p.wantProblem(http.StatusBadGateway, "duo_unreachable"); strings.Contains(got.Detail, "may have") {
		t.Errorf("%+v", got)
	}
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{})
	// What the console refuses itself is not Duo's refusal; Duo may have been asked for a name.
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	p = call("update-user", map[string]any{"user_id": "nobody.at.all", "realname": "x"})
	if got = p.wantProblem(http.StatusUnprocessableEntity, "invalid_fields"); !strings.Contains(got.Detail,
		"Nothing was done in Duo.") || strings.Contains(p.body, "sent") {
		t.Errorf("%s", p.body)
	}
	user := s.addUser(t, duosim.UserSpec{Username: "off", Status: duosim.Disabled})
	form := s.as(t, s.Member(t, s.Workspace, catalog.Technician)).get(s.org("/actions/unlock-user?user_id=" +
		user)).form("Unlock")
	form.send().want(http.StatusUnprocessableEntity, "This user is not locked out.").wantNot("Duo said")
}

// TestNotFoundInDuosWords: a page of ours says that it does not exist; an action and what a
// program reads keep Duo's words.
func TestNotFoundInDuosWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, program := s.as(t, s.Owner), s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	const said = "Duo does not know this id or path. Duo said: “Resource not found” (code 40401)."
	nobody := "DU0000000000000NOBODY"[:20]
	b.get(s.org("/users/" + nobody)).want(http.StatusNotFound).wantNot("Duo said")
	b.get(s.org("/actions/get-user/form")).form("Get User").set("user_id",
		nobody).send().want(http.StatusUnprocessableEntity, said)
	got := program.call(token, http.MethodPost, s.apiOrg("/actions/get-user"),
		map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": nobody}}).
		wantProblem(http.StatusUnprocessableEntity, "duo_refused")
	if !strings.Contains(got.Detail, said) {
		t.Errorf("%+v", got)
	}
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Refuses, Code: 40401, Message: "Resource not found",
		Path: "/admin/v1/users"})
	got = program.call(token, http.MethodGet, s.apiOrg("/users"), nil).wantProblem(http.StatusUnprocessableEntity,
		"duo_refused")
	if !strings.Contains(got.Detail, said) {
		t.Errorf("%+v", got)
	}
}
