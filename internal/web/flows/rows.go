package flows

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

// planWords are the states of a plan in words.
var planWords = map[string]string{store.PlanDraft: "a draft", store.PlanPreviewed: "a draft",
	store.PlanApproved: "approved",
	store.PlanRunning:  "running", store.PlanPaused: "paused", store.PlanDone: "done", store.PlanCanceled: "canceled"}

func planChip(p store.Plan) views.Chip {
	switch p.State {
	case store.PlanApproved, store.PlanRunning:
		return views.Chip{Level: "info", Text: "Running"}
	case store.PlanPaused:
		return views.Chip{Level: "warn", Text: "Paused"}
	case store.PlanDone:
		return views.Chip{Level: "ok", Text: "Done"}
	case store.PlanCanceled:
		return views.Chip{Level: "idle", Text: "Canceled"}
	}
	return views.Chip{Level: "idle", Text: "Draft"}
}

// stepChips are the states of a step.
var stepChips = map[string]views.Chip{
	store.StepWaiting: {Level: "idle", Text: "Waiting"}, store.StepWorking: {Level: "info", Text: "In progress"},
	store.StepVerified: {Level: "ok", Text: "Verified"}, store.StepDone: {Level: "ok", Text: "Done, not verified"},
	store.StepAbsent: {Level: "bad", Text: "Not so in Duo"}, store.StepRefused: {Level: "bad", Text: "Not done"},
	store.StepUnknown: {Level: "warn", Text: "Unknown"}, store.StepSkipped: {Level: "idle", Text: "Skipped"},
}

// checkChips are the states of a step that checks whether something works.
var checkChips = map[string]views.Chip{
	store.StepWaiting: stepChips[store.StepWaiting], store.StepWorking: stepChips[store.StepWorking],
	store.StepVerified: {Level: "ok", Text: "Work"}, store.StepDone: {Level: "ok", Text: "Work"},
	store.StepAbsent: {Level: "bad", Text: "Changed since"}, store.StepRefused: {Level: "bad", Text: "Fail"},
	store.StepUnknown: stepChips[store.StepUnknown], store.StepSkipped: stepChips[store.StepSkipped],
}

func actTitle(slug string) string {
	a, _ := plan.ActOf(slug)
	return cmp.Or(a.Title, slug)
}

// previewRows are steps before they are done: with what, by which calls.
func previewRows(steps []store.PlanStep) []flows.StepRow {
	places := map[string]int{}
	for _, s := range steps {
		places[s.Key] = s.Place
	}
	var rows []flows.StepRow
	for _, s := range steps {
		a, _ := plan.ActOf(s.Act)
		row := flows.StepRow{Number: s.Place, Act: actTitle(s.Act), Subject: catalog.Plain(s.Subject), Call: a.Call,
			Skip: s.Skip, Warning: s.Warning}
		for _, name := range slices.Sorted(maps.Keys(s.Input)) {
			if name != plan.ConnectionInput && name != plan.OrganizationInput {
				row.With = append(row.With, inputText(s.Act, name, s.Input[name]))
			}
		}
		row.Uses = usesText(s, places)
		rows = append(rows, row)
	}
	return rows
}

// usesText names the earlier steps whose results a step uses.
func usesText(s store.PlanStep, places map[string]int) string {
	var used []int
	for name, use := range s.Uses {
		if name != plan.ConnectionInput {
			used = append(used, places[use.Step])
		}
	}
	slices.Sort(used)
	switch len(used) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("Created in step %d", used[0])
	}
	return fmt.Sprintf("Created in steps %d and %d", used[0], used[len(used)-1])
}

// inputText is one value that a step is done with.
func inputText(slug, name, value string) string {
	action, _ := catalog.Lookup(slug)
	for _, f := range action.Fields {
		if spec := f.Spec(); spec.Name == name {
			return spec.Label + ": " + cmp.Or(catalog.Plain(spec.Words(value)), "empty")
		}
	}
	labels := map[string]string{plan.TicketInput: site.TicketBox.Label, plan.ReasonInput: site.ReasonBox.Label,
		plan.AccountInput: "Account", plan.DirectoryNameInput: "Name",
		plan.DirectoryKeyInput: "Directory key"}
	return cmp.Or(labels[name], name) + ": " + catalog.Plain(value)
}

