package flows

import (
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// soon is how long after a step the stream of a plan goes on with the next one.
const soon = 10 * time.Millisecond

// onboardingTopic is the onboarding of an address's organization.
func (s *pages) onboardingTopic(c echo.Context, v site.Visitor) (site.Topic, error) {
	p, _, err := s.Plans.Latest(c.Request().Context(), v.Scope, v.Organization.ID, plan.OnboardingKind)
	return s.topic(c, p), err
}

// otherTopic is the plan that an address names.
func (s *pages) otherTopic(c echo.Context, v site.Visitor) (site.Topic, error) {
	p, _, err := s.other(c, v)
	return s.topic(c, p), err
}

// topic follows a plan, and goes on with it step by step, as its page does.
func (s *pages) topic(c echo.Context, p store.Plan) site.Topic {
	moved := false
	return site.Topic{
		Watch: func(v site.Visitor) (site.LiveEvent, <-chan struct{}, error) {
			now, steps, err := s.Plans.Of(c.Request().Context(), v.Scope, p.ID)
			if err != nil {
				return site.LiveEvent{}, nil, err
			}
			before := progressOf(now, steps)
			now, steps, err = s.driven(c, v, now, steps, 0)
			state := progressOf(now, steps)
			moved = err == nil && state.Part > before.Part
			return state, nil, err
		},
		Every: func() time.Duration {
			if moved {
				return soon
			}
			return site.LookAgain
		},
	}
}

// progressOf says how far a plan has come.
func progressOf(p store.Plan, steps []store.PlanStep) site.LiveEvent {
	state := site.LiveEvent{Done: !p.AtWork()}
	next := ""
	for _, step := range steps {
		switch {
		case step.Ended():
			state.Part++
		case next == "" || step.State == store.StepWorking:
			next = actTitle(step.Act) + ", " + catalog.Plain(step.Subject)
		}
	}
	state.Text = stepsText(state.Part, len(steps))
	if next != "" {
		state.Text += ". Next: " + next + "."
	}
	return state
}

func stepsText(done, of int) string {
	return fmt.Sprintf("%d of %s", done, views.Plural(of, "step", "steps"))
}

// live is where a plan at work stands on its page; nil for another.
func (s *pages) live(v site.Visitor, p store.Plan, steps []store.PlanStep) *views.Live {
	state := progressOf(p, steps)
	if state.Done {
		return nil
	}
	at, events := pageOf(v, p)
	return &views.Live{Text: state.Text, Events: events, Then: at, Page: at, Look: "Read it again",
		Shows: ".plan-steps"}
}

// pageOf is the page of a plan, and its stream.
func pageOf(v site.Visitor, p store.Plan) (page, events string) {
	ws, org := v.Workspace.Slug, v.Organization.Slug
	if p.Kind == plan.OnboardingKind {
		return views.Onboarding(ws, org), views.OnboardingEvents(ws, org)
	}
	return views.Plan(ws, org, p.ID.String()), views.PlanEvents(ws, org, p.ID.String())
}
