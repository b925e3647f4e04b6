package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// The troubles of an account that was asked.
const (
	NoTrouble       = ""
	KeysTrouble     = "keys"        // Duo refused the keys
	ReachTrouble    = "unreachable" // Duo was not reached, or did not answer
	InternalTrouble = "duo"         // Duo had an internal error
)

// NoteContact keeps how the account of an organization answered, as it is connected by
// o. A note of a time before is left out. Its trouble counts as long as the connection
// is the same.
func (t *Tx) NoteContact(ctx context.Context, o Organization, trouble string, at time.Time) error {
	_, err := t.tx.Exec(ctx, `
		insert into contact (workspace_id, organization_id, revision, at, trouble, since)
		select o.workspace_id, o.id, $2, $3, $4, $3 from organization o where `+organizationInScope+` and o.id = $1
		on conflict (workspace_id, organization_id) do update
		set revision = excluded.revision, at = excluded.at, trouble = excluded.trouble,
		    since = case when contact.trouble = excluded.trouble and contact.revision = excluded.revision then contact.since else excluded.at end
		where contact.at <= excluded.at`, o.ID, o.ConnectionRevision, at, trouble)
	return meaning(err)
}

// forgetRefusedKeys takes back that child accounts refused the workspace's keys: there are
// other ones now, and nobody has asked with them yet.
func (t *Tx) forgetRefusedKeys(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, `
		delete from contact t using connection c
		where t.`+inWorkspace+
		` and c.workspace_id = t.workspace_id and c.organization_id = t.organization_id and c.kind = 'child' and t.trouble = 'keys'`)
	return err
}

// FailingOrganization is an organization that cannot be reached as it is connected, and
// how it answered last.
type FailingOrganization struct {
	ID      uuid.UUID
	Slug    string
	Name    string
	Colour  int
	Trouble string     // NoTrouble: Duo lists its account no more or without a host, or refused its own keys at a check
	At      *time.Time // of the last contact; nil: there was none
	Since   *time.Time // from when on it answered like this
}

// FailingOrganizations lists those of the scope, the latest to fail first, and counts
// all of them.
func (t *Tx) FailingOrganizations(ctx context.Context, limit int) (found []FailingOrganization, total int, err error) {
	type counted struct {
		FailingOrganization
		Total int
	}
	rows, err := all[counted](ctx, t.tx, `
		select o.id, o.slug, o.name, o.colour, coalesce(t.trouble, '') as trouble, t.at, t.since, count(*) over () as total
		from organization o join connection c on c.workspace_id = o.workspace_id and c.organization_id = o.id
		left join contact t on t.workspace_id = o.workspace_id and t.organization_id = o.id and t.revision = c.revision
		where `+organizationInScope+` and `+failing+`
		order by t.since desc nulls last, lower(o.name), o.id limit $1`, limit)
	for _, r := range rows {
		found, total = append(found, r.FailingOrganization), r.Total
	}
	return found, total, err
}
