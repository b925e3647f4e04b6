package plan

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// Act is what a step can do: an action of the catalog, or one that a package registers.
type Act struct {
	Slug, Title string
	Call        string // of Duo, such as POST /admin/v1/users; empty: it only changes what the console keeps
	Role        catalog.Role
	Whole       bool // takes a membership of every organization
	Sends       bool // reaches a person
	Last        bool // is done also when steps before it were skipped
	OfWorkspace bool // its run is the workspace's, and no organization's
	Again       bool // looks for what it made before it makes anything: may be tried after any outcome

	// Do executes the act once, on record as the run of Work.Run: called again it
	// returns *run.AlreadyRun. A *Refusal says that nothing was done.
	Do func(context.Context, *run.Runner, Work) (Done, error)
	// Check reads whether what the step was to do is so now. Facts that it finds are
	// added to those of the act.
	Check func(context.Context, *run.Runner, Work, Done) (Seen, error)
}

// Work is one step to be executed.
type Work struct {
	Run          uuid.UUID
	Scope        store.Scope
	Actor        run.Actor
	Organization store.Organization
	Opened       string            // the connection that the step was approved for
	ServedAs     string            // of a step of the workspace: the connection of the organization it is done for
	Input        map[string]string // with the facts of earlier steps
	Ticket       string            // of the run
	Reason       string            // of the run, after a report of fraud
	Subject      string
}

// Done is what became of an act.
type Done struct {
	State   string // of the run: store.Applied, or Sending where that is not known yet
	Summary string
	Facts   json.RawMessage
	Before  map[string]string // what the run recorded of the object as it was
}

// Seen is what was found when an act was read back.
type Seen struct {
	Finding catalog.Finding
	Words   string
	Facts   json.RawMessage // nil: those of the act
}

// Refusal says that an act was not done, which is on record.
type Refusal struct{ Summary string }

func (e *Refusal) Error() string { return "plan: refused: " + e.Summary }

var registered = map[string]Act{}

// Register adds an act that is not an action of the catalog. It is called when the
// program starts, and panics for a slug that is taken.
func Register(a Act) {
	if _, taken := registered[a.Slug]; taken {
		panic("plan: two acts are called " + a.Slug)
	}
	registered[a.Slug] = a
}

// ActOf returns the act of a slug.
func ActOf(slug string) (Act, bool) {
	if a, is := registered[slug]; is {
		return a, true
	}
	action, is := catalog.Lookup(slug)
	if !is {
		return Act{}, false
	}
	return Act{
		Slug: slug, Title: action.Title, Call: action.Call, Role: action.Role, Whole: action.OfWorkspace(),
		OfWorkspace: action.OfWorkspace(),
		Sends:       action.Kind == catalog.Send, Do: doAction(action), Check: checkAction(action),
	}, true
}

// RoleOf is the role that a step takes with its input.
func RoleOf(s store.PlanStep) catalog.Role {
	act, known := ActOf(s.Act)
	if !known {
		return catalog.Owner
	}
	if action, is := catalog.Lookup(s.Act); is {
		return max(act.Role, action.LeastRole(catalog.Recalled(s.Input)))
	}
	return act.Role
}

// requestOf is a step as a request for an action.
func requestOf(action catalog.Action, w Work) (run.Request, []catalog.FieldError) {
	in, bad := action.Parse(func(name string) (string, bool) { text, given := w.Input[name]; return text, given })
	q := run.Request{ID: w.Run, Scope: w.Scope, Organization: w.Organization, Actor: w.Actor, Action: action,
		Input: in, Opened: w.Opened, Ticket: w.Ticket, Reason: w.Reason}
	if action.OfWorkspace() {
		if q.Organization = (store.Organization{}); w.ServedAs != "" {
			q.For = run.Served{Organization: w.Organization.ID, Connection: w.ServedAs}
		}
	}
	return q, bad
}

// doAction executes an action of the catalog. What its result reveals is dropped: a step
// shows it to nobody.
func doAction(action catalog.Action) func(context.Context, *run.Runner, Work) (Done, error) {
	return func(ctx context.Context, r *run.Runner, w Work) (Done, error) {
		q, bad := requestOf(action, w)
		if len(bad) > 0 {
			return Done{}, &Refusal{"Not sent: " + bad[0].Shown()}
		}
		out, err := r.Do(ctx, q)
		done := Done{State: out.Run.State, Summary: out.Run.Summary, Facts: out.Run.Facts, Before: out.Run.Before}
		if out.Run.ID != uuid.Nil && err != nil && !errors.As(err, new(*run.AlreadyRun)) {
			return done, nil // what came of it is on record
		}
		return done, err
	}
}

// checkAction reads back what an action of the catalog did, where that can be read.
func checkAction(action catalog.Action) func(context.Context, *run.Runner, Work, Done) (Seen, error) {
	return func(ctx context.Context, r *run.Runner, w Work, done Done) (Seen, error) {
		q, bad := requestOf(action, w)
		if len(bad) > 0 {
			return Seen{Finding: catalog.Unclear}, nil
		}
		found, err := r.ReadBack(ctx, q, done.Before)
		return Seen{Finding: found.Finding, Words: found.Words, Facts: run.FactsWith(done.Facts, found.Created)}, err
	}
}
