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
	// issuer is the name of the console in authenticator apps and passkey dialogs.
	issuer = "Duodesk"
	// challengeLife is how long a browser has to answer with a passkey.
	challengeLife = 2 * time.Minute
	// setupLife is how long a person has to type the first code of an app.
	setupLife = 10 * time.Minute
)

// Refused is the error for a factor that was not accepted. Words are a sentence or two for
// the person who tried.
type Refused struct{ Words string }

func (r *Refused) Error() string { return "factors: refused: " + r.Words }

func refuse(words string) error { return &Refused{words} }

// notYours is the refusal of a token that names no challenge, or one of another browser.
const notYours = "This was answered already, or belongs to another sign-in. Start again."

// Desk sets up and proves factors.
type Desk struct {
	store    *store.Store
	now      func() time.Time
	passkeys *webauthn.WebAuthn // nil if the console's public URL has an IP address as its host
	trial    bool               // accepts apps whose secret is in a trial's file
}

// New returns a Desk for the console at a public URL. If the URL's host is an IP address, the
// Desk has no passkeys, which belong to a domain name. trial makes it accept the app of
// NewTrialApp.
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

// TakesPasskeys reports whether passkeys can be used: the public URL's host is a name.
func (d *Desk) TakesPasskeys() bool { return d.passkeys != nil }

// Enrollment says who sets up a factor, and by which session or sign-in.
type Enrollment struct {
	store.Operator
	Bound   []byte    // SHA-256 of the token of the session or sign-in
	Session uuid.UUID // that asks; uuid.Nil at a sign-in
	First   bool      // by a sign-in, where no factor was proved: refused if the operator has one
	From    store.Origin
}

// newToken returns a random token that names a challenge in a page, and its hash for the
// store.
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

// name returns the name that a person typed for a factor, or otherwise if that is empty or
// has characters that a name cannot have.
func name(typed, otherwise string) string {
	if typed = text.Line(typed); typed == "" || text.Bad(typed) != text.Fine {
		typed = otherwise
	}
	runes := []rune(typed)
	return string(runes[:min(len(runes), store.LongestFactorName)])
}

// added turns the conflicts of store.AddFactor into refusals.
func added(err error) error {
	switch {
	case store.IsConflict(err, "factor_credential"):
		return refuse("This passkey is set up already.")
	case store.IsConflict(err, "factor_count"):
		return refuse("You have as many second factors as you can have. Remove one first.")
	}
	return err
}

// late turns the errors of store.TakeChallenge into refusals. life is how long the challenge
// could be answered.
func late(err error, life time.Duration) error {
	if errors.Is(err, store.ErrExpired) {
		return refuse("This took longer than " + strconv.Itoa(int(life/time.Minute)) + " minutes. Start again.")
	}
	return gone(err, notYours)
}

// gone turns store.ErrNotFound into a refusal.
func gone(err error, words string) error {
	if errors.Is(err, store.ErrNotFound) {
		return refuse(words)
	}
	return err
}
