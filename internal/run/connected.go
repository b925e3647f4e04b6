package run

import (
	"cmp"
	"context"
	"errors"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// ConnectionChanged says that an organization is not connected any more as it was
// when a form for it was opened, or that the workspace's keys were replaced:
// nothing was sent. It is also a *store.ConflictError.
type ConnectionChanged struct{ Now string } // in words, see ConnectionText

func (e *ConnectionChanged) Error() string { return "run: connected differently: " + e.Now }

func (e *ConnectionChanged) Unwrap() error {
	return &store.ConflictError{Constraint: "connection_pkey"}
}

// shownOfAccount is how many characters of an account's name are in the words for a
// connection, which forms carry along; the id is what tells accounts apart.
const shownOfAccount = 60

// ConnectionText says how an organization is connected, so that two connections
// can be told apart.
func ConnectionText(o store.Organization) string {
	switch o.Kind {
	case store.Child:
		if o.AccountName == "" {
			return "the child account " + o.AccountID + " on " + o.APIHostname
		}
		name := Shortened(o.AccountName, shownOfAccount)
		if name != o.AccountName {
			name += "…"
		}
		return "the child account " + catalog.Plain(name) + " (" + o.AccountID + ") on " + o.APIHostname
	case store.Parent:
		return "the parent account, with the key " + cmp.Or(o.IntegrationKey, "of none") + " on " +
			cmp.Or(o.APIHostname, "no host")
	case store.Own:
		return "own credentials, with the key " + cmp.Or(o.IntegrationKey, "of none") + " on " +
			cmp.Or(o.APIHostname, "no host")
	}
	return "no Duo account"
}

// KeysText is ConnectionText for the workspace's keys of an API; the zero Version
// is none.
func KeysText(v store.Version) string {
	if v.Version == 0 {
		return "no Accounts API keys"
	}
	return "the " + APITitle(v.API) + " key " + v.IntegrationKey + " on " + v.Host
}

// Connection returns what a form for an organization, or with a zero organization
// for the workspace itself, carries: the connection's name, and the name in words.
func (r *Runner) Connection(ctx context.Context, sc store.Scope, o store.Organization) (name, words string, err error) {
	if o.ID != uuid.Nil {
		return o.Connection(), ConnectionText(o), nil
	}
	var keys store.Version
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		keys, err = tx.ActiveVersion(ctx, store.OfWorkspace(store.AccountsAPI))
		return ignoreNotFound(err)
	})
	return keys.Connection(), KeysText(keys), err
}

// holdConnection makes sure, inside of the transaction that starts a run, that
// the request's organization is connected as it was when the request's form was
// opened and when the request's client was made, and keeps it so until the run is
// committed: a change of the connection waits, or wins.
func holdConnection(ctx context.Context, tx *store.Tx, q Request) error {
	if q.For.Organization != uuid.Nil {
		// Without a connection there is no row that could be held.
		if err := tx.LockMapping(ctx); err != nil {
			return err
		}
		o, err := tx.Organization(ctx, q.For.Organization)
		if err == nil && o.Connection() != q.For.Connection {
			err = &ConnectionChanged{ConnectionText(o)}
		}
		if err != nil {
			return err
		}
	}
	if q.Organization.ID == uuid.Nil {
		keys, err := tx.HoldKeys(ctx, store.OfWorkspace(store.AccountsAPI))
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		if keys.Connection() != q.Opened {
			return &ConnectionChanged{KeysText(keys)}
		}
		return nil
	}
	now, err := StillConnected(ctx, tx.HoldConnection, q.Organization)
	if err == nil && (q.Opened != now.Connection() || q.Account != "" && q.Account != now.AccountID) {
		err = &ConnectionChanged{ConnectionText(now)}
	}
	return err
}

// StillConnected makes sure, inside of the transaction of a change, that an
// organization is connected as it was when it was read, and returns it as it is
// now. hold is the transaction's HoldConnection or LockConnection.
func StillConnected(ctx context.Context, hold func(context.Context, uuid.UUID) (store.Organization, error),
	o store.Organization) (store.Organization, error) {
	now, err := hold(ctx, o.ID)
	if err == nil && now.Connection() != o.Connection() {
		err = &ConnectionChanged{ConnectionText(now)}
	}
	return now, err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Shortened keeps the first characters of a text.
func Shortened(theirs string, most int) string {
	return string([]rune(theirs)[:min(most, utf8.RuneCountInString(theirs))])
}

// Tail is the end of an identifier, enough to tell two apart by eye.
func Tail(id string) string { return id[max(0, len(id)-4):] }
