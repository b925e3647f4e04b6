package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ArchivedError says that an organization of the scope is archived: of it there are
// only its name, its slug and its runs.
type ArchivedError struct {
	Slug, Name string
	At         time.Time
}

func (e *ArchivedError) Error() string { return "store: archived: " + e.Slug }

// ArchiveOrganization ends an organization: its Duo account is taken away, and its own
// keys, its directory keys and what refused forms hold of them are destroyed. Its runs
// stay, with its name and its slug, which nobody gets again. The caller has locked the
// mapping and the connection. The scope must be the whole workspace or hold the
// organization; ErrNotFound says that it is neither, or that it is archived already.
func (t *Tx) ArchiveOrganization(ctx context.Context, id, operator uuid.UUID, now time.Time) error {
	// First, so that what is stored beside it was stored before, and is found below.
	done, err := t.tx.Exec(ctx, `update organization o set archived_at = $2, archived_by = $3 where `+
		organizationInScope+` and o.id = $1`, id, now, operator)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	if err != nil {
		return meaning(err)
	}
	if err := t.Unmap(ctx, id); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, `delete from directory_key where `+inScope+` and organization_id = $1`,
		id); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, `delete from plan where `+inScope+` and organization_id = $1`, id); err != nil {
		return err
	}
	_, err = t.tx.Exec(ctx, `delete from draft where `+inWorkspace+` and right(form, 36) = $1`, id.String())
	return err
}

// OpenRuns counts the runs of an organization that Duo may still be doing.
func (t *Tx) OpenRuns(ctx context.Context, organization uuid.UUID) (n int, err error) {
	err = t.tx.QueryRow(ctx, `select count(*) from run r where `+runInScope+
		` and r.organization_id = $1 and r.state = 'sending'`, organization).Scan(&n)
	return n, err
}
