package flows

import (
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/task"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

// other is how plans of a kind are shown that has no forms in this room: another page
// begins them, with all that they need.
type other struct {
	heading, tab string
	begin        func(steps int) string // the button that approves
	onward       func(ws, org string) []views.Link
}

var others = map[string]other{
	plan.SynchronizeKind: {heading: "Synchronize users", tab: "users",
		begin: func(steps int) string { return "Synchronize " + views.Plural(steps, "user", "users") },
		onward: func(ws, org string) []views.Link {
			return []views.Link{{Text: "All users", Href: views.Users(ws, org)},
				{Text: "Synchronize others", Href: views.Action(ws, org, catalog.SynchronizeUser)}}
		}},
	plan.CheckKeysKind: {heading: "Check Auth API keys",
		begin: func(steps int) string { return "Check " + views.Plural(steps, "organization", "organizations") },
		onward: func(ws, _ string) []views.Link {
			return []views.Link{{Text: "All Auth API keys", Href: views.AuthKeys(ws)}}
		}},
}

// drawPreview shows the steps that wait for an approval.
func (s *pages) drawPreview(v site.Visitor, p store.Plan, steps []store.PlanStep, page *flows.PlanPage) {
	page.Steps, page.Preview = previewRows(steps), true
	shown, known := others[p.Kind]
	if !known {
		page.Notes = append(page.Notes, "This version of the console does not know this kind of plan.")
		return
	}
	page.Onward = shown.onward(v.Workspace.Slug, v.Organization.Slug)
	if !s.Now().Before(p.ExpiresAt) {
		page.Notes = append(page.Notes, "This preview is more than 30 days old. Nothing more can be done with it.")
		return
	}
	if lacks, is := errors.AsType[*plan.Lacks](plan.Lacking(v.Role, v.Membership.Every(), steps)); is {
		page.Notes = append(page.Notes, lacksText(lacks))
		return
	}
	if left := toDo(steps); left > 0 {
		page.Buttons = append(page.Buttons, flows.Button{Text: shown.begin(left), Post: actOn(v, p, "approve"),
			Hidden: []views.Hidden{{Name: "digest", Value: hex.EncodeToString(p.Digest)},
				{Name: "revision", Value: strconv.Itoa(p.Revision)}}, Primary: true})
	} else {
		page.Notes = append(page.Notes, "There is nothing to do.")
	}
	page.Buttons = append(page.Buttons, flows.Button{Text: "Cancel", Post: actOn(v, p, "cancel")})
}

// toDo counts the steps that are not skipped.
func toDo(steps []store.PlanStep) (n int) {
	for _, s := range steps {
		if s.Skip == "" {
			n++
		}
	}
	return n
}

// lanes is how many organizations of a plan are worked at together: each has a Duo host of
// its own.
const lanes = 4

// advance goes on with a plan within a budget; what was begun is brought to its end.
func (s *pages) advance(c echo.Context, v site.Visitor, p store.Plan, steps []store.PlanStep,
	budget time.Duration) error {
	ctx := c.Request().Context()
	if p.OrganizationID != uuid.Nil {
		return s.Plans.Advance(ctx, v.Scope, p.ID, uuid.Nil, budget)
	}
	work, until := task.Limited(lanes), time.Now().Add(budget)
	begun := map[uuid.UUID]bool{}
	for _, step := range steps {
		if begun[step.OrganizationID] || step.State != store.StepWaiting && step.State != store.StepWorking {
			continue
		}
		begun[step.OrganizationID] = true
		first := len(begun) <= lanes
		work.Go(ctx, s.Log, "advance a plan", func() error {
			left := time.Until(until)
			if left <= 0 && !first {
				return nil
			}
			return s.Plans.Advance(ctx, v.Scope, p.ID, step.OrganizationID, left)
		})
	}
	if err := work.Wait(); err != nil || len(begun) > 0 {
		return err
	}
	return s.Plans.Advance(ctx, v.Scope, p.ID, uuid.Nil, 0) // of which nothing is left but its end
}
