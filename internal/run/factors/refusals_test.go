package factors_test

import (
	"testing"
	"time"

	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

const (
	startAgain = "This was answered already, or belongs to another sign-in. Start again."
	tooLate    = "This took longer than 2 minutes. Start again."
	elsewhere  = "The passkey was used at another address than this console's."
	unreadable = "The browser's answer cannot be read. Start again."
	unverified = "Your device did not check that it is you, by a fingerprint, face or PIN. " +
		"Set that up on the device, or use another factor."
	notBackedUp = "This passkey says that it cannot be backed up, and said before that it can. " +
		"Sign in another way and set it up again."
	clonedKey = "This passkey's counter went backward: the passkey may have been copied. " +
		"Sign in another way and remove it."
	misfits = "The passkey's answer does not fit. Start again, or use another factor."
)

// TestPasskeyLies: whatever an authenticator, a browser or the time between question and
// answer makes wrong is refused with words of its own, alone and as a second factor.
func TestPasskeyLies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil         func(*bench, *passkey)
		alone, second string // empty: as alone
	}{
		"another address": {spoil: func(_ *bench, p *passkey) { p.origin = "https://c0nsole.example" },
			alone: elsewhere},
		"another port": {spoil: func(_ *bench, p *passkey) { p.origin = public + ":8443" }, alone: elsewhere},
		"plain http": {spoil: func(_ *bench, p *passkey) { p.origin = "http://console.example" },
			alone: elsewhere},
		"inside of a page": {spoil: func(_ *bench, p *passkey) { p.client["crossOrigin"] = true }, alone: elsewhere},
		"another site": {spoil: func(_ *bench, p *passkey) { p.site = "c0nsole.example" },
			alone: "This passkey belongs to another site."},
		"an earlier answer": {spoil: func(_ *bench, p *passkey) { p.client["challenge"] = encoded(randomBytes(32)) },
			alone: "The browser answered an earlier question. Start again."},
		"an answer to make": {spoil: func(_ *bench, p *passkey) { p.client["type"] = "webauthn.create" },
			alone: misfits},
		"not verified": {spoil: func(_ *bench, p *passkey) { p.flags &^= verified },
			alone: unverified},
		"not present":      {spoil: func(_ *bench, p *passkey) { p.flags &^= present }, alone: misfits},
		"another key":      {spoil: func(b *bench, p *passkey) { p.key = newKey(b.t) }, alone: misfits},
		"another's handle": {spoil: func(b *bench, p *passkey) { p.handle = b.other.ID[:] }, alone: misfits},
		"counter backward": {spoil: func(_ *bench, p *passkey) { p.counter = 4 }, alone: clonedKey},
		"counter stands":   {spoil: func(_ *bench, p *passkey) { p.counter = 5 }, alone: clonedKey},
		"counter gone":     {spoil: func(_ *bench, p *passkey) { p.counter = 0 }, alone: clonedKey},
		"no longer eligible": {spoil: func(_ *bench, p *passkey) { p.flags &^= eligible },
			alone: notBackedUp},
		"backed up, not eligible": {spoil: func(_ *bench, p *passkey) { p.flags = p.flags&^eligible | backedUp },
			alone: misfits},
		"too late":     {spoil: func(b *bench, _ *passkey) { b.clock.move(2 * time.Minute) }, alone: tooLate},
		"far too late": {spoil: func(b *bench, _ *passkey) { b.clock.move(59 * time.Minute) }, alone: tooLate},
		"removed": {spoil: func(b *bench, _ *passkey) { b.remove(b.mia) },
			alone:  "This passkey does not open this console. It may have been removed.",
			second: "This passkey is not one of yours. It may have been removed."},
		"never set up": {spoil: func(_ *bench, p *passkey) { p.id = randomBytes(32) },
			alone:  "This passkey does not open this console. It may have been removed.",
			second: "This passkey is not one of yours. It may have been removed."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, way := range []string{"alone", "second"} {
				b, p := newBench(t), newPasskey(t)
				b.AddApp(t, b.mia) // so that the passkey can be removed
				p.flags, p.counter = p.flags|eligible, 5
				b.enroll(b.mia, p)
				p.counter = 6
				if way == "alone" {
					q := b.askAny()
					c.spoil(b, p)
					b.refuses(c.alone, func() (store.Proof, error) {
						_, proof, err := b.desk.SignInByPasskey(t.Context(), q.Token, p.use(q), b.origin)
						return proof, err
					})
					continue
				}
				words := c.second
				if words == "" {
					words = c.alone
				}
				q := b.ask(b.mia)
				c.spoil(b, p)
				b.refuses(words, func() (store.Proof, error) {
					return b.desk.ProvePasskey(t.Context(), b.mia, b.bound, q.Token, p.use(q), b.origin)
				})
			}
		})
	}
}

