package factors_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

// TestLastFactorStays: of an operator's factors one cannot be removed, also when all are at
// the same moment, and nobody removes another's.
func TestLastFactorStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 4 {
		b.enroll(b.mia, newPasskey(t))
	}
	all := b.factorsOf(b.mia)
	for _, f := range all {
		if err := b.RemoveFactor(t.Context(), b.other, f.ID, uuid.Nil, b.origin,
			b.clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Error("another operator removes a factor: ", err)
		}
	}
	start, results := make(chan struct{}), make(chan error, len(all))
	for _, f := range all {
		go func() {
			<-start
			results <- b.RemoveFactor(context.Background(), b.mia, f.ID, uuid.Nil, b.origin, b.clock.Now())
		}()
	}
	close(start)
	var refused int
	for range all {
		if err := <-results; errors.Is(err, store.ErrLastFactor) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 1 || len(b.factorsOf(b.mia)) != 1 {
		t.Errorf("%d removals were refused, %d factors stay", refused, len(b.factorsOf(b.mia)))
	}
}

// TestLostPasskeyOpensNothing: its removal ends the sessions that it opened, except for the one
// that removes it, and leaves those of other factors.
func TestLostPasskeyOpensNothing(t *testing.T) {
	t.Parallel()
	b, lost := newBench(t), newPasskey(t)
	byLost := b.enroll(b.mia, lost)
	byOther := b.enroll(b.mia, newPasskey(t))
	code := b.recoveryCodes(b.mia)[0]
	byCode, err := b.recover(b.mia, code)
	if err != nil {
		t.Fatal(err)
	}
	for _, proof := range []store.Proof{byLost, byLost, byOther, byCode} {
		if err := b.open(b.mia, proof); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.RemoveFactor(t.Context(), b.mia, byLost.Factor, uuid.Nil, b.origin, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if n := b.sessions(b.mia); n != 2 {
		t.Errorf("%d sessions are left, want those of the other passkey and of the recovery code", n)
	}
	b.refuses("This passkey does not open this console. It may have been removed.", func() (store.Proof, error) {
		_, proof, err := b.signIn(lost)
		return proof, err
	})
	b.ended(b.open(b.mia, byLost))
}
