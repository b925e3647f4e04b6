package duo

import "context"

// InfoSummary counts what an account holds.
type InfoSummary struct {
	Edition                   string // marketing name, such as Duo Premier; "" on old accounts
	Users                     int
	UsersPendingDeletion      int
	Administrators            int
	Integrations              int
	TelephonyCreditsRemaining int
}

// UnmarshalJSON reads Duo's answer.
func (s *InfoSummary) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*s = InfoSummary{
		Edition:                   o.text("edition"),
		Users:                     o.count("user_count"),
		UsersPendingDeletion:      o.count("user_pending_deletion_count"),
		Administrators:            o.count("admin_count"),
		Integrations:              o.count("integration_count"),
		TelephonyCreditsRemaining: o.count("telephony_credits_remaining"),
	}
	return o.err
}

// InfoSummary returns the counts. It needs an application that may read information.
//
// GET /admin/v1/info/summary
func (c *Client) InfoSummary(ctx context.Context) (InfoSummary, error) {
	summary, _, err := get[InfoSummary](ctx, c, "/admin/v1/info/summary", nil)
	return summary, err
}