// remove takes an operator's passkey away.
func (b *bench) remove(o store.Operator) {
	b.t.Helper()
	for _, f := range b.factorsOf(o) {
		if f.Kind != store.Passkey {
			continue
		}
		if err := b.RemoveFactor(b.t.Context(), o, f.ID, [16]byte{}, b.origin, b.clock.Now()); err != nil {
			b.t.Fatal(err)
		}
	}
}

// TestNewPasskeyLies is TestPasskeyLies for setting one up.
func TestNewPasskeyLies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*bench, *passkey)
		words string
	}{
		"another address":  {func(_ *bench, p *passkey) { p.origin = "https://c0nsole.example" }, elsewhere},
		"inside of a page": {func(_ *bench, p *passkey) { p.client["crossOrigin"] = true }, elsewhere},
		"another site": {func(_ *bench, p *passkey) { p.site = "c0nsole.example" },
			"This passkey belongs to another site."},
		"an earlier answer": {func(_ *bench, p *passkey) { p.client["challenge"] = encoded(randomBytes(32)) },
			"The browser answered an earlier question. Start again."},
		"an answer to get": {func(_ *bench, p *passkey) { p.client["type"] = "webauthn.get" }, misfits},
		"not verified": {func(_ *bench, p *passkey) { p.flags &^= verified },
			unverified},
		"not present":              {func(_ *bench, p *passkey) { p.flags &^= present }, misfits},
		"backed up, not eligible":  {func(_ *bench, p *passkey) { p.flags |= backedUp }, misfits},
		"format that is no format": {func(_ *bench, p *passkey) { p.format = "no\x00ne" }, misfits},
		"id too long":              {func(_ *bench, p *passkey) { p.id = randomBytes(1024) }, unreadable},
		"no id":                    {func(_ *bench, p *passkey) { p.id = nil }, unreadable},
		"too late":                 {func(b *bench, _ *passkey) { b.clock.move(2 * time.Minute) }, tooLate},
		"set up already": {func(b *bench, p *passkey) { b.enroll(b.mia, p) },
			"This passkey is set up already."},
		"set up by another": {func(b *bench, p *passkey) { b.enroll(b.other, p) },
			"This passkey is set up already."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, p := newBench(t), newPasskey(t)
			q := b.beginPasskey(b.mia)
			c.spoil(b, p)
			b.refuses(c.words, func() (store.Proof, error) {
				return b.desk.AddPasskey(t.Context(), b.owner(b.mia), q.Token, p.create(q), "")
			})
		})
	}
}

// TestQuestionsAreAnsweredOnce: a question is answered once, for what it was asked, by the
// browser that was asked, for the operator who was asked.
func TestQuestionsAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	b, p, theirs := newBench(t), newPasskey(t), newPasskey(t)
	ctx := t.Context()
	b.enroll(b.mia, p)
	b.enroll(b.other, theirs)
	alone := func(q factors.Ceremony) func() (store.Proof, error) {
		return func() (store.Proof, error) {
			_, proof, err := b.desk.SignInByPasskey(ctx, q.Token, p.use(q), b.origin)
			return proof, err
		}
	}
	second := func(o store.Operator, bound []byte, q factors.Ceremony, by *passkey) func() (store.Proof, error) {
		return func() (store.Proof, error) {
			return b.desk.ProvePasskey(ctx, o, bound, q.Token, by.use(q), b.origin)
		}
	}
	enroll := func(owner factors.Enrollment, q factors.Ceremony) func() (store.Proof, error) {
		return func() (store.Proof, error) {
			fresh := newPasskey(t)
			answer := fresh.create(factors.Ceremony{Options: q.Options})
			return b.desk.AddPasskey(ctx, owner, q.Token, answer, "")
		}
	}
	// Replayed, after it was right and after it was wrong.
	q := b.askAny()
	if _, err := alone(q)(); err != nil {
		t.Fatal(err)
	}
	b.refuses(startAgain, alone(q))
	q = b.ask(b.mia)
	if _, err := second(b.mia, b.bound, q, p)(); err != nil {
		t.Fatal(err)
	}
	b.refuses(startAgain, second(b.mia, b.bound, q, p))
	q = b.beginPasskey(b.mia)
	if _, err := enroll(b.owner(b.mia), q)(); err != nil {
		t.Fatal(err)
	}
	b.refuses(startAgain, enroll(b.owner(b.mia), q))
	q = b.ask(b.mia)
	p.origin = "https://c0nsole.example"
	b.refuses(elsewhere, second(b.mia, b.bound, q, p))
	p.origin = public
	b.refuses(startAgain, second(b.mia, b.bound, q, p))
	// For another purpose.
	b.refuses(startAgain, alone(b.ask(b.mia)))
	b.refuses(startAgain, second(b.mia, b.bound, b.askAny(), p))
	b.refuses(startAgain, second(b.mia, nil, b.askAny(), p))
	b.refuses(startAgain, alone(b.beginPasskey(b.mia)))
	b.refuses(startAgain, enroll(b.owner(b.mia), b.beginPasskeyLike(b.ask(b.mia))))
	// Of another session or sign-in.
	b.refuses(startAgain, second(b.mia, randomBytes(32), b.ask(b.mia), p))
	b.refuses(startAgain, second(b.mia, nil, b.ask(b.mia), p))
	away := b.owner(b.mia)
	away.Bound = randomBytes(32)
	b.refuses(startAgain, enroll(away, b.beginPasskey(b.mia)))
	// Of another operator, even where it is bound alike.
	b.refuses(startAgain, second(b.other, b.bound, b.ask(b.mia), theirs))
	b.refuses(startAgain, enroll(b.owner(b.other), b.beginPasskey(b.mia)))
	// Another operator's passkey.
	b.refuses("This passkey is not one of yours. It may have been removed.",
		second(b.mia, b.bound, b.ask(b.mia), theirs))
	// Made up.
	made := b.askAny()
	made.Token = encoded(randomBytes(32))
	b.refuses(startAgain, alone(made))
}

