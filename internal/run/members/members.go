package members

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// ErrChangedMeanwhile says that a membership is not any more what the actor was
// shown: nothing was changed.
var ErrChangedMeanwhile = errors.New("run: the membership was changed meanwhile")

// changeMembers is change for what only owners may do, and one after the other:
// two owners who remove each other must not both succeed. form is the id of the
// form that asks for it. When that was used before it returns *AlreadyRun, or
// ErrOtherInput when for something else.
func (r *Runner) changeMembers(ctx context.Context, sc store.Scope, actor run.Actor, form uuid.UUID, event store.Event,
	fn func(*store.Tx) error) error {
	return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		if err := tx.LockMembers(ctx); err != nil {
			return err
		}
		if _, err := run.May(ctx, tx, actor, catalog.Owner); err != nil {
			return err
		}
		if err := r.firstTime(ctx, tx, actor, form, event); err != nil {
			return err
		}
		return fn(tx)
	})
}

// firstTime returns *AlreadyRun when the form's id was used before, or
// ErrOtherInput when that was for something else.
func (r *Runner) firstTime(ctx context.Context, tx *store.Tx, actor run.Actor, form uuid.UUID,
	event store.Event) error {
	before, err := tx.Run(ctx, form)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case before.Action != event.Slug || before.OperatorID != actor.Operator:
		return run.ErrOtherInput
	}
	return &run.AlreadyRun{Run: before}
}

// ChangeMember gives a member another role and other organizations. was is the
// membership as the actor saw it.
func (r *Runner) ChangeMember(ctx context.Context, sc store.Scope, actor run.Actor, form, operator uuid.UUID, was,
	to store.Grant) error {
	return r.changeMembers(ctx, sc, actor, form, store.MemberChanged, func(tx *store.Tx) error {
		before, err := tx.Member(ctx, operator)
		if err != nil {
			return err
		}
		if !SameGrant(before.Grant(), was) {
			return ErrChangedMeanwhile
		}
		if err := tx.ChangeMember(ctx, operator, to); err != nil {
			return err
		}
		after, err := tx.Member(ctx, operator)
		if err != nil {
			return err
		}
		if before.Role != ownerRole && after.Role == ownerRole {
			if err := r.notifyOfOwner(ctx, tx, operator, actor.Operator, actor.From); err != nil {
				return err
			}
		}
		return tx.Record(ctx, store.Record{
			ID: form, Event: store.MemberChanged, Operator: actor.Operator, Ticket: actor.Ticket,
			Subject: before.Email, At: r.Now(),
			Input: map[string]string{"before": GrantText(before.Grant(), before.Names),
				"after": GrantText(after.Grant(), after.Names)},
			Summary: fmt.Sprintf("Changed %s from %s to %s.", before.Email, grantInShort(before.Grant(), before.Names),
				grantInShort(after.Grant(), after.Names)),
		})
	})
}

// DisableMember shuts a member out of this workspace until EnableMember.
func (r *Runner) DisableMember(ctx context.Context, sc store.Scope, actor run.Actor, form, operator uuid.UUID) error {
	now := r.Now()
	return r.actOnMember(ctx, sc, actor, form, operator, store.MemberDisabled, "Disabled %s in this workspace.",
		func(tx *store.Tx) error {
			return tx.SetMemberDisabled(ctx, operator, &now)
		})
}

// EnableMember lets a disabled member in again.
func (r *Runner) EnableMember(ctx context.Context, sc store.Scope, actor run.Actor, form, operator uuid.UUID) error {
	return r.actOnMember(ctx, sc, actor, form, operator, store.MemberEnabled, "Enabled %s in this workspace.",
		func(tx *store.Tx) error {
			before, err := tx.Member(ctx, operator)
			if err == nil {
				err = tx.SetMemberDisabled(ctx, operator, nil)
			}
			if err == nil && before.Role == ownerRole && before.DisabledAt != nil {
				err = r.notifyOfOwner(ctx, tx, operator, actor.Operator, actor.From)
			}
			return err
		})
}

// EndMember ends a membership permanently. The operator keeps the memberships in
// other workspaces.
func (r *Runner) EndMember(ctx context.Context, sc store.Scope, actor run.Actor, form, operator uuid.UUID) error {
	return r.actOnMember(ctx, sc, actor, form, operator, store.MemberEnded, "Ended the membership of %s.",
		func(tx *store.Tx) error {
			return tx.EndMember(ctx, operator)
		})
}

func (r *Runner) actOnMember(ctx context.Context, sc store.Scope, actor run.Actor, form, operator uuid.UUID,
	event store.Event, summary string, act func(*store.Tx) error) error {
	return r.changeMembers(ctx, sc, actor, form, event, func(tx *store.Tx) error {
		before, err := tx.Member(ctx, operator)
		if err != nil {
			return err
		}
		if err := act(tx); err != nil {
			return err
		}
		return tx.Record(ctx, store.Record{
			ID: form, Event: event, Operator: actor.Operator, Ticket: actor.Ticket,
			Subject: before.Email, At: r.Now(),
			Input:   map[string]string{"membership": GrantText(before.Grant(), before.Names)},
			Summary: fmt.Sprintf(summary, before.Email),
		})
	})
}

// SameGrant reports whether two grants give the same.
func SameGrant(a, b store.Grant) bool {
	inOrder := func(ids []uuid.UUID) []uuid.UUID {
		return slices.SortedFunc(slices.Values(ids),
			func(x, y uuid.UUID) int { return strings.Compare(x.String(), y.String()) })
	}
	return a.Role == b.Role && a.EveryOrganization == b.EveryOrganization &&
		slices.Equal(inOrder(a.Organizations), inOrder(b.Organizations))
}

// GrantText puts a grant into words: "technician, Acme Dental and Birch Legal".
// names are those of its organizations.
func GrantText(g store.Grant, names []string) string { return g.Role + ", " + reachText(g, names, 20) }

// grantInShort is GrantText for a sentence.
func grantInShort(g store.Grant, names []string) string {
	return g.Role + " of " + reachText(g, names, 3)
}

// reachText names the organizations of a grant, and counts them from so many on.
func reachText(g store.Grant, names []string, most int) string {
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = catalog.Plain(name)
	}
	switch n := len(names); {
	case g.EveryOrganization:
		return "all organizations"
	case n == 0:
		return "no organization"
	case n == 1:
		return names[0]
	case n > most:
		return fmt.Sprintf("%d organizations", n)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
