package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Pruner takes old months out of the record, as the owner role and on the host.
// Close it.
type Pruner struct {
	conn *pgx.Conn
}

// PrunableMonth is a month of a workspace's record that may be deleted.
type PrunableMonth struct {
	Workspace Workspace
	Month     time.Time // its beginning, in UTC
	Runs      int
}

// PruneKeeps is how many whole months of the record always stay, besides the current
// one. Everything that the console looks up in the record is younger.
const PruneKeeps = 12

// ErrPruning says that another process prunes the record of this database.
var ErrPruning = errors.New("another process is pruning the record")

// ErrMonthChanged says that a month's runs are not those of its export; nothing was
// deleted.
var ErrMonthChanged = errors.New("the month's runs are not those that were exported")

// OpenPruner connects as the owner. There can be one at a time.
func OpenPruner(ctx context.Context, ownerURL string) (*Pruner, error) {
	config, err := readURL(ownerURL)
	if err != nil {
		return nil, err
	}
	// The text of a row depends on these.
	params := config.ConnConfig.RuntimeParams
	params["timezone"], params["bytea_output"] = "UTC", "hex"
	params["lock_timeout"] = "3000"
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("store: connect: %w", err)
	}
	var alone bool
	err = conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('prune record', 0))`).Scan(&alone)
	if err == nil && !alone {
		err = ErrPruning
	}
	if err != nil {
		conn.Close(ctx)
		return nil, err
	}
	return &Pruner{conn}, nil
}

// Close gives up the lock and ends the connection. The server notices the end of a connection
// a moment later only, when the next command may have found the lock taken.
func (p *Pruner) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_, _ = p.conn.Exec(ctx, `select pg_advisory_unlock_all()`) // the end of the connection does the same
	p.conn.Close(ctx)
}

// Newest returns the beginning of the oldest month that stays whatever is asked: what
// is older may be pruned.
func (p *Pruner) Newest(ctx context.Context) (month time.Time, err error) {
	err = p.conn.QueryRow(ctx, `select date_trunc('month', now()) - make_interval(months => $1)`,
		PruneKeeps).Scan(&month)
	return month.UTC(), err
}

// prunable are the runs r of a workspace that may be deleted within a month: closed
// ones that nobody looks after.
// Row-level security says the same to an owner that it binds, see the policy pruned.
const prunable = `r.started_at >= $1 and r.started_at < $1 + interval '1 month'
	and r.state <> 'sending' and r.action <> '` + pruneRecord + `'
	and not exists (select from run_open o where o.workspace_id = r.workspace_id and o.run_id = r.id)`

// in runs fn in a transaction in a workspace.
func (p *Pruner) in(ctx context.Context, workspace uuid.UUID, options pgx.TxOptions, fn func(*Tx) error) error {
	return meaning(pgx.BeginTxFunc(ctx, p.conn, options, func(tx pgx.Tx) error {
		entered, err := new(Store).enter(ctx, tx, WholeWorkspace(workspace))
		if err != nil {
			return err
		}
		return fn(entered)
	}))
}

// Months lists what may be pruned before a month, oldest first, of one workspace or,
// with an empty slug, of all. ErrNotFound says that no workspace has the slug.
func (p *Pruner) Months(ctx context.Context, slug string, before time.Time) (found []PrunableMonth, err error) {
	rows, err := p.conn.Query(ctx, `select id, slug, name from workspace where $1 in ('', slug) order by slug`, slug)
	if err != nil {
		return nil, err
	}
	workspaces, err := pgx.CollectRows(rows, pgx.RowToStructByName[Workspace])
	if err == nil && slug != "" && len(workspaces) == 0 {
		err = ErrNotFound
	}
	for _, w := range workspaces {
		if err != nil {
			break
		}
		err = p.in(ctx, w.ID, pgx.TxOptions{}, func(tx *Tx) error {
			rows, err := tx.tx.Query(ctx, `
				select date_trunc('month', r.started_at) as month, count(*) from run r
				where r.`+inWorkspace+` and r.started_at < $1 and r.state <> 'sending' and r.action <> '`+pruneRecord+
				`' group by 1 order by 1`, before)
			if err != nil {
				return err
			}
			m := PrunableMonth{Workspace: w}
			_, err = pgx.ForEachRow(rows, []any{&m.Month, &m.Runs}, func() error {
				m.Month = m.Month.UTC()
				found = append(found, m)
				return nil
			})
			return err
		})
	}
	return found, err
}

