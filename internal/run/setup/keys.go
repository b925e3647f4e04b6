package setup

import (
	"context"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// Fields are the names of the inputs for the keys of one API. Name is what the other
// names on the API's card begin with.
type Fields struct{ API, Name, Host, IntegrationKey, SecretKey string }

func fieldsOf(api, name, host string) Fields {
	return Fields{API: api, Name: name, Host: host + "_host", IntegrationKey: name + "_integration_key",
		SecretKey: name + "_secret_key"}
}

// The nine credential fields of a workspace, in the order of the form, and those of an
// organization's own keys.
var (
	nineFields = []Fields{fieldsOf(store.AuthAPI, "auth", "auth"), fieldsOf(store.AccountsAPI, "accounts", "account"),
		fieldsOf(store.AdminAPI, "admin", "admin")}
	ownFields = []Fields{fieldsOf(store.AdminAPI, "own", "own"), fieldsOf(store.AuthAPI, "ownauth", "ownauth")}
)

// Keys are the slots of keys that a form or a button is about. The zero value holds none.
type Keys struct {
	owner  *store.Organization // as it was connected when the form was opened; nil: the workspace itself
	fields []Fields            // of the slots that are meant
	form   []Fields            // of all slots that are saved together with them
	draft  string              // what a refused form is kept under
	check  uuid.UUID           // the run that a check of one API is recorded as; uuid.Nil: any
}

// Nine are the keys of the workspace's three APIs.
func Nine() Keys { return Keys{fields: nineFields, form: nineFields, draft: "integration"} }

// OfWorkspace are the workspace's keys of one API. They are saved with the other two;
// an unknown API has none.
func OfWorkspace(api string) Keys {
	k := Nine()
	k.fields = ofAPI(nineFields, api)
	return k
}

// OfOrganization are an organization's own keys of the Admin API or the Auth API, for
// a form that was opened when it was connected as o is. No change is made once it is
// connected otherwise; the error is a *run.ConnectionChanged.
func OfOrganization(o store.Organization, api string) Keys {
	if o.ID == uuid.Nil {
		return Keys{} // in the store this would be a slot of the workspace
	}
	k := Keys{owner: &o, fields: ofAPI(ownFields, api), draft: "own keys " + o.ID.String()}
	if k.form = k.fields; api == store.AuthAPI {
		k.draft = "own auth keys " + o.ID.String()
	}
	return k
}

func ofAPI(fields []Fields, api string) []Fields {
	for i, f := range fields {
		if f.API == api {
			return fields[i : i+1]
		}
	}
	return nil
}

// CheckedAs returns the keys of one API, whose check is recorded as a run of an id: a
// *store.ConflictError on "run_pkey" says that it was.
func (k Keys) CheckedAs(id uuid.UUID) Keys {
	k.check = id
	return k
}

// OfWorkspace reports whether the keys are the workspace's.
func (k Keys) OfWorkspace() bool { return k.owner == nil }

// Form returns the inputs of all slots that are saved together, API by API.
func (k Keys) Form() []Fields { return k.form }

// Inputs returns the names of their inputs, in the order of the form.
func (k Keys) Inputs() []string {
	var names []string
	for _, f := range k.form {
		names = append(names, f.Host, f.IntegrationKey, f.SecretKey)
	}
	return names
}

// Paste is the name of the box that takes whole pages of the Duo Admin Panel.
func (k Keys) Paste() string {
	if len(k.form) == 1 {
		return k.form[0].Name + "_paste"
	}
	return "paste"
}

// One returns the names of the inputs of one API; store.ErrNotFound unless the keys
// are those of one.
func (k Keys) One() (Fields, error) {
	if len(k.fields) != 1 {
		return Fields{}, store.ErrNotFound
	}
	return k.fields[0], nil
}

func (k Keys) slot(f Fields) store.Slot {
	if k.owner == nil {
		return store.OfWorkspace(f.API)
	}
	return store.Slot{Organization: k.owner.ID, API: f.API}
}

// hold makes sure, inside of the transaction of a change, that an organization is
// connected as it was when the form was opened, and returns it as it is now; the zero
// Organization stands for the workspace. Locks are taken in the order that all who
// connect take them in: mapping, versions of keys, connection.
func (k Keys) hold(ctx context.Context, tx *store.Tx) (store.Organization, error) {
	if k.owner == nil {
		return store.Organization{}, nil
	}
	if err := tx.LockMapping(ctx); err != nil {
		return store.Organization{}, err
	}
	return run.StillConnected(ctx, tx.LockConnection, *k.owner)
}

// KeyState is what is stored of keys, what Duo said to them, and what an operator's last
// refused form held. The lists of accounts are the workspace's.
type KeyState struct {
	Versions   []store.Version // active first within each API
	Draft      map[string]string
	DraftUntil time.Time
	Accounts   []store.Account // as the Accounts API last listed them
	Unusable   []store.Account // those that it listed without a usable host
}

// Version returns the stored version of an API in a state, and whether there is one.
func (s KeyState) Version(api, state string) (store.Version, bool) {
	for _, v := range s.Versions {
		if v.API == api && v.State == state {
			return v, true
		}
	}
	return store.Version{}, false
}

// newest returns the version of an API that is checked and shown: the candidate if one
// waits, else the one in use.
func (s KeyState) newest(api string) (store.Version, bool) {
	if v, waits := s.Version(api, store.Candidate); waits {
		return v, true
	}
	return s.Version(api, store.Active)
}

// KeyState reads the state of keys. Secret keys are in it only as far as a draft holds
// them.
func (r *Runner) KeyState(ctx context.Context, sc store.Scope, k Keys, operator uuid.UUID) (KeyState, error) {
	var found KeyState
	owner := uuid.Nil
	if k.owner != nil {
		owner = k.owner.ID
	}
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if found.Versions, err = tx.Integration(ctx, owner); err != nil {
			return err
		}
		listed, err := tx.Accounts(ctx)
		if err != nil {
			return err
		}
		for _, a := range listed {
			if a.Usable() {
				found.Accounts = append(found.Accounts, a)
			} else {
				found.Unusable = append(found.Unusable, a)
			}
		}
		found.Draft, found.DraftUntil, err = r.draftOf(ctx, tx, operator, k.draft)
		return err
	})
	return found, err
}
