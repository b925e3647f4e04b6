package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/secret"
)

const (
	// LongestIssuer, LongestClientID, LongestClientSecret and LongestClaim are how many
	// characters the settings of a provider may have, and MostClaimRoles how many values of a
	// claim are mapped to roles.
	LongestIssuer       = 500
	LongestClientID     = 300
	LongestClientSecret = 1000
	LongestClaim        = 200
	MostClaimRoles      = 20
)

// ErrBreakGlass says that an owner has to stay an enabled owner as long as single sign-on is
// required, because this owner can sign in without it. Nothing was changed.
var ErrBreakGlass = errors.New("store: the break-glass owner cannot go")

// ClaimRole maps a value of the claim to a role.
type ClaimRole struct {
	Value string `json:"value"`
	Role  string `json:"role"`
}

// SignOnSettings are a workspace's provider. The secret is opened by OpenClientSecret.
type SignOnSettings struct {
	Issuer, ClientID string
	SealedSecret     []byte
	Version          int    // rises with each change; 0: there is no provider
	RoleClaim        string // empty: the provider decides over no role
	Roles            []ClaimRole
	SavedAt          time.Time
	ProvedAt         *time.Time // when an owner last signed in through this provider; nil: not yet
	Provider         uuid.UUID  // renewed with issuer and client
	BreakGlass       *uuid.UUID // nil: single sign-on is not required
}

// Required reports whether everyone but the break-glass owner has to come through the provider.
func (p SignOnSettings) Required() bool { return p.BreakGlass != nil }

const signOnQuery = `
	select p.issuer, p.client_id, p.sealed_secret, p.version, p.role_claim, p.roles, p.saved_at, p.proved_at,
	       w.sign_on_provider as provider, w.sign_on_break_glass as break_glass
	from sign_on p join workspace w on w.id = p.workspace_id and w.sign_on_provider is not null`

// SignOn returns the workspace's provider, or ErrNotFound.
func (t *Tx) SignOn(ctx context.Context) (SignOnSettings, error) {
	return one[SignOnSettings](ctx, t.tx, signOnQuery+` where p.`+inWorkspace)
}

// WorkspaceBySlug returns a workspace for a visitor who has not signed in. It returns
// ErrNotFound if there is none.
func (s *Store) WorkspaceBySlug(ctx context.Context, slug string) (w Workspace, err error) {
	err = s.pool.QueryRow(ctx, `select id, slug, name from workspace where slug = $1`, slug).
		Scan(&w.ID, &w.Slug, &w.Name)
	return w, meaning(err)
}

func (p SignOnSettings) place(workspace uuid.UUID) secret.Place {
	return secret.Place{Table: "sign_on", Column: "sealed_secret", Workspace: workspace,
		Row: workspace.String(), Version: p.Version}
}

// OpenClientSecret returns the secret of a workspace's client at its provider.
func (s *Store) OpenClientSecret(workspace uuid.UUID, p SignOnSettings) (secret.Secret, error) {
	return s.keys.Load().Open(p.place(workspace), p.SealedSecret)
}

// SaveSignOn replaces the workspace's provider and writes record. p.Version is the version
// that the form showed: it returns a *ConflictError on "sign_on_version" if another one is
// stored. A nil clientSecret keeps the stored one. If issuer or client differ from what is
// stored, sessions and links through the provider of before count no longer.
func (t *Tx) SaveSignOn(ctx context.Context, p SignOnSettings, clientSecret *secret.Secret, by uuid.UUID,
	record Record) error {
	before, err := t.lockSignOn(ctx, p.Version)
	if err != nil {
		return err
	}
	kept := clientSecret
	if kept == nil {
		opened, err := t.keys.Open(before.place(t.scope.workspace), before.SealedSecret)
		if err != nil {
			return err
		}
		kept = &opened
	}
	p.Version = before.Version + 1
	lent := kept.Lend(func(b []byte) { p.SealedSecret, err = t.seal(ctx, p.place(t.scope.workspace), b) })
	if err = errors.Join(lent, err); err != nil {
		return err
	}
	if p.Roles == nil {
		p.Roles = []ClaimRole{}
	}
	same := before.Issuer == p.Issuer && before.ClientID == p.ClientID
	_, err = t.tx.Exec(ctx, `
		insert into sign_on (workspace_id, issuer, client_id, sealed_secret, version, role_claim, roles, saved_at, saved_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (workspace_id) do update set issuer = $2, client_id = $3, sealed_secret = $4, version = $5,
			role_claim = $6, roles = $7, saved_at = $8, saved_by = $9,
			proved_at = case when $10 then sign_on.proved_at end`,
		t.scope.workspace, p.Issuer, p.ClientID, p.SealedSecret, p.Version, p.RoleClaim, p.Roles, record.At, by, same)
	if err == nil && !same {
		_, err = t.tx.Exec(ctx,
			`update workspace set sign_on_provider = gen_random_uuid() where id = (select app.workspace())`)
	}
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}