// beginPasskeyLike is a question for a passkey as one for a new one, to be answered wrongly.
func (b *bench) beginPasskeyLike(q factors.Ceremony) factors.Ceremony {
	return factors.Ceremony{Token: q.Token, Options: b.beginPasskey(b.mia).Options}
}

// TestExpiredQuestionsAreForgotten an hour after they expired, by the next that is asked: strangers can ask many.
func TestExpiredQuestionsAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBenchIn(t, storetest.Apart(t)) // it moves the clock far, and would forget those of other tests
	b.clock.move(-20_000 * time.Hour)      // the database's clock counts too
	for range 5 {
		b.askAny()
	}
	kept := func() (n int) {
		t.Helper()
		if err := b.Superuser(t).QueryRow(t.Context(), `select count(*) from challenge`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	b.clock.move(61 * time.Minute)
	b.askAny()
	if n := kept(); n != 6 {
		t.Error("before that: ", n)
	}
	b.clock.move(time.Minute)
	b.askAny()
	if n := kept(); n != 2 {
		t.Error("after that: ", n)
	}
}

// TestWhatEndsMeanwhile: a factor is compared again when the session begins or the factor is
// kept.
func TestWhatEndsMeanwhile(t *testing.T) {
	t.Parallel()
	raise := func(b *bench) { b.Exec(b.t, `update operator set epoch = epoch + 1 where id = $1`, b.mia.ID) }
	disable := func(b *bench) { b.Exec(b.t, `update operator set disabled_at = now() where id = $1`, b.mia.ID) }
	for name, end := range map[string]func(*bench){
		"epoch": raise, "disabled": disable, "removed": func(b *bench) { b.remove(b.mia) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, p := newBench(t), newPasskey(t)
			b.AddApp(t, b.mia)
			b.enroll(b.mia, p)
			o, alone, err := b.signIn(p)
			if err != nil {
				t.Fatal(err)
			}
			second, err := b.prove(b.mia, p)
			if err != nil {
				t.Fatal(err)
			}
			fresh, q := newPasskey(t), b.beginPasskey(b.mia)
			end(b)
			b.ended(b.open(o, alone))
			b.ended(b.open(b.mia, second))
			if name != "removed" {
				before := len(b.factorsOf(b.mia))
				_, err = b.desk.AddPasskey(t.Context(), b.owner(b.mia), q.Token, fresh.create(q), "")
				b.ended(err)
				if len(b.factorsOf(b.mia)) != before {
					t.Error("a factor was added")
				}
			}
			if b.sessions(b.mia) != 0 {
				t.Error("a session began")
			}
		})
	}
	t.Run("disabled before", func(t *testing.T) {
		t.Parallel()
		b, p := newBench(t), newPasskey(t)
		b.enroll(b.mia, p)
		disable(b)
		b.refuses("This passkey does not open this console. It may have been removed.", func() (store.Proof, error) {
			_, proof, err := b.signIn(p)
			return proof, err
		})
	})
	t.Run("first factor that is not", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		owner := b.owner(b.mia)
		owner.First = true
		q := b.beginPasskey(b.mia)
		b.enroll(b.mia, newPasskey(t))
		_, err := b.desk.AddPasskey(t.Context(), owner, q.Token, newPasskey(t).create(q), "")
		b.ended(err)
	})
}
