package web

import (
	"context"
	"encoding/hex"
	"net/url"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// plans begins two plans: one of a tenant's organization, and one of the workspace that is
// about it.
func (e *fleet) plans(n *tenant) (ofOrganization, ofWorkspace string) {
	ctx, plans, ids := context.Background(), plan.New(e.Runner), [2]uuid.UUID{uuid.New(), uuid.New()}
	choice := plan.SynchronizeChoice{DirectoryKey: n.directory, Directory: n.canary, Usernames: []string{"ann", "bea"},
		Connection: n.org.Connection()}
	err := plans.Synchronize(ctx, store.Within(n.workspace.ID, n.org.ID), e.ownerOf(n), n.org.ID, ids[0], choice)
	if err == nil {
		err = plans.CheckKeys(ctx, store.WholeWorkspace(n.workspace.ID), e.ownerOf(n), ids[1], []uuid.UUID{n.org.ID})
	}
	if err == nil { // looked at, it would go on
		err = plans.Cancel(ctx, store.WholeWorkspace(n.workspace.ID), e.ownerOf(n), ids[1])
	}
	if err != nil {
		panic(err)
	}
	return ids[0].String(), ids[1].String()
}

// stands makes a form for a plan that it brings into a state.
func stands(state string, of func(*tenant) string) func(*fleet, *tenant, bool) url.Values {
	return func(e *fleet, n *tenant, fresh bool) url.Values {
		form := url.Values{"digest": {"00"}}
		if fresh {
			p, _, err := plan.New(e.Runner).Of(context.Background(), store.WholeWorkspace(n.workspace.ID),
				uuid.MustParse(of(n)))
			if err != nil {
				panic(err)
			}
			form.Set("digest", hex.EncodeToString(p.Digest))
			e.Exec(e.t,
				`update plan set state = $1, approved_by = begun_by, approved_at = now(), approved_epoch = 0 where id = $2`, state, p.ID)
		}
		return form
	}
}

func ofOrganization(n *tenant) string { return n.plan }
func ofWorkspace(n *tenant) string    { return n.workplan }

func init() {
	plainRoutes["GET /w/:ws/o/:org/onboarding/events"] = one(knownRoute{least: catalog.Auditor, ok: found})
	for at, k := range map[string]struct {
		of    func(*tenant) string
		least catalog.Role
	}{"/w/:ws/o/:org/plans/:plan": {ofOrganization, catalog.Technician},
		"/w/:ws/plans/:workplan": {ofWorkspace, catalog.Administrator}} {
		plainRoutes["GET "+at] = one(knownRoute{least: catalog.Auditor, ok: found})
		plainRoutes["GET "+at+"/events"] = plainRoutes["GET "+at]
		for act, state := range map[string]string{"approve": store.PlanPreviewed, "pause": store.PlanApproved,
			"continue": store.PlanPaused, "cancel": store.PlanPreviewed} {
			plainRoutes["POST "+at+"/"+act] = one(knownRoute{least: k.least, ok: moved, form: stands(state, k.of)})
		}
	}
}
