package signon

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Identity is the person that a provider vouched for.
type Identity struct {
	Issuer, Subject string
	Label           string    // as the provider calls the account, for people
	At              time.Time // of authentication there; zero: the provider did not say
	values          []string  // of the claim that decides over roles
}

// Reasons for owners, one for each way in which an answer is wrong.
const (
	reasonNoCode      = "The provider's answer has no code."
	reasonOtherIssuer = "The answer names another issuer than the one that is set."
	reasonClient      = "The provider refused the client ID or the client secret."
	reasonCode        = "The provider refused the code: it was used before, has expired, or was not made for this sign-in."
	reasonExchange    = "The provider did not exchange the code for a token."
	reasonNoToken     = "The provider's answer has no ID token."
	reasonTokenIssuer = "The ID token is from another issuer, such as another tenant."
	reasonAudience    = "The ID token is for another client."
	reasonExpired     = "The ID token has expired. Check both clocks."
	reasonFuture      = "The ID token is from the future. Check both clocks."
	reasonAlgorithm   = "The ID token is not signed in a way that is accepted."
	reasonSignature   = "The ID token's signature does not fit the provider's keys."
	reasonMalformed   = "The ID token cannot be read."
	reasonNonce       = "The ID token was not made for this sign-in (nonce)."
	reasonSubject     = "The ID token names no account, or one whose id is too long."
	reasonEmail       = "The provider says that the account's email address is not verified."
	reasonNoAuthTime  = "The ID token does not say when the person signed in at the provider (auth_time)."
	reasonAuthTime    = "The time of signing in at the provider (auth_time) cannot be read."
	reasonMillis      = "The time of signing in at the provider (auth_time) is in milliseconds. It has to be in seconds."
	reasonAuthFuture  = "The time of signing in at the provider (auth_time) is in the future. Check both clocks."
	reasonStale       = "The provider did not ask the person to sign in again (auth_time is too old)."
)

// accepted are the ways of signing that are accepted, of those that the provider names. None
// of them uses the client's secret, and "none" is none of them.
var accepted = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384,
	oidc.PS512, oidc.EdDSA}

// Redeem exchanges the code of an answer and checks the ID token. It waits for the provider:
// no place in a lane and no connection may be held meanwhile. It returns *Refused if anything
// is not as it has to be.
func (d *Desk) Redeem(ctx context.Context, t Taken, answer url.Values) (id Identity, err error) {
	switch code := errorOf(answer); {
	case code != "":
		return id, refuseWith("The provider did not let the person in.", code)
	case answer.Has("iss") && answer.Get("iss") != t.Issuer:
		return id, refuse(reasonOtherIssuer)
	case answer.Get("code") == "":
		return id, refuse(reasonNoCode)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, d.client), answerTime)
	defer cancel()
	at, err := d.provider(ctx, t.Place)
	if err != nil {
		return id, err
	}
	leave, err := d.enter(t.ID)
	if err != nil {
		return id, err
	}
	defer leave()
	client, err := d.clientOf(t.Place, at)
	if err != nil {
		return id, err
	}
	token, err := client.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(t.was.Verifier))
	if err != nil {
		return id, notExchanged(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return id, refuse(reasonNoToken)
	}
	// With this context the keys are fetched each time: one that the provider has dropped, perhaps
	// because it leaked, is not accepted any more.
	verified, err := at.VerifierContext(ctx, &oidc.Config{ClientID: t.ClientID, Now: d.now,
		SupportedSigningAlgs: at.algorithms()}).Verify(ctx, raw)
	if err != nil {
		return id, d.notVerified(err, raw, t)
	}
	return d.judge(verified, t)
}

// algorithms are those of accepted that the provider says it uses; RS256 if it says nothing.
func (p *provider) algorithms() []string {
	var says struct {
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	_ = p.Claims(&says) // read before: see discover
	use := slices.DeleteFunc(slices.Clone(accepted),
		func(a string) bool { return !slices.Contains(says.Algorithms, a) })
	if len(use) == 0 {
		use = []string{oidc.RS256}
	}
	return use
}

// notExchanged turns the errors of the exchange into reasons. What the provider wrote is left
// out, but for the kind of its error.
func notExchanged(err error) error {
	var refused *oauth2.RetrieveError
	var guarded *guardError
	switch {
	case errors.As(err, &refused) && (refused.ErrorCode == "invalid_client" ||
		refused.ErrorCode == "unauthorized_client" ||
		refused.Response != nil && refused.Response.StatusCode == 401):
		return refuse(reasonClient)
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant":
		return refuse(reasonCode)
	case errors.As(err, &refused):
		return refuseWith(reasonExchange, errorOf(url.Values{"error": {refused.ErrorCode}}))
	case errors.As(err, &guarded):
		return refuse(guarded.reason)
	case errors.As(err, new(*url.Error)), errors.Is(err, context.DeadlineExceeded):
		return refuse(reasonUnreachable)
	}
	return refuse(reasonExchange)
}

// notVerified finds words for a token that the library refused. What the token says is not to
// be believed: it serves for the words only.
func (d *Desk) notVerified(err error, raw string, t Taken) error {
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return refuse(reasonExpired)
	}
	var guarded *guardError
	if errors.As(err, &guarded) {
		return refuse(guarded.reason)
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return refuse(reasonMalformed)
	}
	var head struct {
		Algorithm string `json:"alg"`
	}
	var says struct {
		Issuer    string          `json:"iss"`
		Audience  json.RawMessage `json:"aud"`
		NotBefore float64         `json:"nbf"`
	}
	read := func(part string, into any) error {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		return err
	}
	if errors.Join(read(parts[0], &head), read(parts[1], &says)) != nil {
		return refuse(reasonMalformed)
	}
	switch {
	case !slices.Contains(accepted, head.Algorithm):
		return refuse(reasonAlgorithm)
	case strings.Contains(err.Error(), "verify signature"):
		return refuse(reasonSignature)
	case says.Issuer != t.Issuer:
		return refuseWith(reasonTokenIssuer, "It is from "+text.Line(says.Issuer))
	case !strings.Contains(string(says.Audience), `"`+t.ClientID+`"`):
		return refuse(reasonAudience)
	case says.NotBefore > float64(d.now().Unix()):
		return refuse(reasonFuture)
	}
	return refuse(reasonMalformed)
}

