package factors_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"

	"duodesk/internal/run/factors"
	"duodesk/internal/store"
)

// signIn signs in by the passkey alone.
func (b *bench) signIn(p *passkey) (store.Operator, store.Proof, error) {
	b.t.Helper()
	asked := b.askAny()
	return b.desk.SignInByPasskey(b.t.Context(), asked.Token, p.use(asked), b.origin)
}

func (b *bench) askAny() factors.Ceremony {
	b.t.Helper()
	asked, err := b.desk.AskAnyPasskey(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return asked
}

// prove uses the passkey as an operator's second factor.
func (b *bench) prove(o store.Operator, p *passkey) (store.Proof, error) {
	b.t.Helper()
	asked := b.ask(o)
	return b.desk.ProvePasskey(b.t.Context(), o, b.bound, asked.Token, p.use(asked), b.origin)
}

func (b *bench) ask(o store.Operator) factors.Ceremony {
	b.t.Helper()
	asked, err := b.desk.AskPasskey(b.t.Context(), o, b.bound)
	if err != nil {
		b.t.Fatal(err)
	}
	return asked
}

func TestPasskeyIsSetUpAndUsed(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	asked := optionsOf(t, b.beginPasskey(b.mia)).PublicKey
	if s := asked.AuthenticatorSelection; s.ResidentKey != "required" || s.UserVerification != "required" {
		t.Error("a passkey has to know whose it is, and to check who uses it: ", s)
	}
	if asked.Timeout != 120_000 {
		t.Errorf("the browser waits %d ms, the console 2 minutes", asked.Timeout)
	}
	proof := b.enroll(b.mia, p)
	made := b.factorsOf(b.mia)[0]
	if proof.Factor != made.ID || proof.Kind != store.Passkey || made.Name != "Key" || made.UsedAt == nil {
		t.Error(proof, made)
	}
	if err := b.open(b.mia, proof); err != nil {
		t.Error(err)
	}
	if q := optionsOf(t, b.askAny()).PublicKey; q.RPID != "console.example" || q.UserVerification != "required" ||
		len(q.AllowCredentials) != 0 || q.Timeout != 120_000 {
		t.Error("a stranger is asked for more than any passkey of the console: ", q)
	}
	o, proof, err := b.signIn(p)
	if err != nil || o.ID != b.mia.ID || o.Epoch != b.mia.Epoch || proof.Factor != made.ID {
		t.Fatal(o, proof, err)
	}
	if err := b.open(o, proof); err != nil {
		t.Error(err)
	}
	if q := optionsOf(t, b.ask(b.mia)).PublicKey; len(q.AllowCredentials) != 1 ||
		q.AllowCredentials[0].ID != encoded(p.id) {
		t.Error("the second factor is any passkey: ", q)
	}
	if proof, err = b.prove(b.mia, p); err != nil || proof.Factor != made.ID {
		t.Fatal(proof, err)
	}
	if err := b.open(b.mia, proof); err != nil {
		t.Error(err)
	}
	if b.sessions(b.mia) != 3 {
		t.Error("sessions: ", b.sessions(b.mia))
	}
}

// TestPasskeyRecordSurvives: what later sign-ins are compared with is kept whole, for every
// combination of flags that an authenticator can have.
func TestPasskeyRecordSurvives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		flags  byte
		format string
	}{
		{"of one device", present | verified, "none"}, {"that can be copied", present | verified | eligible, "packed"},
		{"that was copied", present | verified | eligible | backedUp, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, p := newBench(t), newPasskey(t)
			p.flags, p.format, p.aaguid, p.counter = c.flags, c.format, randomBytes(16), 7
			p.transports = []string{"internal", "hybrid", "carrier-pigeon", "a\x00b"}
			b.enroll(b.mia, p)
			r := b.record(b.mia)
			got := []bool{r.Flags.UserPresent, r.Flags.UserVerified, r.Flags.BackupEligible, r.Flags.BackupState}
			if want := []bool{true, true, c.flags&eligible > 0, c.flags&backedUp > 0}; !slices.Equal(got, want) {
				t.Errorf("flags %v, want %v", got, want)
			}
			if !bytes.Equal(r.Authenticator.AAGUID, p.aaguid) || r.AttestationFormat != c.format ||
				r.Authenticator.SignCount != 7 || !bytes.Equal(r.ID, p.id) || len(r.PublicKey) == 0 {
				t.Errorf("%+v", r)
			}
			if want := []protocol.AuthenticatorTransport{protocol.Hybrid, protocol.Internal}; !slices.Equal(r.Transport,
				want) {
				t.Error("transports: ", r.Transport)
			}
			p.counter++
			if _, _, err := b.signIn(p); err != nil {
				t.Error(err)
			}
			if r := b.record(b.mia); r.Authenticator.SignCount != 8 {
				t.Error("the counter stays at ", r.Authenticator.SignCount)
			}
			q := optionsOf(t, b.beginPasskey(b.mia)).PublicKey
			if len(q.ExcludeCredentials) != 1 || q.ExcludeCredentials[0].ID != encoded(p.id) ||
				!slices.Equal(q.ExcludeCredentials[0].Transports, []string{"hybrid", "internal"}) {
				t.Error("the browser may set it up twice: ", q.ExcludeCredentials)
			}
		})
	}
}

