package duosim

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	_ "time/tzdata" // time zones are checked on machines that have no such files, too
)

// setting is one member of the settings object. Duo mixes 0/1 and booleans in its answers, so each says its own form.
type setting struct {
	name    string
	initial any
	parse   func(text string) (value any, valid bool) // nil: shown, and silently not changed
}

// Ranges are those Duo documents; where it does not, the range is wide. The initial values are those of a recorded
// small account; those of the newer flags are presumed.
var settingTable = []setting{
	{"caller_id", "12485550100", callerID},
	{"duo_mobile_otp_type", "hotp", oneOf("hotp", "totp")},
	{"email_activity_notification_enabled", false, flag},
	{"enrollment_module", "new", nil},
	{"enrollment_universal_prompt_enabled", true, flag},
	{"fraud_email", "", text},
	{"fraud_email_enabled", true, flag},
	{"global_ssp_policy_enforced", true, flag},
	{"helpdesk_bypass", "allow", oneOf("allow", "limit", "deny")},
	{"helpdesk_bypass_expiration", 0, number(0, 1<<31)},
	{"helpdesk_can_send_enroll_email", false, flag},
	{"helpdesk_message", "", longest(200)},
	{"inactive_admin_expiration", 0, nil},
	{"inactive_user_expiration", 0, zeroOr(30, 365)},
	{"instant_restore_enabled", 1, nil},
	{"keypress_confirm", "#", key},
	{"keypress_fraud", "*", key},
	{"language", "EN", oneOf("EN", "DE", "FR")},
	{"lockout_expire_duration", nil, zeroOr(5, 30000)},
	{"lockout_threshold", 10, number(1, 9999)},
	{"log_retention_days", nil, unlimitedOr(1, 365)},
	{"minimum_password_length", 12, number(12, 100)},
	{"mobile_analytics_disabled", 0, nil},
	{"mobile_otp_enabled", false, nil},
	{"password_requires_lower_alpha", false, flag},
	{"password_requires_numeric", false, flag},
	{"password_requires_special", false, flag},
	{"password_requires_upper_alpha", false, flag},
	{"pending_deletion_days", 7, number(1, 30)},
	{"push_activity_notification_enabled", false, flag},
	{"push_enabled", false, nil},
	{"reactivation_integration_key", nil, nil},
	{"reactivation_url", "", nil},
	{"req_fips_passcodes_android", false, nil},
	{"security_checkup_enabled", 1, zeroOne},
	{"sms_batch", 1, number(1, 10)},
	{"sms_enabled", false, nil},
	{"sms_expiration", 0, number(0, 1<<31)},
	{"sms_message", "SMS passcodes", text},
	{"sms_refresh", 0, zeroOne},
	{"telephony_warning_min", 0, number(0, 1<<31)},
	{"timezone", "UTC", timeZone},
	{"unenrolled_user_lockout_threshold", 0, number(0, 3650)},
	{"user_managers_can_put_users_in_bypass", true, flag},
	{"user_telephony_cost_max", 20, number(0, 1<<31)},
	{"voice_enabled", false, nil},
}

// ofTelephony are the members that accounts without telephony lack, and ignore when they are sent.
var ofTelephony = []string{"caller_id", "keypress_confirm", "keypress_fraud", "voice_enabled"}

func (a *account) settingsView() map[string]any {
	view := map[string]any{"name": a.Name}
	for _, s := range settingTable {
		view[s.name] = s.initial
		if value, changed := a.Settings[s.name]; changed {
			view[s.name] = value
		}
	}
	if a.NoTelephony {
		for _, name := range ofTelephony {
			delete(view, name)
		}
	}
	return view
}

func (a *account) settingInt(name string) int {
	switch value := a.settingsView()[name].(type) {
	case int:
		return value
	case float64: // read back from the state file
		return int(value)
	}
	return 0
}

func (c *call) getSettings() (any, *refusal) { return c.account.settingsView(), nil }

