package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
)

// otherSettings has, for each setting, a value that a new account does not have,
// and how Duo is sent it where that is another text.
var otherSettings = map[string][2]string{
	"lockout_threshold": {"5"}, "lockout_expire_duration": {"30"}, "unenrolled_user_lockout_threshold": {"14"},
	"duo_mobile_otp_type":                 {"totp"},
	"enrollment_universal_prompt_enabled": {"false", "0"}, "global_ssp_policy_enforced": {"false", "0"},
	"helpdesk_bypass": {"deny"}, "helpdesk_bypass_expiration": {"60"},
	"helpdesk_can_send_enroll_email": {"true", "1"}, "helpdesk_message": {"Call us"},
	"user_managers_can_put_users_in_bypass": {"false", "0"},
	"inactive_user_expiration":              {"90"}, "pending_deletion_days": {"14"}, "log_retention_days": {"180"},
	"sms_batch": {"3"}, "sms_expiration": {"60"}, "sms_message": {"Codes"},
	"sms_refresh": {"true", "1"}, "caller_id": {"442079460123"}, "keypress_confirm": {"1"}, "keypress_fraud": {"9"},
	"user_telephony_cost_max": {"10"}, "telephony_warning_min": {"100"},
	"minimum_password_length": {"16"}, "password_requires_lower_alpha": {"true", "1"},
	"password_requires_upper_alpha": {"true", "1"}, "password_requires_numeric": {"true", "1"},
	"password_requires_special": {"true", "1"}, "fraud_email_enabled": {"false", "0"},
	"fraud_email": {"fraud@client.example"}, "email_activity_notification_enabled": {"true", "1"},
	"push_activity_notification_enabled": {"true", "1"}, "name": {"Another Child"}, "language": {"de", "DE"},
	"timezone": {"Europe/London"}, "security_checkup_enabled": {"false", "0"},
}

// TestSettingsArrive gives each setting alone: it is sent, and nothing else is,
// and it reads back as what was given.
func TestSettingsArrive(t *testing.T) {
	t.Parallel()
	s := seed(t)
	update, _ := catalog.Lookup("update-settings")
	if len(update.Fields) != len(otherSettings) {
		t.Errorf("%d settings, of which this test knows %d", len(update.Fields), len(otherSettings))
	}
	// By name: an address is given before what clears it is switched off.
	for _, f := range slices.SortedFunc(slices.Values(update.Fields),
		func(a, b catalog.Field) int { return strings.Compare(a.Spec().Name, b.Spec().Name) }) {
		spec := f.Spec()
		value := otherSettings[spec.Name]
		before := len(s.sim.Ledger())
		result, err := update.Run(t.Context(), s.client, parse(t, update, map[string]string{spec.Name: value[0]}))
		if err != nil {
			t.Errorf("%s: %v", spec.Name, err)
			continue
		}
		want := value[1]
		if want == "" {
			want = value[0]
		}
		if sent := s.sim.Ledger()[before].Parameters; len(sent) != 1 || sent[spec.Name] != want {
			t.Errorf("%s: Duo got %q", spec.Name, sent)
		}
		if !strings.HasPrefix(result.Summary, "Changed 1 setting. "+spec.Label+": "+spec.Words(value[0])+", was ") {
			t.Errorf("%s: the record says %q", spec.Name, result.Summary)
		}
		settings, err := s.client.Settings(t.Context())
		if got := catalog.SettingValues(settings)[spec.Name]; err != nil || got != value[0] {
			t.Errorf("%s reads as %q afterwards, %v", spec.Name, got, err)
		}
	}
}

func TestSettingsClear(t *testing.T) {
	t.Parallel()
	s := seed(t)
	update, _ := catalog.Lookup("update-settings")
	change := func(form map[string]string) catalog.Result {
		t.Helper()
		result, err := update.Run(t.Context(), s.client, parse(t, update, form))
		if err != nil {
			t.Fatal(form, err)
		}
		return result
	}
	change(map[string]string{"sms_expiration": "60", "log_retention_days": "30", "inactive_user_expiration": "30",
		"fraud_email": "a@client.example"})
	if r := change(map[string]string{"sms_expiration": "0", "log_retention_days": "0", "inactive_user_expiration": "0",
		"fraud_email": "", "keypress_confirm": "", "keypress_fraud": ""}); !strings.HasPrefix(r.Summary,
		"Changed 6 settings. ") {
		t.Error(r.Summary)
	}
	if r := change(
		map[string]string{"lockout_threshold": "10"}); r.Summary != "Nothing was changed: every value was already so." {
		t.Error("set to what it was: ", r.Summary)
	}
	// Empty boxes of a form that shows them all say nothing.
	if r := change(map[string]string{"lockout_threshold": "7", "sms_batch": "", "language": "",
		"sms_refresh": ""}); r.Summary != "Changed 1 setting. Lockout threshold: 7 failed attempts, was 10 failed attempts." {
		t.Error(r.Summary)
	}
}

