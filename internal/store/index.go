package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// IndexPass reads all users of an organization into the index, page by page. It is of one
// connection: what changes the connection deletes it with the copy.
type IndexPass struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Connection     string    // see Organization.Connection
	BegunAt        time.Time // by the database's clock, as all times here
	NextOffset     int       // where it goes on
	Seen           []string  // ids of users before NextOffset
}

// PassLife is for how long a pass that was interrupted can go on. Later it begins anew: what it
// had seen may have changed.
const PassLife = 30 * time.Minute

// BeginPass begins a pass over an organization's users, or returns the one of the same connection
// that was interrupted, to go on with. It returns ErrNotFound unless the organization is
// connected as connection says, in a transaction that keeps it so.
func (t *Tx) BeginPass(ctx context.Context, organization uuid.UUID, connection string, now time.Time) (p IndexPass,
	err error) {
	if err := t.holdIndexed(ctx, organization, connection); err != nil {
		return p, err
	}
	err = t.tx.QueryRow(ctx, `
		insert into index_pass as p (workspace_id, organization_id, id, connection, begun_at)
		values ((select app.workspace()), $1, $2, $3, $4)
		on conflict (workspace_id, organization_id) do update set
			id = $2, connection = $3,
			begun_at = case when `+goesOn+` then p.begun_at else $4 end,
			next_offset = case when `+goesOn+` then p.next_offset else 0 end,
			seen = case when `+goesOn+` then p.seen else '{}' end
		returning id, organization_id, connection, begun_at, next_offset, seen`,
		organization, uuid.New(), connection, now, now.Add(-PassLife)).
		Scan(&p.ID, &p.OrganizationID, &p.Connection, &p.BegunAt, &p.NextOffset, &p.Seen)
	return p, meaning(err)
}

// goesOn is whether a pass was interrupted a short while ago; $3 is the connection, $5 the
// oldest beginning.
const goesOn = `p.next_offset > 0 and p.connection = $3 and p.begun_at > $5`

// holdIndexed makes sure that an organization is connected as it was, and keeps it so.
func (t *Tx) holdIndexed(ctx context.Context, organization uuid.UUID, connection string) error {
	o, err := t.HoldConnection(ctx, organization)
	if err == nil && (!o.Mapped() || o.Connection() != connection) {
		err = ErrNotFound
	}
	return err
}

// holdPass makes sure that a pass is still the one that reads the organization, and keeps it so.
func (t *Tx) holdPass(ctx context.Context, p IndexPass) error {
	if err := t.holdIndexed(ctx, p.OrganizationID, p.Connection); err != nil {
		return err
	}
	return meaning(t.tx.QueryRow(ctx, `select id from index_pass where `+inScope+
		` and organization_id = $1 and id = $2 for no key update`, p.OrganizationID, p.ID).Scan(new(uuid.UUID)))
}

// IndexedUser is what the index keeps of a user. Search and Keys are folded by who writes them.
type IndexedUser struct {
	OrganizationID uuid.UUID
	ID             string          // Duo's
	Detail         json.RawMessage // what is shown of the user
	Search         string
	Keys           []string
	AskedAt        time.Time // when Duo was asked for this; zero where it is written
}

// digest is of all that is kept: what has the same is not written again.
func (u IndexedUser) digest() []byte {
	sum := sha256.New()
	for _, part := range append([]string{string(u.Detail), u.Search}, u.Keys...) {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write([]byte(part))
	}
	return sum.Sum(nil)
}

// IndexPage keeps the users of one page that a pass asked for at a time, and returns how many
// rows were written: those that differ, and were not written from an answer to a later question.
// It returns ErrNotFound when the pass is over: another reads, or the connection has changed.
func (t *Tx) IndexPage(ctx context.Context, p IndexPass, users []IndexedUser, asked time.Time) (written int,
	err error) {
	if err := t.holdPass(ctx, p); err != nil || len(users) == 0 {
		return 0, err
	}
	batch := &pgx.Batch{}
	for _, u := range users {
		batch.Queue(`
			insert into index_user as u (workspace_id, organization_id, user_id, detail, search, keys, digest, asked_at)
			values ((select app.workspace()), $1, $2, $3, $4, $5, $6, $7)
			on conflict (workspace_id, organization_id, user_id) do update set
				detail = $3, search = $4, keys = $5, digest = $6, asked_at = $7, gone_at = null
			where (u.digest <> $6 or u.gone_at is not null) and u.asked_at < $7`,
			p.OrganizationID, u.ID, u.Detail, u.Search, u.Keys, u.digest(), asked).
			Exec(func(done pgconn.CommandTag) error { written += int(done.RowsAffected()); return nil })
	}
	return written, meaning(t.tx.SendBatch(ctx, batch).Close())
}

