package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// mappedMeanwhile says what somebody else made of an organization's account
// since a form was opened.
func (r *Runner) mappedMeanwhile(ctx context.Context, tx *store.Tx, o store.Organization,
	accounts []store.Account) (string, error) {
	done := "unmapped the organization"
	if o.AccountID != "" {
		done = "mapped the organization to " + namedAccount(o.AccountID, accounts)
	}
	return r.meanwhile(ctx, tx, o, done, store.OrganizationMapped, store.OrganizationUnmapped, store.ConnectionChanged)
}

// keyedMeanwhile is mappedMeanwhile for the directory key.
func (r *Runner) keyedMeanwhile(ctx context.Context, tx *store.Tx, o store.Organization) (string, error) {
	done := "removed the key"
	if o.DirectoryKey != "" {
		done = "set the key that ends in " + run.Tail(o.DirectoryKey)
	}
	return r.meanwhile(ctx, tx, o, done, store.DirectoryKeySet, store.DirectoryKeyRemoved, store.DirectoryPrimary)
}

func (r *Runner) meanwhile(ctx context.Context, tx *store.Tx, o store.Organization, done string,
	events ...store.Event) (string, error) {
	by, at, err := tx.LastChange(ctx, o.ID, events...)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	when := ""
	if err == nil {
		when = " " + agoText(r.Now().Sub(at))
	}
	return cmp.Or(by, "Someone") + " " + done + when + ". Save again to replace that.", nil
}

func agoText(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return "a moment ago"
	case d < 90*time.Minute:
		return fmt.Sprintf("%d minutes ago", int(d.Round(time.Minute).Minutes()))
	case d < 36*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Round(time.Hour).Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()+12)/24)
}
