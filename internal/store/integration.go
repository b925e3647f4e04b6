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

// Version is one version of the three credential fields of an API, with the
// latest answer of Duo to it. The secret key is not in it: see SecretKey.
type Version struct {
	API            string
	Version        int
	State          string
	Host           string
	IntegrationKey string
	SetBy          string // e-mail of an operator
	SetAt          time.Time
	Outcome        *string // works, limited or fails; nil: never checked
	Verdict        json.RawMessage
	CheckedBy      *string
	CheckedAt      *time.Time
}

// Integration returns the active and candidate versions of the three APIs, the
// active one of an API first.
func (t *Tx) Integration(ctx context.Context) ([]Version, error) {
	return all[Version](ctx, t.tx, `
		select s.api, s.version, s.state, s.host, s.integration_key, o.email as set_by, s.set_at,
		       c.outcome, c.verdict, co.email as checked_by, c.checked_at
		from integration_secret s
		join operator o on o.id = s.set_by
		left join lateral (select outcome, verdict, checked_by, checked_at from integration_check c
		                   where c.workspace_id = s.workspace_id and c.api = s.api and c.version = s.version
		                   order by checked_at desc limit 1) c on true
		left join operator co on co.id = c.checked_by
		where s.`+inWorkspace+` and s.state <> 'retired'
		order by s.api, s.state`)
}

// ActiveVersion returns the version in use of one API; ErrNotFound if none is.
func (t *Tx) ActiveVersion(ctx context.Context, api string) (Version, error) {
	return one[Version](ctx, t.tx, `
		select s.api, s.version, s.state, s.host, s.integration_key, '' as set_by, s.set_at,
		       null::text as outcome, null::jsonb as verdict, null::text as checked_by, null::timestamptz as checked_at
		from integration_secret s where s.`+inWorkspace+` and s.api = $1 and s.state = 'active'`, api)
}

// LockCandidate returns the version of one API that waits to take the place of
// the one in use, with Duo's latest answer to it, and keeps others from changing
// versions until the transaction ends. ErrNotFound if none waits.
func (t *Tx) LockCandidate(ctx context.Context, api string) (Version, error) {
	if err := t.lockVersions(ctx); err != nil {
		return Version{}, err
	}
	return one[Version](ctx, t.tx, `
		select s.api, s.version, s.state, s.host, s.integration_key, '' as set_by, s.set_at,
		       c.outcome, c.verdict, null::text as checked_by, c.checked_at
		from integration_secret s
		left join lateral (select outcome, verdict, checked_at from integration_check c
		                   where c.workspace_id = s.workspace_id and c.api = s.api and c.version = s.version
		                   order by checked_at desc limit 1) c on true
		where s.`+inWorkspace+` and s.api = $1 and s.state = 'candidate'`, api)
}

// SecretKey opens the secret key of one version.
func (t *Tx) SecretKey(ctx context.Context, api string, version int) (secret.Secret, error) {
	var sealed []byte
	err := t.tx.QueryRow(ctx, `select sealed_secret from integration_secret where `+inWorkspace+` and api = $1 and version = $2 and state <> 'retired'`,
		api, version).Scan(&sealed)
	if err != nil {
		return secret.Secret{}, meaning(err)
	}
	return t.keys.Open(t.secretPlace(api, version), sealed)
}

func (t *Tx) secretPlace(api string, version int) secret.Place {
	return secret.Place{Table: "integration_secret", Column: "sealed_secret", Workspace: t.scope.workspace, Row: api, Version: version}
}

