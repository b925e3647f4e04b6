package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/secret"
)

// The three Duo APIs of a workspace's integration.
const (
	AuthAPI     = "auth"
	AccountsAPI = "accounts"
	AdminAPI    = "admin"
)

// The states of a version of an API's credential fields.
const (
	Candidate = "candidate" // saved, not in use
	Active    = "active"    // in use
)

// Slot is where the three credential fields of one API are kept: those of the
// workspace itself (no organization), or an organization's own.
type Slot struct {
	Organization uuid.UUID
	API          string
}

// keysInScope keeps a reading to the keys that a scope works with: the
// workspace's in any, an organization's in those that hold it.
const keysInScope = inWorkspace +
	` and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))`

// OfWorkspace is the slot of one of the workspace's three APIs.
func OfWorkspace(api string) Slot { return Slot{API: api} }

// OfOrganization is the slot of an organization's own Admin API.
func OfOrganization(organization uuid.UUID) Slot {
	return Slot{Organization: organization, API: AdminAPI}
}

// Owner is the slot's organization; nil for the workspace itself.
func (s Slot) Owner() *uuid.UUID {
	if s.Organization == uuid.Nil {
		return nil
	}
	return &s.Organization
}

// Version is one version of the three credential fields of an API, with the
// latest answer of Duo to it. The secret key is not in it: see SecretKey.
type Version struct {
	OrganizationID *uuid.UUID // nil: of the workspace itself
	API            string
	Version        int
	State          string
	Host           string
	IntegrationKey string
	SetBy          string // email of an operator
	SetAt          time.Time
	Finding        *string // works, limited or fails; nil: never checked
	Verdict        json.RawMessage
	CheckedBy      *string
	CheckedAt      *time.Time
}

// Slot returns where the version is kept.
func (v Version) Slot() Slot {
	if v.OrganizationID == nil {
		return OfWorkspace(v.API)
	}
	return Slot{Organization: *v.OrganizationID, API: v.API}
}

// Integration returns the active and candidate versions of all APIs of the
// workspace itself, or of one organization, the active one of an API first.
// uuid.Nil stands for the workspace.
func (t *Tx) Integration(ctx context.Context, organization uuid.UUID) ([]Version, error) {
	return all[Version](ctx, t.tx, `
		select s.organization_id, s.api, s.version, s.state, s.host, s.integration_key, o.email as set_by, s.set_at,
		       c.outcome as finding, c.verdict, co.email as checked_by, c.checked_at
		from integration_secret s
		join operator o on o.id = s.set_by
		left join lateral (select outcome, verdict, checked_by, checked_at from integration_check c
		                   where c.workspace_id = s.workspace_id and c.organization_id is not distinct from s.organization_id
		                   and c.api = s.api and c.version = s.version
		                   order by checked_at desc limit 1) c on true
		left join operator co on co.id = c.checked_by
		where `+keysInScope+` and s.organization_id is not distinct from $1 and s.state <> 'retired'
		order by s.api, s.state`, Slot{Organization: organization}.Owner())
}

// ActiveVersion returns the version in use of a slot; ErrNotFound if none is.
func (t *Tx) ActiveVersion(ctx context.Context, slot Slot) (Version, error) {
	return one[Version](ctx, t.tx, `
		select s.organization_id, s.api, s.version, s.state, s.host, s.integration_key, '' as set_by, s.set_at,
		       null::text as finding, null::jsonb as verdict, null::text as checked_by, null::timestamptz as checked_at
		from integration_secret s where `+keysInScope+
		` and s.organization_id is not distinct from $1 and s.api = $2 and s.state = 'active'`,
		slot.Owner(), slot.API)
}