// claims are what is read of an ID token besides what the library checks.
type claims struct {
	AuthorizedParty string          `json:"azp"`
	AuthTime        json.RawMessage `json:"auth_time"`
	Verified        json.RawMessage `json:"email_verified"`
	Email           string          `json:"email"`
	Preferred       string          `json:"preferred_username"`
	Name            string          `json:"name"`
}

// judge checks what the library leaves to its callers.
func (d *Desk) judge(token *oidc.IDToken, t Taken) (id Identity, err error) {
	var c claims
	if err := token.Claims(&c); err != nil {
		return id, refuse(reasonMalformed)
	}
	now := d.now()
	verified := strings.Trim(string(c.Verified), `"`)
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.was.Nonce)) != 1:
		return id, refuse(reasonNonce)
	case c.AuthorizedParty != "" && c.AuthorizedParty != t.ClientID,
		len(token.Audience) > 1 && c.AuthorizedParty != t.ClientID:
		return id, refuse(reasonAudience)
	case token.IssuedAt.IsZero():
		return id, refuse(reasonMalformed)
	case token.IssuedAt.After(now.Add(clockLeeway)):
		return id, refuse(reasonFuture)
	case token.Subject == "" || len(token.Subject) > store.LongestSubject ||
		strings.ContainsFunc(token.Subject, unwritten):
		return id, refuse(reasonSubject)
	case verified != "" && verified != "true" && verified != "null":
		return id, refuse(reasonEmail)
	}
	id = Identity{Issuer: t.Issuer, Subject: token.Subject}
	for _, name := range []string{c.Email, c.Preferred, c.Name} {
		if name = text.Line(name); name != "" && text.Bad(name) == text.Fine {
			id.Label = name
			break
		}
	}
	if id.At, err = authTime(c.AuthTime, now); err != nil {
		return id, err
	}
	if t.was.Purpose == Prove {
		if err := fresh(id.At, t.was.At); err != nil {
			return id, err
		}
	}
	id.values, err = valuesOf(token, t.RoleClaim)
	return id, err
}

// unwritten reports characters that no subject has: it is ASCII, by the specification.
func unwritten(r rune) bool { return r < ' ' || r > '~' }

// authTime reads when the person signed in at the provider; zero: it does not say. iat never
// stands in for it: providers renew it without asking the person.
func authTime(raw json.RawMessage, now time.Time) (at time.Time, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return at, nil
	}
	var seconds float64
	if err := json.Unmarshal(raw, &seconds); err != nil || seconds < 1 {
		return at, refuse(reasonAuthTime)
	}
	if seconds > 1e11 { // the year 5138, or 1973 in milliseconds
		return at, refuse(reasonMillis)
	}
	if at = time.Unix(int64(seconds), 0); at.After(now.Add(clockLeeway)) {
		return time.Time{}, refuse(reasonAuthFuture)
	}
	return at, nil
}

// fresh returns nil if the person signed in at the provider after being sent there.
func fresh(at, asked time.Time) error {
	switch {
	case at.IsZero():
		return refuse(reasonNoAuthTime)
	case at.Before(asked.Add(-clockLeeway)):
		return refuse(reasonStale)
	}
	return nil
}

// valuesOf returns the values of the claim that decides over roles: a text or a list of them.
func valuesOf(token *oidc.IDToken, claim string) ([]string, error) {
	if claim == "" {
		return nil, nil
	}
	var all map[string]json.RawMessage
	if err := token.Claims(&all); err != nil {
		return nil, refuse(reasonMalformed)
	}
	raw, ok := all[claim]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var single string
	if json.Unmarshal(raw, &single) == nil {
		return []string{single}, nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return nil, refuseWith("The claim that decides over roles is neither a text nor a list of texts.",
			fmt.Sprintf("It is %q", claim))
	}
	return list, nil
}
