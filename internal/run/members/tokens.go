package members

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// TokenPrefix begins every access token, so that a person who finds one knows what it
// is. The workspace follows, as much chance as in an invitation, and a stamp.
const TokenPrefix = "ddk_"

// MakeToken makes an access token for the actor, with at most what the actor's
// membership gives, and returns the text that is sent with requests: it is stored
// nowhere. k.ID is the id of the form. actor is who gave the password, with the
// epoch that was read with its hash. ErrForbidden says that the grant is more than
// the membership's; a FieldError that the name is taken, or that there are as many
// tokens as can be.
func (r *Runner) MakeToken(ctx context.Context, workspace uuid.UUID, actor run.Actor, k store.Token) (text string,
	kept store.Token, err error) {
	chance := make([]byte, tokenChance)
	rand.Read(chance)
	stamped, err := r.Store.Stamp(tokenKind, append(workspace[:], chance...))
	if err != nil {
		return "", k, err
	}
	text = TokenPrefix + base64.RawURLEncoding.EncodeToString(stamped)
	k.WorkspaceID, k.OperatorID, k.Epoch, k.CreatedAt = workspace, actor.Operator, actor.Epoch, r.Now()
	if !k.ExpiresAt.After(k.CreatedAt) || k.ExpiresAt.Sub(k.CreatedAt) > store.TokenLife {
		return "", k, &catalog.FieldError{Field: "days", Message: "A token is valid for at most one year."}
	}
	if len(k.Acts) > 0 && k.ExpiresAt.Sub(k.CreatedAt) > store.ActTokenLife {
		return "", k, &catalog.FieldError{Field: "days",
			Message: "A token that names actions is valid for at most 90 days."}
	}
	if slices.ContainsFunc(k.Acts, func(slug string) bool { return !slices.Contains(catalog.Acts(), slug) }) {
		return "", k, run.ErrForbidden
	}
	if len(k.Ranges) > store.MostRanges {
		return "", k, &catalog.FieldError{Field: RangesField, Message: tooManyRanges(len(k.Ranges))}
	}
	err = r.Store.InWorkspace(ctx, store.WholeWorkspace(workspace), func(tx *store.Tx) error {
		if err := tx.LockTokens(ctx, actor.Operator); err != nil {
			return err
		}
		given, err := tx.HoldGrant(ctx, actor.Operator, actor.Epoch)
		if err == nil {
			err = run.Admitted(ctx, tx, actor)
		}
		if err != nil {
			return err
		}
		if !covers(given, k.Grant()) {
			return run.ErrForbidden
		}
		if err := r.firstTime(ctx, tx, actor, k.ID, store.TokenMade); err != nil {
			return err
		}
		all, err := tx.Tokens(ctx, actor.Operator)
		if err != nil {
			return err
		}
		if err := roomFor(k, all); err != nil {
			return err
		}
		if err := tx.MakeToken(ctx, k, hashToken(text)); err != nil {
			return err
		}
		all, err = tx.Tokens(ctx, actor.Operator)
		if err != nil {
			return err
		}
		kept = all[slices.IndexFunc(all, func(other store.Token) bool { return other.ID == k.ID })]
		return tx.Record(ctx, store.Record{
			ID: k.ID, Event: store.TokenMade, Operator: actor.Operator, Ticket: actor.Ticket,
			Subject: k.Name, At: k.CreatedAt,
			Input: map[string]string{"grant": GrantText(kept.Grant(), kept.Names), "acts": strings.Join(kept.Acts, ", "),
				"addresses": kept.Ranges.String(), "expires": k.ExpiresAt.UTC().Format(time.RFC3339)},
			Summary: fmt.Sprintf("Created the access token %s: %s, until %s.", k.Name,
				grantInShort(kept.Grant(), kept.Names), k.ExpiresAt.UTC().Format("2 Jan 2006")),
		})
	})
	return text, kept, err
}

// roomFor returns a FieldError when a new token has the name of another that is
// live, or would be one too many. The record and the list name tokens.
func roomFor(k store.Token, others []store.Token) error {
	live := slices.DeleteFunc(slices.Clone(others),
		func(other store.Token) bool { return !other.ExpiresAt.After(k.CreatedAt) })
	if slices.ContainsFunc(live, func(other store.Token) bool { return text.Same(other.Name, k.Name) }) {
		return &catalog.FieldError{Field: "name",
			Message: "You already have an access token with this name. Choose another name, or revoke that token first."}
	}
	if len(live) >= store.MostTokens {
		return &catalog.FieldError{Field: "name", Message: fmt.Sprintf(
			"You have %d access tokens in this workspace, and that is the limit. Revoke one first.", len(live))}
	}
	return nil
}

// covers reports whether a grant holds all of another.
func covers(given, asked store.Grant) bool {
	role := catalog.ParseRole(asked.Role)
	if role == 0 || role > catalog.ParseRole(given.Role) || asked.EveryOrganization && !given.EveryOrganization {
		return false
	}
	return given.EveryOrganization || !slices.ContainsFunc(asked.Organizations,
		func(id uuid.UUID) bool { return !slices.Contains(given.Organizations, id) })
}

// RevokeToken ends an access token: one's own, or as an owner anybody's. It
// returns store.ErrNotFound when there is no such token any more.
func (r *Runner) RevokeToken(ctx context.Context, workspace uuid.UUID, actor run.Actor, operator, id uuid.UUID) error {
	return r.Store.InWorkspace(ctx, store.WholeWorkspace(workspace), func(tx *store.Tx) error {
		given, err := tx.HoldGrant(ctx, actor.Operator, actor.Epoch)
		if err == nil {
			err = run.Admitted(ctx, tx, actor)
		}
		if err != nil {
			return err
		}
		whose := "their own access token"
		if operator != actor.Operator {
			if catalog.ParseRole(given.Role) < catalog.Owner {
				return run.ErrForbidden
			}
			member, err := tx.Member(ctx, operator)
			if err != nil {
				return err
			}
			whose = "the access token of " + member.Email + ","
		}
		k, err := tx.DropToken(ctx, operator, id)
		if err != nil {
			return err
		}
		return tx.Record(ctx, store.Record{
			Event: store.TokenRevoked, Operator: actor.Operator, Ticket: actor.Ticket, Subject: k.Name, At: r.Now(),
			Input:   map[string]string{"grant": GrantText(k.Grant(), k.Names)},
			Summary: fmt.Sprintf("Revoked %s %s.", whose, k.Name),
		})
	})
}

// tokenKind is what access tokens are stamped as.
const tokenKind = "access token"

// TokenTrust reports what the text of an access token shows without the database.
func (r *Runner) TokenTrust(text string) store.Trust {
	raw, ok := tokenBytes(text)
	if !ok {
		return store.MadeUp
	}
	return r.Store.Judge(tokenKind, raw, 16+tokenChance)
}

// tokenBytes are those of an access token's text.
func tokenBytes(text string) (raw []byte, ok bool) {
	rest, ours := strings.CutPrefix(text, TokenPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	return raw, ours && err == nil
}

// Token finds the access token of a request from an address, and whose it is. It returns
// store.ErrNotFound for any text that opens nothing, whatever the reason, and store.ErrElsewhere,
// which is that too, for a token that does not admit the address: see store.FindToken.
func (r *Runner) Token(ctx context.Context, text, from string) (store.Token, store.Operator, error) {
	raw, _ := tokenBytes(text)
	if r.TokenTrust(text) == store.MadeUp {
		return store.Token{}, store.Operator{}, store.ErrNotFound
	}
	return r.Store.FindToken(ctx, uuid.UUID(raw[:16]), hashToken(text), from, r.Now())
}
