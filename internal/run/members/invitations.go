package members

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// ErrOtherOperator says that somebody else than the invited operator wants to
// accept.
var ErrOtherOperator = errors.New("run: the invitation is for another operator")

// tokenChance is how many random bytes the token of an invitation's link holds,
// as many as a session's. Before them stands the workspace, so that the token is
// looked for in one workspace only.
const tokenChance = 32

// Invite invites an email into the workspace, in the place of a waiting
// invitation to it, and returns what makes the link: it is stored nowhere.
// i.ID is the id of the form. A FieldError says that there is a membership
// already; whether the email belongs to an operator at all is not told.
func (r *Runner) Invite(ctx context.Context, sc store.Scope, actor run.Actor, i store.Invitation) (token string,
	kept store.Invitation, err error) {
	workspace := sc.Workspace()
	chance := make([]byte, tokenChance)
	rand.Read(chance)
	token = base64.RawURLEncoding.EncodeToString(append(workspace[:], chance...))
	i.InvitedBy, i.Epoch, i.InvitedAt = actor.Operator, actor.Epoch, r.Now()
	i.ExpiresAt = i.InvitedAt.Add(store.InvitationLife)
	err = r.changeMembers(ctx, sc, actor, i.ID, store.OperatorInvited, func(tx *store.Tx) error {
		member, err := tx.MemberByEmail(ctx, i.Email)
		switch {
		case err == nil && member.DisabledAt != nil:
			return &catalog.FieldError{Field: "email",
				Message: "This operator is a member and is disabled. Enable the membership instead."}
		case err == nil:
			return &catalog.FieldError{Field: "email", Message: "This operator is a member already."}
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if err := tx.Invite(ctx, i, hashToken(token)); err != nil {
			return err
		}
		if kept, err = tx.WaitingInvitation(ctx, i.ID, i.InvitedAt); err != nil {
			return err
		}
		return tx.Record(ctx, store.Record{
			ID: i.ID, Event: store.OperatorInvited, Operator: actor.Operator, Ticket: actor.Ticket,
			Subject: i.Email, At: i.InvitedAt,
			Input:   map[string]string{"membership": GrantText(kept.Grant(), kept.Names)},
			Summary: fmt.Sprintf("Invited %s as %s.", i.Email, grantInShort(kept.Grant(), kept.Names)),
		})
	})
	return token, kept, err
}

// RevokeInvitation takes a waiting invitation back.
func (r *Runner) RevokeInvitation(ctx context.Context, sc store.Scope, actor run.Actor, form, id uuid.UUID) error {
	return r.changeMembers(ctx, sc, actor, form, store.InvitationRevoked, func(tx *store.Tx) error {
		before, err := tx.WaitingInvitation(ctx, id, r.Now())
		if err != nil {
			return err
		}
		if err := tx.DropInvitation(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, store.Record{ID: form, Event: store.InvitationRevoked, Operator: actor.Operator,
			Ticket: actor.Ticket, Subject: before.Email, At: r.Now(),
			Summary: "Revoked the invitation of " + before.Email + "."})
	})
}

// OpenInvitation is an invitation as the one who holds its link sees it.
type OpenInvitation struct {
	store.Invitation
	Workspace store.Workspace
	Known     bool // there is an operator with this email
}

// Invitation finds what a token invites to. It returns store.ErrNotFound for any
// token that cannot be accepted, whatever the reason.
func (r *Runner) Invitation(ctx context.Context, token string) (OpenInvitation, error) {
	var found OpenInvitation
	err := r.byToken(ctx, token, func(tx *store.Tx) (err error) {
		if found.Invitation, err = tx.Invitation(ctx, hashToken(token), r.Now()); err != nil {
			return err
		}
		if err = inviterMay(ctx, tx, found.Invitation); err != nil {
			return err
		}
		if found.Workspace, err = tx.Workspace(ctx); err != nil {
			return err
		}
		_, err = tx.OperatorByEmail(ctx, found.Email)
		found.Known = err == nil
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	})
	return found, err
}

// Accept makes a known operator a member: the one whose password was checked, or
// whose session was found. It returns ErrOtherOperator unless the invitation is for
// that operator's email, and store.ErrEnded when the operator's epoch was raised.
func (r *Runner) Accept(ctx context.Context, token string, operator store.Operator,
	from store.Origin) (store.Workspace, error) {
	_, workspace, err := r.accept(ctx, token, from, func(tx *store.Tx, _ store.Invitation) (store.Operator, error) {
		return operator, tx.HoldOperator(ctx, operator.ID, operator.Epoch)
	})
	return workspace, err
}

// AcceptAsNew makes an operator of the invitation's email, and the operator a
// member. A *store.ConflictError on "operator_email_key" says that the email
// has become known.
func (r *Runner) AcceptAsNew(ctx context.Context, token, passwordHash string,
	from store.Origin) (store.Operator, store.Workspace, error) {
	return r.accept(ctx, token, from, func(tx *store.Tx, i store.Invitation) (store.Operator, error) {
		return tx.AddOperator(ctx, i.Email, passwordHash)
	})
}

func (r *Runner) accept(ctx context.Context, token string, from store.Origin,
	who func(*store.Tx, store.Invitation) (store.Operator, error)) (operator store.Operator, workspace store.Workspace,
	err error) {
	err = r.byToken(ctx, token, func(tx *store.Tx) error {
		if err := tx.LockMembers(ctx); err != nil {
			return err
		}
		taken, err := tx.Invitation(ctx, hashToken(token), r.Now())
		if err != nil {
			return err
		}
		// Operators are held before the invitation goes, in the order of the host's
		// commands: each waits for the other otherwise.
		if err := inviterMay(ctx, tx, taken); err != nil {
			return err
		}
		if operator, err = who(tx, taken); err != nil {
			return err
		}
		if operator.Email != taken.Email || operator.Disabled {
			return ErrOtherOperator
		}
		if err := tx.DropInvitation(ctx, taken.ID); err != nil {
			return err
		}
		if err := tx.AddMember(ctx, operator.ID, taken.Grant()); err != nil {
			return err
		}
		if workspace, err = tx.Workspace(ctx); err != nil {
			return err
		}
		if taken.Role == ownerRole {
			if err := r.notifyOfOwner(ctx, tx, operator.ID, taken.InvitedBy, from); err != nil {
				return err
			}
		}
		return tx.Record(ctx, store.Record{
			Event: store.InvitationAccepted, Operator: operator.ID, Subject: operator.Email, At: r.Now(),
			Input: map[string]string{"membership": GrantText(taken.Grant(), taken.Names),
				"invited by": taken.Inviter},
			Summary: fmt.Sprintf("Joined as %s, invited by %s.", grantInShort(taken.Grant(), taken.Names),
				taken.Inviter),
		})
	})
	return operator, workspace, err
}

// inviterMay makes an invitation void whose inviter is no owner any more, or has
// ended everything that was started before a moment since.
func inviterMay(ctx context.Context, tx *store.Tx, i store.Invitation) error {
	role, err := tx.Hold(ctx, i.InvitedBy, i.Epoch)
	if err == nil && catalog.ParseRole(role) < catalog.Owner || errors.Is(err, store.ErrEnded) {
		err = store.ErrNotFound
	}
	return err
}

// byToken enters the workspace that a token names. The token alone
// proves nothing yet: fn looks for the token's hash before anything else.
func (r *Runner) byToken(ctx context.Context, token string, fn func(*store.Tx) error) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 16+tokenChance {
		return store.ErrNotFound
	}
	return r.Store.InWorkspace(ctx, store.WholeWorkspace(uuid.UUID(raw[:16])), fn)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
