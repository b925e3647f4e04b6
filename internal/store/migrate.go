package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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

// Migrate brings the schema up to date as the owner role, creating the server's
// role when it is missing. Several may run at once: they wait for each other.
// It returns how many migrations it applied.
func Migrate(ctx context.Context, ownerURL string) (int, error) {
	provider, closeDB, err := migrator(ownerURL)
	if err != nil {
		return 0, err
	}
	defer closeDB()
	if err := createRole(ctx, ownerURL); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "42501" {
			return 0, fmt.Errorf("the owner may not create the role %s: grant it CREATEROLE, or let an administrator run: create role %s login", AppRole, AppRole)
		}
		return 0, fmt.Errorf("store: create role %s: %w", AppRole, err)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return len(applied), fmt.Errorf("store: migrate: %w", err)
	}
	return len(applied), nil
}

func migrator(url string) (*goose.Provider, func(), error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, nil, errors.New("store: the database URL cannot be read")
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, nil, fmt.Errorf("store: read migrations: %w", err)
	}
	return provider, func() { db.Close() }, nil
}

// createRole makes the server's role without a password: where roles need one,
// the administrator sets it, so that it passes through no command of ours.
func createRole(ctx context.Context, ownerURL string) error {
	conn, err := pgx.Connect(ctx, ownerURL)
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

// CheckSchema refuses a database whose migrations are not exactly the ones that
// this binary carries.
func (s *Store) CheckSchema(ctx context.Context) error {
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files)
	if err != nil {
		return fmt.Errorf("store: read migrations: %w", err)
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	var found bool
	if err := s.pool.QueryRow(ctx, `select to_regclass('goose_db_version') is not null`).Scan(&found); err != nil {
		return fmt.Errorf("store: read schema version: %w", err)
	}
	var version int64
	if found {
		err := s.pool.QueryRow(ctx, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&version)
		if err != nil {
			return fmt.Errorf("store: read schema version: %w", err)
		}
	}
	switch {
	case version < newest:
		return fmt.Errorf("database migrations are pending (schema %d, this binary %d); run: console migrate", version, newest)
	case version > newest:
		return fmt.Errorf("the database schema (%d) is newer than this binary (%d)", version, newest)
	}
	return nil
}

// CheckRole refuses a database role that row-level security would not bind, or
// that may become one.
func (s *Store) CheckRole(ctx context.Context) error {
	var role string
	var super, bypass, owner bool
	err := s.pool.QueryRow(ctx, `
		select current_user, bool_or(rolsuper), bool_or(rolbypassrls),
		       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
		               where n.nspname in ('public', 'app') and c.relkind in ('r', 'p') and pg_has_role(current_user, c.relowner, 'member'))
		from pg_roles where pg_has_role(current_user, oid, 'member')`).Scan(&role, &super, &bypass, &owner)
	switch {
	case err != nil:
		return fmt.Errorf("store: read role: %w", err)
	case super:
		return fmt.Errorf("the database role %s is a superuser, whom row-level security does not bind; connect as %s", role, AppRole)
	case bypass:
		return fmt.Errorf("the database role %s may bypass row-level security; connect as %s", role, AppRole)
	case owner:
		return fmt.Errorf("the database role %s owns the tables and could switch row-level security off; connect as %s", role, AppRole)
	}
	return nil
}

// CreateDatabase makes a database when the server has none of that name.
func CreateDatabase(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("store: connect: %w", err)
	}
	defer conn.Close(ctx)
	var found bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&found); err != nil || found {
		return err
	}
	_, err = conn.Exec(ctx, `create database `+pgx.Identifier{name}.Sanitize())
	return err
}
