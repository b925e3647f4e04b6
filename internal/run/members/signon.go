package members

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

var (
	// ErrSignOnRequired says that issuer and client cannot change, and the provider cannot go,
	// while single sign-on is required: nobody but the break-glass owner could come in.
	ErrSignOnRequired = errors.New("members: single sign-on is required")
	// ErrSignOnUnproved says that no owner has signed in through the provider yet.
	ErrSignOnUnproved = errors.New("members: no owner has signed in through the provider")
	// ErrSecretWanted says that another issuer or client takes a secret of its own: the one that
	// is stored would be sent to the one that is named now.
	ErrSecretWanted = errors.New("members: another provider or client without its secret")
	// ErrNoBreakGlass says that the chosen operator is no enabled owner with a second factor.
	ErrNoBreakGlass = errors.New("members: the break-glass owner has no second factor")
)

// SaveSignOn replaces the workspace's provider, as an owner and on record. p.Version is that
// of the form. An empty clientSecret keeps the stored one. It returns *run.AlreadyRun if the
// form was used before, ErrSignOnRequired, ErrSecretWanted, and a *store.ConflictError as store.SaveSignOn does.
func (r *Runner) SaveSignOn(ctx context.Context, sc store.Scope, actor run.Actor, form uuid.UUID,
	p store.SignOnSettings, clientSecret string) error {
	return r.changeMembers(ctx, sc, actor, form, store.SignOnSaved, func(tx *store.Tx) error {
		before, err := tx.SignOn(ctx)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		other := before.Issuer != p.Issuer || before.ClientID != p.ClientID
		if before.Required() && other {
			return ErrSignOnRequired
		}
		if before.Version > 0 && other && clientSecret == "" {
			return ErrSecretWanted
		}
		var sealed *secret.Secret
		if clientSecret != "" {
			boxed := secret.Box([]byte(clientSecret))
			sealed = &boxed
		}
		record := signOnRecord(store.SignOnSaved, actor, r, "Changed the provider to "+p.Issuer+".")
		record.ID, record.Input = form, map[string]string{"issuer": p.Issuer, "client_id": p.ClientID,
			"client_secret": map[bool]string{true: "replaced", false: "kept"}[sealed != nil],
			"role_claim":    p.RoleClaim, "roles": RolesText(p.Roles)}
		if !other {
			record.Summary = "Changed the settings of the provider " + p.Issuer + "."
		}
		return tx.SaveSignOn(ctx, p, sealed, actor.Operator, record)
	})
}

// RolesText writes the values of a claim with their roles, one a line: "value = role".
func RolesText(roles []store.ClaimRole) (text string) {
	for i, role := range roles {
		if i > 0 {
			text += "\n"
		}
		text += role.Value + " = " + role.Role
	}
	return text
}

func signOnRecord(event store.Event, actor run.Actor, r *Runner, summary string) store.Record {
	return store.Record{ID: uuid.New(), Event: event, Operator: actor.Operator, Ticket: actor.Ticket, At: r.Now(),
		Summary: summary}
}

// RequireSignOn has everyone but the break-glass owner come through the provider, as an owner
// and on record. It returns ErrSignOnUnproved, ErrNoBreakGlass, and a *store.ConflictError as
// store.RequireSignOn does.
func (r *Runner) RequireSignOn(ctx context.Context, sc store.Scope, actor run.Actor, version int,
	breakGlass uuid.UUID) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		p, err := r.heldSignOn(ctx, tx, actor)
		if err != nil {
			return err
		}
		if p.ProvedAt == nil {
			return ErrSignOnUnproved
		}
		m, err := tx.Member(ctx, breakGlass)
		if errors.Is(err, store.ErrNotFound) || err == nil && (m.Role != ownerRole || m.DisabledAt != nil ||
			len(m.Factors) == 0) {
			err = ErrNoBreakGlass
		}
		if err != nil {
			return err
		}
		record := signOnRecord(store.SignOnRequired, actor, r,
			fmt.Sprintf("Required single sign-on. The break-glass owner is %s.", m.Email))
		record.Input = map[string]string{"break_glass": m.Email, "version": strconv.Itoa(version)}
		return tx.RequireSignOn(ctx, version, breakGlass, record)
	})
}

// heldSignOn keeps memberships, and makes sure that the actor is an owner.
func (r *Runner) heldSignOn(ctx context.Context, tx *store.Tx, actor run.Actor) (p store.SignOnSettings, err error) {
	if err := tx.LockMembers(ctx); err != nil {
		return p, err
	}
	if _, err := run.May(ctx, tx, actor, catalog.Owner); err != nil {
		return p, err
	}
	return tx.SignOn(ctx)
}

// StopRequiringSignOn lets everyone in by their own sign-in again, as an owner and on record.
func (r *Runner) StopRequiringSignOn(ctx context.Context, sc store.Scope, actor run.Actor, version int) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		p, err := r.heldSignOn(ctx, tx, actor)
		if err != nil || !p.Required() {
			return err
		}
		return tx.RequireSignOn(ctx, version, uuid.Nil, signOnRecord(store.SignOnOptional, actor, r,
			"Stopped requiring single sign-on: operators sign in with their own password and second factor, or passkey."))
	})
}

// RemoveSignOn removes the provider, as an owner and on record. It returns ErrSignOnRequired.
func (r *Runner) RemoveSignOn(ctx context.Context, sc store.Scope, actor run.Actor, version int) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		p, err := r.heldSignOn(ctx, tx, actor)
		if err == nil && p.Required() {
			err = ErrSignOnRequired
		}
		if err != nil {
			return err
		}
		return tx.RemoveSignOn(ctx, version, signOnRecord(store.SignOnRemoved, actor, r,
			"Removed the provider "+p.Issuer+"."))
	})
}
