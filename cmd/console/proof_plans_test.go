//go:build proof

package main

import (
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/views"
)

// stopped and working are organizations, each with a Duo account, whose onboardings leavePlans approves.
const stopped, working = "Cedar Homes", "Delta Foods"

// leftPlans are the plans that a site was left with.
type leftPlans struct {
	s     *proofSite
	plans *plan.Runner
	scope store.Scope
	actor run.Actor

	near  store.Organization
	pages []string // addresses: each page has the buttons of a state

	organization, workspace store.Plan // that ended, with a step to retry
	own                     url.Values // Admin API keys of an account that no other organization has
}

// leavePlans brings plans into the states whose pages have forms of their own: onboardings that are filled in, paused
// and at work, and plans of an organization and of the workspace that wait for an approval, are paused, are at work, or
// ended with a step to retry. near itself has no onboarding, and may begin one.
func (s *proofSite) leavePlans(near store.Organization) *leftPlans {
	s.t.Helper()
	l := &leftPlans{s: s, plans: plan.New(s.runner()), scope: store.WholeWorkspace(s.ws.ID), near: near,
		actor: run.Actor{Operator: s.owner.ID, Role: catalog.Owner, Ticket: "T-1"}} // which may be required
	l.pages = append(l.pages, views.Onboarding(s.ws.Slug, near.Slug))
	l.leaveDraft()
	l.leaveStopped()
	l.leaveWorking()
	l.leaveSynchronizing()
	l.leaveChecks()
	return l
}

// must ends the proof if an act on a plan failed.
func (l *leftPlans) must(errs ...error) {
	l.s.t.Helper()
	for _, err := range errs {
		if err != nil {
			l.s.t.Fatal("leaving plans: ", err)
		}
	}
}

// leaveDraft begins an onboarding of a client that has no Duo account yet, and previews it: its page has the forms of a
// draft, those of an approval, and leads to all screens.
func (l *leftPlans) leaveDraft() {
	l.s.t.Helper()
	ctx, name := l.s.t.Context(), "Elm Street Legal"
	o, bad, err := setup.New(l.plans.Runner).BeginOnboarding(ctx, l.scope, l.actor, uuid.New(),
		setup.Details{Name: name})
	if l.must(err); len(bad) > 0 {
		l.s.t.Fatal(bad)
	}
	p := l.latest(o)
	l.must(l.plans.Preview(ctx, l.scope, l.actor, p.ID, p.Revision))
	l.show(p)
	elsewhere := l.s.sim.AddParent("Elm Street")
	keys := elsewhere.Application(duosim.AdminAPI)
	l.own = url.Values{"own_host": {elsewhere.APIHostname}, "own_integration_key": {keys.IntegrationKey},
		"own_secret_key": {keys.SecretKey}}
}

// leaveStopped leaves an onboarding that paused because Duo refused a step.
func (l *leftPlans) leaveStopped() {
	l.s.t.Helper()
	o := l.named(stopped)
	p := l.onboard(o, []plan.NewUser{{Username: "robin.example", Invite: plan.InviteNone}})
	l.s.sim.AddUser(o.AccountID, duosim.UserSpec{Username: "robin.example"}) // since the approval
	l.execute(p, store.PlanPaused)
}

// leaveWorking leaves an onboarding at work.
func (l *leftPlans) leaveWorking() {
	l.s.t.Helper()
	l.waits(l.onboard(l.named(working), nil))
}

// approve approves a plan with the second factor that it takes.
func (l *leftPlans) approve(id uuid.UUID, digest []byte) error {
	return runtest.Proving(l.s.t.Context(), l.s.t, l.s.db, time.Now(), l.actor, func(a run.Actor) error {
		return l.plans.Approve(l.s.t.Context(), l.scope, a, id, digest)
	})
}

