package run

import (
	"context"
	"errors"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// record is the record as the action of a request may know it: of its organization and Duo account.
type record struct {
	r *Runner
	q Request
}

var _ catalog.Record = record{}

func (c record) Trashed(ctx context.Context, user duo.UserID) (*catalog.Past, error) {
	return c.past(ctx, func(tx *store.Tx) (store.Run, error) {
		return tx.LatestApplied(ctx, c.q.Organization.ID, c.q.Organization.AccountID, catalog.DeleteUser, string(user))
	})
}

func (c record) Verified(ctx context.Context, user duo.UserID) (*catalog.Past, error) {
	const within = catalog.VerifiedFor + catalog.VerificationTime + time.Minute // it ends after it began
	return c.past(ctx, func(tx *store.Tx) (store.Run, error) {
		return tx.LatestSince(ctx, c.q.Organization.ID, c.q.Organization.AccountID, catalog.VerifyCaller, string(user),
			c.r.Now().Add(-within))
	})
}

// MustBeVerified returns why a role may not make an activation link for a phone now,
// as a *catalog.RoleError; nil if it may. It is judged again when the link is made.
func (r *Runner) MustBeVerified(ctx context.Context, sc store.Scope, o store.Organization, role catalog.Role,
	phone duo.Phone) error {
	recalled := catalog.Values{}.By(role).Recalling(record{r, Request{Scope: sc, Organization: o}})
	_, err := read(ctx, r, sc, o, func(ctx context.Context, d *duo.Client) (struct{}, error) {
		return struct{}{}, catalog.MustBeVerified(ctx, d, recalled, phone)
	})
	return err
}

func (c record) past(ctx context.Context, find func(*store.Tx) (store.Run, error)) (*catalog.Past, error) {
	var found store.Run
	err := c.r.Store.InWorkspace(ctx, c.q.Scope, func(tx *store.Tx) (err error) {
		found, err = find(tx)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	past := &catalog.Past{
		Input: found.Input, Before: found.Before, Answer: catalog.Answer(found.Answer), From: found.StartedAt,
		Now: c.r.Now(),
	}
	if found.FinishedAt != nil {
		past.To = *found.FinishedAt
	}
	return past, nil
}
