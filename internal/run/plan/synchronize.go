package plan

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// SynchronizeKind is the plan that has Duo read several users again from a directory.
const SynchronizeKind = "synchronize"

// MostSynchronized is how many users one such plan is about.
const MostSynchronized = 20

// SynchronizeScreen is what is typed for it: a SynchronizeChoice.
const SynchronizeScreen = "users"

// SynchronizeChoice is which users of which directory are synchronized.
type SynchronizeChoice struct {
	DirectoryKey string   `json:"directory_key"`
	Directory    string   `json:"directory"`            // its name
	Usernames    []string `json:"usernames"`            // that differ when folded
	Connection   string   `json:"connection"`           // that the form was opened for
	Ticket       string   `json:"ticket,omitempty"`     // of each run
	Reason       string   `json:"act_reason,omitempty"` // of each run, after a report of fraud
}

func synchronize() Kind {
	return Kind{
		Slug: SynchronizeKind, Title: "Synchronize users", Role: catalog.Technician, Independent: true,
		Screens: []Screen{{SynchronizeScreen, "Users"}}, Steps: synchronizeSteps,
	}
}

// synchronizeSteps makes a step of each user. Where the organization is connected another
// way than the form showed, nothing is left to do.
func synchronizeSteps(_ context.Context, r Reader, input map[string]json.RawMessage) (steps []store.PlanStep, _ error) {
	choice, _ := Read[SynchronizeChoice](store.Plan{Input: input}, SynchronizeScreen)
	skip := ""
	if r.Organization.Connection() != choice.Connection {
		skip = "The connection has changed since the form was opened. It is " +
			run.ConnectionText(r.Organization) + " now."
	}
	for _, name := range choice.Usernames {
		values := given("directory_key", choice.DirectoryKey, "username", name, ConnectionInput, choice.Connection,
			TicketInput, choice.Ticket, ReasonInput, choice.Reason)
		steps = append(steps, store.PlanStep{Key: "user/" + text.Fold(name), Act: catalog.SynchronizeUser,
			Subject: name,
			Input:   values, Skip: skip})
	}
	return steps, nil
}

// Synchronize previews a plan for an organization. id is the form's: sent twice, it is one
// plan, and with other input the error is run.ErrOtherInput.
func (r *Runner) Synchronize(ctx context.Context, sc store.Scope, actor run.Actor, organization, id uuid.UUID,
	choice SynchronizeChoice) error {
	typed, err := json.Marshal(choice)
	if err != nil {
		return err
	}
	p := store.Plan{ID: id, OrganizationID: organization, Kind: SynchronizeKind,
		Input: map[string]json.RawMessage{SynchronizeScreen: typed}}
	if choice.Ticket != "" {
		p.Input[TicketInput], _ = json.Marshal(choice.Ticket) // of the plan's own records
	}
	return r.start(ctx, sc, actor, p, false)
}
