package factors

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"duodesk/internal/store"
)

// The purposes of challenges. An answer to a challenge of one purpose is refused for another.
const (
	toEnroll = "enroll a passkey"
	toSignIn = "sign in by a passkey"
	toProve  = "prove a passkey"
)

// Ceremony is a question to the browser: Options for navigator.credentials, and the Token
// that the browser sends with its answer.
type Ceremony struct {
	Token   string          `json:"token"`
	Options json.RawMessage `json:"options"`
}

// user is an operator as a webauthn.User.
type user struct {
	store.Operator
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return u.ID[:] }
func (u user) WebAuthnName() string                       { return u.Email }
func (u user) WebAuthnDisplayName() string                { return u.Email }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// passkeysOf returns an operator's passkeys, as the library's credentials and as factors in
// the same order.
func (d *Desk) passkeysOf(ctx context.Context, o store.Operator) (u user, factors []store.Factor, err error) {
	u.Operator = o
	all, err := d.store.Factors(ctx, o.ID)
	for _, f := range all {
		if f.Kind != store.Passkey {
			continue
		}
		var c webauthn.Credential
		if err := json.Unmarshal(f.Credential, &c); err != nil {
			return u, nil, err
		}
		u.credentials, factors = append(u.credentials, c), append(factors, f)
	}
	return u, factors, err
}

// keep stores the library's session of a question, and returns the question. options,
// session and err are what the library's Begin functions return.
func (d *Desk) keep(ctx context.Context, purpose string, bound []byte, options any, session *webauthn.SessionData,
	err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, err
	}
	shown, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	kept, err := json.Marshal(session)
	if err != nil {
		return Ceremony{}, err
	}
	token, hash := newToken()
	now := d.now()
	return Ceremony{Token: token, Options: shown}, d.store.KeepChallenge(ctx, hash,
		store.Challenge{Purpose: purpose, Bound: bound, Data: kept, EndsAt: now.Add(challengeLife)}, now)
}

// take returns the library's session of a question and deletes it. operator is whom the
// question was for; uuid.Nil: a stranger.
func (d *Desk) take(ctx context.Context, token, purpose string, bound []byte, operator uuid.UUID) (
	session webauthn.SessionData, err error) {
	if d.passkeys == nil {
		return session, refuse("Passkeys need a console that is found by a name. Use an authenticator app.")
	}
	data, err := d.store.TakeChallenge(ctx, hashOf(token), purpose, bound, d.now())
	if err != nil {
		return session, late(err, challengeLife)
	}
	if err = json.Unmarshal(data, &session); err == nil && operator != uuid.Nil &&
		!bytes.Equal(session.UserID, operator[:]) {
		err = refuse(notYours)
	}
	return session, err
}

