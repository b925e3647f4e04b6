package plan

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// Inputs of a step that are fields of no act: the connection that it is for, and, where
// that is another one, how the organization itself has to be connected when it begins; the
// ticket and the reason that its run is recorded with.
const (
	TicketInput       = "ticket"
	ReasonInput       = run.ReasonField
	ConnectionInput   = "connection"
	OrganizationInput = "organization_connection"
)

// fieldsOf is a step's input without what is no field of its act.
func fieldsOf(input map[string]string) map[string]string {
	fields := maps.Clone(input)
	for _, name := range []string{ConnectionInput, OrganizationInput, TicketInput, ReasonInput} {
		delete(fields, name)
	}
	return fields
}

// StepID is the id of a plan's step of a key, the same whenever it is made.
func StepID(plan uuid.UUID, key string) uuid.UUID { return uuid.NewSHA1(plan, []byte(key)) }

// RunID is the id of the run of a step's attempt, from 1: the first has the step's own.
func RunID(step uuid.UUID, attempt int) uuid.UUID {
	if attempt <= 1 {
		return step
	}
	return uuid.NewSHA1(step, []byte(strconv.Itoa(attempt)))
}

// numbered gives steps their ids and places, and the state that they begin in.
func numbered(p store.Plan, steps []store.PlanStep) []store.PlanStep {
	for i := range steps {
		s := &steps[i]
		s.ID, s.PlanID, s.Place, s.Attempt, s.State = StepID(p.ID, s.Key), p.ID, i+1, 1, store.StepWaiting
		if s.OrganizationID == uuid.Nil {
			s.OrganizationID = p.OrganizationID
		}
		if s.Skip != "" {
			s.State, s.Summary = store.StepSkipped, s.Skip
		}
	}
	return steps
}

// Digest is what an approval is bound to: all that was shown of the steps, in one form.
func Digest(steps []store.PlanStep) []byte {
	type shown struct {
		ID                           uuid.UUID
		Organization                 uuid.UUID
		Key, Act, SubjectID, Subject string
		Input                        map[string]string
		Uses                         map[string]store.Use
		WaitsFor                     []string
		NotBefore                    *time.Time
		Skip, Warning                string
	}
	var all []shown
	for _, s := range steps {
		one := shown{s.ID, s.OrganizationID, s.Key, s.Act, s.SubjectID, s.Subject, s.Input, s.Uses, s.WaitsFor,
			s.NotBefore, s.Skip, s.Warning}
		if len(one.Input) == 0 {
			one.Input = nil
		}
		if len(one.Uses) == 0 {
			one.Uses = nil
		}
		if len(one.WaitsFor) == 0 {
			one.WaitsFor = nil
		}
		all = append(all, one)
	}
	text, err := json.Marshal(all) // the keys of maps are in order
	if err != nil {
		panic(err) // texts always have a JSON
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

// Difference is what of two lists of steps is not the same, by what a person reads.
type Difference struct{ Gone, New []store.PlanStep }

// differ compares steps one by one.
func differ(before, after []store.PlanStep) (d Difference) {
	same := func(a store.PlanStep, list []store.PlanStep) bool {
		for _, b := range list {
			if a.ID == b.ID && string(Digest([]store.PlanStep{a})) == string(Digest([]store.PlanStep{b})) {
				return true
			}
		}
		return false
	}
	for _, s := range before {
		if !same(s, after) {
			d.Gone = append(d.Gone, s)
		}
	}
	for _, s := range after {
		if !same(s, before) {
			d.New = append(d.New, s)
		}
	}
	return d
}

// passed reports whether a step needs nothing more, and those that wait for it may go on.
func passed(s store.PlanStep) bool {
	return s.State == store.StepVerified || s.State == store.StepDone || s.State == store.StepSkipped
}

// failed reports whether a step came to an end that others cannot build on.
func failed(s store.PlanStep) bool {
	return s.State == store.StepRefused || s.State == store.StepAbsent || s.State == store.StepUnknown
}

// MayRetry reports whether a step may be tried again: it certainly has no effect, or its
// act looks for one first.
func MayRetry(s store.PlanStep) bool {
	act, known := ActOf(s.Act)
	return known && (s.State == store.StepRefused || s.State == store.StepAbsent && !act.Sends && !made(s) ||
		s.State == store.StepUnknown && act.Again)
}

// made reports whether the run of a step says what it created: that may be there under
// another name, and is looked for, not created again.
func made(s store.PlanStep) bool { return factsOf(s)[createdFact] != "" }

// due is the step that comes next: one that was left in hand, or the first that waits for
// nothing. busy says that a living process has one in hand: one step of an organization
// at a time.
func due(steps []store.PlanStep, organization uuid.UUID, now time.Time) (next *store.PlanStep, busy bool) {
	byKey := map[string]store.PlanStep{}
	for _, s := range steps {
		byKey[s.Key] = s
	}
	for i := range steps {
		s := &steps[i]
		if organization != uuid.Nil && s.OrganizationID != organization || s.State != store.StepWorking {
			continue
		}
		if s.Held {
			return nil, true
		}
		return s, false
	}
	for i := range steps {
		s := &steps[i]
		if organization != uuid.Nil && s.OrganizationID != organization || s.State != store.StepWaiting ||
			s.NotBefore != nil && now.Before(*s.NotBefore) {
			continue
		}
		free := true
		for _, key := range s.WaitsFor {
			free = free && passed(byKey[key])
		}
		if free {
			return s, false
		}
	}
	return nil, false
}

// factsOf are the facts of a step as texts.
func factsOf(s store.PlanStep) map[string]string {
	facts, texts := map[string]any{}, map[string]string{}
	_ = json.Unmarshal(s.Facts, &facts) // facts that are not known are missed below
	for name, value := range facts {
		if text, is := value.(string); is {
			texts[name] = text
		}
	}
	return texts
}

// resolved is a step's input with the facts of earlier steps; missing names one that the
// earlier step does not have.
func resolved(s store.PlanStep, steps []store.PlanStep) (input map[string]string, missing string) {
	input = map[string]string{}
	for name, text := range s.Input {
		input[name] = text
	}
	for name, use := range s.Uses {
		for _, earlier := range steps {
			if earlier.Key == use.Step {
				input[name] = factsOf(earlier)[use.Fact]
			}
		}
		if input[name] == "" {
			missing = use.Step
		}
	}
	return input, missing
}