// onboard begins and approves an onboarding with some first users.
func (l *leftPlans) onboard(o store.Organization, users []plan.NewUser) store.Plan {
	l.s.t.Helper()
	ctx := l.s.t.Context()
	l.must(setup.New(l.plans.Runner).OnboardAgain(ctx, l.scope, l.actor, o))
	p := l.latest(o)
	l.must(l.plans.Save(ctx, l.scope, l.actor, catalog.Technician, p.ID, p.Revision, plan.UsersScreen, users),
		l.plans.Preview(ctx, l.scope, l.actor, p.ID, p.Revision+1))
	l.must(l.approve(p.ID, l.latest(o).Digest))
	p = l.latest(o)
	l.show(p)
	return p
}

// execute looks at an approved plan's page, which executes its steps, until the plan is in a state.
func (l *leftPlans) execute(p store.Plan, state string) {
	l.s.t.Helper()
	client := l.s.browser(l.s.owner)
	defer client.CloseIdleConnections()
	for until := time.Now().Add(time.Minute); l.of(p.ID).State != state; {
		answer, err := client.Get(l.s.url + l.pageOf(p))
		if l.must(err); answer.Body.Close() != nil || time.Now().After(until) {
			l.s.t.Fatal("executed, a plan is ", l.of(p.ID).State)
		}
	}
}

// waits keeps an approved plan at work: its steps wait for a time to come. A page or a stream that is looked at would
// end it otherwise.
func (l *leftPlans) waits(p store.Plan) {
	l.s.t.Helper()
	l.s.db.Exec(l.s.t, `update plan_step set not_before = now() + interval '1 day' where plan_id = $1`, p.ID)
}

// leaveSynchronizing leaves plans of an organization, which synchronize users.
func (l *leftPlans) leaveSynchronizing() {
	l.s.t.Helper()
	ctx := l.s.t.Context()
	begin := func() store.Plan {
		id := uuid.New()
		l.must(l.plans.Synchronize(ctx, l.scope, l.actor, l.near.ID, id, plan.SynchronizeChoice{
			DirectoryKey: "DSPROOFPROOFPROOF002", Directory: "Second", Usernames: []string{"unheard.of"},
			Connection: l.near.Connection(), Ticket: l.actor.Ticket}))
		return l.of(id)
	}
	approved := func() store.Plan {
		p := begin()
		l.must(l.approve(p.ID, p.Digest))
		return p
	}
	l.organization = l.leaveStates(approved)
	l.show(begin())
}

// leaveChecks leaves plans of the workspace, which check Auth API keys. They begin approved.
func (l *leftPlans) leaveChecks() {
	l.s.t.Helper()
	checked := []uuid.UUID{l.near.ID, l.named("Borealis Freight").ID}
	l.workspace = l.leaveStates(func() store.Plan {
		id := uuid.New()
		l.must(l.plans.CheckKeys(l.s.t.Context(), l.scope, l.actor, id, checked))
		return l.of(id)
	})
}

// leaveStates leaves three plans of a kind: ended with a step to retry, which it returns, paused, and at work.
func (l *leftPlans) leaveStates(approved func() store.Plan) (ended store.Plan) {
	l.s.t.Helper()
	ctx := l.s.t.Context()
	ended = approved()
	l.execute(ended, store.PlanDone)
	paused, atWork := approved(), approved()
	l.must(l.plans.Pause(ctx, l.scope, l.actor, paused.ID))
	l.waits(atWork)
	l.show(ended, paused, atWork)
	return ended
}

// show notes the pages of plans.
func (l *leftPlans) show(plans ...store.Plan) {
	for _, p := range plans {
		l.pages = append(l.pages, l.pageOf(p))
	}
}

// pageOf is the page of a plan.
func (l *leftPlans) pageOf(p store.Plan) string {
	at := ""
	for _, o := range l.s.organizations() {
		if o.ID == p.OrganizationID {
			at = o.Slug
		}
	}
	if p.Kind == plan.OnboardingKind {
		return views.Onboarding(l.s.ws.Slug, at)
	}
	return views.Plan(l.s.ws.Slug, at, p.ID.String())
}

