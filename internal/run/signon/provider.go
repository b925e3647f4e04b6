package signon

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"
)

// provider is what a provider says about itself, as it was read.
type provider struct {
	id      uuid.UUID
	version int
	readAt  time.Time
	*oidc.Provider
	described
}

// described is the part of a description that the library leaves out.
type described struct {
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
	Challenges []string `json:"code_challenge_methods_supported"`
	JWKS       string   `json:"jwks_uri"`
	Revocation string   `json:"revocation_endpoint"`
}

// Reasons for owners. Strangers see none of them.
const (
	reasonSlash       = "The issuer differs from the provider's own by the slash at its end."
	reasonIssuer      = "The provider names another issuer than the one that is set."
	reasonUnreachable = "The provider does not answer at the issuer's address."
	reasonNoOIDC      = "There is no OpenID description at the issuer's address."
	reasonIncomplete  = "The provider's description lacks an address, or names one that is not https://."
	reasonTooLong     = "The provider's answer is longer than 1 MB."
	reasonNoPKCE      = "The provider does not support PKCE with S256."
)

// provider returns a provider's description, kept for discoveryLife. It waits for the
// provider if it is not kept: no place in a lane and no connection may be held meanwhile.
func (d *Desk) provider(ctx context.Context, p Place) (*provider, error) {
	d.mu.Lock()
	kept := d.providers[p.ID]
	d.mu.Unlock()
	if kept != nil && kept.id == p.Provider && kept.version == p.Version && d.now().Sub(kept.readAt) < discoveryLife {
		return kept, nil
	}
	leave, err := d.enter(p.ID)
	if err != nil {
		return nil, err
	}
	defer leave()
	found, err := d.discover(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	found.id, found.version, found.readAt = p.Provider, p.Version, d.now()
	d.mu.Lock()
	d.providers[p.ID] = found
	d.mu.Unlock()
	return found, nil
}

// discover reads the description of an issuer.
func (d *Desk) discover(ctx context.Context, issuer string) (*provider, error) {
	if fault := d.IssuerFault(issuer); fault != "" {
		return nil, refuse(fault)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, d.client), callTime)
	defer cancel()
	read, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, notDiscovered(err)
	}
	found := &provider{Provider: read}
	if err := read.Claims(&found.described); err != nil {
		return nil, refuse(reasonNoOIDC)
	}
	at := read.Endpoint()
	for _, address := range []string{at.AuthURL, at.TokenURL, found.JWKS} {
		u, err := url.Parse(address)
		if err != nil || address == "" || checkURL(u, d.loopback) != nil {
			return nil, refuse(reasonIncomplete)
		}
	}
	if len(found.Challenges) > 0 && !slices.Contains(found.Challenges, "S256") {
		return nil, refuse(reasonNoPKCE)
	}
	return found, nil
}

func notDiscovered(err error) error {
	var mismatch *oidc.IssuerMismatchError
	var guarded *guardError
	var fault *url.Error
	switch {
	case errors.As(err, &mismatch) && strings.TrimSuffix(mismatch.Provided,
		"/") == strings.TrimSuffix(mismatch.Discovered, "/"):
		return refuseWith(reasonSlash, "It is "+mismatch.Discovered)
	case errors.As(err, &mismatch):
		return refuseWith(reasonIssuer, "It names "+mismatch.Discovered)
	case errors.As(err, &guarded):
		return refuse(guarded.reason)
	case strings.Contains(err.Error(), reasonTooLong): // the library keeps the words of this one, not its kind
		return refuse(reasonTooLong)
	case errors.As(err, &fault), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return refuse(reasonUnreachable)
	}
	return refuse(reasonNoOIDC)
}

// client returns the provider as an OAuth client sees it. The secret is in it: it is for one
// use, and never printed.
func (d *Desk) clientOf(p Place, at *provider) (*oauth2.Config, error) {
	c := &oauth2.Config{ClientID: p.ClientID, Endpoint: at.Endpoint(), RedirectURL: d.Return(p.Slug),
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	// Never both ways one after the other: a provider may take the code for used.
	c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(at.Methods) > 0 && !slices.Contains(at.Methods, "client_secret_basic") &&
		slices.Contains(at.Methods, "client_secret_post") {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	opened, err := d.store.OpenClientSecret(p.ID, p.SignOnSettings)
	if err != nil {
		return nil, err
	}
	return c, opened.Lend(func(b []byte) { c.ClientSecret = string(b) })
}

// clockFault says how far a provider's clock is from ours, going by the head of an answer;
// empty: less than a minute, or it does not say.
func (d *Desk) clockFault(answer *http.Response) string {
	theirs, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return ""
	}
	off := theirs.Sub(d.now())
	switch {
	case off > clockLeeway:
		return fmt.Sprintf("The provider's clock is %.0f minutes ahead of this server's.", math.Ceil(off.Minutes()))
	case off < -clockLeeway:
		return fmt.Sprintf("The provider's clock is %.0f minutes behind this server's.", math.Ceil(-off.Minutes()))
	}
	return ""
}
