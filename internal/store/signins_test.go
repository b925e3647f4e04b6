package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestSessionsThatDoNotBegin: what ended between a check and the session keeps it from
// beginning.
func TestSessionsThatDoNotBegin(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, o := db.Workspace(t)
	hash := func(n byte) []byte { return append(make([]byte, 31), n, o.ID[0], o.ID[1])[2:] }
	start := func(n byte, change func(*store.Opening)) error {
		opening := db.Opening(t, o, hash(n), today, today.Add(life))
		change(&opening)
		return db.StartSession(t.Context(), opening, today)
	}
	in := store.SignIn{TokenHash: hash(1), Operator: o, Next: "/"}
	if err := db.BeginSignIn(t.Context(), in, today); err != nil {
		t.Fatal(err)
	}
	completed := func(op *store.Opening) { op.SignIn = in.TokenHash }
	if err := start(2, completed); err != nil {
		t.Fatal("the sign-in begins no session: ", err)
	}
	renewed := func(op *store.Opening) { op.Before = hash(2) }
	if err := start(3, renewed); err != nil {
		t.Fatal("the session does not go on: ", err)
	}
	_, other := db.Workspace(t)
	theirs := store.SignIn{TokenHash: hash(7), Operator: other, Next: "/"}
	if err := db.BeginSignIn(t.Context(), theirs, today); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*store.Opening){
		"a sign-in that was completed":         completed,
		"a session that went on before":        renewed,
		"a factor that was removed":            func(op *store.Opening) { op.Proof.Factor = o.ID },
		"a factor of another kind":             func(op *store.Opening) { op.Proof.Kind = store.Passkey },
		"no factor, of an operator with one":   func(op *store.Opening) { op.Proof = store.Proof{} },
		"an epoch that was raised since":       func(op *store.Opening) { op.Operator.Epoch-- },
		"another's sign-in":                    func(op *store.Opening) { op.SignIn = theirs.TokenHash },
		"a session that belongs to no one yet": func(op *store.Opening) { op.Before = hash(9) },
	} {
		if err := start(4, change); !errors.Is(err, store.ErrEnded) {
			t.Errorf("%s begins a session (%v)", what, err)
		}
	}
	if found, err := db.Sessions(t.Context(), o.ID, today, time.Hour); err != nil || len(found) != 1 {
		t.Error("sessions: ", found, err)
	}
}

// TestEndedSessionChangesNoFactors: a session that ended while its request was on its way
// neither leaves a factor or recovery codes behind nor takes a factor away.
func TestEndedSessionChangesNoFactors(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	_, o := db.Workspace(t)
	hash := append(make([]byte, 16), o.ID[:]...)
	if err := db.StartSession(t.Context(), db.Opening(t, o, hash, today, today.Add(life)), today); err != nil {
		t.Fatal(err)
	}
	session, err := db.FindSession(t.Context(), hash, today, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	add := func() error {
		return db.AddFactor(t.Context(), o, store.NewFactor{Session: session.ID, CredentialID: o.ID[:],
			Factor: store.Factor{ID: uuid.New(), Kind: store.Passkey, Name: "Key", CreatedAt: today,
				Credential: []byte(`{}`)}}, store.Origin{})
	}
	passkeys := func() (found []store.Factor) {
		found, err := db.Factors(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if err := db.EndSessionByID(t.Context(), o.ID, session.ID); err != nil {
		t.Fatal(err)
	}
	before := passkeys()
	if err := add(); !errors.Is(err, store.ErrEnded) {
		t.Error("an ended session adds a factor: ", err)
	}
	if err := db.RemoveFactor(t.Context(), o, before[0].ID, session.ID, store.Origin{}, today); !errors.Is(err,
		store.ErrEnded) {
		t.Error("an ended session removes a factor: ", err)
	}
	err = db.SetRecoveryCodes(t.Context(), o, session.ID, [][]byte{hash, append(hash[:16:16], hash[:16]...)},
		store.Origin{}, today)
	if !errors.Is(err, store.ErrEnded) {
		t.Error("an ended session makes recovery codes: ", err)
	}
	if left, err := db.RecoveryCodesLeft(t.Context(), o.ID); err != nil || left != 0 {
		t.Error("recovery codes left: ", left, err)
	}
	if after := passkeys(); len(after) != len(before) {
		t.Errorf("%d factors, then %d", len(before), len(after))
	}
}