// BeginPasskey returns the question that has the browser create a passkey for an operator.
// bound is the SHA-256 of the token of the session or sign-in. It returns store.ErrNotFound
// unless TakesPasskeys.
func (d *Desk) BeginPasskey(ctx context.Context, o store.Operator, bound []byte) (Ceremony, error) {
	if d.passkeys == nil {
		return Ceremony{}, store.ErrNotFound
	}
	u, _, err := d.passkeysOf(ctx, o)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := d.passkeys.BeginRegistration(u,
		webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
	return d.keep(ctx, toEnroll, bound, options, session, err)
}

// AddPasskey checks the browser's answer to BeginPasskey and adds the passkey under the name
// called. It returns *Refused for an answer that does not fit, and store.ErrEnded as
// store.AddFactor does.
func (d *Desk) AddPasskey(ctx context.Context, e Enrollment, token, answer, called string) (store.Proof, error) {
	session, err := d.take(ctx, token, toEnroll, e.Bound, e.ID)
	if err != nil {
		return store.Proof{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(bounded(answer))
	if err != nil {
		return store.Proof{}, refuse(unreadable)
	}
	made, err := d.passkeys.CreateCredential(user{Operator: e.Operator}, session, parsed)
	if err != nil {
		return store.Proof{}, d.misfit(session, parsed.Response.CollectedClientData,
			parsed.Response.AttestationObject.AuthData)
	}
	made.Transport = known(made.Transport)
	record, err := json.Marshal(made)
	if err != nil {
		return store.Proof{}, err
	}
	now := d.now()
	f := store.Factor{ID: uuid.New(), Kind: store.Passkey, Name: name(called, "Passkey"), CreatedAt: now, UsedAt: &now,
		Credential: record}
	if err := d.store.AddFactor(ctx, e.Operator, store.NewFactor{Factor: f, CredentialID: made.ID, First: e.First},
		e.From); err != nil {
		return store.Proof{}, added(err)
	}
	return store.Proof{Factor: f.ID, Kind: store.Passkey, At: f.CreatedAt}, nil
}

// AskPasskey returns the question that has the browser use one of an operator's passkeys.
// bound is as in BeginPasskey. It returns store.ErrNotFound if the operator has no passkey,
// and unless TakesPasskeys.
func (d *Desk) AskPasskey(ctx context.Context, o store.Operator, bound []byte) (Ceremony, error) {
	u, _, err := d.passkeysOf(ctx, o)
	if err == nil && (d.passkeys == nil || len(u.credentials) == 0) {
		err = store.ErrNotFound
	}
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := d.passkeys.BeginLogin(u)
	return d.keep(ctx, toProve, bound, options, session, err)
}

// AskAnyPasskey returns the question that has a stranger's browser use any passkey of the
// console. It returns store.ErrNotFound unless TakesPasskeys.
func (d *Desk) AskAnyPasskey(ctx context.Context) (Ceremony, error) {
	if d.passkeys == nil {
		return Ceremony{}, store.ErrNotFound
	}
	options, session, err := d.passkeys.BeginDiscoverableLogin()
	return d.keep(ctx, toSignIn, nil, options, session, err)
}

// ProvePasskey checks the browser's answer to AskPasskey. It returns *Refused if the answer
// does not fit.
func (d *Desk) ProvePasskey(ctx context.Context, o store.Operator, bound []byte, token, answer string,
	from store.Origin) (store.Proof, error) {
	session, parsed, err := d.answered(ctx, token, toProve, bound, o.ID, answer)
	if err != nil {
		return store.Proof{}, err
	}
	return d.prove(ctx, o, session, parsed, from)
}

// SignInByPasskey checks the browser's answer to AskAnyPasskey and returns the operator whose
// passkey it is. With *Refused it also returns the operator, if it found one.
func (d *Desk) SignInByPasskey(ctx context.Context, token, answer string, from store.Origin) (store.Operator,
	store.Proof, error) {
	session, parsed, err := d.answered(ctx, token, toSignIn, nil, uuid.Nil, answer)
	if err != nil {
		return store.Operator{}, store.Proof{}, err
	}
	o, err := d.store.PasskeyOperator(ctx, parsed.RawID)
	if err == nil && o.Disabled {
		err = store.ErrNotFound
	}
	if err != nil {
		return o, store.Proof{}, gone(err, unknownPasskey)
	}
	proof, err := d.prove(ctx, o, session, parsed, from)
	return o, proof, err
}

const (
	unknownPasskey = "This passkey does not open this console. It may have been removed."
	unreadable     = "The browser's answer cannot be read. Start again."

	// longestAnswer is how many bytes a browser's answer may have. Real ones have 1 to 10 KB.
	longestAnswer = 32 << 10
)

// bounded returns the bytes of an answer, or nil if it is longer than longestAnswer.
func bounded(answer string) []byte {
	if len(answer) > longestAnswer {
		return nil
	}
	return []byte(answer)
}

// known returns the transports that a browser claims, without those that the standard does
// not have.
func known(claimed []protocol.AuthenticatorTransport) (ways []protocol.AuthenticatorTransport) {
	for _, way := range []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard,
		protocol.Hybrid, protocol.Internal} {
		if slices.Contains(claimed, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// answered takes the session of a question and parses the browser's answer to it.
func (d *Desk) answered(ctx context.Context, token, purpose string, bound []byte, operator uuid.UUID, answer string) (
	session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, err error) {
	if session, err = d.take(ctx, token, purpose, bound, operator); err != nil {
		return session, nil, err
	}
	if parsed, err = protocol.ParseCredentialRequestResponseBytes(bounded(answer)); err != nil {
		err = refuse(unreadable)
	}
	return session, parsed, err
}

// prove checks an answer against the passkeys of an operator, and stores the record that the
// use changed.
func (d *Desk) prove(ctx context.Context, o store.Operator, session webauthn.SessionData,
	parsed *protocol.ParsedCredentialAssertionData, from store.Origin) (store.Proof, error) {
	u, factors, err := d.passkeysOf(ctx, o)
	if err != nil {
		return store.Proof{}, err
	}
	used := -1
	for i, c := range u.credentials {
		if bytes.Equal(c.ID, parsed.RawID) {
			used = i
		}
	}
	if used < 0 {
		return store.Proof{}, refuse("This passkey is not one of yours. It may have been removed.")
	}
	// The library refuses every passkey whose backup eligibility differs from its record. A
	// phone that begins to copy a passkey to its maker's cloud changes it to true, which is
	// adopted. No device changes it to false.
	eligible := parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
	was := u.credentials[used].Flags.BackupEligible
	u.credentials[used].Flags.BackupEligible = eligible
	var credential *webauthn.Credential
	if session.UserID == nil {
		_, credential, err = d.passkeys.ValidatePasskeyLogin(
			func(_, _ []byte) (webauthn.User, error) { return u, nil }, session, parsed)
	} else {
		credential, err = d.passkeys.ValidateLogin(u, session, parsed)
	}
	switch {
	case err != nil:
		return store.Proof{}, d.misfit(session, parsed.Response.CollectedClientData,
			parsed.Response.AuthenticatorData)
	case was && !eligible:
		return store.Proof{}, refuse("This passkey says that it cannot be backed up, and said before that it can. " +
			"Sign in another way and set it up again.")
	case credential.Authenticator.CloneWarning:
		return store.Proof{}, refuse("This passkey's counter went backward: the passkey may have been copied. " +
			"Sign in another way and remove it.")
	}
	record, err := json.Marshal(credential)
	if err != nil {
		return store.Proof{}, err
	}
	now := d.now()
	if err := d.store.UsePasskey(ctx, factors[used], record, eligible && !was, from, now); err != nil {
		return store.Proof{}, gone(err, "This passkey was removed or used elsewhere just now. Start again.")
	}
	return store.Proof{Factor: factors[used].ID, Kind: store.Passkey, At: now}, nil
}

// misfit is the refusal of an answer that the library found wrong. It finds the reason itself,
// because the library's errors are not for people.
func (d *Desk) misfit(session webauthn.SessionData, client protocol.CollectedClientData,
	data protocol.AuthenticatorData) error {
	site := sha256.Sum256([]byte(d.passkeys.Config.RPID))
	switch {
	case client.Origin != d.passkeys.Config.RPOrigins[0] || client.CrossOrigin:
		return refuse("The passkey was used at another address than this console's.")
	case client.Challenge != session.Challenge:
		return refuse("The browser answered an earlier question. Start again.")
	case !bytes.Equal(data.RPIDHash, site[:]):
		return refuse("This passkey belongs to another site.")
	case !data.Flags.HasUserVerified():
		return refuse("Your device did not check that it is you, by a fingerprint, face or PIN. " +
			"Set that up on the device, or use another factor.")
	}
	return refuse("The passkey's answer does not fit. Start again, or use another factor.")
}