// OwnerOf returns the operator of an email address if they own the workspace and can
// sign in; otherwise ErrNotFound.
func (p *Pruner) OwnerOf(ctx context.Context, workspace uuid.UUID, email string) (id uuid.UUID, err error) {
	err = p.in(ctx, workspace, pgx.TxOptions{}, func(tx *Tx) error {
		return tx.tx.QueryRow(ctx, `
			select o.id from membership m join operator o on o.id = m.operator_id
			where m.`+inWorkspace+
			` and m.role = 'owner' and m.disabled_at is null and o.disabled_at is null and o.email = $1`,
			email).Scan(&id)
	})
	return id, err
}

// Export calls line with each of a month's runs as a line of JSON, in the order of
// their start: the row under "run", and the operator's email address and the
// organization's slug beside it.
func (p *Pruner) Export(ctx context.Context, m PrunableMonth, line func(string) error) (runs int, err error) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = p.in(ctx, m.Workspace.ID, options, func(tx *Tx) error {
		rows, err := tx.tx.Query(ctx, `
			select jsonb_build_object('run', to_jsonb(r), 'operator', p.email, 'organization', o.slug)::text
			from run r join operator p on p.id = r.operator_id left join organization o on o.workspace_id = r.workspace_id and o.id = r.organization_id
			where r.`+inWorkspace+` and `+prunable+` order by r.started_at, r.id`, m.Month)
		if err != nil {
			return err
		}
		var text string
		_, err = pgx.ForEachRow(rows, []any{&text}, func() error {
			runs++
			return line(text)
		})
		return err
	})
	return runs, err
}

// pruneAtOnce is how many runs a statement deletes.
const pruneAtOnce = 500

// Prune deletes a month's runs and puts that on record, in one transaction. lines are
// the export, read from where it is kept: each run must be in it exactly as it is in
// the database at that moment, and all must be in it, otherwise nothing is deleted and
// ErrMonthChanged is returned. The record is made when all lines were read.
func (p *Pruner) Prune(ctx context.Context, m PrunableMonth, lines iter.Seq2[string, error],
	record func() (Record, error)) error {
	return p.in(ctx, m.Workspace.ID, pgx.TxOptions{}, func(tx *Tx) error {
		var some []string
		for line, err := range lines {
			if err != nil {
				return err
			}
			if some = append(some, line); len(some) == pruneAtOnce {
				if err := tx.prune(ctx, m, some); err != nil {
					return err
				}
				some = some[:0]
			}
		}
		if err := tx.prune(ctx, m, some); err != nil {
			return err
		}
		var left bool
		if err := tx.tx.QueryRow(ctx, `select exists (select from run r where r.`+inWorkspace+` and `+prunable+`)`,
			m.Month).Scan(&left); err != nil {
			return err
		}
		if left {
			return ErrMonthChanged
		}
		r, err := record()
		if err != nil {
			return err
		}
		return tx.Record(ctx, r)
	})
}

func (t *Tx) prune(ctx context.Context, m PrunableMonth, lines []string) error {
	done, err := t.tx.Exec(ctx, `
		delete from run r using (select l::jsonb -> 'run' as kept from unnest($2::text[]) l) x
		where r.`+inWorkspace+` and `+prunable+` and r.id = (x.kept ->> 'id')::uuid and to_jsonb(r) = x.kept`,
		m.Month, lines)
	if err == nil && int(done.RowsAffected()) != len(lines) {
		return ErrMonthChanged
	}
	return err
}