func (l *leftPlans) of(id uuid.UUID) store.Plan {
	l.s.t.Helper()
	p, _, err := l.plans.Of(l.s.t.Context(), l.scope, id)
	l.must(err)
	return p
}

func (l *leftPlans) latest(o store.Organization) store.Plan {
	l.s.t.Helper()
	p, _, err := l.plans.Latest(l.s.t.Context(), l.scope, o.ID, plan.OnboardingKind)
	l.must(err)
	return p
}

// named is an organization of the site.
func (l *leftPlans) named(name string) store.Organization {
	l.s.t.Helper()
	for _, o := range l.s.organizations() {
		if strings.HasPrefix(o.Name, name) {
			return o
		}
	}
	l.s.t.Fatal("no organization has the name ", name)
	return store.Organization{}
}

// unlinked are probes of what a script asks, or a person only when something else is chosen: no page that the finder
// reads leads there.
func (l *leftPlans) unlinked(f *finder) (all []probe) {
	probeOf := func(method, address string, form url.Values, places ...place) {
		path, _, _ := strings.Cut(address, "?")
		r, known := rowOf(f.rows, method, path)
		if !known {
			f.s.t.Errorf("no row takes %s %s", method, path)
		}
		all = append(all, probe{method: method, address: address, form: form, row: r, places: places})
	}
	// Streams, of what has ended: others go on for minutes.
	probeOf(http.MethodGet, l.pageOf(l.organization)+"/events", nil, place{inPath, ":plan"})
	probeOf(http.MethodGet, l.pageOf(l.workspace)+"/events", nil, place{inPath, ":workplan"})
	activation, _, _ := strings.Cut(f.pages[row{http.MethodGet, "/w/:ws/o/:org/phones/:phone/activation"}], "?")
	probeOf(http.MethodGet, activation+"/events", nil, place{inPath, ":phone"})
	// A plan of the workspace begins approved: to approve it again is taken as the same form, sent twice.
	probeOf(http.MethodPost, l.pageOf(l.workspace)+"/approve",
		url.Values{"digest": {hex.EncodeToString(l.workspace.Digest)}}, place{inPath, ":workplan"},
		place{inForm, "digest"})
	// A client gets its account in three ways. The form is found with the first one.
	for _, p := range f.found {
		if p.method != http.MethodPost || !strings.HasSuffix(p.row.pattern, "/onboarding/account") {
			continue
		}
		existing, own := maps.Clone(p.form), maps.Clone(p.form)
		existing.Set("how", plan.ExistingAccount)
		own.Set("how", plan.OwnKeys)
		maps.Copy(own, l.own)
		probeOf(p.method, p.address, existing, place{inForm, "account"})
		probeOf(p.method, p.address, own, place{inForm, "own_host"}, place{inForm, "own_integration_key"},
			place{inForm, "own_secret_key"})
		break
	}
	return all
}

// leaveHostilePlans leaves a plan of the hostile organization and one of the workspace, and returns their pages.
func (s *proofSite) leaveHostilePlans() (pages []string) {
	s.t.Helper()
	l := &leftPlans{s: s, plans: plan.New(s.runner()), scope: store.WholeWorkspace(s.ws.ID),
		near:  s.hostileOrganization(),
		actor: run.Actor{Operator: s.owner.ID, Role: catalog.Owner, Ticket: "T-1"}}
	synchronize, check := uuid.New(), uuid.New()
	l.must(l.plans.Synchronize(s.t.Context(), l.scope, l.actor, l.near.ID, synchronize, plan.SynchronizeChoice{
		DirectoryKey: "DSPROOFPROOFPROOF002", Directory: "Second", Usernames: []string{payloads[0]},
		Connection: l.near.Connection(), Ticket: l.actor.Ticket}),
		l.plans.CheckKeys(s.t.Context(), l.scope, l.actor, check, []uuid.UUID{l.near.ID, s.organizations()[0].ID}))
	l.show(l.of(synchronize), l.of(check))
	return l.pages
}
