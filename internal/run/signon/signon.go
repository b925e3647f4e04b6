// Package signon signs operators in through the OpenID provider of a workspace. A provider is
// believed about its own workspace only: what it says opens no other.
package signon

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

const (
	// askLife is how long a browser may stay at the provider.
	askLife = 10 * time.Minute
	// callTime bounds one request to a provider, and answerTime all that a sign-in needs.
	callTime   = 8 * time.Second
	answerTime = 15 * time.Second
	// clockLeeway is how far a provider's clock may be ahead of ours.
	clockLeeway = time.Minute
	// discoveryLife is how long a provider's own description is used.
	discoveryLife = time.Hour
	// mostAtOnce is how many requests wait for one workspace's provider at a time, so that a
	// dead one holds up nothing else.
	mostAtOnce = 8
	// mostBody is the largest answer that is read from a provider.
	mostBody = 1 << 20
)

// Refused says why a sign-in through a provider came to nothing. Reason is one of a few
// sentences for the owners, who alone may read it; Detail is what differs each time. Visitors
// get one sentence that says nothing.
type Refused struct{ Reason, Detail string }

func (r *Refused) Error() string { return "signon: refused: " + r.Reason }

func refuse(reason string) error { return &Refused{Reason: reason} }

func refuseWith(reason, detail string) error { return &Refused{Reason: reason, Detail: detail} }

// Desk signs in through providers. It is safe for concurrent use.
type Desk struct {
	store    *store.Store
	now      func() time.Time
	public   *url.URL
	client   *http.Client
	loopback bool

	mu        sync.Mutex
	providers map[uuid.UUID]*provider     // by their workspace
	busy      map[uuid.UUID]chan struct{} // of each workspace
}

// New returns a Desk for the console at a public URL. loopback admits providers on this
// machine, also without TLS: for trials and tests.
func New(s *store.Store, now func() time.Time, public *url.URL, loopback bool) *Desk {
	return &Desk{store: s, now: now, public: public, loopback: loopback, client: newClient(loopback),
		providers: map[uuid.UUID]*provider{}, busy: map[uuid.UUID]chan struct{}{}}
}

// Place is a workspace with its provider's settings, as they were read.
type Place struct {
	store.Workspace
	store.SignOnSettings
}

// Find returns the place of a workspace's slug. It returns store.ErrNotFound if there is no
// such workspace, and if it has no provider.
func (d *Desk) Find(ctx context.Context, slug string) (p Place, err error) {
	if p.Workspace, err = d.store.WorkspaceBySlug(ctx, slug); err != nil {
		return p, err
	}
	err = d.store.InWorkspace(ctx, store.WholeWorkspace(p.ID), func(tx *store.Tx) (err error) {
		p.SignOnSettings, err = tx.SignOn(ctx)
		return err
	})
	return p, err
}

// Return is the address to which a workspace's provider sends browsers back. Each workspace
// has its own, so that no provider gets hold of another's answers.
func (d *Desk) Return(slug string) string {
	return strings.TrimSuffix(d.public.String(), "/") + "/signin/sso/" + url.PathEscape(slug) + "/back"
}

// Note keeps the reason of a refusal for the owners of a workspace; what is no *Refused it
// leaves alone.
func (d *Desk) Note(ctx context.Context, workspace uuid.UUID, refused *Refused, from store.Origin) error {
	return d.store.InWorkspace(ctx, store.WholeWorkspace(workspace), func(tx *store.Tx) error {
		return tx.RefuseSignOn(ctx, refused.Reason, refused.Detail, from, d.now())
	})
}

// enter waits for nothing: it refuses what is too much for one provider.
func (d *Desk) enter(workspace uuid.UUID) (leave func(), err error) {
	d.mu.Lock()
	places := d.busy[workspace]
	if places == nil {
		places = make(chan struct{}, mostAtOnce)
		d.busy[workspace] = places
	}
	d.mu.Unlock()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
		return nil, refuse("The provider answers too slowly: 8 sign-ins were waiting for it already.")
	}
}

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
