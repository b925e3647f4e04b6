package plan

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// CheckKeysKind is the plan that checks the Auth API keys of several organizations. It is
// the workspace's.
const CheckKeysKind = "check-keys"

// keysScreen holds the ids of the organizations.
const keysScreen = "organizations"

func checkKeys() Kind {
	return Kind{
		Slug: CheckKeysKind, Title: "Check Auth API keys", Role: catalog.Administrator, Independent: true, Checks: true,
		Screens: []Screen{{keysScreen, "Organizations"}}, Steps: checkKeysSteps,
	}
}

// checkKeysSteps makes a step of each organization that the scope reaches. The keys that
// serve the workspace's own account are checked by those who may see all of it.
func checkKeysSteps(ctx context.Context, r Reader, input map[string]json.RawMessage) (steps []store.PlanStep,
	err error) {
	ids, _ := Read[[]uuid.UUID](store.Plan{Input: input}, keysScreen)
	var found []store.Organization
	err = r.Store.InWorkspace(ctx, r.Scope, func(tx *store.Tx) error {
		found, err = tx.OrganizationsByID(ctx, ids)
		return err
	})
	slices.SortFunc(found,
		func(a, b store.Organization) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	for _, o := range found {
		s := store.PlanStep{Key: "keys/" + o.ID.String(), OrganizationID: o.ID, Act: CheckAuth, Subject: o.Name}
		if o.Kind == store.Parent {
			s.Act = CheckWorkspaceAuth
		}
		if o.Kind != store.Parent || r.Scope.Every() {
			steps = append(steps, s)
		}
	}
	return steps, err
}

// CheckKeys begins the check of organizations' Auth API keys, which nobody needs to
// confirm: it changes nothing in Duo. id is the form's: sent twice, it is one plan. What
// the scope does not reach is left out; if nothing is left the error is store.ErrNotFound.
func (r *Runner) CheckKeys(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID,
	organizations []uuid.UUID) error {
	typed, err := json.Marshal(organizations)
	if err != nil {
		return err
	}
	p := store.Plan{ID: id, Kind: CheckKeysKind, Input: map[string]json.RawMessage{keysScreen: typed}}
	return r.start(ctx, sc, actor, p, true)
}
