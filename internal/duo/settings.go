package duo

import (
	"context"
	"encoding/json"
)

// Settings are the settings of an account. Which of them exist depends on the account's age and
// edition; one that does not exist reads as zero, and [Settings.Has] tells the difference.
type Settings struct {
	Name     string // of the account
	Language string // EN, DE or FR
	Timezone string // IANA name

	LockoutThreshold           int // failed attempts that lock a user out
	LockoutMinutes             int // until a locked-out user may try again; 0 if an administrator must unlock
	UnenrolledUserLockoutDays  int // without enrolling until a user is locked out; 0 is off
	InactiveUserDays           int // without a log-in until a user goes to the trash; 0 is off
	InactiveAdminDays          int // 0 is off; cannot be set
	PendingDeletionDays        int // in the trash until a user is purged
	LogRetentionDays           int // 0 is without limit
	EnrollmentUniversalPrompt  bool
	GlobalSSPPolicyEnforced    bool
	UserManagersCanBypass      bool // user managers can put users into bypass
	SecurityCheckup            bool
	EmailActivityNotification  bool   // of the user about new devices, by email
	PushActivityNotification   bool   // by push
	HelpdeskBypass             string // allow, limit or deny
	HelpdeskBypassMinutes      int    // longest life of a help desk's bypass code under limit
	HelpdeskCanSendEnrollEmail bool
	HelpdeskMessage            string
	FraudEmail                 string // "" notifies all administrators
	FraudEmailEnabled          bool
	MinimumPasswordLength      int // of administrators, like the next four
	PasswordRequiresLower      bool
	PasswordRequiresUpper      bool
	PasswordRequiresNumeric    bool
	PasswordRequiresSpecial    bool
	OTPType                    string // of Duo Mobile: hotp or totp
	CallerID                   string // phone number that calls come from; telephony accounts only, like the next two
	KeypressConfirm            string // 0 to 9, # or *; "" if not in use
	KeypressFraud              string
	SMSBatch                   int // passcodes in one SMS
	SMSMinutes                 int // life of SMS passcodes; 0 is for ever
	SMSMessage                 string
	SMSRefresh                 bool // a new SMS goes out when the last passcode was used
	TelephonyWarningMin        int  // credits below which administrators are warned
	UserTelephonyCostMax       int  // credits for one log-in

	Raw map[string]json.RawMessage // every setting as Duo sent it
}

// Has tells whether the account has a setting, by Duo's name for it, such as caller_id.
func (s Settings) Has(name string) bool { _, has := s.Raw[name]; return has }

// UnmarshalJSON reads Duo's answer.
func (s *Settings) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*s = Settings{
		Name:                       o.text("name"),
		Language:                   o.text("language"),
		Timezone:                   o.text("timezone"),
		LockoutThreshold:           o.count("lockout_threshold"),
		LockoutMinutes:             o.count("lockout_expire_duration"),
		UnenrolledUserLockoutDays:  o.count("unenrolled_user_lockout_threshold"),
		InactiveUserDays:           o.count("inactive_user_expiration"),
		InactiveAdminDays:          o.count("inactive_admin_expiration"),
		PendingDeletionDays:        o.count("pending_deletion_days"),
		LogRetentionDays:           o.count("log_retention_days"),
		EnrollmentUniversalPrompt:  o.flag("enrollment_universal_prompt_enabled"),
		GlobalSSPPolicyEnforced:    o.flag("global_ssp_policy_enforced"),
		UserManagersCanBypass:      o.flag("user_managers_can_put_users_in_bypass"),
		SecurityCheckup:            o.flag("security_checkup_enabled"),
		EmailActivityNotification:  o.flag("email_activity_notification_enabled"),
		PushActivityNotification:   o.flag("push_activity_notification_enabled"),
		HelpdeskBypass:             o.text("helpdesk_bypass"),
		HelpdeskBypassMinutes:      o.count("helpdesk_bypass_expiration"),
		HelpdeskCanSendEnrollEmail: o.flag("helpdesk_can_send_enroll_email"),
		HelpdeskMessage:            o.text("helpdesk_message"),
		FraudEmail:                 o.text("fraud_email"),
		FraudEmailEnabled:          o.flag("fraud_email_enabled"),
		MinimumPasswordLength:      o.count("minimum_password_length"),
		PasswordRequiresLower:      o.flag("password_requires_lower_alpha"),
		PasswordRequiresUpper:      o.flag("password_requires_upper_alpha"),
		PasswordRequiresNumeric:    o.flag("password_requires_numeric"),
		PasswordRequiresSpecial:    o.flag("password_requires_special"),
		OTPType:                    o.text("duo_mobile_otp_type"),
		CallerID:                   o.text("caller_id"),
		KeypressConfirm:            o.text("keypress_confirm"),
		KeypressFraud:              o.text("keypress_fraud"),
		SMSBatch:                   o.count("sms_batch"),
		SMSMinutes:                 o.count("sms_expiration"),
		SMSMessage:                 o.text("sms_message"),
		SMSRefresh:                 o.flag("sms_refresh"),
		TelephonyWarningMin:        o.count("telephony_warning_min"),
		UserTelephonyCostMax:       o.count("user_telephony_cost_max"),
		Raw:                        o.members,
	}
	return o.err
}

// Settings returns the account's settings. It needs an application with the permission for them.
//
// GET /admin/v1/settings
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	settings, _, err := get[Settings](ctx, c, "/admin/v1/settings", nil)
	return settings, err
}