// TestPasskeyBecomesSynced: phones begin to copy a passkey after it was set up. That is
// taken over and shown to the operator, once; see refusals for the other way.
func TestPasskeyBecomesSynced(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(*bench, *passkey) error{
		"alone":  func(b *bench, p *passkey) error { _, _, err := b.signIn(p); return err },
		"second": func(b *bench, p *passkey) error { _, err := b.prove(b.mia, p); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, p := newBench(t), newPasskey(t)
			b.enroll(b.mia, p)
			p.flags |= eligible | backedUp
			for range 2 {
				if err := try(b, p); err != nil {
					t.Fatal(err)
				}
			}
			if f := b.record(b.mia).Flags; !f.BackupEligible || !f.BackupState {
				t.Error("not taken over: ", f)
			}
			synced := slices.DeleteFunc(b.events(b.mia),
				func(kind string) bool { return kind != store.AccountPasskeySynced })
			if len(synced) != 1 {
				t.Error("the operator sees ", b.events(b.mia))
			}
		})
	}
}

// TestPasskeyCounterIsComparedOnce: of two answers with the same count, of which one is a
// clone's, one is taken, also at the same moment.
func TestPasskeyCounterIsComparedOnce(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	p.counter = 1
	b.enroll(b.mia, p)
	p.counter = 2
	asked := make(chan [2]string, 20)
	for range cap(asked) {
		q := b.askAny()
		asked <- [2]string{q.Token, p.use(q)}
	}
	won := b.atOnce(func() error {
		a := <-asked
		_, _, err := b.desk.SignInByPasskey(context.Background(), a[0], a[1], b.origin)
		return err
	})
	if won != 1 {
		t.Errorf("%d answers with the same count were taken", won)
	}
}

func TestPasskeysAreSeveral(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	keys := make([]*passkey, store.MostFactors+1)
	for i := range keys {
		keys[i] = newPasskey(t)
		keys[i].id = randomBytes(1023) // the longest there are, which a question names all
	}
	for _, p := range keys[:store.MostFactors] {
		b.enroll(b.mia, p)
	}
	full := func() (store.Proof, error) {
		p := newPasskey(t)
		asked := b.beginPasskey(b.mia)
		return b.desk.AddPasskey(t.Context(), b.owner(b.mia), asked.Token, p.create(asked), "")
	}
	b.refuses("You have as many second factors as you can have. Remove one first.", full)
	if o, _, err := b.signIn(keys[4]); err != nil || o.ID != b.mia.ID {
		t.Error(err)
	}
	if _, err := b.prove(b.mia, keys[9]); err != nil {
		t.Error(err)
	}
	if err := b.RemoveFactor(t.Context(), b.mia, b.factorsOf(b.mia)[0].ID, [16]byte{}, b.origin,
		b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	// One place is left, for one of twenty.
	asked := make(chan [2]string, 20)
	for range cap(asked) {
		q := b.beginPasskey(b.mia)
		asked <- [2]string{q.Token, newPasskey(t).create(q)}
	}
	if won := b.atOnce(func() error {
		a := <-asked
		_, err := b.desk.AddPasskey(context.Background(), b.owner(b.mia), a[0], a[1], "")
		return err
	}); won != 1 || len(b.factorsOf(b.mia)) != store.MostFactors {
		t.Error("set up: ", won, len(b.factorsOf(b.mia)))
	}
}

// TestPasskeysNeedAName: they belong to a host name, and a console that is found by a number
// has none.
func TestPasskeysNeedAName(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	b.enroll(b.mia, p)
	for _, address := range []string{"http://127.0.0.1:8080", "http://[::1]:8080"} {
		desk := b.deskAt(address, false)
		if desk.TakesPasskeys() {
			t.Error(address)
		}
		_, begin := desk.BeginPasskey(t.Context(), b.mia, b.bound)
		_, ask := desk.AskPasskey(t.Context(), b.mia, b.bound)
		_, any := desk.AskAnyPasskey(t.Context())
		for _, err := range []error{begin, ask, any} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		}
		b.refuses("Passkeys need a console that is found by a name. Use an authenticator app.",
			func() (store.Proof, error) {
				q := b.ask(b.mia)
				return desk.ProvePasskey(t.Context(), b.mia, b.bound, q.Token, p.use(q), b.origin)
			})
	}
	if _, err := b.desk.AskPasskey(t.Context(), b.other, b.bound); !errors.Is(err, store.ErrNotFound) {
		t.Error("an operator without a passkey is asked for one: ", err)
	}
}

func TestFactorNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for called, want := range map[string]string{
		"  blue   key ": "blue key", "": "Passkey", "\u202e\u200b": "Passkey", "a\x00b": "Passkey",
		"\xff\xfe": "Passkey", strings.Repeat("é", 200): strings.Repeat("é", 60),
	} {
		q := b.beginPasskey(b.other)
		proof, err := b.desk.AddPasskey(t.Context(), b.owner(b.other), q.Token, newPasskey(t).create(q), called)
		if err != nil {
			t.Errorf("%q: %v", called, err)
			continue
		}
		i := slices.IndexFunc(b.factorsOf(b.other), func(f store.Factor) bool { return f.ID == proof.Factor })
		if got := b.factorsOf(b.other)[i].Name; got != want {
			t.Errorf("%q became %q, want %q", called, got, want)
		}
	}
}
