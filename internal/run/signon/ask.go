package signon

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"duodesk/internal/store"
)

// Purpose is what a browser is sent to a provider for.
type Purpose string

const (
	SignIn Purpose = "sign in"
	Link   Purpose = "link"  // to link the account there with the operator
	Prove  Purpose = "prove" // that it is the operator, now, for a form that waits
)

// purpose is that of the store's challenges.
const purpose = "single sign-on"

// Ask is a question to a provider.
type Ask struct {
	Purpose Purpose
	Browser []byte // SHA-256 of the token that the browser alone has
	Session []byte // SHA-256 of the token of the session that asks; nil: there is none
	Form    string // token of the form that waits for a proof
	Next    string // where to go afterwards
}

// asked is the stored part of an Ask.
type asked struct {
	Purpose         Purpose
	Workspace       uuid.UUID
	Provider        uuid.UUID
	Version         int
	Session         []byte
	Form, Next      string
	Nonce, Verifier string
	At              time.Time
}

// Ask returns the address of the provider to which the browser has to go. hold is called
// before statements are sent, so that they wait in a lane; nil: there is none. It returns
// *Refused if the provider cannot be asked. An Ask to prove or link has the provider
// authenticate the person again, whether or not there is a session there.
func (d *Desk) Ask(ctx context.Context, p Place, ask Ask, hold func(context.Context) (func(), error)) (string, error) {
	at, err := d.provider(ctx, p)
	if err != nil {
		return "", err
	}
	token, hash := newToken()
	now := d.now()
	kept := asked{Purpose: ask.Purpose, Workspace: p.ID, Provider: p.Provider, Version: p.Version,
		Session: ask.Session, Form: ask.Form, Next: ask.Next, Verifier: oauth2.GenerateVerifier(), At: now}
	kept.Nonce, _ = newToken()
	data, err := json.Marshal(kept)
	if err != nil {
		return "", err
	}
	if hold != nil {
		leave, err := hold(ctx)
		if err != nil {
			return "", err
		}
		defer leave()
	}
	if err := d.store.KeepChallenge(ctx, hash, store.Challenge{Purpose: purpose, Bound: ask.Browser, Data: data,
		EndsAt: now.Add(askLife)}, now); err != nil {
		return "", err
	}
	client := oauth2.Config{ClientID: p.ClientID, Endpoint: at.Endpoint(), RedirectURL: d.Return(p.Slug),
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	with := []oauth2.AuthCodeOption{oidc.Nonce(kept.Nonce), oauth2.S256ChallengeOption(kept.Verifier)}
	if ask.Purpose != SignIn {
		with = append(with, oauth2.SetAuthURLParam("max_age", "0"), oauth2.SetAuthURLParam("prompt", "login"))
	}
	return client.AuthCodeURL(token, with...), nil
}

// Taken is a question that a browser has come back from.
type Taken struct {
	Place
	was asked
}

// Purpose is what the browser was sent for.
func (t Taken) Purpose() Purpose { return t.was.Purpose }

// Next is where to go afterwards.
func (t Taken) Next() string { return t.was.Next }

// Form is the token of the form that waits for the proof; empty: none does.
func (t Taken) Form() string { return t.was.Form }

const (
	reasonState     = "The answer belongs to no sign-in of this browser: it was used before, took over 10 minutes, or came to another browser."
	reasonElsewhere = "The answer came to the address of another workspace."
	reasonSession   = "The session that asked has ended, or is another one now."
	reasonChanged   = "The settings were changed while the person was at the provider."
)

// Take finds the question that an answer belongs to, and uses it up. browser and session are
// as in Ask. It returns *Refused unless all of them are those that asked, the answer came to
// the workspace of the question, and the settings have not changed since.
func (d *Desk) Take(ctx context.Context, p Place, state string, browser, session []byte) (t Taken, err error) {
	if browser == nil {
		return t, refuse(reasonState)
	}
	data, err := d.store.TakeChallenge(ctx, hashOf(state), purpose, browser, d.now())
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExpired) {
		return t, refuse(reasonState)
	}
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(data, &t.was); err != nil {
		return t, err
	}
	t.Place = p
	switch {
	case t.was.Workspace != p.ID:
		return t, refuse(reasonElsewhere)
	case t.was.Provider != p.Provider || t.was.Version != p.Version:
		return t, refuse(reasonChanged)
	case t.was.Purpose != SignIn && (session == nil || string(session) != string(t.was.Session)):
		return t, refuse(reasonSession)
	}
	return t, nil
}

// errorOf is what a provider's answer says instead of a code; empty: nothing.
func errorOf(answer url.Values) string {
	code := answer.Get("error")
	if code == "" {
		return ""
	}
	for _, r := range code {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.') {
			return "an unreadable error"
		}
	}
	return code[:min(len(code), 60)]
}
