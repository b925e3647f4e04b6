package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// clientFor makes the client that a request's action is given: of the
// workspace's Accounts keys, of the organization's Auth keys, or for its account
// through the Admin API. Auth keys never stand in for each other: the
// workspace's own serve only the organization that is the MSP's own account.
func (r *Runner) clientFor(ctx context.Context, q Request) (*duo.Client, error) {
	switch {
	case q.Action.OfWorkspace() != (q.Organization.ID == uuid.Nil):
		return nil, store.ErrNotFound
	case q.Action.OfWorkspace():
		return r.AccountsClient(ctx, q.Scope)
	case q.Action.API != catalog.Auth:
		return r.client(ctx, q.Scope, q.Organization)
	}
	return r.authClient(ctx, q.Scope, q.Organization)
}

// authClient makes a client of an organization's Auth keys. Keys of its own must
// be of the host that the organization is connected with: each Duo account has a
// host of its own, so that those of another account can ask nobody here.
func (r *Runner) authClient(ctx context.Context, sc store.Scope, o store.Organization) (*duo.Client, error) {
	if err := r.reaches(ctx, sc, o); err != nil {
		return nil, err
	}
	if o.Kind == store.Parent {
		return r.clientIn(ctx, sc, store.OfWorkspace(store.AuthAPI))
	}
	client, err := r.clientIn(ctx, sc, store.Slot{API: store.AuthAPI, Organization: o.ID})
	if err == nil && (o.APIHostname == "" || !strings.EqualFold(client.Host(), o.APIHostname)) {
		err = &NotConnected{API: APITitle(store.AuthAPI), Own: true}
	}
	return client, err
}

// client makes a Duo client for an organization. A child is reached with the
// workspace's Accounts keys, bound to its host and account_id; the MSP's own
// account with the workspace's Admin keys; any other account with the
// organization's own Admin keys, and with no others.
func (r *Runner) client(ctx context.Context, sc store.Scope, o store.Organization) (*duo.Client, error) {
	if err := r.reaches(ctx, sc, o); err != nil {
		return nil, err
	}
	slots := map[string]store.Slot{store.Child: store.OfWorkspace(store.AccountsAPI),
		store.Parent: store.OfWorkspace(store.AdminAPI),
		store.Own:    store.OfOrganization(o.ID)}
	slot, connected := slots[o.Kind]
	if !connected {
		return nil, &NotConnected{}
	}
	c, err := r.clientIn(ctx, sc, slot)
	if err != nil {
		return nil, err
	}
	if o.Kind == store.Child {
		c = c.ForAccount(duo.AccountID(o.AccountID), o.APIHostname)
	}
	return r.noting(c, sc, o), nil
}

// reaches looks an organization up once more in the scope it is to be reached
// from: an organization that was taken from elsewhere leads to no account, and
// nor does one whose connection was changed since it was read.
func (r *Runner) reaches(ctx context.Context, sc store.Scope, o store.Organization) error {
	now, err := r.Organization(ctx, sc, o.ID)
	if err == nil && now.Connection() != o.Connection() {
		err = &ConnectionChanged{ConnectionText(now)}
	}
	return err
}

// AccountsClient makes a client of the workspace's Accounts keys.
func (r *Runner) AccountsClient(ctx context.Context, sc store.Scope) (*duo.Client, error) {
	return r.clientIn(ctx, sc, store.OfWorkspace(store.AccountsAPI))
}

// clientIn makes a client of the keys in use of a slot.
func (r *Runner) clientIn(ctx context.Context, sc store.Scope, slot store.Slot) (c *duo.Client, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		active, err := tx.ActiveVersion(ctx, slot)
		if err != nil {
			return err
		}
		c, err = r.ClientOf(ctx, tx, active)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, &NotConnected{API: APITitle(slot.API), Own: slot.Organization != uuid.Nil}
	case err != nil:
		return nil, fmt.Errorf("run: open the keys: %w", err)
	}
	return c, nil
}

// ClientOf makes a client of one version of an API's credential fields.
func (r *Runner) ClientOf(ctx context.Context, tx *store.Tx, v store.Version) (*duo.Client, error) {
	key, err := tx.SecretKey(ctx, v.Slot(), v.Version)
	// A key that does not open lends nothing, which the client reports as what
	// it is: a call then fails in words that say what to do.
	if err != nil && !errors.Is(err, secret.ErrCannotOpen) {
		return nil, err
	}
	return duo.New(duo.Credentials{Host: v.Host, IntegrationKey: v.IntegrationKey, Secret: key.Lend},
		duo.Options{Transport: r.http, Now: r.Now, UserAgent: "duodesk/1", Observe: r.observe,
			Pacer: r.pacer(tx.WorkspaceID())}), nil
}

// pacer is a workspace's own: what one workspace asks of a host, and any host can
// be typed in, makes no other wait.
func (r *Runner) pacer(workspace uuid.UUID) *duo.Pacer {
	p, _ := r.pacers.LoadOrStore(workspace, &duo.Pacer{Unspaced: !r.paced, Now: r.Now, Log: r.Log})
	return p.(*duo.Pacer)
}

// Organization reads one organization of a scope.
func (r *Runner) Organization(ctx context.Context, sc store.Scope, id uuid.UUID) (o store.Organization, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		o, err = tx.Organization(ctx, id)
		return err
	})
	return o, err
}

// APITitle is an API of the store as people call it: Admin API.
func APITitle(api string) string {
	switch api {
	case store.AuthAPI:
		return "Auth API"
	case store.AccountsAPI:
		return "Accounts API"
	case store.AdminAPI:
		return "Admin API"
	}
	return api
}

// Reader makes a reader of an organization's account, of which clientFor says whose keys it takes.
// The error is *ConnectionChanged if the organization is connected differently than o says.
func (r *Runner) Reader(ctx context.Context, sc store.Scope, o store.Organization) (duo.Reader, error) {
	c, err := r.client(ctx, sc, o)
	if err != nil {
		return duo.Reader{}, err
	}
	return c.Reader(), nil
}
