package catalog

import (
	"encoding/json"
	"strconv"
	"strings"

	"duodesk/internal/duo"
)

// SettingGroup are settings that a page shows together.
type SettingGroup struct {
	Title  string
	Fields []Field
}

// Settings are the settings that can be changed, each once, in the order of a
// page.
var Settings = []SettingGroup{
	{"Lockout and Fraud", []Field{
		Int{Name: "lockout_threshold", Label: "Lockout threshold",
			Help: "How many failed attempts lock a user out: from 1 to 9999. Duo's default is 10.", Min: 1, Max: 9999,
			Optional: true, Unit: "failed attempt", Example: "5"},
		Int{Name: "lockout_expire_duration", Label: "Lockout expiration",
			Help: "From 5 to 30000 minutes. 0: locked out until an administrator unlocks the user.", Min: 5, Max: 30000,
			Optional: true, Unit: "minute", Zero: "until an administrator unlocks"},
		Int{Name: "unenrolled_user_lockout_threshold", Label: "Unenrolled user lockout",
			Help: "Users who do not enroll within this time are locked out. 0: never.", Max: 3650, Optional: true,
			Unit: "day", Zero: "never"},
		Bool{Name: "fraud_email_enabled", Label: "Fraud alert emails", Help: "No also clears the address below.",
			Optional: true},
		Email{Name: "fraud_email", Label: "Send fraud alerts to", Help: "Empty: to all administrators."},
	}},
	{"Help Desk and Roles", []Field{
		Choice{Name: "helpdesk_bypass", Label: "Help Desk bypass codes",
			Help:    "Whether Help Desk administrators of the Duo Admin Panel may create bypass codes. It does not apply to operators of this console.",
			Options: []Option{{"allow", "Allowed"}, {"limit", "Allowed, with an expiration"}, {"deny", "Not allowed"}}},
		Int{Name: "helpdesk_bypass_expiration", Label: "Help Desk bypass code expiration",
			Help: "Required when these codes are allowed with an expiration. 0: not set.", Max: 525600, Optional: true,
			Unit: "minute", Zero: "not set"},
		Bool{Name: "helpdesk_can_send_enroll_email", Label: "Help Desk can send enrollment emails", Optional: true},
		Bool{Name: "user_managers_can_put_users_in_bypass", Label: "User Managers can set bypass status",
			Help: "A user with the Bypass status logs in without a second factor.", Optional: true},
		Text{Name: "helpdesk_message", Label: "Help desk message",
			Help: "Shown in the Duo Prompt, up to 200 characters.", Max: 200, Multiline: true},
	}},
	{"Users", []Field{
		Int{Name: "inactive_user_expiration", Label: "Inactive user expiration",
			Help: "Users who do not log in for this long are moved to the trash. From 30 to 365 days. 0: never.",
			Min:  30, Max: 365, Optional: true, Unit: "day", Zero: "never"},
		Int{Name: "pending_deletion_days", Label: "Trash retention",
			Help: "How long users stay in the trash before Duo deletes them. Duo's default is 7 days.", Min: 1,
			Max: 365, Optional: true, Unit: "day"},
		Bool{Name: "enrollment_universal_prompt_enabled", Label: "Universal Prompt enrollment", Optional: true},
		Bool{Name: "global_ssp_policy_enforced", Label: "Enforce global policy in self-service portal", Optional: true},
		Choice{Name: "duo_mobile_otp_type", Label: "Duo Mobile passcode type",
			Options: []Option{{"hotp", "HOTP (counter-based)"}, {"totp", "TOTP (time-based)"}}},
	}},
	{"Phone Calls and SMS", []Field{
		Int{Name: "sms_batch", Label: "SMS passcodes per message", Help: "From 1 to 10.", Min: 1, Max: 10,
			Optional: true, Unit: "passcode"},
		Int{Name: "sms_expiration", Label: "SMS passcode expiration", Help: "0: they never expire.", Max: 525600,
			Optional: true, Unit: "minute", Zero: "never"},
		Text{Name: "sms_message", Label: "SMS message text"},
		Bool{Name: "sms_refresh", Label: "Send new passcodes automatically",
			Help: "When the user has used the last one.", Optional: true},
		PhoneNumber{Name: "caller_id", Label: "Outgoing caller ID",
			Help: "With the country code, such as +1 248 555 0100.", Digits: true},
		Text{Name: "keypress_confirm", Label: "Keypress to authenticate",
			Help: "0 to 9, # or *. Set both keypresses, or neither.", Max: 1, Pattern: `[0-9#*]`},
		Text{Name: "keypress_fraud", Label: "Keypress to report fraud",
			Help: "0 to 9, # or *. It must differ from the keypress to authenticate.", Max: 1, Pattern: `[0-9#*]`},
		Int{Name: "user_telephony_cost_max", Label: "Max credits per action", Help: "Duo's default is 20.", Max: 100000,
			Optional: true, Unit: "credit"},
		Int{Name: "telephony_warning_min", Label: "Low credit alert",
			Help: "Duo alerts administrators when fewer credits are left. 0: no alert.", Max: 100_000_000,
			Optional: true, Unit: "credit", Zero: "no alert"},
	}},
	{"Admin Passwords", []Field{
		Int{Name: "minimum_password_length", Label: "Minimum password length", Help: "From 12 to 100 characters.",
			Min: 12, Max: 100, Optional: true, Unit: "character"},
		Bool{Name: "password_requires_lower_alpha", Label: "Require lowercase", Optional: true},
		Bool{Name: "password_requires_upper_alpha", Label: "Require uppercase", Optional: true},
		Bool{Name: "password_requires_numeric", Label: "Require number", Optional: true},
		Bool{Name: "password_requires_special", Label: "Require special character", Optional: true},
	}},
	{"Notifications", []Field{
		Bool{Name: "email_activity_notification_enabled", Label: "New-device notification by email", Optional: true},
		Bool{Name: "push_activity_notification_enabled", Label: "New-device notification by push", Optional: true},
	}},
	{"General", []Field{
		Text{Name: "name", Label: "Account name", Help: "Users see it in Duo Mobile.", Filled: true},
		Choice{Name: "language", Label: "Language", Help: "Of the Duo Prompt and Duo's messages.",
			Options: []Option{{"en", "English"}, {"de", "German"}, {"fr", "French"}}},
		Text{Name: "timezone", Label: "Time zone", Help: "By its IANA name, such as Europe/London.", Max: 64,
			Filled: true},
		Int{Name: "log_retention_days", Label: "Log retention", Help: "From 1 to 365 days. 0: no limit.", Min: 1,
			Max: 365, Optional: true, Unit: "day", Zero: "no limit"},
		Bool{Name: "security_checkup_enabled", Label: "Security checkup",
			Help: "Duo's check of the account, shown in the Duo Admin Panel.", Optional: true},
	}},
}