func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	s := seed(t)
	account := s.ids["DA0000000000000000EX"]
	update, _ := catalog.Lookup("update-settings")
	for _, test := range []struct {
		name, field, message string
		form                 map[string]string
	}{
		{"nothing", "name", "Nothing is changed", nil},
		{"limit without minutes", "helpdesk_bypass_expiration", "a number of minutes",
			map[string]string{"helpdesk_bypass": "limit"}},
		{"limit with no minutes", "helpdesk_bypass_expiration", "a number of minutes",
			map[string]string{"helpdesk_bypass": "limit", "helpdesk_bypass_expiration": "0"}},
		{"one key taken away", "keypress_fraud", "both keypresses", map[string]string{"keypress_fraud": ""}},
		{"the other key taken away", "keypress_confirm", "both keypresses", map[string]string{"keypress_confirm": ""}},
		{"one key for both", "keypress_confirm", "One key cannot", map[string]string{"keypress_confirm": "*"}},
		{"an address where nothing is sent", "fraud_email", "would clear",
			map[string]string{"fraud_email": "a@client.example", "fraud_email_enabled": "no"}},
		{"what Duo refuses", "pending_deletion_days", "Duo did not accept",
			map[string]string{"lockout_threshold": "5", "pending_deletion_days": "200"}},
	} {
		_, err := update.Run(t.Context(), s.client, parse(t, update, test.form))
		fault, ok := err.(*catalog.FieldError)
		if !ok || fault.Field != test.field || !strings.Contains(fault.Message, test.message) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if done := s.sim.Ledger(); len(done) > 0 {
		t.Error("changed all the same: ", done)
	}
	for name, form := range map[string]map[string]string{
		"caller_id": {"caller_id": "020 7946 0123"}, "keypress_confirm": {"keypress_confirm": "A"},
		"timezone": {"timezone": "Mars/Olympus"}, "name": {"name": " "},
		"lockout_expire_duration":  {"lockout_expire_duration": "4"},
		"inactive_user_expiration": {"inactive_user_expiration": "29"}, "language": {"language": "es"},
	} {
		_, faults := update.Parse(func(n string) (string, bool) { text, given := form[n]; return text, given })
		if len(faults) != 1 || faults[0].Field != name {
			t.Errorf("%v: %v", form, faults)
		}
	}

	for typed, want := range map[string]string{"+442079460123": "442079460123", "tel:+1-248-555-0100": "12485550100",
		"12485550100": "12485550100", "": "",
		"\u202d12485550100\u202c": "12485550100", "1-248-555-0100": "12485550100",
		"1 248\u00a0555\u20110100": "12485550100", "44.20.7946.0123": "442079460123", "1 (248) 555-0100": "12485550100",
		"\u200b\ufeff ": ""} {
		in := parse(t, update, map[string]string{"caller_id": typed})
		if got := in.Given(update)["caller_id"]; got != want {
			t.Errorf("caller_id %q is sent as %q", typed, got)
		}
	}

	for _, typed := range []string{"(248) 555-0100", "248-555-0100", "248 555 0100", "1-248-555-010", "020-7946-0123",
		"1-248-555-0100\ufffd"} {
		form := map[string]string{"caller_id": typed}
		if in, bad := update.Parse(func(n string) (string,
			bool) {
			text, given := form[n]
			return text, given
		}); len(bad) != 1 {
			t.Errorf("caller_id %q is taken as %q", typed, in.Given(update)["caller_id"])
		}
	}

	s.sim.SetTelephony(account, false)
	lacking := s.apis[catalog.Accounts].ForAccount(duo.AccountID(account), s.host(account))
	_, err := update.Run(t.Context(), lacking, parse(t, update, map[string]string{"caller_id": "442079460123"}))
	if fault, ok := err.(*catalog.FieldError); !ok || fault.Field != "caller_id" ||
		!strings.Contains(fault.Message, "does not have") {
		t.Errorf("a setting that the account lacks: %v", err)
	}
	read, _ := catalog.Lookup("retrieve-settings")
	result, err := read.Run(t.Context(), lacking, parse(t, read, nil))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for i, column := range result.Table.Columns {
		if strings.Contains(column.Title, "_") && column.Title == column.Name &&
			slices.Contains([]string{"name", "lockout_threshold"}, column.Name) {
			t.Errorf("%s is shown by Duo's name", column.Name)
		}
		told[column.Title] = result.Table.Rows[0][i]
	}
	for label, words := range map[string]string{"Lockout threshold": "10 failed attempts",
		"Lockout expiration": "until an administrator unlocks", "Security checkup": "yes", "Language": "English",
		"Instant restore": "yes"} {
		if told[label] != words {
			t.Errorf("%s: %q", label, told[label])
		}
	}
	if _, has := told["Outgoing caller ID"]; has {
		t.Error("a setting is shown that the account lacks")
	}
}
