package factors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"duodesk/internal/store"
)

// What an answer of a passkey is for: an answer for one is worth nothing for another.
const (
	toEnroll = "enroll a passkey"
	toSignIn = "sign in by a passkey"
	toProve  = "prove a passkey"
)

// Ceremony is a question to the browser: Options for navigator.credentials, and the token
// that names the question in the answer.
type Ceremony struct {
	Token   string          `json:"token"`
	Options json.RawMessage `json:"options"`
}

// user is an operator as the library knows one.
type user struct {
	store.Operator
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return u.ID[:] }
func (u user) WebAuthnName() string                       { return u.Email }
func (u user) WebAuthnDisplayName() string                { return u.Email }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// passkeysOf finds an operator's passkeys; factors are in the order of the credentials.
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

// keep keeps what is known of a question until it is answered.
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

// take returns what was kept of a question: once.
func (d *Desk) take(ctx context.Context, token, purpose string, bound []byte) (session webauthn.SessionData,
	err error) {
	if d.passkeys == nil {
		return session, refuse("Passkeys need a console that is found by a name. Use an authenticator app.")
	}
	data, err := d.store.TakeChallenge(ctx, hashOf(token), purpose, bound, d.now())
	if err != nil {
		return session, gone(err, startOver)
	}
	return session, json.Unmarshal(data, &session)
}

// BeginPasskey asks the browser to make a passkey for an operator. bound is the hash of
// the token of the session or sign-in that asks.
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

// AddPasskey takes the browser's answer to BeginPasskey and keeps the passkey.
func (d *Desk) AddPasskey(ctx context.Context, o Owner, token, answer, called string) (store.Proof, error) {
	session, err := d.take(ctx, token, toEnroll, o.Bound)
	if err != nil {
		return store.Proof{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return store.Proof{}, refuse("The browser's answer cannot be read. Start again.")
	}
	made, err := d.passkeys.CreateCredential(user{Operator: o.Operator}, session, parsed)
	if err != nil {
		client := parsed.Response.CollectedClientData
		return store.Proof{}, d.why(session, client, err)
	}
	record, err := json.Marshal(made)
	if err != nil {
		return store.Proof{}, err
	}
	f := store.Factor{ID: uuid.New(), Kind: store.Passkey, Name: name(called, "Passkey"), CreatedAt: d.now(),
		Credential: record}
	if err := d.store.AddFactor(ctx, o.Operator, store.NewFactor{Factor: f, CredentialID: made.ID, First: o.First},
		o.From); err != nil {
		return store.Proof{}, added(err)
	}
	return store.Proof{Factor: f.ID, Kind: store.Passkey, At: f.CreatedAt}, nil
}

// AskPasskey asks the browser for one of an operator's passkeys. It returns
// store.ErrNotFound when the operator has none.
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

// AskAnyPasskey asks the browser of a stranger for a passkey of the console.
func (d *Desk) AskAnyPasskey(ctx context.Context) (Ceremony, error) {
	if d.passkeys == nil {
		return Ceremony{}, store.ErrNotFound
	}
	options, session, err := d.passkeys.BeginDiscoverableLogin()
	return d.keep(ctx, toSignIn, nil, options, session, err)
}

// ProvePasskey takes the browser's answer to AskPasskey.
func (d *Desk) ProvePasskey(ctx context.Context, o store.Operator, bound []byte, token, answer string,
	from store.Origin) (store.Proof, error) {
	session, parsed, err := d.answered(ctx, token, toProve, bound, answer)
	if err != nil {
		return store.Proof{}, err
	}
	return d.prove(ctx, o, session, parsed, from)
}

// SignInByPasskey takes the browser's answer to AskAnyPasskey and returns whose the
// passkey is.
func (d *Desk) SignInByPasskey(ctx context.Context, token, answer string, from store.Origin) (store.Operator,
	store.Proof, error) {
	session, parsed, err := d.answered(ctx, token, toSignIn, nil, answer)
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

const unknownPasskey = "This passkey does not open this console. It may have been removed."

func (d *Desk) answered(ctx context.Context, token, purpose string, bound []byte, answer string) (
	session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, err error) {
	if session, err = d.take(ctx, token, purpose, bound); err != nil {
		return session, nil, err
	}
	if parsed, err = protocol.ParseCredentialRequestResponseBytes([]byte(answer)); err != nil {
		err = refuse("The browser's answer cannot be read. Start again.")
	}
	return session, parsed, err
}

// prove checks an answer with the passkeys of an operator and keeps what its use changed.
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
		return store.Proof{}, refuse("This passkey is not one of yours.")
	}
	// A passkey that a phone began to copy to its maker's cloud says so from then on, and
	// the library refuses what differs from the registration. The other way is a lie.
	flags := parsed.Response.AuthenticatorData.Flags
	synced := flags.HasBackupEligible() && !u.credentials[used].Flags.BackupEligible
	if synced {
		u.credentials[used].Flags.BackupEligible = true
	}
	var credential *webauthn.Credential
	if session.UserID == nil {
		_, credential, err = d.passkeys.ValidatePasskeyLogin(
			func(_, _ []byte) (webauthn.User, error) { return u, nil }, session, parsed)
	} else {
		credential, err = d.passkeys.ValidateLogin(u, session, parsed)
	}
	switch {
	case err != nil:
		return store.Proof{}, d.why(session, parsed.Response.CollectedClientData, err)
	case credential.Authenticator.CloneWarning:
		return store.Proof{}, refuse("This passkey's counter went backward: the passkey may have been copied. " +
			"Sign in another way and remove it.")
	}
	record, err := json.Marshal(credential)
	if err != nil {
		return store.Proof{}, err
	}
	now := d.now()
	err = d.store.UsePasskey(ctx, factors[used], record, synced, from, now)
	return store.Proof{Factor: factors[used].ID, Kind: store.Passkey, At: now}, gone(err, unknownPasskey)
}

// why puts into words what the library found wrong with an answer.
func (d *Desk) why(session webauthn.SessionData, client protocol.CollectedClientData, err error) error {
	var found *protocol.Error
	if !errors.As(err, &found) {
		return err
	}
	switch {
	case client.Origin != d.passkeys.Config.RPOrigins[0]:
		return refuse("The passkey was used at another address than this console's.")
	case client.Challenge != session.Challenge:
		return refuse(startOver)
	case found.Details == "Backup Eligible flag inconsistency detected during login validation":
		return refuse("This passkey is no longer what it was when it was set up. Remove it and set it up again.")
	}
	return refuse("The passkey's answer does not fit. Start again, or use another factor.")
}
