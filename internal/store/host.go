package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// onHost runs fn for an operator as the owner role, from the command line only.
// It returns ErrNotFound when there is no operator with that email.
func onHost(ctx context.Context, ownerURL, email string, fn func(tx pgx.Tx, operator uuid.UUID) error) error {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return meaning(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var operator uuid.UUID
		if err := tx.QueryRow(ctx, `select id from operator where email = $1 for no key update`,
			email).Scan(&operator); err != nil {
			return err
		}
		return fn(tx, operator)
	}))
}

// WorkspaceNames returns the names and slugs of an operator's workspaces; ErrNotFound
// for an email that nobody has.
func WorkspaceNames(ctx context.Context, ownerURL, email string) (names []string, err error) {
	err = onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) error {
		rows, err := tx.Query(ctx, `
			select unnest(array[w.name, w.slug]) from membership m join workspace w on w.id = m.workspace_id where m.operator_id = $1`, operator)
		if err == nil {
			names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		return err
	})
	return names, err
}

// recordOnHost writes down, in every workspace of an operator and for the operator,
// what was done to the operator on the host. Who did it is not known there: the record names the
// operator, and says where.
func recordOnHost(ctx context.Context, tx pgx.Tx, event Event, operator uuid.UUID, email, summary string,
	at time.Time) error {
	kinds := map[Event]string{PasswordReset: AccountReset, OperatorDisabled: AccountDisabled,
		OperatorEnabled: AccountEnabled}
	if err := keepAccountEvent(ctx, tx, operator, kinds[event], Origin{}, at); err != nil {
		return err
	}
	return new(Store).recordEverywhere(ctx, tx, Record{Event: event, Operator: operator, Subject: email,
		Summary: summary, At: at})
}

// ShutOut is what shutting an operator out found and ended.
type ShutOut struct {
	Ended
	Factors   int          // second factors that were removed
	Changes   []HostChange // of the 24 hours before, oldest first
	Ownerless []string     // slugs of workspaces that no owner can enter any more
}

// shutOut ends all that lets an operator in, or lets the operator come back: all
// sessions and access tokens, the invitations that the operator sent, and those
// that wait for the operator's email, and the devices. It lists what the account changed before.
func shutOut(ctx context.Context, tx pgx.Tx, operator uuid.UUID, email string, at time.Time,
	actions []string) (out ShutOut, err error) {
	s := new(Store)
	if _, out.Ended, err = s.raiseEpoch(ctx, tx, operator, at); err != nil {
		return out, err
	}
	workspaces, err := all[Workspace](ctx, tx, `select id, slug, name from workspace order by slug`)
	if err != nil {
		return out, err
	}
	for _, w := range workspaces {
		entered, err := s.enter(ctx, tx, WholeWorkspace(w.ID))
		if err != nil {
			return out, err
		}
		done, err := tx.Exec(ctx, `delete from invitation where `+inWorkspace+` and (email = $1 or invited_by = $2)`,
			email, operator)
		if err != nil {
			return out, err
		}
		out.Invitations += int(done.RowsAffected())
		changes, err := entered.changesOf(ctx, operator, at.Add(-incidentTime), actions)
		if err != nil {
			return out, err
		}
		for _, c := range changes {
			c.Workspace = w.Slug
			out.Changes = append(out.Changes, c)
		}
	}
	slices.SortStableFunc(out.Changes, func(a, b HostChange) int { return a.At.Compare(b.At) })
	return out, nil
}

// incidentTime is how far back the host is told what an account changed.
const incidentTime = 24 * time.Hour

// HostChange is a change of members, tokens or keys as the host is told of it.
type HostChange struct {
	Workspace string // slug
	At        time.Time
	Action    string // slug of the event or the action
	Subject   string
	State     string
	Summary   string
	Token     string // name of the access token that it came by; empty: by a page
}

// incidentEvents are the runs by which who has an account can leave a way back
// behind: members, tokens and keys. Actions of the catalog that do so come besides.
var incidentEvents = func() (slugs []string) {
	for _, e := range []Event{
		OperatorInvited, InvitationRevoked, InvitationAccepted, MemberChanged, MemberDisabled, MemberEnabled,
		MemberEnded, TokenMade, TokenRevoked,
		SignOnSaved, SignOnRemoved, SignOnRequired, SignOnOptional, SignOnLinked,
		IntegrationSaved, IntegrationActivated, IntegrationDiscarded, OwnKeysSaved, OwnKeysActivated, OwnKeysDiscarded,
		ConnectionChanged,
		DirectoryKeySet, DirectoryKeyRemoved, DirectoryAdded, DirectoryRenamed, DirectoryPrimary,
	} {
		slugs = append(slugs, e.Slug)
	}
	return slugs
}()

// changesOf lists the changes of an operator in the workspace since then, but
// those that were refused. actions are slugs of the catalog.
func (t *Tx) changesOf(ctx context.Context, operator uuid.UUID, since time.Time,
	actions []string) ([]HostChange, error) {
	return all[HostChange](ctx, t.tx, `
		select '' as workspace, started_at as at, action, subject, state, summary, token from run
		where `+inWorkspace+` and operator_id = $1 and started_at >= $2 and action = any ($3) and state <> 'refused'
		order by started_at, id`, operator, since, slices.Concat(incidentEvents, actions))
}

