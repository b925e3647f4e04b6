package duo_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/duosim"
)

// authOf makes an Auth API application in the child account, as the console does, and its client.
func (s *simulator) authOf(t *testing.T) *duo.Client {
	t.Helper()
	made := must[duo.Integration](t)(s.acme().CreateAuthIntegration(t.Context(), "Help desk"))
	secret := must[duo.Sensitive](t)(s.acme().IntegrationSecret(t.Context(), made.Key))
	return duo.New(duo.Credentials{
		Host:           s.child.APIHostname,
		IntegrationKey: string(made.Key),
		Secret:         func(use func([]byte)) error { use([]byte(secret)); return nil },
	}, duo.Options{Transport: s.transport})
}

// TestLoginAgainstSimulator is a user's way from nothing to a log-in, and what the logs tell of it.
func TestLoginAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c, acme, child := s.authOf(t), s.acme(), s.child.AccountID
	if integrations := all(t, acme.Integrations(ctx)); !slices.ContainsFunc(integrations,
		func(i duo.Integration) bool { return i.Type == duo.AuthAPIType && i.Name == "Help desk" }) {
		t.Errorf("integrations %+v", integrations)
	}

	made := must[duo.Enrollment](t)(c.Enroll(ctx, duo.NewEnrollment{Username: "ada", ValidFor: time.Hour,
		BypassCodes: 1}))
	if time.Until(made.Expires).Round(time.Minute) != time.Hour || made.ActivationURL == "" ||
		len(made.BypassCodes) != 1 {
		t.Errorf("enrollment %+v", made)
	}
	_, err := c.Enroll(ctx, duo.NewEnrollment{Username: "ada"})
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeInvalidParameter {
		t.Errorf("enrolled again: %v", err)
	}
	if state := must[duo.EnrollState](t)(c.EnrollStatus(ctx, made.UserID,
		made.ActivationCode)); state != duo.EnrollWaiting {
		t.Errorf("before the scan: %s", state)
	}
	if err := s.Scan(string(made.ActivationCode)); err != nil {
		t.Fatal(err)
	}
	if state := must[duo.EnrollState](t)(c.EnrollStatus(ctx, made.UserID,
		made.ActivationCode)); state != duo.EnrollSuccess {
		t.Errorf("after the scan: %s", state)
	}

	ada := duo.AuthUser{Username: "ada"}
	preauth := must[duo.Preauth](t)(c.Preauth(ctx, ada, duo.AccessDevice{}))
	if preauth.Result != duo.PreauthAuth || len(preauth.Devices) != 1 ||
		!slices.Contains(preauth.Devices[0].Capabilities, "push") {
		t.Fatalf("preauth %+v", preauth)
	}
	push := duo.AuthRequest{User: ada, Factor: duo.FactorPush, Device: preauth.Devices[0].ID, Type: "Help desk call",
		Info: []duo.PushInfo{{Name: "Asked by", Value: "Northwind & Söhne"}}}
	for answer, want := range map[string]string{duosim.Approve: "allow", duosim.Deny: "deny", duosim.Fraud: "fraud"} {
		id := must[duo.TransactionID](t)(c.StartAuth(ctx, push))
		if result := must[duo.AuthResult](t)(c.AuthStatus(ctx, id)); !result.Waiting() || result.Status != "pushed" {
			t.Errorf("sent: %+v", result)
		}
		if err := s.AnswerPush(string(id), answer, ""); err != nil {
			t.Fatal(err)
		}
		if result := must[duo.AuthResult](t)(c.AuthStatus(ctx, id)); result.Allowed() != (want == "allow") ||
			result.Waiting() || result.Status != want {
			t.Errorf("%s: %+v", answer, result)
		}
	}
	if pushes := s.Pushes(child); len(pushes) != 3 || pushes[0].Title != "Help desk call" {
		t.Errorf("shown on the phone: %+v", pushes)
	}
	passcode := func(code string) duo.AuthResult {
		return must[duo.AuthResult](t)(c.Auth(ctx,
			duo.AuthRequest{User: ada, Factor: duo.FactorPasscode, Passcode: code}))
	}
	if result := passcode(made.BypassCodes[0]); !result.Allowed() {
		t.Errorf("with the bypass code: %+v", result)
	}
	if result := passcode(made.BypassCodes[0]); result.Allowed() {
		t.Errorf("with the same code again: %+v", result)
	}
	_, err = c.AuthStatus(ctx, "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13")
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeInvalidParameter {
		t.Errorf("an unknown transaction: %v", err)
	}

	today := duo.LogWindow{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), OldestFirst: true}
	events := all(t, acme.AuthenticationLog(ctx, today, 1))
	if len(events) < 5 || !slices.IsSortedFunc(events,
		func(a, b duo.AuthenticationEvent) int { return a.Time.Compare(b.Time) }) {
		t.Fatalf("log-ins %+v", events)
	}
	if !slices.ContainsFunc(events, func(e duo.AuthenticationEvent) bool {
		return e.User == duo.LogParty{Key: string(made.UserID), Name: "ada"} && e.Application.Name == "Help desk" &&
			e.Result == "denied" && e.Reason == "invalid_passcode" && time.Since(e.Time) < time.Minute
	}) {
		t.Errorf("log-ins without the code that was used twice: %+v", events)
	}
	seen, cursor := 0, ""
	for range 20 {
		page, next, err := acme.AuthenticationLogPage(ctx, today, 2, cursor)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page)
		if cursor = next; next == "" {
			break
		}
	}
	if seen != len(events) {
		t.Errorf("%d log-ins two by two, %d at once", seen, len(events))
	}
	if actions := all(t, acme.ActivityLog(ctx, today, 1)); !slices.ContainsFunc(actions,
		func(e duo.ActivityEvent) bool { return e.Action == "integration_create" && e.Actor.Name != "" }) {
		t.Errorf("activity %+v", actions)
	}
	if actions := all(t, acme.AdministratorLog(ctx, today.From, 1)); !slices.ContainsFunc(actions,
		func(e duo.AdministratorEvent) bool {
			return e.Action == "integration_create" && e.Object == "Help desk"
		}) {
		t.Errorf("administrator log %+v", actions)
	}
}

func TestTelephonyAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c, child := s.acme(), s.child.AccountID
	s.SetTelephony(child, true)
	s.SetCredits(child, 100)
	user := s.AddUser(child, duosim.UserSpec{Username: "ada"})
	phone := duo.PhoneID(s.AddPhone(child, duosim.PhoneSpec{Number: "+17345551212", Type: "Mobile",
		Platform: "Apple iOS", Activated: true, UserIDs: []string{user}}))
	sent := must[duo.SentActivation](t)(c.SendActivation(ctx, phone,
		duo.ActivationSMS{ValidFor: time.Hour, Message: "Tap <acturl>", Install: true}))
	if sent.ValidFor != time.Hour || sent.Message == "" || sent.InstallText == "" {
		t.Errorf("sent %+v", sent)
	}
	if text := must[string](t)(c.SendInstallation(ctx, phone, "")); text == "" {
		t.Error("no text")
	}
	if err := c.SendPasscodes(ctx, phone); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Outbox(child)); n < 3 {
		t.Errorf("%d messages", n)
	}
	result := must[duo.AuthResult](t)(s.authOf(t).Auth(ctx,
		duo.AuthRequest{User: duo.AuthUser{ID: duo.UserID(user)}, Factor: duo.FactorSMS}))
	if !result.SMSSent() {
		t.Errorf("passcodes %+v", result)
	}
	events := all(t,
		c.TelephonyLog(ctx, duo.LogWindow{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}, 1))
	if len(events) < 3 || events[0].Phone != "+17345551212" || events[0].Type != "sms" {
		t.Errorf("telephony %+v", events)
	}
	if left := must[int](t)(c.TelephonyCredits(ctx)); left >= 100 {
		t.Errorf("%d credits are left of 100", left)
	}

	s.ActivatePhone(child, string(phone))
	push := must[duo.VerificationPush](t)(c.SendVerificationPush(ctx, duo.UserID(user), phone))
	if result := must[duo.VerificationResult](t)(c.VerificationPushResponse(ctx, duo.UserID(user),
		push.ID)); result != duo.VerificationWaiting || push.Code == "" {
		t.Errorf("verification %s, %+v", result, push)
	}
	if err := s.AnswerPush(string(push.ID), duosim.Approve, ""); err != nil {
		t.Fatal(err)
	}
	if result := must[duo.VerificationResult](t)(c.VerificationPushResponse(ctx, duo.UserID(user),
		push.ID)); result != duo.VerificationApproved {
		t.Errorf("verification %s", result)
	}
}

func TestDevicesAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c, child := s.acme(), s.child.AccountID
	users := must[[]duo.User](t)(c.BulkCreateUsers(ctx, []duo.UserFields{{Username: new("ada"),
		Aliases: map[int]string{2: "a.l"}}, {Username: new("bob"), Email: new("bob@acme.example")}}))
	if len(users) != 2 || users[0].Aliases[1] != "a.l" || users[1].Email != "bob@acme.example" {
		t.Fatalf("users %+v", users)
	}
	ada := users[0].ID
	token := duo.TokenID(s.AddToken(child, duosim.TokenSpec{Type: "t6", Serial: "123456", Secret: "00"}))
	if err := c.AssignToken(ctx, ada, token); err != nil {
		t.Fatal(err)
	}
	if tokens := all(t, c.Tokens(ctx)); len(tokens) != 1 || tokens[0].Serial != "123456" ||
		tokens[0].Step != 30*time.Second || len(tokens[0].Users) != 1 || tokens[0].Users[0].ID != ada {
		t.Errorf("tokens %+v", tokens)
	}
	if tokens := must[[]duo.Token](t)(c.UserTokens(ctx, ada)); len(tokens) != 1 || tokens[0].ID != token {
		t.Errorf("the user's tokens %+v", tokens)
	}
	if err := c.UnassignToken(ctx, ada, token); err != nil {
		t.Fatal(err)
	}
	if token := must[duo.Token](t)(c.Token(ctx, token)); len(token.Users) != 0 {
		t.Errorf("after un-assigning %+v", token)
	}
	if err := c.DeleteToken(ctx, token); err != nil {
		t.Fatal(err)
	}
	key := duo.WebAuthnKey(s.AddCredential(child, duosim.CredentialSpec{UserID: string(ada), Name: "YubiKey",
		Label: "Security Key"}))
	if keys := all(t, c.WebAuthn(ctx)); len(keys) != 1 || keys[0].Key != key || keys[0].Added.IsZero() ||
		keys[0].User.ID != ada {
		t.Errorf("credentials %+v", keys)
	}
	if err := c.DeleteWebAuthn(ctx, key); err != nil {
		t.Fatal(err)
	}
	if keys := must[[]duo.WebAuthnCredential](t)(c.UserWebAuthn(ctx, ada)); len(keys) != 0 {
		t.Errorf("the user's credentials %+v", keys)
	}
	if code := must[duo.Sensitive](t)(c.EnrollUser(ctx, "bob", "bob@acme.example", time.Hour)); code == "" ||
		len(s.Outbox(child)) != 1 {
		t.Errorf("enrolled, %d messages", len(s.Outbox(child)))
	}

	made := must[duo.Group](t)(c.CreateGroup(ctx, duo.GroupFields{Name: new("Pilots"), Status: new(duo.GroupDisabled)}))
	if made.Status != duo.GroupDisabled {
		t.Errorf("group %+v", made)
	}
	if changed := must[duo.Group](t)(c.ModifyGroup(ctx, made.ID,
		duo.GroupFields{Description: new("first"), Status: new(duo.GroupActive)})); changed.Description != "first" ||
		changed.Status != duo.GroupActive || changed.Name != "Pilots" {
		t.Errorf("changed %+v", changed)
	}
	if err := c.AssociateGroup(ctx, ada, made.ID); err != nil {
		t.Fatal(err)
	}
	if members := all(t, c.GroupMembers(ctx, made.ID)); len(members) != 1 || members[0].ID != ada {
		t.Errorf("members %+v", members)
	}
	if err := c.DeleteGroup(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if groups := all(t, c.Groups(ctx)); len(groups) != 0 {
		t.Errorf("groups %+v", groups)
	}
}

func TestAccountAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c, child := s.acme(), s.child.AccountID
	s.SetBilling(s.parent.AccountID, true)
	s.SetCredits(s.parent.AccountID, 1000)
	s.SetCredits(child, 100)
	if err := c.SetEdition(ctx, duo.EditionPremier); err != nil {
		t.Fatal(err)
	}
	if edition := must[duo.Edition](t)(c.Edition(ctx)); edition != duo.EditionPremier {
		t.Errorf("edition %s", edition)
	}
	if err := c.SetTelephonyCredits(ctx, 250); err != nil {
		t.Fatal(err)
	}
	if credits := must[int](t)(c.TelephonyCredits(ctx)); credits != 250 {
		t.Errorf("%d credits", credits)
	}
	must[duo.UserLimit](t)(c.UserLimit(ctx))
	s.SetBilling(s.parent.AccountID, false)
	_, err := c.Edition(ctx)
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeForbidden {
		t.Errorf("billing that is off: %v", err)
	}

	admin := duo.AdminID(s.AddAdmin(child, duosim.AdminSpec{Name: "Jane", Email: "jane@acme.example",
		Role: "Help Desk"}))
	if admins := all(t, c.Admins(ctx)); !slices.ContainsFunc(admins,
		func(a duo.Admin) bool { return a.ID == admin && a.Role == "Help Desk" && !a.Created.IsZero() }) {
		t.Errorf("administrators %+v", admins)
	}
	if a := must[duo.Admin](t)(c.Admin(ctx, admin)); a.Email != "jane@acme.example" {
		t.Errorf("administrator %+v", a)
	}

	policies := all(t, c.Policies(ctx))
	if len(policies) == 0 || !policies[0].Global || len(policies[0].Sections) == 0 {
		t.Fatalf("policies %+v", policies)
	}
	if policy := must[duo.Policy](t)(c.Policy(ctx, policies[0].Key)); policy.Key != policies[0].Key {
		t.Errorf("policy %+v", policy)
	}
	if summary := must[duo.PolicySummary](t)(c.PolicySummary(ctx)); summary.Count != len(policies) ||
		len(summary.Policies) != len(policies) {
		t.Errorf("summary %+v", summary)
	}
	made := must[duo.Integration](t)(c.CreateAuthIntegration(ctx, "VPN"))
	user := duo.UserID(s.AddUser(child, duosim.UserSpec{Username: "ada"}))
	if effective := must[duo.EffectivePolicy](t)(c.CalculatePolicy(ctx, made.Key, user)); len(effective.Sections) == 0 {
		t.Errorf("policy %+v", effective)
	}
	if err := c.DeleteIntegration(ctx, made.Key); err != nil {
		t.Fatal(err)
	}
	_, err = c.Integration(ctx, made.Key)
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeNotFound {
		t.Errorf("after the deletion: %v", err)
	}

	before := must[duo.Settings](t)(c.Settings(ctx))
	after := must[duo.Settings](t)(c.UpdateSettings(ctx, duo.SettingsFields{
		LockoutThreshold: new(7), LockoutMinutes: new(30), SMSMinutes: new(0), SMSRefresh: new(!before.SMSRefresh),
		SecurityCheckup: new(false),
		FraudEmail:      new("fraud@acme.example"), HelpdeskBypass: new("limit"), HelpdeskBypassMinutes: new(60),
		LogRetentionDays: new(0), UnenrolledUserLockoutDays: new(14),
	}))
	want := before
	want.LockoutThreshold, want.LockoutMinutes, want.SMSRefresh, want.SecurityCheckup,
		want.UnenrolledUserLockoutDays = 7, 30, !before.SMSRefresh, false, 14
	want.FraudEmail, want.HelpdeskBypass, want.HelpdeskBypassMinutes = "fraud@acme.example", "limit", 60
	for name := range after.Raw {
		if !before.Has(name) {
			t.Errorf("%s was not there before", name)
		}
	}
	want.Raw, after.Raw = nil, nil
	if got, want := must[[]byte](t)(json.Marshal(after)),
		must[[]byte](t)(json.Marshal(want)); string(got) != string(want) {
		t.Errorf("settings\n got %s\nwant %s", got, want)
	}
	_, err = c.UpdateSettings(ctx, duo.SettingsFields{Timezone: new("Mars/Olympus")})
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeInvalidParameter ||
		refused.Detail != "timezone" {
		t.Errorf("a time zone that does not exist: %v", err)
	}
}
