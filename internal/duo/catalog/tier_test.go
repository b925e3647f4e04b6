package catalog

import "testing"

// TestEveryWriteHasATier: what changes Duo or reaches a person says how lately a second
// factor has to have been proved, and what lowers a control takes a proof of its own.
func TestEveryWriteHasATier(t *testing.T) {
	t.Parallel()
	asked := 0
	for _, a := range All() {
		if a.Kind == Read {
			if a.Tier != Unproved || a.TierFor != nil {
				t.Errorf("%s reads and has a tier", a.Slug)
			}
			continue
		}
		asked++
		// To ask a person is what a help desk does first, and gives nobody anything.
		if tier := a.TierOf(Values{}); tier < Recent && a.Slug != VerifyCaller && a.Slug != SendAuthentication &&
			a.Kind != Generic {
			t.Errorf("%s has the tier %s", a.Slug, tier)
		}
	}
	if asked < 30 {
		t.Errorf("only %d writes", asked)
	}
	for _, want := range []struct {
		slug  string
		given map[string]string
		tier  Tier
	}{
		{"delete-account", nil, Act},
		{DeleteUser, map[string]string{"permanent": "true"}, Act},
		{DeleteUser, nil, Recent},
		{UpdateUser, map[string]string{"status": "bypass"}, Act},
		{CreateUser, map[string]string{"status": "active"}, Recent},
		{"create-group", map[string]string{"status": "bypass"}, Act},
		{DeleteGroup, nil, Act},
		{CreateBypassCodes, map[string]string{"valid_secs": "0"}, Act},
		{CreateBypassCodes, map[string]string{"valid_secs": "3600", "reuse_count": "0"}, Act},
		{CreateBypassCodes, map[string]string{"valid_secs": "3600", "reuse_count": "1"}, Recent},
		{UpdateSettings, map[string]string{"name": "Acme"}, Recent},
		{UpdateSettings, map[string]string{"lockout_threshold": "0"}, Act},
		{UpdateSettings, map[string]string{"lockout_threshold": "11"}, Act},
		{UpdateSettings, map[string]string{"lockout_threshold": "10"}, Recent},
		{UpdateSettings, map[string]string{"pending_deletion_days": "7"}, Act},
		{UpdateSettings, map[string]string{"log_retention_days": "30"}, Act},
		{UpdateSettings, map[string]string{"helpdesk_bypass": "allow"}, Act},
		{UpdateSettings, map[string]string{"helpdesk_bypass": "deny"}, Recent},
		{UpdateSettings, map[string]string{"user_managers_can_put_users_in_bypass": "true"}, Act},
		{UpdateSettings, map[string]string{"fraud_email_enabled": "false"}, Act},
		{"admin-api-action", map[string]string{"method": "post", "path": "/admin/v1/users"}, Act},
		{"admin-api-action", map[string]string{"method": "get", "path": "/admin/v1/users"}, Unproved},
		{VerifyCaller, nil, Unproved},
	} {
		a, found := Lookup(want.slug)
		if !found {
			t.Fatal(want.slug)
		}
		if got := a.TierOf(Values{given: want.given}); got != want.tier {
			t.Errorf("%s %v has the tier %s, want %s", want.slug, want.given, got, want.tier)
		}
	}
}
