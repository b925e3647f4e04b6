package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Map connects an organization with one of the listed Duo accounts, as a child.
// It returns ErrNotFound for an account that is not listed and a *ConflictError
// on "connection_account" for one that another organization has. Keys of the
// organization's own are destroyed.
func (t *Tx) Map(ctx context.Context, organization uuid.UUID, accountID string, operator uuid.UUID,
	now time.Time) error {
	if err := t.lockVersions(ctx); err != nil {
		return err
	}
	done, err := t.tx.Exec(ctx, `
		insert into connection (workspace_id, organization_id, kind, account_id, account_name, api_hostname, mapped_by, mapped_at)
		select o.workspace_id, o.id, 'child', a.account_id, a.name, a.api_hostname, $3, $4
		from organization o join duo_account a on a.workspace_id = o.workspace_id
		where `+organizationInScope+` and o.id = $1 and a.account_id = $2 and `+usable+`
		on conflict (workspace_id, organization_id) do update
		set kind = 'child', account_id = excluded.account_id, account_name = excluded.account_name, api_hostname = excluded.api_hostname, mapped_by = $3, mapped_at = $4`,
		organization, accountID, operator, now)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	if err != nil {
		return meaning(err)
	}
	return t.forgetKeys(ctx, organization, AdminAPI, AuthAPI)
}

// ConnectParent connects an organization with the MSP's own account. A
// *ConflictError on "connection_parent" says that another organization has it.
// Keys of the organization's own are destroyed.
func (t *Tx) ConnectParent(ctx context.Context, organization, operator uuid.UUID, now time.Time) error {
	if err := t.connect(ctx, organization, Parent, operator, now); err != nil {
		return err
	}
	return t.forgetKeys(ctx, organization, AdminAPI, AuthAPI)
}

// ConnectOwn connects an organization through Admin API keys of its own, which
// must be in use: see Activate. Auth API keys of its own are destroyed: they were
// those of the account before.
func (t *Tx) ConnectOwn(ctx context.Context, organization, operator uuid.UUID, now time.Time) error {
	if err := t.connect(ctx, organization, Own, operator, now); err != nil {
		return err
	}
	return t.forgetKeys(ctx, organization, AuthAPI)
}

func (t *Tx) connect(ctx context.Context, organization uuid.UUID, kind string, operator uuid.UUID,
	now time.Time) error {
	if err := t.lockVersions(ctx); err != nil {
		return err
	}
	done, err := t.tx.Exec(ctx, `
		insert into connection (workspace_id, organization_id, kind, account_id, api_hostname, mapped_by, mapped_at)
		select o.workspace_id, o.id, $2, null, null, $3, $4 from organization o where `+organizationInScope+
		` and o.id = $1
		on conflict (workspace_id, organization_id) do update
		set kind = $2, account_id = null, account_name = '', api_hostname = null, mapped_by = $3, mapped_at = $4`,
		organization, kind, operator, now)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// Unmap takes an organization's Duo account away, and destroys keys of its own.
func (t *Tx) Unmap(ctx context.Context, organization uuid.UUID) error {
	if err := t.lockVersions(ctx); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, `delete from connection where `+inScope+` and organization_id = $1`,
		organization); err != nil {
		return err
	}
	return t.forgetKeys(ctx, organization, AdminAPI, AuthAPI)
}

// forgetKeys retires an organization's own keys: what is not used is not kept, and
// what was made in another account must not ask the people of this one. The
// versions are locked: before the connection, as by who puts keys to use.
func (t *Tx) forgetKeys(ctx context.Context, organization uuid.UUID, apis ...string) error {
	for _, api := range apis {
		for _, state := range []string{Active, Candidate} {
			if err := t.retire(ctx, Slot{Organization: organization, API: api}, state); err != nil {
				return err
			}
		}
	}
	return nil
}