// KeepPlace notes how far a pass has come, so that after an interruption it goes on there.
func (t *Tx) KeepPlace(ctx context.Context, p IndexPass) error {
	if err := t.holdPass(ctx, p); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `update index_pass set next_offset = $2, seen = $3 where `+inScope+
		` and organization_id = $1`, p.OrganizationID, p.NextOffset, p.Seen)
	return err
}

// MissingUsers lists at most so many users of the index that a pass has not seen. Who was
// written from an answer to a question after the pass began is not missing.
func (t *Tx) MissingUsers(ctx context.Context, p IndexPass, most int) ([]string, error) {
	if err := t.holdPass(ctx, p); err != nil {
		return nil, err
	}
	rows, err := t.tx.Query(ctx, `
		select user_id from index_user where `+inScope+` and organization_id = $1 and gone_at is null
		and asked_at < $2 and user_id <> all ($3) order by user_id limit $4`, p.OrganizationID, p.BegunAt, p.Seen, most)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// UserGone notes that Duo, asked for one user at a time, said that there is none.
func (t *Tx) UserGone(ctx context.Context, p IndexPass, id string, asked time.Time) error {
	if err := t.holdPass(ctx, p); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `update index_user set gone_at = $3, asked_at = $3 where `+inScope+
		` and organization_id = $1 and user_id = $2 and asked_at < $3`, p.OrganizationID, id, asked)
	return err
}

// EndPass notes that a pass came to its end: from then on the copy is as old as its beginning.
func (t *Tx) EndPass(ctx context.Context, p IndexPass) error {
	if err := t.holdPass(ctx, p); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `update index_pass set whole_at = begun_at, next_offset = 0, seen = '{}',
		failed_at = null, failure = '' where `+inScope+` and organization_id = $1`, p.OrganizationID)
	return err
}

// FailPass notes that a pass did not come to its end, and why, in our words. What the index has
// stays.
func (t *Tx) FailPass(ctx context.Context, p IndexPass, why string, now time.Time) error {
	if err := t.holdPass(ctx, p); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `update index_pass set failed_at = coalesce(failed_at, $2), failure = left($3, 300) where `+
		inScope+` and organization_id = $1`, p.OrganizationID, now, why)
	return err
}

// IndexAge says how old the copy of an organization's users is.
type IndexAge struct {
	OrganizationID uuid.UUID
	WholeAt        *time.Time // nil: there is none yet
	FailedAt       *time.Time // since when it is not renewed; nil: it is
	Failure        string
}

// IndexAges lists how old the copies of the scope are.
func (t *Tx) IndexAges(ctx context.Context) ([]IndexAge, error) {
	return all[IndexAge](ctx, t.tx, `select organization_id, whole_at, failed_at, failure from index_pass where `+inScope)
}

// FoundUser is a user that a search found. Exact: by a whole login name, address, number or id.
type FoundUser struct {
	IndexedUser
	Exact bool
}

// SearchUsers finds users of the scope in the index by folded words, all of which they have, and
// by a folded key. Of each kind at most so many are looked at, in no order.
func (t *Tx) SearchUsers(ctx context.Context, words []string, key string, most int) ([]FoundUser, error) {
	rows, err := t.tx.Query(ctx, `
		select u.organization_id, u.user_id, u.detail, u.search, u.keys, u.asked_at, bool_or(f.exact)
		from app.search_users($1, $2, $3) f
		join index_user u on u.organization_id = f.organization_id and u.user_id = f.user_id
		join organization o on o.workspace_id = u.workspace_id and o.id = u.organization_id
		where `+indexInScope+` and u.gone_at is null and o.archived_at is null
		group by u.workspace_id, u.organization_id, u.user_id`, words, key, most)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f FoundUser, err error) {
		err = row.Scan(&f.OrganizationID, &f.ID, &f.Detail, &f.Search, &f.Keys, &f.AskedAt, &f.Exact)
		return f, err
	})
}
