package duo

import (
	"context"
	"encoding/json"
)

// Settings are the settings of an account. Which of them exist depends on the account's age and
// edition; one that does not exist reads as zero, and only Raw tells the difference.
type Settings struct {
	Name     string // of the account
	Language string // EN, DE or FR
	Timezone string // IANA name

	LockoutThreshold      int    // failed log-ins that lock a user out
	LockoutMinutes        int    // until a locked-out user may try again; 0 if an administrator must unlock
	InactiveUserDays      int    // without a log-in until a user goes to the trash; 0 is off
	PendingDeletionDays   int    // in the trash until a user is purged
	LogRetentionDays      int    // 0 is without limit
	HelpdeskBypass        string // allow, limit or deny
	HelpdeskBypassMinutes int    // longest life of a help desk's bypass code under limit
	HelpdeskMessage       string
	FraudEmail            string // "" notifies all administrators
	FraudEmailEnabled     bool
	MinimumPasswordLength int // of administrators
	SMSBatch              int // passcodes in one SMS
	SMSMinutes            int // life of SMS passcodes; 0 is for ever
	UserTelephonyCostMax  int // credits for one log-in
	TelephonyWarningMin   int // credits below which administrators are warned

	Raw map[string]json.RawMessage // every setting as Duo sent it
}

func (s *Settings) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*s = Settings{
		Name:                  o.text("name"),
		Language:              o.text("language"),
		Timezone:              o.text("timezone"),
		LockoutThreshold:      o.count("lockout_threshold"),
		LockoutMinutes:        o.count("lockout_expire_duration"),
		InactiveUserDays:      o.count("inactive_user_expiration"),
		PendingDeletionDays:   o.count("pending_deletion_days"),
		LogRetentionDays:      o.count("log_retention_days"),
		HelpdeskBypass:        o.text("helpdesk_bypass"),
		HelpdeskBypassMinutes: o.count("helpdesk_bypass_expiration"),
		HelpdeskMessage:       o.text("helpdesk_message"),
		FraudEmail:            o.text("fraud_email"),
		FraudEmailEnabled:     o.flag("fraud_email_enabled"),
		MinimumPasswordLength: o.count("minimum_password_length"),
		SMSBatch:              o.count("sms_batch"),
		SMSMinutes:            o.count("sms_expiration"),
		UserTelephonyCostMax:  o.count("user_telephony_cost_max"),
		TelephonyWarningMin:   o.count("telephony_warning_min"),
		Raw:                   o.members,
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
