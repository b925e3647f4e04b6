package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The life of a process, in its own heartbeats. Two seconds is the usual interval.
const (
	silentBeats = "5"   // it is said that nothing was heard of it
	lapseBeats  = "7.5" // it starts no further run
	goneBeats   = "8.5" // it may be judged dead; more than the above, so that the sender is the first to know
	calmBeats   = "15"  // the database must have been up for so long before it is believed about others
)

// ErrSilent says that the process has not written its heartbeat for so long that
// others may take it for dead: it must not begin to change anything in Duo.
var ErrSilent = errors.New("store: the process has not been able to write to the database")

// Heartbeat is what the database answered to a heartbeat, all in its own time.
type Heartbeat struct {
	At       time.Time // of this heartbeat
	Previous time.Time // of the one before, as the database has it
	UpSince  time.Time // when the database server started
}

// BeginProcess registers a server process that will write its heartbeat at an
// interval.
func (s *Store) BeginProcess(ctx context.Context, id uuid.UUID, every time.Duration) (h Heartbeat, err error) {
	defer func() { s.writing.wrote(every, err) }()
	began := s.clock.now()
	err = s.pool.QueryRow(Urgent(ctx),
		`insert into process (id, beats_every) values ($1, $2) returning heartbeat_at, heartbeat_at, pg_postmaster_start_time()`, id, every).
		Scan(&h.At, &h.Previous, &h.UpSince)
	s.clock.measure(began, h.At, s.clock.now())
	return h, meaning(err)
}

// Beat writes a process's heartbeat. ErrNotFound says that the process was judged
// dead meanwhile, which is final for this id.
func (s *Store) Beat(ctx context.Context, id uuid.UUID) (h Heartbeat, err error) {
	defer func() { s.writing.wrote(0, err) }()
	began := s.clock.now()
	err = s.pool.QueryRow(Urgent(ctx), `
		update process p set heartbeat_at = clock_timestamp()
		from (select heartbeat_at from process where id = $1 and gone_at is null for update) before
		where p.id = $1 returning p.heartbeat_at, before.heartbeat_at, pg_postmaster_start_time()`, id).
		Scan(&h.At, &h.Previous, &h.UpSince)
	s.clock.measure(began, h.At, s.clock.now())
	return h, meaning(err)
}

// EndProcess says that a process has ended in good order: nobody need wait for its
// heartbeat.
func (s *Store) EndProcess(ctx context.Context, id uuid.UUID) error {
	s.writing.ended()
	_, err := s.pool.Exec(Urgent(ctx),
		`update process set gone_at = clock_timestamp() where id = $1 and gone_at is null`, id)
	return err
}

// JudgeProcesses declares processes dead whose heartbeat is overdue, if the
// database has been up long enough for all of them to have written it. Callers
// make sure that writing worked for as long: see run.Runner.
func (s *Store) JudgeProcesses(ctx context.Context) (dead int, err error) {
	done, err := s.pool.Exec(ctx, `
		update process set gone_at = clock_timestamp()
		where settled_at is null and gone_at is null and heartbeat_at < clock_timestamp() - `+goneBeats+` * beats_every
		and pg_postmaster_start_time() < clock_timestamp() - `+calmBeats+` * beats_every`)
	return int(done.RowsAffected()), err
}

// UnsettledProcesses lists the processes that are gone and may have left open runs.
func (s *Store) UnsettledProcesses(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := s.pool.Query(ctx,
		`select id from process where settled_at is null and gone_at is not null order by heartbeat_at`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// SettleProcesses notes that no run of these processes is open any more.
func (s *Store) SettleProcesses(ctx context.Context, ids []uuid.UUID) error {
	_, err := s.pool.Exec(ctx,
		`update process set settled_at = clock_timestamp() where id = any ($1) and gone_at is not null and settled_at is null`, ids)
	return err
}

// Workspaces lists the ids of all workspaces.
func (s *Store) Workspaces(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := s.pool.Query(ctx, `select id from workspace order by id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