// shownSettings are settings that Duo returns and does not let a program change.
var shownSettings = []Column{
	{"inactive_admin_expiration", "Inactive admin expiration (days)", ""}, {"push_enabled", "Push (now by policy)", ""},
	{"sms_enabled", "SMS (now by policy)", ""},
	{"voice_enabled", "Phone calls (now by policy)", ""}, {"mobile_otp_enabled", "Passcodes (now by policy)", ""},
	{"u2f_enabled", "U2F (now by policy)", ""},
	{"req_fips_passcodes_android", "FIPS passcodes on Android", ""}, {"reactivation_url", "Reactivation URL", ""},
	{"reactivation_integration_key", "Reactivation application", ""},
	{"enrollment_module", "Enrollment module", ""}, {"instant_restore_enabled", "Instant restore", ""},
	{"mobile_analytics_disabled", "Duo Mobile analytics turned off", ""},
}

// SettingValues are an account's settings in the form of their fields. What the
// account does not have is left out.
func SettingValues(s duo.Settings) map[string]string {
	values := map[string]string{
		"name": s.Name, "language": strings.ToLower(s.Language), "timezone": s.Timezone,
		"helpdesk_bypass": s.HelpdeskBypass, "helpdesk_message": s.HelpdeskMessage,
		"fraud_email": s.FraudEmail, "duo_mobile_otp_type": s.OTPType, "caller_id": s.CallerID,
		"keypress_confirm": s.KeypressConfirm, "keypress_fraud": s.KeypressFraud,
		"sms_message": s.SMSMessage,
	}
	for name, n := range map[string]int{
		"lockout_threshold": s.LockoutThreshold, "lockout_expire_duration": s.LockoutMinutes,
		"unenrolled_user_lockout_threshold": s.UnenrolledUserLockoutDays,
		"inactive_user_expiration":          s.InactiveUserDays, "pending_deletion_days": s.PendingDeletionDays,
		"log_retention_days":         s.LogRetentionDays,
		"helpdesk_bypass_expiration": s.HelpdeskBypassMinutes, "minimum_password_length": s.MinimumPasswordLength,
		"sms_batch": s.SMSBatch, "sms_expiration": s.SMSMinutes,
		"telephony_warning_min": s.TelephonyWarningMin, "user_telephony_cost_max": s.UserTelephonyCostMax,
	} {
		values[name] = strconv.Itoa(n)
	}
	for name, on := range map[string]bool{
		"enrollment_universal_prompt_enabled":   s.EnrollmentUniversalPrompt,
		"global_ssp_policy_enforced":            s.GlobalSSPPolicyEnforced,
		"user_managers_can_put_users_in_bypass": s.UserManagersCanBypass,
		"security_checkup_enabled":              s.SecurityCheckup,
		"email_activity_notification_enabled":   s.EmailActivityNotification,
		"push_activity_notification_enabled":    s.PushActivityNotification,
		"helpdesk_can_send_enroll_email":        s.HelpdeskCanSendEnrollEmail,
		"fraud_email_enabled":                   s.FraudEmailEnabled,
		"password_requires_lower_alpha":         s.PasswordRequiresLower,
		"password_requires_upper_alpha":         s.PasswordRequiresUpper,
		"password_requires_numeric":             s.PasswordRequiresNumeric,
		"password_requires_special":             s.PasswordRequiresSpecial, "sms_refresh": s.SMSRefresh,
	} {
		values[name] = strconv.FormatBool(on)
	}
	for name := range values {
		if !s.Has(name) {
			delete(values, name)
		}
	}
	return values
}

