package duosim

import "time"

const infoWindow = 30 * 24 * time.Hour

// infoSummary counts people in the trash apart.
func (c *call) infoSummary() (any, *refusal) {
	pending := 0
	for _, u := range c.account.Users {
		if u.Status == PendingDeletion {
			pending++
		}
	}
	return map[string]any{
		"admin_count": len(c.account.Admins), "edition": c.account.Edition,
		"integration_count":           len(c.account.Applications),
		"telephony_credits_remaining": c.account.TelephonyCredits, "user_count": len(c.account.Users) - pending,
		"user_pending_deletion_count": pending,
	}, nil
}

// span reads mintime and maxtime, Unix seconds: the last 30 days if not given, 180 at most, with the grace of the logs.
func (c *call) span() (from, to int64, no *refusal) {
	maxtime, no := c.integer("maxtime", int(c.now.Unix()), 0, 1<<40)
	if no != nil {
		return 0, 0, no
	}
	mintime, no := c.integer("mintime", maxtime-int(infoWindow.Seconds()), 0, 1<<40)
	if no != nil {
		return 0, 0, no
	}
	if mintime > maxtime || maxtime-mintime > int((logReach+logGrace).Seconds()) {
		return 0, 0, refuse(40002, "mintime")
	}
	return int64(mintime), int64(maxtime), nil
}

func (c *call) infoCredits() (any, *refusal) {
	from, to, no := c.span()
	if no != nil {
		return nil, no
	}
	used := 0
	for _, e := range c.account.Logs.Charges {
		if at := e.At / 1000; at >= from && at <= to {
			used += e.Credits
		}
	}
	return map[string]any{"telephony_credits_used": used}, nil
}

// infoAttempts counts logins by result, infoUserAttempts the users who had one of each.

func (c *call) infoAttempts() (any, *refusal) {
	return c.attempts("authentication_attempts", func(l *login) string { return l.TxID })
}

func (c *call) infoUserAttempts() (any, *refusal) {
	return c.attempts("user_authentication_attempts", func(l *login) string { return l.UserID })
}

func (c *call) attempts(name string, who func(*login) string) (any, *refusal) {
	from, to, no := c.span()
	if no != nil {
		return nil, no
	}
	words := map[string]string{"success": "SUCCESS", "denied": "FAILURE", "fraud": "FRAUD", "error": "ERROR"}
	counts, seen := map[string]int{"ERROR": 0, "FAILURE": 0, "FRAUD": 0, "SUCCESS": 0}, map[[2]string]bool{}
	for _, l := range c.account.Logs.Logins {
		key := [2]string{words[l.Result], who(l)}
		if at := l.At / 1000; at < from || at > to || l.Type != "authentication" ||
			l.Factor == "sms_refresh" || seen[key] {
			continue
		}
		seen[key] = true
		counts[key[0]]++
	}
	return map[string]any{name: counts, "mintime": from, "maxtime": to}, nil
}
