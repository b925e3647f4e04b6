package catalog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

func TestEnrollUser(t *testing.T) {
	t.Parallel()
	s := seed(t)
	account := s.child
	s.sim.AddUser(account, duosim.UserSpec{Username: "new", Email: "old@client.example"})
	s.sim.AddUser(account, duosim.UserSpec{Username: "off", Status: duosim.Disabled})
	enroll, _ := catalog.Lookup("enroll-user")
	do := func(username, valid string) (catalog.Result, error) {
		form := map[string]string{"username": username, "email": username + "@client.example"}
		if valid != "" {
			form["valid_secs"] = valid
		}
		return enroll.Run(t.Context(), s.client, parse(t, enroll, form))
	}
	first, err := do("new", "")
	if err != nil ||
		first.Summary != "Sent an enrollment email to new@client.example, valid for 30 days. The user's address was old@client.example before." || first.Life != 30*24*time.Hour {
		t.Error(first, err)
	}
	again, err := do("NEW", "never")
	if err != nil || again.Summary != "Sent an enrollment email to NEW@client.example, which never expires." ||
		again.Life != 0 || again.Subject != "new" {
		t.Error(again, err)
	}
	if first.Secrets[0].Value == again.Secrets[0].Value || s.sim.Scan(first.Secrets[0].Value) == nil {
		t.Error("the code before still works")
	}
	if made, err := do("nobody", "1 hour"); err != nil ||
		!strings.HasSuffix(made.Summary, "valid for 1 hour. The user was created.") || made.Table == nil {
		t.Error(made, err)
	}
	sent := len(s.sim.Outbox(account))
	if err := s.sim.Scan(again.Secrets[0].Value); err != nil {
		t.Fatal(err)
	}
	for name, why := range map[string]string{"new": "new is already enrolled", "ada": "ada is already enrolled",
		"bob": "in the trash", "off": "off is disabled"} {
		_, err := do(name, "")
		var fault *catalog.FieldError
		if !errors.As(err, &fault) || fault.Field != "username" || !strings.Contains(fault.Message, why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := len(s.sim.Outbox(account)); sent != 3 || now != sent {
		t.Errorf("%d emails were sent, then %d", sent, now)
	}
}

func TestAuthEnroll(t *testing.T) {
	t.Parallel()
	s := seed(t)
	enroll, _ := catalog.Lookup("auth-enroll-user")
	status, _ := catalog.Lookup("auth-enroll-status")
	made, err := enroll.Run(t.Context(), s.apis[catalog.Auth],
		parse(t, enroll, map[string]string{"username": "grace", "bypass_codes": "2"}))
	if err != nil || len(made.Secrets) != 4 || !strings.HasSuffix(made.Summary,
		"Created 2 bypass codes that never expire.") {
		t.Fatal(made, err)
	}
	ask := func(code string) string {
		t.Helper()
		r, err := status.Run(t.Context(), s.apis[catalog.Auth],
			parse(t, status, map[string]string{"user_id": made.Table.Rows[0][1], "activation_code": code}))
		if err != nil {
			t.Fatal(err)
		}
		return r.Summary
	}
	code := made.Secrets[1].Value
	if got := ask(code); !strings.Contains(got, "not used yet") {
		t.Error(got)
	}
	if err := s.sim.Scan(code); err != nil {
		t.Fatal(err)
	}
	if got := ask(code); !strings.Contains(got, "is activated") {
		t.Error(got)
	}
	if got := ask("duo://other"); !strings.Contains(got, "not this user's") {
		t.Error(got)
	}
	_, err = enroll.Run(t.Context(), s.apis[catalog.Auth], parse(t, enroll, map[string]string{"username": "grace"}))
	if fault, ok := err.(*catalog.FieldError); !ok || fault.Field != "username" {
		t.Error("a username twice: ", err)
	}
}

func TestPreauth(t *testing.T) {
	t.Parallel()
	s := seed(t)
	preauth, _ := catalog.Lookup("preauth-user")
	for id, want := range map[string]string{
		s.ids["DU0000000000000000EX"]: "The user is asked for the second factor",
		s.ids["locked out"]:           "The user cannot log in.",
		s.sim.AddUser(s.child, duosim.UserSpec{Username: "free",
			Status: duosim.Bypass}): "The user logs in without a second factor",
		s.sim.AddUser(s.child,
			duosim.UserSpec{Username: "unenrolled"}): "The user has to enroll a device first.",
	} {
		r, err := preauth.Run(t.Context(), s.apis[catalog.Auth],
			parse(t, preauth, map[string]string{"user_id": id, "ipaddr": "198.51.100.7"}))
		if err != nil || !strings.HasPrefix(r.Summary, want) || len(r.Secrets) > 0 {
			t.Errorf("%q: %v %v", want, r, err)
		}
	}
	if done := s.sim.Ledger(); len(done) > 0 {
		t.Error("an effect: ", done)
	}
}
