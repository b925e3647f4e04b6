package factors

import (
	"context"
	"errors"
	"time"

	"duodesk/internal/store"
)

const (
	toGoOn = "continue a form"
	// formLife is how long a form waits for its proof.
	formLife = 15 * time.Minute
	// mostForms is how many forms of a session wait: each can be as long as a form can be.
	mostForms = 8
)

// Keep keeps what waits for a proof, for the session of a token's hash.
func (d *Desk) Keep(ctx context.Context, bound, sealed []byte) (token string, err error) {
	token, hash := newToken()
	now := d.now()
	return token, d.store.KeepChallenge(ctx, hash,
		store.Challenge{Purpose: toGoOn, Bound: bound, Data: sealed, EndsAt: now.Add(formLife),
			Most: mostForms}, now)
}

// Kept returns what waits under a token; store.ErrNotFound when nothing does any more.
func (d *Desk) Kept(ctx context.Context, bound []byte, token string) ([]byte, error) {
	sealed, err := d.store.FindChallenge(ctx, hashOf(token), toGoOn, bound, d.now())
	return sealed, over(err)
}

// Drop forgets what waits under a token, once: store.ErrNotFound says that it was dropped.
func (d *Desk) Drop(ctx context.Context, bound []byte, token string) error {
	_, err := d.store.TakeChallenge(ctx, hashOf(token), toGoOn, bound, d.now())
	return over(err)
}

// over turns an end in time into store.ErrNotFound.
func over(err error) error {
	if errors.Is(err, store.ErrExpired) {
		return store.ErrNotFound
	}
	return err
}
