package catalog

import (
	"fmt"
	"slices"
	"strconv"
)

// Tier says how lately the person who acts has to have proved a second factor. The zero
// Tier is that of what changes nothing.
type Tier int

// The tiers, from least to most.
const (
	Unproved Tier = iota // whenever the session began
	Recent               // within the last ten minutes
	Act                  // for this very act, once
)

func (t Tier) String() string {
	if names := []string{"none", "recent", "act"}; t >= 0 && int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("Tier(%d)", int(t))
}

// TierOf returns the tier that these values ask for.
func (a Action) TierOf(in Values) Tier {
	switch {
	case a.Kind == Generic && !a.Reads(in):
		return Act // whatever it sends
	case a.TierFor != nil:
		return a.TierFor(in)
	}
	return a.Tier
}

// bypassTier is the tier of what can set a status: a lasting bypass takes a proof of its own.
func bypassTier(statusOf func(Values) string) func(Values) Tier {
	return func(in Values) Tier {
		if statusOf(in) == "bypass" {
			return Act
		}
		return Recent
	}
}

// loweredBy are settings whose value, in a change, lowers a control of the account. A number
// of days counts when it is changed at all: what it was is not known here.
var loweredBy = map[string]func(value string) bool{
	"helpdesk_bypass":                       func(v string) bool { return v != "deny" },
	"user_managers_can_put_users_in_bypass": isYes,
	"fraud_email_enabled":                   func(v string) bool { return !isYes(v) },
	"pending_deletion_days":                 anyValue,
	"log_retention_days":                    anyValue,
	"lockout_threshold": func(v string) bool {
		n, err := strconv.Atoi(v)
		return err != nil || n == 0 || n > 10
	},
}

func isYes(v string) bool    { return v == "true" || v == "1" }
func anyValue(v string) bool { return v != "" }

// settingsTier asks for a proof of its own where a control is lowered.
func settingsTier(in Values) Tier {
	for name, lowers := range loweredBy {
		if value, given := in.given[name]; given && lowers(value) {
			return Act
		}
	}
	return Recent
}

// Acts are the slugs of the actions that can ask for a proof of their own: a program does
// them only by an access token that names them.
func Acts() (slugs []string) {
	for _, a := range All() {
		if a.Tier == Act || a.TierFor != nil || a.Kind == Generic {
			slugs = append(slugs, a.Slug)
		}
	}
	slices.Sort(slugs)
	return slugs
}