// LockCandidate returns the version of a slot that waits to take the place of
// the one in use, with Duo's latest answer to it, and keeps others from changing
// versions until the transaction ends. ErrNotFound if none waits.
func (t *Tx) LockCandidate(ctx context.Context, slot Slot) (Version, error) {
	if err := t.lockVersions(ctx); err != nil {
		return Version{}, err
	}
	return one[Version](ctx, t.tx, `
		select s.organization_id, s.api, s.version, s.state, s.host, s.integration_key, '' as set_by, s.set_at,
		       c.outcome as finding, c.verdict, null::text as checked_by, c.checked_at
		from integration_secret s
		left join lateral (select outcome, verdict, checked_at from integration_check c
		                   where c.workspace_id = s.workspace_id and c.organization_id is not distinct from s.organization_id
		                   and c.api = s.api and c.version = s.version
		                   order by checked_at desc limit 1) c on true
		where `+keysInScope+` and s.organization_id is not distinct from $1 and s.api = $2 and s.state = 'candidate'`,
		slot.Owner(), slot.API)
}

// SecretKey opens the secret key of one version.
func (t *Tx) SecretKey(ctx context.Context, slot Slot, version int) (secret.Secret, error) {
	var sealed []byte
	err := t.tx.QueryRow(ctx, `
		select sealed_secret from integration_secret
		where `+keysInScope+
		` and organization_id is not distinct from $1 and api = $2 and version = $3 and state <> 'retired'`,
		slot.Owner(), slot.API, version).Scan(&sealed)
	if err != nil {
		return secret.Secret{}, meaning(err)
	}
	return t.keys.Open(t.secretPlace(slot, version), sealed)
}

// secretPlace names the organization where there is one, so that a key sealed
// for one organization opens for no other, nor for the workspace.
func (t *Tx) secretPlace(slot Slot, version int) secret.Place {
	row := slot.API
	if slot.Organization != uuid.Nil {
		row = slot.Organization.String() + "/" + slot.API
	}
	return secret.Place{Table: "integration_secret", Column: "sealed_secret", Workspace: t.scope.workspace, Row: row,
		Version: version}
}

// AddCandidate stores a new version of a slot's fields, in the place of any
// candidate before it, and returns its number.
func (t *Tx) AddCandidate(ctx context.Context, slot Slot, host, integrationKey string, key secret.Secret,
	operator uuid.UUID, now time.Time) (int, error) {
	if err := t.lockVersions(ctx); err != nil {
		return 0, err
	}
	if err := t.retire(ctx, slot, Candidate); err != nil {
		return 0, err
	}
	var version int
	if err := t.tx.QueryRow(ctx, `
		select coalesce(max(version), 0) + 1 from integration_secret where `+inScope+
		` and organization_id is not distinct from $1 and api = $2`,
		slot.Owner(), slot.API).Scan(&version); err != nil {
		return 0, err
	}
	var sealed []byte
	var sealing error
	if err := key.Lend(func(b []byte) { sealed, sealing = t.seal(ctx, t.secretPlace(slot, version), b) }); err != nil ||
		sealing != nil {
		return 0, fmt.Errorf("store: seal secret key: %w", secret.ErrCannotOpen)
	}
	_, err := t.tx.Exec(ctx, `
		insert into integration_secret (workspace_id, organization_id, api, version, state, host, integration_key, sealed_secret, set_by, set_at)
		values ($1, $2, $3, $4, 'candidate', $5, $6, $7, $8, $9)`,
		t.scope.workspace, slot.Owner(), slot.API, version, host, integrationKey, sealed, operator, now)
	return version, meaning(err)
}

// Activate puts a candidate to use and retires the version it replaces. It
// returns ErrNotFound when that version is not the candidate any more; version 0
// stands for whichever is. A *ConflictError on "integration_secret_own_key" says
// that another organization uses the same key.
func (t *Tx) Activate(ctx context.Context, slot Slot, version int) error {
	if err := t.lockVersions(ctx); err != nil {
		return err
	}
	if err := t.retire(ctx, slot, Active); err != nil {
		return err
	}
	done, err := t.tx.Exec(ctx, `
		update integration_secret set state = 'active'
		where `+inScope+
		` and organization_id is not distinct from $1 and api = $2 and $3 in (0, version) and state = 'candidate'`,
		slot.Owner(), slot.API, version)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	if err != nil {
		return meaning(err)
	}
	if slot == OfWorkspace(AccountsAPI) {
		if err := t.forgetRefusedKeys(ctx); err != nil {
			return err
		}
	}
	return t.renewConnection(ctx, slot)
}

