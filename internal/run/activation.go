package run

import (
	"context"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// How often Duo is asked whether a phone was activated: a caller with the link before
// them is quick, and one who has to install the app is not.
const (
	activationSoon   = time.Minute
	activationEvery  = 3 * time.Second
	activationSlowly = 10 * time.Second
)

// clocksApart is how much Duo's clock may be behind ours.
const clocksApart = 30 * time.Second

// ActivationPause is how long to wait before Duo is asked again, some time after the link
// was made. trouble: Duo did not answer the last time.
func ActivationPause(after time.Duration, trouble bool) time.Duration {
	if after < activationSoon && !trouble {
		return activationEvery
	}
	return activationSlowly
}

// AskActivated asks Duo whether Duo Mobile is activated on a phone, and since when at the
// earliest; a zero time means any. It asks in the background, so that people who wait for
// a page go first.
func (r *Runner) AskActivated(ctx context.Context, sc store.Scope, o store.Organization, id string,
	since time.Time) (bool, error) {
	client, err := r.client(ctx, sc, o)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, followAsking)
	defer cancel()
	phone, err := client.InBackground().Phone(ctx, duo.PhoneID(id))
	if err != nil {
		return false, err
	}
	before := !since.IsZero() && !phone.LastActivated.IsZero() && phone.LastActivated.Before(since.Add(-clocksApart))
	return phone.Activated && !before, nil
}

// LinkUntil is when the activation link of a run ends; zero for a run that made none.
func LinkUntil(made store.Run) time.Time {
	if made.State != store.Applied || made.Action != catalog.SendActivationURL &&
		made.Action != catalog.SendActivationSMS {
		return time.Time{}
	}
	return made.StartedAt.Add(catalog.LinkLife(made.Input))
}
