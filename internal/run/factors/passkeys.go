package factors

import (
	"bytes"
	"context"
	"encoding/json"

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

// take returns the library's session of a question and deletes it. operator is the
// one that was asked; uuid.Nil: a stranger.
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
	if err := d.store.AddFactor(ctx, e.Operator, store.NewFactor{Factor: f, CredentialID: made.ID, First: e.First,
		Session: e.Session}, e.From); err != nil {
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
