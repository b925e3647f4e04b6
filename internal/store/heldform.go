package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/secret"
)

// HeldFormLife is how long a form that could not be taken can be given back.
const HeldFormLife = 15 * time.Minute

// heldForm is the draft of a form that is on its way back to its page.
const heldForm = "held"

// SealForm seals what a form held for the operator who sent it, to be kept in
// the page of an error: while the database is gone there is no other place.
func (s *Store) SealForm(operator uuid.UUID, b []byte) ([]byte, error) {
	keys := s.keys.Load()
	// The oldest key of the file: during a rotation every server holds it.
	return keys.Seal(keys.Keys()[0], heldPlace(operator), b)
}

// OpenForm opens what SealForm sealed for the same operator; ErrNotFound for
// anything else.
func (s *Store) OpenForm(operator uuid.UUID, sealed []byte) ([]byte, error) {
	opened, err := s.keys.Load().Open(heldPlace(operator), sealed)
	if err != nil {
		return nil, ErrNotFound
	}
	var b []byte
	err = opened.Lend(func(opened []byte) { b = append(b, opened...) })
	return b, err
}

func heldPlace(operator uuid.UUID) secret.Place {
	return secret.Place{Table: "held form", Row: operator.String()}
}

// HoldForm keeps a held form until its page is next opened: one an operator.
func (t *Tx) HoldForm(ctx context.Context, operator uuid.UUID, form map[string]string, now time.Time) error {
	return t.SaveDraft(ctx, operator, heldForm, form, now)
}

// TakeForm returns the held form of an operator and forgets it; ErrNotFound if
// there is none.
func (t *Tx) TakeForm(ctx context.Context, operator uuid.UUID, now time.Time) (map[string]string, error) {
	form, _, err := t.Draft(ctx, operator, heldForm, now)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return form, errors.Join(err, t.DropDraft(ctx, operator, heldForm))
}