// AddCandidate stores a new version of an API's fields, in the place of any
// candidate before it, and returns its number.
func (t *Tx) AddCandidate(ctx context.Context, api, host, integrationKey string, key secret.Secret, operator uuid.UUID, now time.Time) (int, error) {
	if err := t.lockVersions(ctx); err != nil {
		return 0, err
	}
	if err := t.retire(ctx, api, Candidate); err != nil {
		return 0, err
	}
	var version int
	if err := t.tx.QueryRow(ctx, `select coalesce(max(version), 0) + 1 from integration_secret where `+inWorkspace+` and api = $1`, api).Scan(&version); err != nil {
		return 0, err
	}
	var sealed []byte
	var sealing error
	if err := key.Lend(func(b []byte) { sealed, sealing = t.keys.Seal(t.secretPlace(api, version), b) }); err != nil || sealing != nil {
		return 0, fmt.Errorf("store: seal secret key: %w", secret.ErrCannotOpen)
	}
	_, err := t.tx.Exec(ctx, `
		insert into integration_secret (workspace_id, api, version, state, host, integration_key, sealed_secret, set_by, set_at)
		values ($1, $2, $3, 'candidate', $4, $5, $6, $7, $8)`,
		t.scope.workspace, api, version, host, integrationKey, sealed, operator, now)
	return version, meaning(err)
}

// Activate puts a candidate to use and retires the version it replaces. It
// returns ErrNotFound when that version is not the candidate any more; version 0
// stands for whichever is.
func (t *Tx) Activate(ctx context.Context, api string, version int) error {
	if err := t.lockVersions(ctx); err != nil {
		return err
	}
	if err := t.retire(ctx, api, Active); err != nil {
		return err
	}
	done, err := t.tx.Exec(ctx, `update integration_secret set state = 'active' where `+inWorkspace+` and api = $1 and $2 in (0, version) and state = 'candidate'`, api, version)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// Discard drops the candidate of an API.
func (t *Tx) Discard(ctx context.Context, api string) error { return t.retire(ctx, api, Candidate) }

// lockVersions lets the workspace's changes of credentials go one after the
// other: two saves at once would take the same number, and a save that meets an
// activation could leave two versions in use.
func (t *Tx) lockVersions(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('integration ' || app.workspace()::text, 0))`)
	return err
}

// retire takes a version out of use and destroys its secret key.
func (t *Tx) retire(ctx context.Context, api, state string) error {
	_, err := t.tx.Exec(ctx, `update integration_secret set state = 'retired', sealed_secret = '' where `+inWorkspace+` and api = $1 and state = $2`, api, state)
	return err
}

// SaveCheck records what Duo answered to a version.
func (t *Tx) SaveCheck(ctx context.Context, api string, version int, outcome string, verdict json.RawMessage, operator uuid.UUID, now time.Time) error {
	_, err := t.tx.Exec(ctx, `
		insert into integration_check (workspace_id, api, version, outcome, verdict, checked_by, checked_at)
		values ($1, $2, $3, $4, $5, $6, $7)`, t.scope.workspace, api, version, outcome, verdict, operator, now)
	return meaning(err)
}

// DraftLife is how long a refused form is kept for the one who typed it.
const DraftLife = 24 * time.Hour

// SaveDraft keeps what a refused form held, sealed as a whole, for the operator
// who typed it.
func (t *Tx) SaveDraft(ctx context.Context, operator uuid.UUID, form string, input map[string]string, now time.Time) error {
	text, err := json.Marshal(input)
	if err != nil {
		return err
	}
	sealed, err := t.keys.Seal(t.draftPlace(operator, form), text)
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
func (t *Tx) Draft(ctx context.Context, operator uuid.UUID, form string, now time.Time) (map[string]string, time.Time, error) {
	if _, err := t.tx.Exec(ctx, `delete from draft where `+inWorkspace+` and expires_at <= $1`, now); err != nil {
		return nil, time.Time{}, err
	}
	var sealed []byte
	var until time.Time
	err := t.tx.QueryRow(ctx, `select sealed_input, expires_at from draft where `+inWorkspace+` and operator_id = $1 and form = $2`, operator, form).Scan(&sealed, &until)
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
	_, err := t.tx.Exec(ctx, `delete from draft where `+inWorkspace+` and operator_id = $1 and form = $2`, operator, form)
	return err
}

func (t *Tx) draftPlace(operator uuid.UUID, form string) secret.Place {
	return secret.Place{Table: "draft", Column: "sealed_input", Workspace: t.scope.workspace, Row: operator.String() + "/" + form}
}
