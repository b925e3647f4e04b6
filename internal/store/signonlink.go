package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/text"
)

// LongestSubject is how many characters a provider's id of an account may have.
const LongestSubject = 255

// SignOnLink is an operator's account at the provider of a workspace.
type SignOnLink struct {
	Workspace uuid.UUID
	Issuer    string
	Subject   string
	Label     string // how the provider called the account when it was linked
}

// LinkSignOn links an operator's account at the provider of a workspace, in the place of any
// other, and writes record there. session is the one that asks. It returns ErrEnded if the
// session has ended, the operator's epoch was raised, the operator has no second factor or is no enabled member,
// or the provider is not the one of provider any more; and a *ConflictError on "sign_on_link_subject"
// if the account is linked to another operator.
func (s *Store) LinkSignOn(ctx context.Context, operator Operator, session, provider uuid.UUID, link SignOnLink,
	record Record) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		entered, err := s.enter(ctx, tx, WholeWorkspace(link.Workspace))
		if err != nil {
			return err
		}
		if err := entered.holdSession(ctx, operator.ID, session); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `
			insert into sign_on_link (workspace_id, operator_id, issuer, subject, label, linked_at)
			select w.id, m.operator_id, $4, $5, $6, $7 from workspace w
			join membership m on m.workspace_id = w.id and m.operator_id = $2 and m.disabled_at is null
			join sign_on p on p.workspace_id = w.id and p.issuer = $4
			where w.id = $1 and w.sign_on_provider = $3 and exists (select from factor where operator_id = $2)
			on conflict (workspace_id, operator_id) do update
			set issuer = excluded.issuer, subject = excluded.subject, label = excluded.label,
				linked_at = excluded.linked_at, used_at = null`,
			link.Workspace, operator.ID, provider, link.Issuer, link.Subject, shortened(link.Label, 300), record.At)
		if err == nil && done.RowsAffected() == 0 {
			err = ErrEnded
		}
		if err == nil {
			err = endSignedOn(ctx, tx, operator.ID, provider)
		}
		if err != nil {
			return meaning(err)
		}
		return entered.Record(ctx, record)
	})
}

// UnlinkSignOn removes the link of an operator in a workspace, ends what was opened by it,
// and writes record there. It returns ErrNotFound if there is none, and ErrEnded as
// LinkSignOn does.
func (s *Store) UnlinkSignOn(ctx context.Context, operator Operator, session, workspace uuid.UUID,
	record Record) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		entered, err := s.enter(ctx, tx, WholeWorkspace(workspace))
		if err != nil {
			return err
		}
		if err := entered.holdSession(ctx, operator.ID, session); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `delete from sign_on_link where `+inWorkspace+` and operator_id = $1`, operator.ID)
		if err == nil && done.RowsAffected() == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		var provider *uuid.UUID
		if err := tx.QueryRow(ctx, `select sign_on_provider from workspace where id = $1`, workspace).
			Scan(&provider); err != nil {
			return err
		}
		if provider != nil {
			if err := endSignedOn(ctx, tx, operator.ID, *provider); err != nil {
				return err
			}
		}
		return entered.Record(ctx, record)
	})
}

// endSignedOn has an operator's sessions open nothing more by a provider. Those that it alone
// opened end. The operator's row must be locked.
func endSignedOn(ctx context.Context, tx pgx.Tx, operator, provider uuid.UUID) error {
	batch := &pgx.Batch{}
	batch.Queue(`delete from session where operator_id = $1 and not own and sign_on - $2 = '{}'`, operator,
		provider.String())
	batch.Queue(`update session set sign_on = sign_on - $2 where operator_id = $1 and sign_on ? $2`, operator,
		provider.String())
	return tx.SendBatch(ctx, batch).Close()
}

// LinkedOperator returns the operator whose account at the workspace's provider has this
// subject, and the membership. It returns ErrNotFound if it is linked to no enabled member of
// the workspace.
func (t *Tx) LinkedOperator(ctx context.Context, issuer, subject string) (o Operator, m Member, err error) {
	var id uuid.UUID
	err = t.tx.QueryRow(ctx, `
		select operator_id from sign_on_link where `+inWorkspace+` and issuer = $1 and subject = $2`, issuer, subject).
		Scan(&id)
	if err != nil {
		return o, m, meaning(err)
	}
	if m, err = t.Member(ctx, id); err != nil {
		return o, m, err
	}
	if o, err = one[Operator](ctx, t.tx, operatorQuery+` where id = $1`, id); err != nil {
		return o, m, err
	}
	if m.DisabledAt != nil || o.Disabled {
		err = ErrNotFound
	}
	return o, m, err
}

// OwnSignOn is a workspace of an operator that has a provider, and the operator's link.
type OwnSignOn struct {
	Workspace
	Issuer   string
	Required bool
	Linked   bool
	Label    string
	Subject  string
	LinkedAt *time.Time
	UsedAt   *time.Time
}

// SignOnsOf lists the workspaces that an operator may enter and that have a provider.
func (s *Store) SignOnsOf(ctx context.Context, operator uuid.UUID) (found []OwnSignOn, err error) {
	err = s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		return s.eachMembership(ctx, tx, operator, func(entered *Tx, disabled bool) error {
			if disabled {
				return nil
			}
			here, err := all[OwnSignOn](ctx, tx, `
				select w.id, w.slug, w.name, p.issuer, w.sign_on_break_glass is not null as required,
				       l.subject is not null as linked, coalesce(l.label, '') as label,
				       coalesce(l.subject, '') as subject, l.linked_at, l.used_at
				from sign_on p join workspace w on w.id = p.workspace_id
				left join sign_on_link l on l.workspace_id = p.workspace_id and l.operator_id = $1 and l.issuer = p.issuer
				where p.`+inWorkspace+` and w.sign_on_provider is not null`, operator)
			found = append(found, here...)
			return err
		})
	})
	slices.SortFunc(found, func(a, b OwnSignOn) int {
		return cmp.Or(strings.Compare(text.Fold(a.Name), text.Fold(b.Name)), strings.Compare(a.Slug, b.Slug))
	})
	return found, err
}
