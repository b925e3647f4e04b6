package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Event is something that happens in the console itself and is kept in the
// record beside the actions of the catalogue.
type Event struct {
	Slug  string // Run.Action
	Title string
}

// The slugs of events that statements leave out or look for.
const (
	lateResult  = "late-result"
	pruneRecord = "prune-record"
)

var events []Event

// event declares one: the order here is that of a filter.
func event(slug, title string) Event {
	e := Event{Slug: slug, Title: title}
	events = append(events, e)
	return e
}

// The events. An act that was refused has the event of the act, in the state
// Refused; Denied is for those that no event or action names.
var (
	SignedIn   = event("sign-in", "Sign in")
	Denied     = event("denied", "Refused access")
	LateResult = event(lateResult, "Late result") // of a run that had been closed before; Input names it

	RunsExported     = event("export-runs", "Export runs")
	RecordPruned     = event(pruneRecord, "Prune record")
	ReadingLimitSet  = event("set-reading-limit", "Change limit of data taken out")
	FactorsApproved  = event("approve-factor-reset", "Approve new second factors")
	FactorGraceSet   = event("set-factor-grace", "Change grace without a second factor")
	QuotasSet        = event("set-quotas", "Change quotas")
	QuotaReached     = event("quota-reached", "Quota reached")
	SignOnSaved      = event("set-sign-on", "Change single sign-on")
	SignOnRemoved    = event("remove-sign-on", "Remove single sign-on")
	SignOnRequired   = event("require-sign-on", "Require single sign-on")
	SignOnOptional   = event("stop-requiring-sign-on", "Stop requiring single sign-on")
	SignOnLinked     = event("link-sign-on", "Link account for single sign-on")
	SignOnUnlinked   = event("unlink-sign-on", "Unlink account for single sign-on")
	TicketRuleSet    = event("set-ticket-rule", "Change required tickets")
	RangesSet        = event("set-address-ranges", "Change address ranges")
	OperatorAdded    = event("add-operator", "Add operator")
	OperatorDisabled = event("disable-operator", "Disable operator")
	OperatorEnabled  = event("enable-operator", "Enable operator")
	PasswordReset    = event("reset-password", "Reset password")

	IntegrationSaved     = event("save-integration", "Save Configuration")
	IntegrationChecked   = event("check-integration", "Check keys")
	IntegrationActivated = event("activate-integration", "Use values anyway")
	IntegrationDiscarded = event("discard-integration", "Discard values")

	OrganizationCreated   = event("create-organization", "Create organization")
	OrganizationsImported = event("import-organizations", "Import organizations")
	OrganizationsExported = event("export-organizations", "Export organizations")
	OrganizationChanged   = event("change-organization", "Change organization")
	OrganizationArchived  = event("archive-organization", "Archive organization")
	OrganizationNameKept  = event("keep-organization-name", "Keep organization's name")
	OrganizationMapped    = event("map-organization", "Map organization")
	OrganizationUnmapped  = event("unmap-organization", "Unmap organization")
	DirectoryKeySet       = event("set-directory-key", "Set directory key")
	DirectoryKeyRemoved   = event("remove-directory-key", "Remove directory key")
	DirectoryAdded        = event("add-directory", "Add directory key")
	DirectoryRenamed      = event("rename-directory", "Rename directory key")
	DirectoryPrimary      = event("make-directory-primary", "Make directory key primary")

	CalledBack = event("call-back", "Call back")

	ConnectionChanged = event("change-connection", "Change connection")
	OwnKeysSaved      = event("save-own-keys", "Save own credentials")
	OwnKeysChecked    = event("check-own-keys", "Check own credentials")
	OwnKeysActivated  = event("activate-own-keys", "Use own credentials")
	OwnKeysDiscarded  = event("discard-own-keys", "Discard own credentials")

	ApprovedPlan  = event("approve-plan", "Approve plan")
	PausedPlan    = event("pause-plan", "Pause plan")
	ContinuedPlan = event("continue-plan", "Continue plan")
	CanceledPlan  = event("cancel-plan", "Cancel plan")
	FinishedPlan  = event("finish-plan", "Finish plan")

	OnboardingEnded = event("end-onboarding", "End onboarding")

	OperatorInvited    = event("invite-operator", "Invite operator")
	InvitationRevoked  = event("revoke-invitation", "Revoke invitation")
	InvitationAccepted = event("accept-invitation", "Accept invitation")
	MemberChanged      = event("change-membership", "Change membership")
	MemberDisabled     = event("disable-membership", "Disable membership")
	MemberEnabled      = event("enable-membership", "Enable membership")
	MemberEnded        = event("end-membership", "End membership")

	NoticeAcknowledged = event("acknowledge-notice", "Acknowledge notice")

	TokenMade    = event("make-token", "Create access token")
	TokenRevoked = event("revoke-token", "Revoke access token")

	PasswordChanged = event("change-password", "Change own password")
	SessionsEnded   = event("end-sessions", "Sign out everywhere")
)

