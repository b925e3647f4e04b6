// Package factors sets up and proves second factors: passkeys, authenticator apps and
// recovery codes.
package factors

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/text"
)

const (
	// issuer is the name under which apps and browsers list what they keep for the console.
	issuer = "Duodesk"
	// challengeLife is how long an answer of a passkey is awaited.
	challengeLife = 2 * time.Minute
	// setupLife is how long a person has to type the first code of an app.
	setupLife = 10 * time.Minute
)

// Refused says why a factor was not taken, in words for the person who tried.
type Refused struct{ Words string }

func (r *Refused) Error() string { return "factors: refused: " + r.Words }

func refuse(words string) error { return &Refused{words} }

// notYours is the answer to a token that names no question, or not one of this browser.
const notYours = "This was answered already, or belongs to another sign-in. Start again."

// Desk sets up and proves factors.
type Desk struct {
	store    *store.Store
	now      func() time.Time
	passkeys *webauthn.WebAuthn // nil where the console is found by an address instead of a name
	trial    bool
}

// New makes a Desk for a console that is found at a public address. Passkeys belong to a
// name: where the address has a number instead, there are none. trial is for a console that
// takes factors whose secret lies beside it.
func New(s *store.Store, now func() time.Time, public *url.URL, trial bool) (*Desk, error) {
	d := &Desk{store: s, now: now, trial: trial}
	if _, err := netip.ParseAddr(public.Hostname()); err == nil {
		return d, nil
	}
	var err error
	asks := webauthn.TimeoutConfig{Timeout: challengeLife, TimeoutUVD: challengeLife}
	d.passkeys, err = webauthn.New(&webauthn.Config{
		Timeouts: webauthn.TimeoutsConfig{Login: asks, Registration: asks},
		RPID:     public.Hostname(), RPDisplayName: issuer, RPOrigins: []string{public.Scheme + "://" + public.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
	return d, err
}

// TakesPasskeys reports whether the console is found by a name, to which passkeys belong.
func (d *Desk) TakesPasskeys() bool { return d.passkeys != nil }

// Owner is whose factor is set up.
type Owner struct {
	store.Operator
	Bound   []byte    // hash of the token of the session or sign-in that asks
	Session uuid.UUID // that asks; uuid.Nil at a sign-in
	First   bool      // no factor was proved: there must be none yet
	From    store.Origin
}

// newToken makes what names a challenge in a page, and the hash it is kept under.
func newToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	rand.Read(raw)
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashOf(token)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// name is what a person calls a factor, or what it is called otherwise.
func name(typed, otherwise string) string {
	if typed = text.Line(typed); typed == "" || text.Bad(typed) != text.Fine {
		typed = otherwise
	}
	runes := []rune(typed)
	return string(runes[:min(len(runes), store.LongestFactorName)])
}

// added turns what the store says about a new factor into words.
func added(err error) error {
	switch {
	case store.IsConflict(err, "factor_credential"):
		return refuse("This passkey is set up already.")
	case store.IsConflict(err, "factor_count"):
		return refuse("You have as many second factors as you can have. Remove one first.")
	}
	return err
}

// late puts into words why a question is not there to be answered. life is how long an
// answer was awaited.
func late(err error, life time.Duration) error {
	if errors.Is(err, store.ErrExpired) {
		return refuse("This took longer than " + strconv.Itoa(int(life/time.Minute)) + " minutes. Start again.")
	}
	return gone(err, notYours)
}

// gone turns ErrNotFound into words.
func gone(err error, words string) error {
	if errors.Is(err, store.ErrNotFound) {
		return refuse(words)
	}
	return err
}
