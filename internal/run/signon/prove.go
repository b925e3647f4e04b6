package signon

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"duodesk/internal/store"
)

// A form that waits for a proof can get it from the workspace's provider: Ask with Prove sends
// the browser there, KeepProof keeps what came back, and TakeProof hands it to the form.

const (
	toProve = "proof by single sign-on"
	// proofLife is how long a proof waits for the form to go on.
	proofLife = time.Minute
)

// KeepProof keeps the proof of an identity for the form of the question, which was a Prove,
// for a minute. It returns *Refused unless the identity is linked to the operator who asked.
func (d *Desk) KeepProof(ctx context.Context, t Taken, id Identity, operator store.Operator) (token string, err error) {
	err = d.store.InWorkspace(ctx, store.WholeWorkspace(t.ID), func(tx *store.Tx) error {
		o, _, err := tx.LinkedOperator(ctx, id.Issuer, id.Subject)
		if err == nil && o.ID != operator.ID {
			err = store.ErrNotFound
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", refuseWith("Someone else signed in at the provider than the operator who was asked.", named(id))
	}
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(store.Proof{Kind: store.SignOn, At: id.At, Provider: t.was.Provider})
	if err != nil {
		return "", err
	}
	token, hash := newToken()
	now := d.now()
	return token, d.store.KeepChallenge(ctx, hash, store.Challenge{Purpose: toProve,
		Bound: boundTo(t.was.Session, t.was.Form), Data: data, EndsAt: now.Add(proofLife)}, now)
}

// TakeProof returns the proof that waits under a token for a form of a session, once. session
// is the SHA-256 of the session's token, form the token of the form. It returns *Refused if
// there is none, or if it is for another session or form.
func (d *Desk) TakeProof(ctx context.Context, session []byte, form, token string) (p store.Proof, err error) {
	data, err := d.store.TakeChallenge(ctx, hashOf(token), toProve, boundTo(session, form), d.now())
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExpired) {
		return p, refuse("The proof by single sign-on was used before, is over a minute old, or is for another form.")
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(data, &p)
}

// boundTo binds a proof to a session and a form.
func boundTo(session []byte, form string) []byte {
	sum := sha256.Sum256(append(append([]byte{}, session...), form...))
	return sum[:]
}