// Events lists all events in the order of a filter.
func Events() []Event { return slices.Clone(events) }

// Record is an event to be kept. Nothing in it may be a secret.
type Record struct {
	ID           uuid.UUID // from the form, against doing it twice; uuid.Nil: any
	Event        Event
	Operator     uuid.UUID
	Token        string    // name of the access token that it came by; empty: by a page
	TokenID      uuid.UUID // of that token
	Organization uuid.UUID // uuid.Nil: of the workspace itself
	AccountID    string    // of Duo, where the event is about one
	Subject      string    // the name of what it was done to, as a person knows it
	Input        map[string]string
	Ticket       string
	State        string // Applied when empty
	Summary      string // what happened, in a sentence
	At           time.Time
	Asked        *Run // the run that asked a person, whose answer is told late
	Answer       string
	Facts        json.RawMessage // nil: none
}

// Record writes events down, closed: in the transaction of the change itself, so
// that there is no change without its record. A *ConflictError on "run_pkey" says
// that a given id is on record already.
func (t *Tx) Record(ctx context.Context, records ...Record) error {
	batch := &pgx.Batch{}
	for _, r := range records {
		if r.Input == nil {
			r.Input = map[string]string{}
		}
		if r.ID == uuid.Nil {
			r.ID = uuid.New()
		}
		asked := Run{}
		if r.Asked != nil {
			asked = *r.Asked
		}
		batch.Queue(`
			insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket,
			                 state, summary, started_at, finished_at, token, token_id, answer, asked_user, api_host, facts)
			values ($1, $2, $3, $4, $5, $6, $7, $8, '', $18, $9, $10, $11, $11, $12, $13, $14, $15, $16, coalesce($17::jsonb, '{}'))`,
			t.scope.workspace, r.ID, orNull(r.Organization), r.AccountID, r.Operator, r.Event.Slug, r.Subject, r.Input,
			cmp.Or(r.State, Applied), r.Summary, r.At, r.Token, orNull(r.TokenID), r.Answer, asked.AskedUser,
			asked.APIHost, r.Facts, r.Ticket)
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// orNull is an id as the database has it: null for none.
func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// refusalsAnHour is how many refusals of one operator are kept within an hour, so
// that nobody fills the record by being refused.
const refusalsAnHour = 30

// RecordRefusal is Record for a request that was not allowed; Input says under
// "route" what it was. Beyond thirty an hour nothing is written. The scope must
// be the whole workspace: in a part of it the count would be too small.
func (t *Tx) RecordRefusal(ctx context.Context, r Record) error {
	if _,
		err := t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('refusals ' || app.workspace()::text || $1::text, 0))`,
		r.Operator.String()); err != nil {
		return err
	}
	var before int
	err := t.tx.QueryRow(ctx, `select count(*) from run where `+inWorkspace+
		` and operator_id = $1 and state = 'refused' and input ? 'route' and started_at > $2`,
		r.Operator, r.At.Add(-time.Hour)).Scan(&before)
	if err != nil || before >= refusalsAnHour {
		return err
	}
	if before == refusalsAnHour-1 {
		r.Summary += " More refusals within this hour are not recorded."
	}
	r.State = Refused
	return t.Record(ctx, r)
}

// recordEverywhere writes an event about an operator down in every workspace
// that the operator may enter, in a transaction of its caller. An operator
// without a workspace leaves no record.
func (s *Store) recordEverywhere(ctx context.Context, tx pgx.Tx, r Record) error {
	return s.eachMembership(ctx, tx, r.Operator, func(entered *Tx, disabled bool) error {
		if disabled {
			return nil
		}
		return entered.Record(ctx, r)
	})
}

// eachMembership enters every workspace that an operator is a member of, one
// after the other, in a transaction of its caller.
func (s *Store) eachMembership(ctx context.Context, tx pgx.Tx, operator uuid.UUID,
	fn func(entered *Tx, disabled bool) error) error {
	if _, err := tx.Exec(ctx, `select set_config('app.operator', $1, true)`, operator.String()); err != nil {
		return err
	}
	type membership struct {
		WorkspaceID uuid.UUID
		Disabled    bool
	}
	found, err := all[membership](ctx, tx,
		`select workspace_id, disabled_at is not null as disabled from membership where operator_id = $1 order by workspace_id`, operator)
	if err != nil {
		return err
	}
	for _, m := range found {
		entered, err := s.enter(ctx, tx, WholeWorkspace(m.WorkspaceID))
		if err != nil {
			return err
		}
		if err := fn(entered, m.Disabled); err != nil {
			return err
		}
	}
	return nil
}
