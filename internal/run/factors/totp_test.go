package factors_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

const (
	wrongCode = "This code is wrong. Codes change every 30 seconds; check that the phone's clock is right."
	usedCode  = "This code was used already. Wait for the next one."
	olderCode = "A newer code was used already. Wait for the next one."
	setupOver = "This took longer than 10 minutes. Start again."
)

// gone is a context whose time is over, as if the database were away.
func (b *bench) gone() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	return ctx, cancel
}

// code is what an app shows now.
func (b *bench) code(key string) string { return b.codeIn(key, 0) }

// codeIn is what an app shows that is ahead by steps.
func (b *bench) codeIn(key string, steps int) string {
	b.t.Helper()
	code, err := factors.Code(key, b.clock.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

// wrong is a code that no app of the key shows now.
func (b *bench) wrong(key string) string {
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if code != b.codeIn(key, -1) && code != b.code(key) && code != b.codeIn(key, 1) {
			return code
		}
	}
	panic("unreachable")
}

func (b *bench) beginApp() factors.Setup {
	b.t.Helper()
	setup, err := b.desk.BeginTOTP(b.t.Context(), b.mia, b.bound)
	if err != nil {
		b.t.Fatal(err)
	}
	return setup
}

func TestAppIsSetUpAndUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	setup := b.beginApp()
	u, err := url.Parse(setup.URL)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Duodesk:"+b.mia.Email ||
		u.Query().Get("secret") != setup.Secret || u.Query().Get("issuer") != "Duodesk" || len(setup.Secret) != 32 {
		t.Fatal("what is scanned is not what is typed")
	}
	b.refuses(wrongCode, func() (store.Proof, error) {
		return b.desk.AddTOTP(ctx, b.owner(b.mia), setup.Token, b.wrong(setup.Secret), "")
	})
	again, err := b.desk.TOTPSetup(ctx, b.mia, b.bound, setup.Token)
	if err != nil || again != setup {
		t.Error("after a wrong code the page shows another secret: ", err)
	}
	proof, err := b.desk.AddTOTP(ctx, b.owner(b.mia), setup.Token, b.code(setup.Secret), "Work phone")
	if err != nil {
		t.Fatal(err)
	}
	made := b.factorsOf(b.mia)
	if len(made) != 1 || made[0].ID != proof.Factor || proof.Kind != store.TOTP || made[0].Name != "Work phone" ||
		made[0].UsedAt == nil {
		t.Error(made, proof)
	}
	if err := b.open(b.mia, proof); err != nil {
		t.Error(err)
	}
	// The code that set it up is used up by that.
	b.refuses(usedCode, func() (store.Proof, error) { return b.desk.ProveTOTP(ctx, b.mia, b.code(setup.Secret)) })
	b.clock.move(30 * time.Second)
	if proof, err = b.desk.ProveTOTP(ctx, b.mia, b.code(setup.Secret)); err != nil || proof.Factor != made[0].ID {
		t.Error(proof, err)
	}
	if !slices.Contains(b.events(b.mia), store.AccountFactorAdded) {
		t.Error(b.events(b.mia))
	}
}

func TestAppCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.AddApp(t, b.mia)
	prove := func(code string) func() (store.Proof, error) {
		return func() (store.Proof, error) { return b.desk.ProveTOTP(t.Context(), b.mia, code) }
	}
	takes := func(code string) {
		t.Helper()
		if _, err := prove(code)(); err != nil {
			t.Errorf("%q: %v", code, err)
		}
	}
	key := storetest.TOTPKey
	for _, code := range []string{"", "   ", b.wrong(key), b.code(key)[:5], b.code(key) + "0", "abcdef", "-12345",
		"\x00", strings.Repeat("1", 1<<20), b.codeIn(key, -2), b.codeIn(key, 2)} {
		b.refuses(wrongCode, prove(code))
	}
	takes(b.codeIn(key, -1)) // a clock that is slow
	b.refuses(usedCode, prove(b.codeIn(key, -1)))
	code := b.code(key)
	takes(" " + code[:3] + "\u00a0" + code[3:] + "\t")
	b.refuses(usedCode, prove(code))
	takes(b.codeIn(key, 1)) // one that is fast
	b.refuses(usedCode, prove(b.codeIn(key, 1)))
	// Steps that were not used and are older than one that was.
	b.refuses(olderCode, prove(b.code(key)))
	b.clock.move(2 * 30 * time.Second)
	takes(b.codeIn(key, 1))
	b.refuses(olderCode, prove(b.code(key)))
	b.refuses(olderCode, prove(b.codeIn(key, -1)))
}

// TestCodeIsTakenOnce also at the same moment.
func TestCodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	code := b.code(storetest.TOTPKey)
	if won := b.atOnce(func() error {
		_, err := b.desk.ProveTOTP(context.Background(), b.other, code)
		return err
	}); won != 1 {
		t.Errorf("%d of 20 uses of one code were taken", won)
	}
}

func TestAppSetupIsUsedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	setup := b.beginApp()
	if won := b.atOnce(func() error {
		_, err := b.desk.AddTOTP(context.Background(), b.owner(b.mia), setup.Token, b.code(setup.Secret), "")
		return err
	}); won != 1 || len(b.factorsOf(b.mia)) != 1 {
		t.Errorf("%d of 20 answers set an app up, of which %d are there", won, len(b.factorsOf(b.mia)))
	}
	add := func(owner factors.Enrollment, setup factors.Setup) func() (store.Proof, error) {
		return func() (store.Proof, error) {
			return b.desk.AddTOTP(ctx, owner, setup.Token, b.code(setup.Secret), "")
		}
	}
	b.clock.move(30 * time.Second)
	b.refuses(startAgain, add(b.owner(b.mia), setup))
	// Of another session or sign-in.
	setup = b.beginApp()
	away := b.owner(b.mia)
	away.Bound = randomBytes(32)
	b.refuses(startAgain, add(away, setup))
	away.Bound = nil
	b.refuses(startAgain, add(away, setup))
	if _, err := b.desk.TOTPSetup(ctx, b.mia, away.Bound, setup.Token); err == nil {
		t.Error("another session sees the secret")
	}
	// Of another operator, even where it is bound alike.
	b.refuses(startAgain, add(b.owner(b.other), setup))
	// Too late.
	b.clock.move(10 * time.Minute)
	b.refuses(setupOver, add(b.owner(b.mia), setup))
	b.refuses(setupOver, func() (store.Proof, error) {
		_, err := b.desk.TOTPSetup(ctx, b.mia, b.bound, setup.Token)
		return store.Proof{}, err
	})
	// The answer to a passkey's question is none to this.
	q := b.beginPasskey(b.mia)
	b.refuses(startAgain, add(b.owner(b.mia), factors.Setup{Token: q.Token, Secret: setup.Secret}))
}

// TestTrialApp: the secret of a trial lies beside the program, so a console of customers does
// not take its codes.
func TestTrialApp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, err := factors.NewTrialApp(t.Context(), b.Store, b.mia, b.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.refuses("This authenticator app belongs to a trial. Reset this operator on the host.",
		func() (store.Proof, error) { return b.desk.ProveTOTP(t.Context(), b.mia, b.code(key)) })
	if _, err := b.deskAt(public, true).ProveTOTP(t.Context(), b.mia, b.code(key)); err != nil {
		t.Error(err)
	}
}