// drawWork shows a plan that was begun: progress, results, and what can be done about it.
func (s *pages) drawWork(v site.Visitor, p store.Plan, steps []store.PlanStep, page *flows.PlanPage) {
	lacks, lacking := errors.AsType[*plan.Lacks](plan.Lacking(v.Role, v.Membership.Every(), steps))
	k, _ := plan.KindOf(p.Kind)
	may := !lacking && p.Reached && v.Role >= k.Role
	again := p.State == store.PlanPaused || p.AtWork() || p.State == store.PlanDone && k.Independent
	for _, step := range steps {
		if step.State == store.StepWorking && (p.State == store.PlanDone || p.State == store.PlanCanceled) {
			step.State = store.StepUnknown // its run says more
		}
		row := s.resultRow(v, step)
		if k.Checks {
			row.State = checkChips[step.State]
		}
		if may && again && plan.MayRetry(step) {
			row.Retry = step.ID.String()
		}
		page.Steps = append(page.Steps, row)
		if page.Of++; step.Ended() {
			page.Done++
		}
	}
	page.Progress, page.Live = stepsText(page.Done, page.Of), s.live(v, p, steps)
	if p.State == store.PlanPaused {
		page.Notes = append(page.Notes, "Paused. "+p.PausedWhy)
	}
	if lacking && p.State != store.PlanDone && p.State != store.PlanCanceled {
		page.Notes = append(page.Notes, lacksText(lacks))
	}
	button := func(text, what string) flows.Button {
		return flows.Button{Text: text, Post: actOn(v, p, what), Hidden: page.Hidden, Ticket: what == "continue"}
	}
	other, isOther := others[p.Kind]
	if isOther && (p.State == store.PlanDone || p.State == store.PlanCanceled) {
		page.Onward = other.onward(v.Workspace.Slug, v.Organization.Slug)
	}
	switch {
	case isOther && may && p.State == store.PlanPaused:
		page.Buttons = append(page.Buttons, button("Continue", "continue"), button("Cancel", "cancel"))
		page.Buttons[0].Primary = true
	case isOther && may && p.AtWork():
		page.Buttons = append(page.Buttons, button("Pause", "pause"), button("Cancel", "cancel"))
	case isOther:
	case p.State == store.PlanDone:
		page.Onward = []views.Link{{Text: "Open " + v.Organization.Name, Href: views.Organization(v.Workspace.Slug,
			v.Organization.Slug)}}
	case p.State == store.PlanCanceled && v.Fits(site.AdminOrganization):
		page.Buttons = append(page.Buttons, button("Begin another onboarding", "begin"))
	case !may:
	case p.State == store.PlanPaused:
		page.Buttons = append(page.Buttons, button("Continue", "continue"), button("Finish without the rest", "finish"),
			button("Cancel onboarding", "cancel"))
		page.Buttons[0].Primary, page.Buttons[2].Danger = true, true
	case p.AtWork():
		page.Buttons = append(page.Buttons, button("Continue", "continue"), button("Pause", "pause"),
			button("Cancel onboarding", "cancel"))
		page.Buttons[2].Danger = true
	}
}

// resultRow is a step with what became of it.
func (s *pages) resultRow(v site.Visitor, step store.PlanStep) flows.StepRow {
	row := flows.StepRow{Number: step.Place, Act: actTitle(step.Act), Subject: catalog.Plain(step.Subject),
		State:   stepChips[step.State],
		Summary: catalog.Sentences(step.Summary)}
	if step.State == store.StepWorking && step.Recorded && row.Summary == "" {
		row.Summary = "Waiting for Duo. If its answer is lost or unclear, Duodesk looks in Duo for the result: up to 2 minutes."
	}
	if step.FinishedAt != nil && step.State != store.StepSkipped {
		row.At = s.When(v, *step.FinishedAt)
	}
	a, _ := plan.ActOf(step.Act)
	switch {
	case step.RunID == nil || step.State == store.StepWaiting:
	case a.OfWorkspace && v.Membership.Every(), step.Recorded && v.Organization.ID == uuid.Nil:
		row.Run = views.Link{Text: "Open the run", Href: views.Run(v.Workspace.Slug, "", step.RunID.String())}
	case step.Recorded:
		row.Run = views.Link{Text: "Open the run", Href: views.Run(v.Workspace.Slug, v.Organization.Slug,
			step.RunID.String())}
	}
	if made := catalog.RecordedFacts(step.Facts).Created; made != "" &&
		(step.State == store.StepVerified || step.State == store.StepDone) {
		row.Links = linksTo(v, a.Slug, made)
	}
	return row
}

// linksTo leads to what a step made, and to the link or QR code that can be made of it.
func linksTo(v site.Visitor, slug, made string) []views.Link {
	ws, org := v.Workspace.Slug, v.Organization.Slug
	switch slug {
	case catalog.CreateUser, catalog.SynchronizeUser:
		return []views.Link{{Text: "Open the user", Href: views.User(ws, org, made)}}
	case catalog.CreatePhone:
		return []views.Link{{Text: "Activate Duo Mobile", Href: views.Action(ws, org, catalog.SendActivationURL,
			"phone_id", made)}}
	}
	return nil
}
