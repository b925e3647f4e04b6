package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Directory is one directory that an organization's users come from, by the key
// that Duo shows of it.
type Directory struct {
	ID      uuid.UUID
	Name    string
	Key     string
	Primary bool // the one that the mapping shows and edits
	SetBy   string
	SetAt   time.Time
}

// FirstDirectory is the name of a directory whose key was given without one.
const FirstDirectory = "Directory"

// Directories lists an organization's directories, the primary one first.
func (t *Tx) Directories(ctx context.Context, organization uuid.UUID) ([]Directory, error) {
	return all[Directory](ctx, t.tx, `
		select k.id, k.name, k.key, k.is_primary as primary, p.email as set_by, k.set_at
		from directory_key k join operator p on p.id = k.set_by
		where `+inScope+` and k.organization_id = $1 order by k.is_primary desc, lower(k.name), k.id`, organization)
}

// LockDirectories waits until nobody else adds or renames a directory of the organization,
// and keeps others waiting until the transaction ends: names are compared as people read
// them, which no index does for rows from before.
func (t *Tx) LockDirectories(ctx context.Context, organization uuid.UUID) error {
	_, err := t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('directories ' || app.workspace()::text || $1::text, 0))`,
		organization.String())
	return err
}

// AddDirectory adds a directory; an organization's first is primary. A
// *ConflictError on "directory_key_name" or "directory_key_key" says what of it
// the organization has already. The key's form must have been checked.
func (t *Tx) AddDirectory(ctx context.Context, organization uuid.UUID, name, key string, operator uuid.UUID,
	now time.Time) (uuid.UUID, error) {
	id := uuid.New()
	done, err := t.tx.Exec(ctx, `
		insert into directory_key (workspace_id, id, organization_id, name, key, is_primary, set_by, set_at)
		select o.workspace_id, $2, o.id, $3, $4,
		       not exists (select from directory_key k where k.workspace_id = o.workspace_id and k.organization_id = o.id), $5, $6
		from organization o where `+organizationInScope+` and o.id = $1`, organization, id, name, key, operator, now)
	if err == nil && done.RowsAffected() == 0 {
		return id, ErrNotFound
	}
	return id, meaning(err)
}

// RenameDirectory gives one of an organization's directories another name.
func (t *Tx) RenameDirectory(ctx context.Context, organization, id uuid.UUID, name string) error {
	done, err := t.tx.Exec(ctx, `update directory_key set name = $3 where `+inScope+
		` and organization_id = $1 and id = $2`, organization, id, name)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// MakePrimary makes one of an organization's directories the primary one.
func (t *Tx) MakePrimary(ctx context.Context, organization, id uuid.UUID) error {
	// Two steps, since the index that holds them to one is checked row by row.
	if _, err := t.tx.Exec(ctx, `update directory_key set is_primary = false where `+inScope+
		` and organization_id = $1 and is_primary and id <> $2`, organization, id); err != nil {
		return err
	}
	done, err := t.tx.Exec(ctx, `update directory_key set is_primary = true where `+inScope+
		` and organization_id = $1 and id = $2`, organization, id)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// RemoveDirectory takes a directory away. When it was the primary one, the
// oldest of the others is primary after it.
func (t *Tx) RemoveDirectory(ctx context.Context, organization, id uuid.UUID) error {
	done, err := t.tx.Exec(ctx, `delete from directory_key where `+inScope+` and organization_id = $1 and id = $2`,
		organization, id)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	if err != nil {
		return meaning(err)
	}
	_, err = t.tx.Exec(ctx, `
		update directory_key set is_primary = true
		where id = (select id from directory_key where `+inScope+` and organization_id = $1 order by set_at, id limit 1)
		and `+inScope+` and organization_id = $1 and not exists (select from directory_key where `+inScope+
		` and organization_id = $1 and is_primary)`, organization)
	return meaning(err)
}

// SetDirectoryKey sets the key of an organization's primary directory; an empty
// key takes that directory away. A key that another of its directories has makes
// that one primary. The key's form must have been checked.
func (t *Tx) SetDirectoryKey(ctx context.Context, organization uuid.UUID, key string, operator uuid.UUID,
	now time.Time) error {
	found, err := t.Directories(ctx, organization)
	if err != nil {
		return err
	}
	for _, d := range found {
		switch {
		case key == "" && d.Primary:
			return t.RemoveDirectory(ctx, organization, d.ID)
		case key == d.Key:
			return t.MakePrimary(ctx, organization, d.ID)
		}
	}
	if key == "" {
		return nil
	}
	if len(found) == 0 {
		_, err = t.AddDirectory(ctx, organization, FirstDirectory, key, operator, now)
		return err
	}
	_, err = t.tx.Exec(ctx, `update directory_key set key = $2, set_by = $3, set_at = $4 where `+inScope+
		` and organization_id = $1 and is_primary`,
		organization, key, operator, now)
	return meaning(err)
}
