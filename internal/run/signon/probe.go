package signon

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Verdict is what a test found out about one part of the settings.
type Verdict struct {
	Part  string // Issuer, Client ID, Client secret, Redirect address or Clock
	State string // ok, bad or unknown
	Text  string
}

const (
	Fine    = "ok"
	Wrong   = "bad"
	Unknown = "unknown"
)

// Test asks a workspace's provider what it can say without a person: its description; whether
// it takes client and secret; and whether it would send a browser back to our address. It
// changes nothing.
func (d *Desk) Test(ctx context.Context, p Place) ([]Verdict, error) {
	issuer := Verdict{"Issuer", Fine, "The provider describes itself with exactly this issuer."}
	client := Verdict{"Client ID", Unknown, "Not asked: the issuer has to be right first."}
	secret, redirect, clock := client, client, client
	secret.Part, redirect.Part, clock.Part = "Client secret", "Redirect address", "Clock"
	leave, err := d.enter(p.ID)
	var refused *Refused
	if errors.As(err, &refused) {
		issuer.State, issuer.Text = Unknown, refused.Reason
		return []Verdict{issuer, client, secret, redirect, clock}, nil
	}
	defer leave()
	at, err := d.discover(ctx, p.Issuer)
	if errors.As(err, &refused) {
		issuer.State, issuer.Text = Wrong, strings.TrimSpace(refused.Reason+" "+refused.Detail)
		if refused.Detail != "" {
			issuer.Text += "."
		}
		return []Verdict{issuer, client, secret, redirect, clock}, nil
	}
	if err != nil {
		return nil, err
	}
	credentials, answer, err := d.probeToken(ctx, p, at)
	if err != nil {
		return nil, err
	}
	clock.State, clock.Text = Unknown, "The provider did not say its time."
	if answer != nil {
		clock.State, clock.Text = Fine, "The clocks agree to the minute."
		if fault := d.clockFault(answer); fault != "" {
			clock.State, clock.Text = Wrong, fault
		} else if answer.Header.Get("Date") == "" {
			clock.State, clock.Text = Unknown, "The provider did not say its time."
		}
	}
	known := d.probeBrowser(ctx, p, at)
	judgeClient(&client, &secret, &redirect, credentials, known, d.Return(p.Slug))
	return []Verdict{issuer, client, secret, redirect, clock}, nil
}

// judgeClient combines what the two addresses of a provider answered.
func judgeClient(client, secret, redirect *Verdict, credentials, known, address string) {
	switch {
	case credentials == Fine:
		client.State, client.Text = Fine, "The provider knows this client."
		secret.State, secret.Text = Fine, "The provider accepts this secret."
	case credentials == Wrong && known == Fine:
		client.State, client.Text = Fine, "The provider knows this client."
		secret.State, secret.Text = Wrong, "The provider refuses this secret. It may have expired."
	case credentials == Wrong:
		client.State, client.Text = Wrong, "The provider does not know this client, or refuses its secret."
		secret.State, secret.Text = Unknown, "The client ID has to be right first."
	default:
		client.State, client.Text = Unknown, "The provider gave no clear answer. Sign in once to see."
		secret.State, secret.Text = client.State, client.Text
		if known == Fine {
			client.State, client.Text = Fine, "The provider knows this client."
		}
	}
	switch {
	case known == Fine:
		redirect.State, redirect.Text = Fine, "The provider sends browsers back to this console."
	case known == Wrong && credentials == Fine:
		redirect.State, redirect.Text = Wrong, "The provider does not send browsers to "+address+
			". Register exactly this address there."
	case known == Wrong:
		redirect.State, redirect.Text = Unknown, "The client ID has to be right first."
	default:
		redirect.State, redirect.Text = Unknown, "The provider asks a person before it answers. Sign in once to see."
	}
}

// probeToken shows client and secret to the provider. It revokes a token that was never given,
// which takes both and changes nothing. Where nothing can be revoked, it sends a code that was
// never given: a provider that refuses the client has looked at it, and one that refuses the
// code may not have.
func (d *Desk) probeToken(ctx context.Context, p Place, at *provider) (state string, answer *http.Response, err error) {
	client, err := d.clientOf(p, at)
	if err != nil {
		return "", nil, err
	}
	if at.Revocation != "" {
		return d.probeRevocation(ctx, client, at.Revocation)
	}
	madeUp, _ := newToken()
	_, err = client.Exchange(oidc.ClientContext(ctx, d.client), madeUp,
		oauth2.VerifierOption(oauth2.GenerateVerifier()))
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		return Unknown, nil, nil
	}
	if refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client" ||
		refused.Response.StatusCode == http.StatusUnauthorized {
		return Wrong, refused.Response, nil
	}
	return Unknown, refused.Response, nil
}

// probeRevocation revokes a token that was never given.
func (d *Desk) probeRevocation(ctx context.Context, client *oauth2.Config, address string) (state string,
	answer *http.Response, err error) {
	madeUp, _ := newToken()
	form := url.Values{"token": {madeUp}}
	if client.Endpoint.AuthStyle == oauth2.AuthStyleInParams {
		form.Set("client_id", client.ClientID)
		form.Set("client_secret", client.ClientSecret)
	}
	asking, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return Unknown, nil, nil
	}
	asking.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client.Endpoint.AuthStyle == oauth2.AuthStyleInHeader {
		asking.SetBasicAuth(url.QueryEscape(client.ClientID), url.QueryEscape(client.ClientSecret))
	}
	answer, err = d.client.Do(asking)
	if err != nil {
		return Unknown, nil, nil
	}
	defer answer.Body.Close()
	var says struct {
		Error string `json:"error"`
	}
	body, _ := io.ReadAll(answer.Body)
	_ = json.Unmarshal(body, &says) // an empty answer says nothing
	switch {
	case answer.StatusCode == http.StatusOK:
		return Fine, answer, nil
	case answer.StatusCode == http.StatusUnauthorized, says.Error == "invalid_client",
		says.Error == "unauthorized_client":
		return Wrong, answer, nil
	}
	return Unknown, answer, nil
}

// probeBrowser asks as a browser without a session would, and forbids to ask a person: a
// provider that knows client and address sends it back with an error.
func (d *Desk) probeBrowser(ctx context.Context, p Place, at *provider) (state string) {
	client := oauth2.Config{ClientID: p.ClientID, Endpoint: at.Endpoint(), RedirectURL: d.Return(p.Slug),
		Scopes: []string{oidc.ScopeOpenID}}
	state, _ = newToken()
	nonce, _ := newToken()
	address := client.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(oauth2.GenerateVerifier()),
		oauth2.SetAuthURLParam("prompt", "none"))
	asking, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Unknown
	}
	answer, err := d.client.Do(asking)
	if answer != nil && answer.Body != nil {
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
	}
	if answer == nil || err != nil && !errors.Is(err, errRedirected) {
		return Unknown
	}
	if to, err := answer.Location(); err == nil {
		if back, err := url.Parse(d.Return(p.Slug)); err == nil && to.Scheme == back.Scheme && to.Host == back.Host &&
			to.Path == back.Path {
			return Fine
		}
		return Unknown
	}
	if answer.StatusCode >= 400 && answer.StatusCode < 500 {
		return Wrong
	}
	return Unknown
}
