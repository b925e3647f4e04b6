package duosim

// infoSummary counts people in the trash apart; the number of administrators is fixed, for none are simulated.
func (c *call) infoSummary() (any, *refusal) {
	pending := 0
	for _, u := range c.account.Users {
		if u.Status == PendingDeletion {
			pending++
		}
	}
	return map[string]any{
		"admin_count": 1, "edition": c.account.Edition, "integration_count": len(c.account.Applications),
		"telephony_credits_remaining": c.account.TelephonyCredits, "user_count": len(c.account.Users) - pending,
		"user_pending_deletion_count": pending,
	}, nil
}