// updateSettings changes all named settings or none, and answers the whole object. An empty set changes nothing (our
// choice).
func (c *call) updateSettings() (any, *refusal) {
	changes := map[string]any{}
	for _, s := range settingTable {
		if s.parse == nil || !c.given(s.name) || c.account.NoTelephony && slices.Contains(ofTelephony, s.name) {
			continue
		}
		value, valid := s.parse(c.param(s.name))
		if !valid {
			return nil, refuse(40002, s.name)
		}
		changes[s.name] = value
	}
	name := strings.TrimSpace(c.param("name"))
	if c.given("name") && name == "" {
		return nil, refuse(40002, "name")
	}
	if wrong := inconsistent(c.account.settingsView(), changes); wrong != "" {
		return nil, refuse(40002, wrong)
	}
	if len(changes) == 0 && name == "" {
		return c.account.settingsView(), nil
	}
	if c.account.Settings == nil {
		c.account.Settings = map[string]any{}
	}
	for name, value := range changes {
		c.account.Settings[name] = value
	}
	if on, turned := changes["fraud_email_enabled"]; turned && on == false {
		c.account.Settings["fraud_email"] = ""
	}
	if name != "" {
		c.account.Name = name
	}
	c.record(c.account.Name)
	return c.account.settingsView(), nil
}

// inconsistent names a changed setting that does not go with another one.
func inconsistent(now, changes map[string]any) string {
	after := func(name string) any {
		if value, changed := changes[name]; changed {
			return value
		}
		return now[name]
	}
	if (after("keypress_confirm") == "") != (after("keypress_fraud") == "") {
		return "keypress_confirm"
	}
	if changes["helpdesk_bypass"] == "limit" && (after("helpdesk_bypass_expiration") == 0 ||
		after("helpdesk_bypass_expiration") == 0.0) {
		return "helpdesk_bypass_expiration"
	}
	return ""
}

func text(given string) (any, bool) { return given, true }

func flag(given string) (any, bool) {
	value, valid := parseBool(given)
	return value, valid
}

func zeroOne(given string) (any, bool) {
	value, valid := parseBool(given)
	if value {
		return 1, valid
	}
	return 0, valid
}

// callerID takes a number as phones do, and shows it as Duo shows this one: its digits, the country code first. What
// was shown can be sent again, so eleven digits and more have their country code.
func callerID(given string) (any, bool) {
	bare := strings.TrimPrefix(bareNumber(given), "+")
	if len(bare) > 10 {
		bare = "+" + bare
	} else {
		bare = given
	}
	number, valid := normalNumber(bare)
	return strings.TrimPrefix(number, "+"), valid
}

// longest takes a text of so many characters at most.
func longest(most int) func(string) (any, bool) {
	return func(given string) (any, bool) { return given, utf8.RuneCountInString(given) <= most }
}

func key(given string) (any, bool) {
	return given, given == "" || len(given) == 1 && strings.Contains(digits+"#*", given)
}

func timeZone(given string) (any, bool) {
	_, err := time.LoadLocation(given)
	return given, err == nil && given != "" && given != "Local"
}

func oneOf(words ...string) func(string) (any, bool) {
	return func(given string) (any, bool) {
		i := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, given) })
		if i < 0 {
			return nil, false
		}
		return words[i], true
	}
}

// number takes a whole number in a range; empty means 0 where 0 is allowed.
func number(least, most int) func(string) (any, bool) {
	return func(given string) (any, bool) {
		if given == "" {
			given = "0"
		}
		n, err := strconv.Atoi(given)
		return n, err == nil && n >= least && n <= most
	}
}

func zeroOr(least, most int) func(string) (any, bool) {
	return func(given string) (any, bool) {
		if given == "" || given == "0" {
			return 0, true
		}
		return number(least, most)(given)
	}
}

// unlimitedOr is zeroOr for a setting whose "off" is null.
func unlimitedOr(least, most int) func(string) (any, bool) {
	return func(given string) (any, bool) {
		if given == "" || given == "0" {
			return nil, true
		}
		return number(least, most)(given)
	}
}