// Discard drops the candidate of a slot.
func (t *Tx) Discard(ctx context.Context, slot Slot) error { return t.retire(ctx, slot, Candidate) }

// lockVersions lets the workspace's changes of credentials go one after the
// other: two saves at once would take the same number, and a save that meets an
// activation could leave two versions in use.
func (t *Tx) lockVersions(ctx context.Context) error {
	_, err := t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('integration ' || app.workspace()::text, 0))`)
	return err
}

// retire takes a version out of use and destroys its secret key.
func (t *Tx) retire(ctx context.Context, slot Slot, state string) error {
	_, err := t.tx.Exec(ctx, `
		update integration_secret set state = 'retired', sealed_secret = ''
		where `+inScope+` and organization_id is not distinct from $1 and api = $2 and state = $3`, slot.Owner(),
		slot.API, state)
	return err
}

// SaveCheck records what Duo answered to a version.
func (t *Tx) SaveCheck(ctx context.Context, slot Slot, version int, finding string, verdict json.RawMessage,
	operator uuid.UUID, now time.Time) error {
	_, err := t.tx.Exec(ctx, `
		insert into integration_check (workspace_id, organization_id, api, version, outcome, verdict, checked_by, checked_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, t.scope.workspace, slot.Owner(), slot.API, version, finding, verdict,
		operator, now)
	return meaning(err)
}

// DraftLife is how long a refused form is kept for the one who typed it.
const DraftLife = 24 * time.Hour

// SaveDraft keeps what a refused form held, sealed as a whole, for the operator
// who typed it.
func (t *Tx) SaveDraft(ctx context.Context, operator uuid.UUID, form string, input map[string]string,
	now time.Time) error {
	text, err := json.Marshal(input)
	if err != nil {
		return err
	}
	sealed, err := t.seal(ctx, t.draftPlace(operator, form), text)
	if err != nil {
		return err
	}
	_, err = t.tx.Exec(ctx, `
		insert into draft (workspace_id, operator_id, form, sealed_input, expires_at) values ($1, $2, $3, $4, $5)
		on conflict (workspace_id, operator_id, form) do update set sealed_input = $4, expires_at = $5`,
		t.scope.workspace, operator, form, sealed, now.Add(DraftLife))
	return meaning(err)
}

// Draft returns what SaveDraft kept and until when; ErrNotFound when there is
// nothing, or no more.
func (t *Tx) Draft(ctx context.Context, operator uuid.UUID, form string, now time.Time) (map[string]string,
	time.Time, error) {
	if _, err := t.tx.Exec(ctx, `delete from draft where `+inWorkspace+` and expires_at <= $1`, now); err != nil {
		return nil, time.Time{}, err
	}
	var sealed []byte
	var until time.Time
	err := t.tx.QueryRow(ctx, `select sealed_input, expires_at from draft where `+inWorkspace+
		` and operator_id = $1 and form = $2`, operator, form).Scan(&sealed, &until)
	if err != nil {
		return nil, time.Time{}, meaning(err)
	}
	opened, err := t.keys.Open(t.draftPlace(operator, form), sealed)
	if errors.Is(err, secret.ErrCannotOpen) {
		// Sealed under another key file: it has to be typed again in any case.
		return nil, time.Time{}, ErrNotFound
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	input := map[string]string{}
	var decoding error
	err = opened.Lend(func(b []byte) { decoding = json.Unmarshal(b, &input) })
	if err == nil && decoding != nil {
		err = fmt.Errorf("store: a draft cannot be read")
	}
	return input, until, err
}

// DropDraft forgets a draft, as when its form has been saved.
func (t *Tx) DropDraft(ctx context.Context, operator uuid.UUID, form string) error {
	_, err := t.tx.Exec(ctx, `delete from draft where `+inWorkspace+` and operator_id = $1 and form = $2`,
		operator, form)
	return err
}

func (t *Tx) draftPlace(operator uuid.UUID, form string) secret.Place {
	return secret.Place{Table: "draft", Column: "sealed_input", Workspace: t.scope.workspace,
		Row: operator.String() + "/" + form}
}
