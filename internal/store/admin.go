package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/text"
)

// NewOperator is what AddOperator needs to know.
type NewOperator struct {
	Workspace    string // name or slug; created when no workspace has its slug
	Email        string
	PasswordHash string
	Role         string
	// Slugs of the organizations that the operator is limited to; empty: all.
	Organizations []string
	// When it is recorded; zero: not at all, as for what a trial begins with.
	At time.Time
	// An email address that an operator has already is refused.
	OnlyNew bool
}

// AddedOperator is what AddOperator did.
type AddedOperator struct {
	Workspace string // slug
	New       bool   // the operator did not exist before
}

// ErrBelongs says that an operator belongs to the workspace already.
var ErrBelongs = errors.New("that operator already belongs to that workspace")

// ErrExists says that there is an operator of that email address already.
var ErrExists = errors.New(
	"an operator with that email address already exists, and the person who added them knows the password. Use --existing if you mean this operator, and operator reset if you do not know who has the password")

// ErrOtherWorkspace says that the slug of a workspace's name belongs to a
// workspace of another name, or that the name is merely close to another's.
var ErrOtherWorkspace = errors.New(
	"a workspace of another name has that address, or one like it, already; say its slug to mean that one, or choose a name that differs in Latin letters or digits")

// ErrSeveralWorkspaces says that a name is that of several workspaces.
var ErrSeveralWorkspaces = errors.New("several workspaces have this name; say the slug of the one that you mean")

// AddOperator makes an operator and the membership in a workspace, as the owner
// role and from the command line only: the web has no way to make a first
// owner. An operator who exists keeps the password and gains the membership;
// ErrExists refuses that if n is to be OnlyNew,
// ErrBelongs says that there is that membership already, ErrOtherWorkspace that
// the name would lead into a workspace of another name, and ErrSeveralWorkspaces
// that several have it.
func AddOperator(ctx context.Context, ownerURL string, n NewOperator) (added AddedOperator, err error) {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return added, err
	}
	defer conn.Close(ctx)
	name := text.Line(n.Workspace)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var workspace, operator uuid.UUID
		workspace, added.Workspace, err = workspaceCalled(ctx, tx, name)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			insert into operator (email, password_hash) values ($1, $2)
			on conflict (email) do update set email = operator.email returning id, xmax = 0`, n.Email,
			n.PasswordHash).Scan(&operator, &added.New)
		if err == nil && !added.New && n.OnlyNew {
			err = ErrExists
		}
		if err != nil {
			return err
		}
		// The owner of a table is bound by forced row-level security too.
		entered, err := new(Store).enter(ctx, tx, WholeWorkspace(workspace))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `select set_config('app.member', $1, true)`, operator.String()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx,
			`insert into membership (workspace_id, operator_id, role, every_organization) values ($1, $2, $3, $4)`,
			workspace, operator, n.Role, len(n.Organizations) == 0); err != nil {
			return err
		}
		if err := entered.notifyOfOwner(ctx, operator, n); err != nil {
			return err
		}
		if err := limit(ctx, tx, workspace, operator, n.Organizations); err != nil || n.At.IsZero() {
			return err
		}
		reach := "all organizations"
		if len(n.Organizations) > 0 {
			reach = strings.Join(n.Organizations, ", ")
		}
		return entered.Record(ctx, Record{Event: OperatorAdded, Operator: operator, Subject: n.Email, At: n.At,
			Summary: fmt.Sprintf("Added on the host as %s of %s.", n.Role, reach)})
	})
	if err = meaning(err); IsConflict(err, "membership_pkey") {
		err = ErrBelongs
	}
	return added, err
}

// notifyOfOwner writes the notice of an owner who was added on the host, unless there is
// nobody else to know of it.
func (t *Tx) notifyOfOwner(ctx context.Context, operator uuid.UUID, n NewOperator) error {
	if n.Role != "owner" || n.At.IsZero() {
		return nil
	}
	var others bool
	err := t.tx.QueryRow(ctx, `select exists (select from membership where `+inWorkspace+` and operator_id <> $1)`,
		operator).Scan(&others)
	if err != nil || !others {
		return err
	}
	return t.Notify(ctx, NewNotice{Kind: NoticeOwnerGiven, Operator: operator, At: n.At})
}

// workspaceCalled finds the workspace that a name or a slug means, and makes it if
// there is none. Slugs are permanent: a name can have made another one than it would
// today.
func workspaceCalled(ctx context.Context, tx pgx.Tx, name string) (id uuid.UUID, slug string, err error) {
	found, err := all[Workspace](ctx, tx, `
		select id, slug, name from workspace where slug = $1 or app.fold(name) = app.fold($1) order by slug = $1 desc, slug`, name)
	exact := slices.DeleteFunc(slices.Clone(found),
		func(w Workspace) bool { return w.Slug != name && !text.Alike(w.Name, name) })
	switch {
	case err != nil:
		return id, "", err
	case len(exact) == 1, len(exact) > 1 && exact[0].Slug == name:
		return exact[0].ID, exact[0].Slug, nil
	case len(exact) > 1:
		return id, "", ErrSeveralWorkspaces
	case len(found) > 0:
		// Two companies can differ by an accent, and a membership is a key to all clients.
		return id, "", fmt.Errorf("%w: %s (%s)", ErrOtherWorkspace, found[0].Slug, found[0].Name)
	}
	var taken string
	slug = Slug(name)
	err = tx.QueryRow(ctx, `
		insert into workspace (slug, name) values ($1, $2)
		on conflict (slug) do update set name = workspace.name returning id, name`, slug, name).Scan(&id, &taken)
	if err == nil && !text.Alike(taken, name) {
		err = ErrOtherWorkspace
	}
	return id, slug, err
}

// limit lets a membership reach the organizations of these slugs, all of which
// must exist.
func limit(ctx context.Context, tx pgx.Tx, workspace, operator uuid.UUID, slugs []string) error {
	for _, slug := range slugs {
		var organization uuid.UUID
		err := tx.QueryRow(ctx, `select id from organization where workspace_id = $1 and slug = $2`, workspace,
			slug).Scan(&organization)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("no organization of that workspace has the address %s; nothing was changed", slug)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			insert into membership_organization (workspace_id, operator_id, organization_id) values ($1, $2, $3) on conflict do nothing`,
			workspace, operator, organization); err != nil {
			return err
		}
	}
	return nil
}

// SetAppPassword lets the server's role sign in with a password, where the
// database wants one.
func SetAppPassword(ctx context.Context, ownerURL, password string) error {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	// A utility statement takes no parameters: Postgres itself quotes the text.
	var statement string
	if err := conn.QueryRow(ctx, `select format('alter role console_app password %L', $1::text)`,
		password).Scan(&statement); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return err
}
