package duosim

import "testing"

func TestM19Settings(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	post := func(pairs ...string) reply { return b.asParent("POST", "/admin/v1/settings", pairs...) }

	before := b.wantOK(b.asParent("GET", "/admin/v1/settings")).object()
	if before["name"] != "Acme Dental" || before["lockout_threshold"] != 10.0 || before["log_retention_days"] != nil ||
		before["security_checkup_enabled"] != 1.0 || before["fraud_email_enabled"] != true {
		t.Fatalf("initial: %v", before)
	}
	for name, value := range map[string]string{
		"lockout_threshold": "0", "lockout_expire_duration": "4", "timezone": "Mars/Olympus", "language": "IT",
		"minimum_password_length": "11", "inactive_user_expiration": "29", "keypress_fraud": "##",
		"helpdesk_bypass":     "maybe",
		"fraud_email_enabled": "perhaps", "name": " ",
	} {
		b.wantRefusal(post(name, value, "helpdesk_message", "must not be kept"), 40002, name)
	}
	b.wantRefusal(post("helpdesk_bypass", "limit"), 40002, "helpdesk_bypass_expiration")
	b.wantRefusal(post("keypress_confirm", ""), 40002, "keypress_confirm")
	if len(b.Ledger()) != 0 {
		t.Fatalf("refused calls had effects: %v", b.Ledger())
	}

	after := b.wantOK(post("lockout_threshold", "5", "sms_refresh", "true", "password_requires_numeric", "1",
		"log_retention_days", "",
		"timezone", "Europe/Oslo", "helpdesk_bypass", "limit", "helpdesk_bypass_expiration", "60", "push_enabled", "1",
		"name", "Acme Smiles")).object()
	for name, want := range map[string]any{
		"lockout_threshold": 5.0, "sms_refresh": 1.0, "password_requires_numeric": true, "log_retention_days": nil,
		"timezone": "Europe/Oslo", "helpdesk_bypass": "limit", "push_enabled": false, "name": "Acme Smiles",
		"helpdesk_message": "",
	} {
		if after[name] != want {
			t.Errorf("%s: %v, want %v", name, after[name], want)
		}
	}
	listed := b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "POST",
		"/accounts/v1/account/list").list()
	if listed[0]["name"] != "Acme Smiles" {
		t.Errorf("account list after renaming: %v", listed)
	}
}
