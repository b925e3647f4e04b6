package duo

import (
	"context"
	"errors"
	"strconv"
)

// SettingsFields are what can be set on an account, with the names of [Settings]. A nil field is not
// sent and keeps its value; a pointer to "" clears it. Duo refuses what is out of the range given
// here with CodeInvalidParameter and the name of its own setting as the detail.
type SettingsFields struct {
	Name     *string
	Language *string // EN, DE or FR
	Timezone *string // IANA name

	LockoutThreshold           *int // 1 to 9999
	LockoutMinutes             *int // 5 to 30000, 0 has an administrator unlock
	UnenrolledUserLockoutDays  *int // 0 is off
	InactiveUserDays           *int // 30 to 365, 0 is off
	PendingDeletionDays        *int
	LogRetentionDays           *int // 1 to 365, 0 is without limit
	EnrollmentUniversalPrompt  *bool
	GlobalSSPPolicyEnforced    *bool
	UserManagersCanBypass      *bool
	SecurityCheckup            *bool
	EmailActivityNotification  *bool
	PushActivityNotification   *bool
	HelpdeskBypass             *string // allow, limit or deny; limit needs HelpdeskBypassMinutes
	HelpdeskBypassMinutes      *int
	HelpdeskCanSendEnrollEmail *bool
	HelpdeskMessage            *string
	FraudEmail                 *string // "" notifies all administrators
	FraudEmailEnabled          *bool   // false clears FraudEmail as well
	MinimumPasswordLength      *int    // 12 to 100
	PasswordRequiresLower      *bool
	PasswordRequiresUpper      *bool
	PasswordRequiresNumeric    *bool
	PasswordRequiresSpecial    *bool
	OTPType                    *string // hotp or totp
	CallerID                   *string // digits of a phone number
	KeypressConfirm            *string // 0 to 9, # or *; both keys are set, or neither
	KeypressFraud              *string
	SMSBatch                   *int // 1 to 10
	SMSMinutes                 *int // 0 is for ever
	SMSMessage                 *string
	SMSRefresh                 *bool
	TelephonyWarningMin        *int
	UserTelephonyCostMax       *int
}

func (f SettingsFields) params() Params {
	p := Params{}
	for name, value := range map[string]*string{
		"name":                f.Name,
		"language":            f.Language,
		"timezone":            f.Timezone,
		"helpdesk_bypass":     f.HelpdeskBypass,
		"helpdesk_message":    f.HelpdeskMessage,
		"fraud_email":         f.FraudEmail,
		"duo_mobile_otp_type": f.OTPType,
		"caller_id":           f.CallerID,
		"keypress_confirm":    f.KeypressConfirm,
		"keypress_fraud":      f.KeypressFraud,
		"sms_message":         f.SMSMessage,
	} {
		put(p, name, value)
	}
	for name, value := range map[string]*int{
		"lockout_threshold":                 f.LockoutThreshold,
		"lockout_expire_duration":           f.LockoutMinutes,
		"unenrolled_user_lockout_threshold": f.UnenrolledUserLockoutDays,
		"inactive_user_expiration":          f.InactiveUserDays,
		"pending_deletion_days":             f.PendingDeletionDays,
		"log_retention_days":                f.LogRetentionDays,
		"helpdesk_bypass_expiration":        f.HelpdeskBypassMinutes,
		"minimum_password_length":           f.MinimumPasswordLength,
		"sms_batch":                         f.SMSBatch,
		"sms_expiration":                    f.SMSMinutes,
		"telephony_warning_min":             f.TelephonyWarningMin,
		"user_telephony_cost_max":           f.UserTelephonyCostMax,
	} {
		if value != nil {
			p[name] = strconv.Itoa(*value)
		}
	}
	if f.SMSMinutes != nil && *f.SMSMinutes == 0 {
		p["sms_expiration"] = "" // the only documented way to say for ever
	}
	for name, value := range map[string]*bool{
		"enrollment_universal_prompt_enabled":   f.EnrollmentUniversalPrompt,
		"global_ssp_policy_enforced":            f.GlobalSSPPolicyEnforced,
		"user_managers_can_put_users_in_bypass": f.UserManagersCanBypass,
		"security_checkup_enabled":              f.SecurityCheckup,
		"email_activity_notification_enabled":   f.EmailActivityNotification,
		"push_activity_notification_enabled":    f.PushActivityNotification,
		"helpdesk_can_send_enroll_email":        f.HelpdeskCanSendEnrollEmail,
		"fraud_email_enabled":                   f.FraudEmailEnabled,
		"password_requires_lower_alpha":         f.PasswordRequiresLower,
		"password_requires_upper_alpha":         f.PasswordRequiresUpper,
		"password_requires_numeric":             f.PasswordRequiresNumeric,
		"password_requires_special":             f.PasswordRequiresSpecial,
		"sms_refresh":                           f.SMSRefresh,
	} {
		if value != nil {
			p[name] = digit(*value) // the form that all of them take, whether Duo answers 1 or true
		}
	}
	return p
}

// UpdateSettings changes the settings that are given and returns all of them after the change. At
// least one must be given.
//
// POST /admin/v1/settings
func (c *Client) UpdateSettings(ctx context.Context, f SettingsFields) (Settings, error) {
	params := f.params()
	if len(params) == 0 {
		return Settings{}, invalid(errors.New("there is no setting to change"))
	}
	return post[Settings](ctx, c, "/admin/v1/settings", params)
}