// settingsGiven are the settings that were given.
func settingsGiven(in Values) duo.SettingsFields {
	text := func(name string) *string {
		value, given := in.given[name]
		if !given {
			return nil
		}
		return &value
	}
	chosen := func(name string) *string {
		if in.given[name] == "" {
			return nil
		}
		return text(name)
	}
	number := func(name string) *int {
		n, err := strconv.Atoi(in.given[name])
		if err != nil {
			return nil
		}
		return &n
	}
	yes := func(name string) *bool {
		on := in.given[name] == "true"
		if in.given[name] == "" {
			return nil
		}
		return &on
	}
	language := chosen("language")
	if language != nil {
		*language = strings.ToUpper(*language)
	}
	return duo.SettingsFields{
		Name: text("name"), Language: language, Timezone: text("timezone"),
		LockoutThreshold: number("lockout_threshold"), LockoutMinutes: number("lockout_expire_duration"),
		UnenrolledUserLockoutDays:  number("unenrolled_user_lockout_threshold"),
		InactiveUserDays:           number("inactive_user_expiration"),
		PendingDeletionDays:        number("pending_deletion_days"),
		LogRetentionDays:           number("log_retention_days"),
		EnrollmentUniversalPrompt:  yes("enrollment_universal_prompt_enabled"),
		GlobalSSPPolicyEnforced:    yes("global_ssp_policy_enforced"),
		UserManagersCanBypass:      yes("user_managers_can_put_users_in_bypass"),
		SecurityCheckup:            yes("security_checkup_enabled"),
		EmailActivityNotification:  yes("email_activity_notification_enabled"),
		PushActivityNotification:   yes("push_activity_notification_enabled"),
		HelpdeskBypass:             chosen("helpdesk_bypass"),
		HelpdeskBypassMinutes:      number("helpdesk_bypass_expiration"),
		HelpdeskCanSendEnrollEmail: yes("helpdesk_can_send_enroll_email"),
		HelpdeskMessage:            text("helpdesk_message"), FraudEmail: text("fraud_email"),
		FraudEmailEnabled:       yes("fraud_email_enabled"),
		MinimumPasswordLength:   number("minimum_password_length"),
		PasswordRequiresLower:   yes("password_requires_lower_alpha"),
		PasswordRequiresUpper:   yes("password_requires_upper_alpha"),
		PasswordRequiresNumeric: yes("password_requires_numeric"),
		PasswordRequiresSpecial: yes("password_requires_special"),
		OTPType:                 chosen("duo_mobile_otp_type"), CallerID: text("caller_id"),
		KeypressConfirm: text("keypress_confirm"),
		KeypressFraud:   text("keypress_fraud"),
		SMSBatch:        number("sms_batch"), SMSMinutes: number("sms_expiration"), SMSMessage: text("sms_message"),
		SMSRefresh:          yes("sms_refresh"),
		TelephonyWarningMin: number("telephony_warning_min"), UserTelephonyCostMax: number("user_telephony_cost_max"),
	}
}

// ShownSettings are an account's settings that cannot be changed, in words: those
// that are known, and whatever else Duo tells.
func ShownSettings(s duo.Settings) (columns []Column, row []string) {
	known := map[string]bool{"name": true}
	for _, g := range Settings {
		for _, f := range g.Fields {
			known[f.Spec().Name] = true
		}
	}
	for _, c := range shownSettings {
		known[c.Name] = true
		if s.Has(c.Name) {
			words := rawWords(s.Raw[c.Name])
			if flag := strings.HasSuffix(c.Name, "_enabled") ||
				strings.HasSuffix(c.Name, "_disabled"); flag && (words == "0" || words == "1") {
				words = yesno(words == "1") // Duo has both forms
			}
			columns, row = append(columns, c), append(row, words)
		}
	}
	for _, name := range sortedKeys(s.Raw) {
		if !known[name] {
			columns, row = append(columns, Column{name, name, ""}), append(row, rawWords(s.Raw[name]))
		}
	}
	return columns, row
}

// rawWords puts a value of which nothing is known into words.
func rawWords(raw json.RawMessage) string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return string(raw)
	}
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		return yesno(v)
	case string:
		return v
	}
	return string(raw)
}
