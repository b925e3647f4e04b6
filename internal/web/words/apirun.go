package words

import (
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

// APIRun is a run as programs get it.
type APIRun struct {
	RunID        uuid.UUID         `json:"run_id"`
	Action       string            `json:"action"`
	Organization *string           `json:"organization"` // slug; null: of the workspace
	AccountID    string            `json:"account_id"`
	Subject      string            `json:"subject"`
	State        string            `json:"state"`
	Summary      string            `json:"summary"`
	Answer       string            `json:"answer"` // of a person who was asked through Duo
	Fields       map[string]string `json:"fields"`
	Ticket       string            `json:"ticket"`
	Reason       string            `json:"reason"`
	AfterFraud   string            `json:"after_fraud"` // who decided; empty: there was no report
	Operator     string            `json:"operator"`    // email
	Token        string            `json:"token"`       // name of the access token; empty: by a page
	TokenID      *uuid.UUID        `json:"token_id"`    // null: by a page, or from before ids were kept
	Started      time.Time         `json:"started_at"`
	Finished     *time.Time        `json:"finished_at"`
}

// APIRunOf makes the APIRun of a run; times are in UTC.
func APIRunOf(r store.Run) APIRun {
	shown := APIRun{RunID: r.ID, Action: r.Action, Organization: r.OrgSlug, AccountID: r.AccountID, Subject: r.Subject,
		State: r.State, Summary: r.Summary, Answer: r.Answer,
		Fields: r.Input, Ticket: r.Ticket, Reason: r.Reason, AfterFraud: r.AfterFraud, Operator: r.Operator,
		Token: r.Token, TokenID: r.TokenID, Started: r.StartedAt.UTC()}
	if r.Unclear() {
		shown.Summary = UnclearWords(r, func(t time.Time) string { return t.UTC().Format("15:04:05 UTC") })
	}
	if r.FinishedAt != nil {
		at := r.FinishedAt.UTC()
		shown.Finished = &at
	}
	return shown
}
