package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"duodesk/migrations"
)

// AppRole is the role that the server connects as. It owns nothing and is bound
// by row-level security.
const AppRole = "console_app"

// How long a migration waits for the locks that it needs. Everybody else who wants
// the table queues up behind a statement that waits for a lock, so that it gives
// up soon and tries again later.
const (
	lockTimeout = time.Second
	lockPause   = 3 * time.Second
	lockTries   = 75 // five minutes
)

// Migrate brings the schema up to date as the owner role, creating the server's
// role if it is missing. Several may run at once: they wait for each other.
// It returns how many migrations it applied, and an error if the schema is newer
// than this binary.
func Migrate(ctx context.Context, ownerURL string) (int, error) {
	return MigrateSaying(ctx, ownerURL, func(string) {})
}

// MigrateSaying is Migrate. It calls say with a sentence whenever it has to wait
// for other sessions of the database.
func MigrateSaying(ctx context.Context, ownerURL string, say func(string)) (int, error) {
	return migrate(ctx, ownerURL, migrations.Files, say, lockPause)
}

func migrate(ctx context.Context, ownerURL string, files fs.FS, say func(string), pause time.Duration) (applied int,
	err error) {
	provider, db, err := migrator(ownerURL, files)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if err := createRole(ctx, ownerURL); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "42501" {
			return 0,
				fmt.Errorf(
					"the owner may not create the role %s: grant it CREATEROLE, or let an administrator run: create role %s login", AppRole, AppRole)
		}
		return 0, fmt.Errorf("store: create role %s: %w", AppRole, err)
	}
	for try := 1; ; try++ {
		if version, newest, err := versions(ctx, db, provider); err != nil {
			return applied, err
		} else if version > newest {
			return applied, fmt.Errorf("the database schema (%d) is newer than this binary (%d): nothing was changed",
				version, newest)
		}
		done, err := provider.Up(ctx)
		var partly *goose.PartialError
		if errors.As(err, &partly) {
			done = partly.Applied
		}
		applied += len(done)
		if err == nil {
			return applied, nil
		}
		if !isLockTimeout(err) || try == lockTries {
			return applied, fmt.Errorf("store: migrate: %w", err)
		}
		say(waitsFor(ctx, db))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return applied, fmt.Errorf("store: migrate: %w", err)
		}
	}
}

// waitsFor says which sessions use the tables that a migration needs.
func waitsFor(ctx context.Context, db *sql.DB) string {
	var pids sql.NullString
	err := db.QueryRowContext(ctx, `
		select string_agg(distinct l.pid::text, ', ') from pg_locks l join pg_class c on c.oid = l.relation
		where l.granted and l.pid <> pg_backend_pid() and c.relnamespace = 'public'::regnamespace`).Scan(&pids)
	if err != nil || !pids.Valid {
		return "Waiting for a lock on a table; trying again."
	}
	return "Waiting for a lock on a table; trying again. These processes of the database use tables: " +
		pids.String + "."
}

func isLockTimeout(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "55P03"
}

func migrator(url string, files fs.FS) (*goose.Provider, *sql.DB, error) {
	config, err := readURL(url)
	if err != nil {
		return nil, nil, err
	}
	config.ConnConfig.RuntimeParams["lock_timeout"] = strconv.FormatInt(lockTimeout.Milliseconds(), 10)
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDB(*config.ConnConfig)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		db.Close()
		return nil, nil, fmt.Errorf("store: read migrations: %w", err)
	}
	return provider, db, nil
}

// versions returns the version of the schema, 0 if there is none, and of the
// newest migration that the binary carries.
func versions(ctx context.Context, db *sql.DB, provider *goose.Provider) (schema, newest int64, err error) {
	sources := provider.ListSources()
	newest = sources[len(sources)-1].Version
	var found bool
	err = db.QueryRowContext(ctx, `select to_regclass('goose_db_version') is not null`).Scan(&found)
	if err == nil && found {
		err = db.QueryRowContext(ctx,
			`select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&schema)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("store: read schema version: %w", err)
	}
	return schema, newest, nil
}

// createRole makes the server's role without a password: where roles need one,
// the administrator sets it, so that it passes through no command of ours.
func createRole(ctx context.Context, ownerURL string) error {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	// Two installations may share a server: another may make the role between
	// the look and the act.
	_, err = conn.Exec(ctx, `
		do $$ begin
			if not exists (select from pg_roles where rolname = 'console_app') then
				create role console_app login nosuperuser nocreatedb nocreaterole noinherit nobypassrls;
			end if;
		exception when duplicate_object or unique_violation then null;
		end $$`)
	return err
}

// CheckSchema refuses a database whose schema is older than this binary, or newer
// and not fit for it any more: see the migration of oldest_binary.
func (s *Store) CheckSchema(ctx context.Context) error {
	return s.checkSchema(ctx, migrations.Files)
}

func (s *Store) checkSchema(ctx context.Context, files fs.FS) error {
	db := stdlib.OpenDBFromPool(s.pool.inner)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fmt.Errorf("store: read migrations: %w", err)
	}
	schema, newest, err := versions(ctx, db, provider)
	if err != nil {
		return err
	}
	if schema < newest {
		return fmt.Errorf("database migrations are pending (schema %d, this binary %d); run: console migrate",
			schema, newest)
	}
	var oldest int64
	if err := s.pool.QueryRow(ctx, `select schema_version from oldest_binary`).Scan(&oldest); err != nil {
		return fmt.Errorf("store: read the oldest binary for the schema: %w", err)
	}
	if newest < oldest {
		return fmt.Errorf("the database schema (%d) is newer than this binary (%d): it requires schema %d or later",
			schema, newest, oldest)
	}
	return nil
}

// CheckRole refuses a database role that row-level security would not bind, or
// that may become one.
func (s *Store) CheckRole(ctx context.Context) error {
	var role string
	var super, bypass, owner, database bool
	err := s.pool.QueryRow(ctx, `
		select current_user, bool_or(rolsuper), bool_or(rolbypassrls),
		       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
		               where n.nspname in ('public', 'app') and c.relkind in ('r', 'p') and pg_has_role(current_user, c.relowner, 'member')),
		       pg_has_role(current_user, 'pg_database_owner', 'member')
		from pg_roles where pg_has_role(current_user, oid, 'member')`).Scan(&role, &super, &bypass, &owner, &database)
	switch {
	case err != nil:
		return fmt.Errorf("store: read role: %w", err)
	case super:
		return fmt.Errorf("the database role %s is a superuser, so row-level security does not bind it; connect as %s",
			role, AppRole)
	case bypass:
		return fmt.Errorf("the database role %s may bypass row-level security; connect as %s", role, AppRole)
	case owner:
		return fmt.Errorf("the database role %s owns the tables and could switch row-level security off; connect as %s",
			role, AppRole)
	case database:
		return fmt.Errorf(
			"the database role %s owns the database, and policies of the owner would count for it; connect as %s",
			role, AppRole)
	}
	return nil
}

// CreateDatabase makes a database when the server has none of that name.
func CreateDatabase(ctx context.Context, url, name string) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var found bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`,
		name).Scan(&found); err != nil || found {
		return err
	}
	_, err = conn.Exec(ctx, `create database `+pgx.Identifier{name}.Sanitize())
	return err
}
