package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ChangeOrganization saves an organization's name, aliases, tags, time zone and
// colour. A *ConflictError on "organization_revision" says that it is not as it
// was at o.Revision any more, or is out of the scope.
func (t *Tx) ChangeOrganization(ctx context.Context, o Organization) error {
	done, err := t.tx.Exec(ctx, `
		update organization o set name = $3, aliases = $4, tags = $5, time_zone = $6, colour = $7, revision = revision + 1
		where `+organizationInScope+` and o.id = $1 and o.revision = $2`,
		o.ID, o.Revision, o.Name, texts(o.Aliases), texts(o.Tags), o.TimeZone, o.Colour)
	if err == nil && done.RowsAffected() == 0 {
		return &ConflictError{Constraint: "organization_revision"}
	}
	return meaning(err)
}

// texts is a list that is never null in the database.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// tagged is what the filters of tags begin with.
const tagged = "tag:"

// Tagged is the filter of the organizations that carry a tag.
func Tagged(tag string) Filter { return Filter(tagged + tag) }

// Tag returns the tag that a filter of Tagged asks for.
func (f Filter) Tag() (tag string, found bool) { return strings.CutPrefix(string(f), tagged) }

// TagCount is a tag and how many organizations of a scope carry it.
type TagCount struct {
	Tag   string
	Count int
}

// Tags lists the tags of the scope's organizations, the most common first.
func (t *Tx) Tags(ctx context.Context, limit int) ([]TagCount, error) {
	return all[TagCount](ctx, t.tx, `
		select u.tag, count(*) as count from organization o cross join lateral unnest(o.tags) as u (tag)
		where `+organizationInScope+` group by u.tag order by count(*) desc, u.tag limit $1`, limit)
}

// LastChange returns who last did one of these things to an organization, and
// when: what a person is told whose form comes too late.
func (t *Tx) LastChange(ctx context.Context, organization uuid.UUID, events ...Event) (by string, at time.Time,
	err error) {
	slugs := make([]string, len(events))
	for i, e := range events {
		slugs[i] = e.Slug
	}
	err = t.tx.QueryRow(ctx, `
		select p.email, r.started_at from run r join operator p on p.id = r.operator_id
		where `+runInScope+` and r.organization_id = $1 and r.action = any ($2) and r.state = 'applied'
		order by r.started_at desc limit 1`, organization, slugs).Scan(&by, &at)
	return by, at, meaning(err)
}

// ImportOrganizations is CreateOrganizations for many with all that is known of
// them: the account, which must be listed in Duo, and the directory key, whose
// form must have been checked. Ids, slugs and colours that are not given are
// filled in. Of the errors of Map and AddDirectory any stops all.
func (t *Tx) ImportOrganizations(ctx context.Context, made []Organization, operator uuid.UUID, now time.Time) error {
	for i := range made {
		if made[i].ID == uuid.Nil {
			made[i].ID = uuid.New()
		}
	}
	if err := t.createOrganizations(ctx, made); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, o := range made {
		if o.AccountID != "" {
			batch.Queue(`
				insert into connection (workspace_id, organization_id, kind, account_id, account_name, api_hostname, mapped_by, mapped_at)
				select a.workspace_id, $1, 'child', a.account_id, a.name, a.api_hostname, $3, $4 from duo_account a
				where a.`+inWorkspace+` and a.account_id = $2 and `+usable, o.ID, o.AccountID, operator,
				now).Exec(oneRow)
		}
		if o.DirectoryKey != "" {
			batch.Queue(
				`insert into directory_key (workspace_id, organization_id, name, key, is_primary, set_by, set_at) values ($1, $2, $3, $4, true, $5, $6)`,
				t.scope.workspace, o.ID, FirstDirectory, o.DirectoryKey, operator, now)
		}
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// oneRow fails a statement of a batch that touched no row.
func oneRow(done pgconn.CommandTag) error {
	if done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return nil
}

// NamesOfOrganizations lists the scope's organizations with id, slug, name and aliases
// alone: what names are compared with.
func (t *Tx) NamesOfOrganizations(ctx context.Context) ([]Organization, error) {
	rows, err := t.tx.Query(ctx, `select o.id, o.slug, o.name, o.aliases from organization o where `+
		organizationInScope+` order by lower(o.name), o.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Organization, err error) {
		err = row.Scan(&o.ID, &o.Slug, &o.Name, &o.Aliases)
		return o, err
	})
}