// dropFactors removes all second factors, recovery codes and links for single sign-on of an
// operator, who sets up new ones at the next sign-in: there is no grace.
func dropFactors(ctx context.Context, tx pgx.Tx, operator uuid.UUID) (factors int, err error) {
	done, err := tx.Exec(ctx, `delete from factor where operator_id = $1`, operator)
	if err != nil {
		return 0, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from recovery_code where operator_id = $1`, operator)
	batch.Queue(`delete from sign_in where operator_id = $1`, operator)
	batch.Queue(`update operator set grace_from = null where id = $1`, operator)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, err
	}
	return int(done.RowsAffected()), new(Store).eachMembership(ctx, tx, operator, func(entered *Tx, _ bool) error {
		_, err := entered.tx.Exec(ctx, `delete from sign_on_link where `+inWorkspace+` and operator_id = $1`, operator)
		return err
	})
}

// ResetPassword replaces the password of an operator, removes all second factors, shuts out
// all who used them and puts that on record. actions are the slugs of the catalog's actions
// that the host is told of beside our own events: those that can leave a way back.
func ResetPassword(ctx context.Context, ownerURL, email, hash string, at time.Time, actions ...string) (out ShutOut,
	err error) {
	err = onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) (err error) {
		if _, err = tx.Exec(ctx, `update operator set password_hash = $2 where id = $1`, operator, hash); err != nil {
			return err
		}
		if out, err = shutOut(ctx, tx, operator, email, at, actions); err != nil {
			return err
		}
		if out.Factors, err = dropFactors(ctx, tx, operator); err != nil {
			return err
		}
		if err = new(Store).notifyEverywhere(ctx, tx, NewNotice{Kind: NoticePasswordReset, Operator: operator,
			At: at}); err != nil {
			return err
		}
		return recordOnHost(ctx, tx, PasswordReset, operator, email,
			"A new password was set on the host. All sessions, access tokens and invitations ended, and all second factors were removed.", at)
	})
	return out, err
}

// DisableOperator keeps an operator out of every workspace and shuts the account
// out, on record. A workspace may be left without an owner who can sign in: on the
// host that is allowed, to stop somebody at once. actions are as in ResetPassword.
func DisableOperator(ctx context.Context, ownerURL, email string, at time.Time, actions ...string) (out ShutOut,
	err error) {
	err = onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) (err error) {
		if _, err = tx.Exec(ctx, `update operator set disabled_at = coalesce(disabled_at, $2) where id = $1`, operator,
			at); err != nil {
			return err
		}
		if out, err = shutOut(ctx, tx, operator, email, at, actions); err != nil {
			return err
		}
		if err = recordOnHost(ctx, tx, OperatorDisabled, operator, email,
			"Disabled on the host, in every workspace. All sessions, access tokens and invitations ended.",
			at); err != nil {
			return err
		}
		out.Ownerless, err = withoutOwner(ctx, tx, operator)
		return err
	})
	return out, err
}

// EnableOperator lets a disabled operator sign in again, on record. What was
// started before the disabling, or during it, stays ended.
func EnableOperator(ctx context.Context, ownerURL, email string, at time.Time) error {
	return onHost(ctx, ownerURL, email, func(tx pgx.Tx, operator uuid.UUID) error {
		if _, err := tx.Exec(ctx, `update operator set disabled_at = null where id = $1`, operator); err != nil {
			return err
		}
		if _, _, err := new(Store).raiseEpoch(ctx, tx, operator, at); err != nil {
			return err
		}
		return recordOnHost(ctx, tx, OperatorEnabled, operator, email, "Enabled again on the host.", at)
	})
}

// withoutOwner lists the workspaces that an operator owns and no owner can enter.
func withoutOwner(ctx context.Context, tx pgx.Tx, operator uuid.UUID) ([]string, error) {
	if _, err := tx.Exec(ctx, `select set_config('app.operator', $1, true)`, operator.String()); err != nil {
		return nil, err
	}
	owned, err := all[Workspace](ctx, tx, `
		select w.id, w.slug, w.name from membership m join workspace w on w.id = m.workspace_id
		where m.operator_id = $1 and m.role = 'owner' order by w.slug`, operator)
	if err != nil {
		return nil, err
	}
	var slugs []string
	for _, w := range owned {
		if _, err := new(Store).enter(ctx, tx, WholeWorkspace(w.ID)); err != nil {
			return nil, err
		}
		var owners int
		if err := tx.QueryRow(ctx, `
			select count(*) from membership m join operator o on o.id = m.operator_id
			where m.workspace_id = $1 and m.role = 'owner' and m.disabled_at is null and o.disabled_at is null`,
			w.ID).Scan(&owners); err != nil {
			return nil, err
		}
		if owners == 0 {
			slugs = append(slugs, w.Slug)
		}
	}
	return slugs, nil
}

// StopRequiringSignOnOnHost lets everyone into a workspace by their own sign-in again, for the
// day when neither its provider nor the break-glass owner is at hand, and puts that on record.
// required is false if it was not required. It returns ErrNotFound if there is no workspace with
// that slug.
func StopRequiringSignOnOnHost(ctx context.Context, ownerURL, slug string, at time.Time) (required bool, err error) {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var id uuid.UUID
		var owner *uuid.UUID
		if err := tx.QueryRow(ctx, `select id, sign_on_break_glass from workspace where slug = $1 for no key update`, slug).
			Scan(&id, &owner); err != nil {
			return err
		}
		if required = owner != nil; !required {
			return nil
		}
		entered, err := new(Store).enter(ctx, tx, WholeWorkspace(id))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update workspace set sign_on_break_glass = null where id = $1`, id); err != nil {
			return err
		}
		return entered.Record(ctx, Record{Event: SignOnOptional, Operator: *owner, At: at,
			Summary: "Stopped requiring single sign-on, on the host."})
	})
	return required, meaning(err)
}