// lockSignOn keeps the settings from being changed by others until the transaction ends, and
// returns them; without any the zero value.
func (t *Tx) lockSignOn(ctx context.Context, version int) (before SignOnSettings, err error) {
	_, err = t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('sign-on ' || app.workspace()::text, 0))`)
	if err != nil {
		return before, err
	}
	before, err = t.SignOn(ctx)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	if err == nil && before.Version != version {
		err = &ConflictError{Constraint: "sign_on_version"}
	}
	return before, err
}

// RemoveSignOn removes the workspace's provider of a version, with its secret, and writes
// record. Links stay: they count again with a provider of the same issuer. It returns a
// *ConflictError on "sign_on_version" as SaveSignOn does.
func (t *Tx) RemoveSignOn(ctx context.Context, version int, record Record) error {
	if _, err := t.lockSignOn(ctx, version); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `
		update workspace set sign_on_provider = null, sign_on_break_glass = null where id = (select app.workspace())`)
	if err == nil {
		_, err = t.tx.Exec(ctx, `delete from sign_on where `+inWorkspace)
	}
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}

// RequireSignOn makes everyone but the break-glass owner come through the provider of a
// version, or, with uuid.Nil, nobody, and writes record. It returns a *ConflictError on
// "sign_on_version" as SaveSignOn does. Take LockMembers before, so that the owner stays one.
func (t *Tx) RequireSignOn(ctx context.Context, version int, breakGlass uuid.UUID, record Record) error {
	if _, err := t.lockSignOn(ctx, version); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, `update workspace set sign_on_break_glass = $1 where id = (select app.workspace())`,
		orNull(breakGlass))
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}

// keepBreakGlass returns ErrBreakGlass if the operator is the workspace's break-glass owner.
func (t *Tx) keepBreakGlass(ctx context.Context, operator uuid.UUID) error {
	var is bool
	err := t.tx.QueryRow(ctx, `
		select coalesce(sign_on_break_glass = $1, false) from workspace where id = (select app.workspace())`, operator).
		Scan(&is)
	if err == nil && is {
		err = ErrBreakGlass
	}
	return meaning(err)
}

// SignOnRefusal says how often a sign-in through the provider was refused for a reason.
type SignOnRefusal struct {
	Reason          string
	Detail, Address string // of the last one
	Times           int
	At              time.Time
}

// mostRefusalTimes is how far refusals of a reason are counted.
const mostRefusalTimes = 1_000_000

// RefuseSignOn counts a refused sign-in under its reason, for the owners. The reason is one
// of a few sentences; what differs from time to time is the detail.
func (t *Tx) RefuseSignOn(ctx context.Context, reason, detail string, from Origin, now time.Time) error {
	_, err := t.tx.Exec(ctx, `
		insert into sign_on_refusal (workspace_id, reason, detail, address, times, at) values ($1, $2, $3, $4, 1, $5)
		on conflict (workspace_id, reason) do update set detail = $3, address = $4, at = $5,
			times = least(sign_on_refusal.times + 1, $6)`,
		t.scope.workspace, shortened(reason, 300), shortened(detail, 300), from.address(), now, mostRefusalTimes)
	return meaning(err)
}

// SignOnRefusals lists the reasons for which sign-ins were refused since a time, the latest
// first.
func (t *Tx) SignOnRefusals(ctx context.Context, since time.Time) ([]SignOnRefusal, error) {
	return all[SignOnRefusal](ctx, t.tx, `
		select reason, detail, address, times, at from sign_on_refusal where `+inWorkspace+` and at > $1
		order by at desc, reason limit `+strconv.Itoa(50), since)
}
