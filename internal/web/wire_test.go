package web

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// What programs and scripts get, as the tests read it.

// apiOutcome answers a program that carried out an action.
type apiOutcome struct {
	RunID    uuid.UUID       `json:"run_id"`
	State    string          `json:"state"`
	Summary  string          `json:"summary"`
	Replayed bool            `json:"replayed"` // it was done before: this is what came of it then
	Result   json.RawMessage `json:"result,omitempty"`
	Secrets  []apiSecret     `json:"secrets,omitempty"`
	Created  string          `json:"created_id,omitempty"`
	Expires  *time.Time      `json:"expires_at,omitempty"` // the secrets
}

type apiSecret struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// apiPart answers with a part of a list. Next is the cursor of the part after
// it; null at the end.
type apiPart[T any] struct {
	Items []T     `json:"items"`
	Total *int    `json:"total,omitempty"` // of the whole list, where that is known
	Next  *string `json:"next"`
}

// apiMapping is how an organization is joined with its Duo account.
type apiMapping struct {
	Organization string `json:"organization"` // slug
	Name         string `json:"name"`
	Connection   string `json:"connection"`
	Connected    string `json:"connection_id"`
	AccountID    string `json:"account_id"`
	APIHostname  string `json:"api_hostname"`
	DirectoryKey string `json:"directory_key"`
	Failing      bool   `json:"failing"`
}

type apiOrganization struct {
	Slug       string   `json:"slug"`
	Name       string   `json:"name"`
	Aliases    []string `json:"aliases"`
	Tags       []string `json:"tags"`
	TimeZone   string   `json:"time_zone"`
	Connection string   `json:"connection"` // child, parent, own or none
	Connected  string   `json:"connection_id"`
	Failing    bool     `json:"failing"`
}

// problem is an error as a program gets it: RFC 9457, with members of our own
// behind those of the standard.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	RequestID string         `json:"request_id"`
	Errors    []problemField `json:"errors,omitempty"`
	RunID     string         `json:"run_id,omitempty"` // of what was tried
	State     string         `json:"state,omitempty"`
}

type problemField struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// liveEvent is one event of the stream.
type liveEvent struct {
	Text string `json:"text"`
	Left int    `json:"left"` // seconds that the person has; 0: not known
	Done bool   `json:"done"`

	Answer string `json:"answer,omitempty"` // of the person, as catalog.Answer
}

type apiRun struct {
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
