package web

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"duodesk/internal/run/runtest"
)

// TestPlanWhileDuoIsSilent: the page of a plan at work answers while Duo does not, says so, and
// has the buttons that stop the plan.
func TestPlanWhileDuoIsSilent(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	var silent atomic.Bool
	d.Runner = d.Over(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if silent.Load() {
			return nil, context.DeadlineExceeded // as after the time that a call may take
		}
		return d.Transport.RoundTrip(r)
	}))
	s := serve(t, d)
	account := s.Sim.AddChild(s.Parent.AccountID, "Free")
	b := s.as(t, s.Owner)
	at := b.onboarded("Birch Legal")
	b.get(at+"/account").form("Save and continue").set("how", "existing").set("account",
		account.AccountID).send().follow().want(http.StatusOK)
	b.get(at).form("Review the steps").send().follow().form("Onboard Birch Legal").post().want(http.StatusSeeOther)
	silent.Store(true)
	p := b.get(at).want(http.StatusOK, "Running", "Duo did not answer in time", "Pause", "Cancel onboarding").fine()
	if s.orgNamed(t, "Birch Legal").Mapped() {
		t.Fatal("it was mapped")
	}
	p = p.form("Pause").send().follow().want(http.StatusOK, "Paused by an operator")
	silent.Store(false)
	p.form("Continue").send().follow()
	b.until(at, "2 of 2 steps").want(http.StatusOK, "Done")
}

// TestStepInProgress: a plan is not finished around a step that is in progress, and the page
// says so. Canceled, what came of that step is unknown, and its run says more.
func TestStepInProgress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	at := b.onboarded("Birch Legal")
	b.get(at + "/account").form("Save and continue").send().follow().want(http.StatusOK)
	b.get(at).form("Review the steps").send().follow().form("Onboard Birch Legal").post().want(http.StatusSeeOther)
	// The process died after it took the first step, and someone paused the plan.
	s.Exec(t,
		`update plan_step set state = 'working', run_id = id where act = 'create-account' and organization_id = $1`,
		s.orgNamed(t, "Birch Legal").ID)
	s.Exec(t, `update plan set state = 'paused', paused_why = 'Paused by an operator.' where organization_id = $1`,
		s.orgNamed(t, "Birch Legal").ID)
	p := b.get(at).want(http.StatusOK, "Paused", "In progress")
	p = p.form("Finish without the rest").send().want(http.StatusConflict,
		"Nothing was done: a step is in progress. Continue first, until it has ended.", "In progress").fine()
	p = p.form("Cancel onboarding").send().follow().want(http.StatusOK, "Canceled", "Unknown")
	if strings.Contains(p.text(), "In progress") {
		t.Error("a step of a canceled plan is in progress")
	}
}
