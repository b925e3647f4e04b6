//go:build proof

package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// The matrix asks every address as everybody about everything, three times: as
// the console is, with row-level security out of force, and with an application
// that lets everybody in. What one layer misses the other must hold.
const (
	bothLayers      = "both layers"
	applicationOnly = "the application alone"
	databaseOnly    = "the database alone"
)

// matrixMode is said by the environment, since the planted bugs are told by it
// too: each is caught in a process of its own.
var matrixMode = func() string {
	switch os.Getenv("MATRIX") {
	case "application":
		return applicationOnly
	case "database":
		return databaseOnly
	}
	return bothLayers
}()

var cells, allowedCells atomic.Int64

// TestMatrix is the walk of TestEveryAddress with all visitors, and with every
// id inside of forms and queries changed for others.
func TestMatrix(t *testing.T) {
	b := slices.IndexFunc(bugs, func(b bug) bool { return b.name == os.Getenv("PLANTED") })
	if b >= 0 && bugs[b].sql != "" {
		storetest.Open(t).Exec(t, bugs[b].sql)
	}
	var failed atomic.Bool
	t.Cleanup(func() {
		fmt.Printf("matrix, %s: %d cells, %d of them allowed\n", matrixMode, cells.Load(), allowedCells.Load())
	})
	brief := os.Getenv("PLANTED") != ""
	all := everybody()
	if !brief {
		all = ofPart(ofLayer(all))
	}
	for _, v := range all {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			if brief && failed.Load() {
				return
			}
			e := newFleet(t)
			e.server.RefusalWindow = time.Nanosecond // it is refused thousands of times
			e.Unlimited(t, e.Workspace)
			e.Unlimited(t, e.foreign.workspace)
			e.layered(t)
			e.warm(t)
			b := e.stranger(t)
			var operator store.Operator
			token := ""
			switch {
			case v.program:
				operator = v.operator(t, e)
				token = v.token(t, e, operator)
			case v.operator != nil:
				operator = v.operator(t, e)
				b = e.as(t, operator)
			}
			if v.after != nil {
				v.after(t, e, operator)
			}
			w := &walk{t: t, e: e, v: v, b: b, operator: operator, token: token, answers: map[string]string{},
				failed: &failed, brief: brief, lenient: matrixMode == databaseOnly,
				every: !brief && matrixMode == bothLayers && slices.Contains(thorough, v.name),
				odd:   !brief && matrixMode == bothLayers}
			w.unchanged("GET", func() { w.all(http.MethodGet, true); w.all(http.MethodGet, false) })
			if w.lenient {
				w.onlyOwn(func() { w.all(http.MethodPost, false) })
			} else {
				w.unchanged("POST to what is not theirs", func() { w.all(http.MethodPost, false) })
			}
			if !v.both {
				w.onlyOwn(func() { w.all(http.MethodPost, true) })
				w.onlyOwn(w.otherIDs)
			}
			if w.allowed < 4 && v.role != 0 && !v.gone {
				t.Errorf("only %d addresses answered: this test shows nothing", w.allowed)
			}
			cells.Add(int64(w.asked))
			allowedCells.Add(int64(w.allowed))
		})
	}
}

// thorough are the visitors who are asked about each action what the others are
// asked about one of its kind, since all actions share their two handlers, and in
// whose forms ids are malformed and of another kind besides.
var thorough = []string{"stranger", "owner", "technician of the far organization", "owner of the other workspace",
	"owner's token"}

// ofLayer leaves out who is treated like another where one layer is alone: a
// session or a token that is over is no matter of rows, and where everybody is an
// owner only what the membership holds tells visitors apart.
func ofLayer(all []visitorCase) []visitorCase {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(v visitorCase) bool {
		alike := fmt.Sprint(v.role == 0, v.whole, v.foreign, v.gone, v.both, v.program, v.sees)
		if matrixMode == applicationOnly && (v.role != 0 && !v.gone && !v.program && !v.foreign) {
			alike += v.name
		}
		like := seen[alike]
		seen[alike] = true
		return matrixMode != bothLayers && like
	})
}

// The parts of the matrix as the console is, each a proof of its own.
const (
	colleagues = "colleagues" // people of the workspace who see all organizations
	limited    = "limited"    // those who see some
	outsiders  = "outsiders"  // people who are no members, or no longer
	byToken    = "programs"
)

// ofPart leaves those in who belong to the part that the environment names; all without one.
func ofPart(all []visitorCase) []visitorCase {
	part := os.Getenv("MATRIX_PART")
	return slices.DeleteFunc(all, func(v visitorCase) bool {
		in := colleagues
		switch {
		case v.program:
			in = byToken
		case v.role == 0 || v.foreign || v.gone || v.over:
			in = outsiders
		case !v.whole:
			in = limited
		}
		return part != "" && in != part
	})
}

// everybody is the visitors of TestEveryAddress and those in between.
func everybody() []visitorCase {
	all := visitors()
	near := []string{"CANARY-near", "CANARY-far"}
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Helpdesk} {
		all = append(all, visitorCase{name: role.String() + " of the far organization", role: role, sees: near[1:],
			operator: func(t *testing.T, e *fleet) store.Operator {
				return e.Member(t, e.Workspace, role, e.far.org.ID)
			}})
	}
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Helpdesk, catalog.Technician, catalog.Administrator} {
		all = append(all, visitorCase{name: role.String() + " of the other workspace", role: role, whole: true,
			foreign: true, sees: []string{"CANARY-foreign"},
			operator: func(t *testing.T, e *fleet) store.Operator { return e.Member(t, e.foreign.workspace, role) }})
	}
	all = append(all, programs()...)
	return append(all,
		visitorCase{name: "somebody who is disabled", over: true,
			operator: func(t *testing.T, e *fleet) store.Operator { return e.Member(t, e.Workspace, catalog.Owner) },
			after: func(t *testing.T, e *fleet, op store.Operator) {
				e.Exec(t, `update operator set disabled_at = now() where id = $1`, op.ID)
			}},
		visitorCase{name: "somebody whose session has idled out", over: true,
			operator: func(t *testing.T, e *fleet) store.Operator { return e.Member(t, e.Workspace, catalog.Owner) },
			after: func(t *testing.T, e *fleet, op store.Operator) {
				e.Exec(t, `update session set seen_at = seen_at - interval '31 minutes' where operator_id = $1`, op.ID)
			}},
		visitorCase{name: "somebody whose session is over", over: true,
			operator: func(t *testing.T, e *fleet) store.Operator { return e.Member(t, e.Workspace, catalog.Owner) },
			after: func(t *testing.T, e *fleet, op store.Operator) {
				e.Exec(t, `update session set ends_at = seen_at where operator_id = $1`, op.ID)
			}},
		visitorCase{name: "auditor here and owner of the other workspace", role: catalog.Auditor, whole: true,
			sees: append([]string{"CANARY-foreign"}, near...), both: true,
			operator: func(t *testing.T, e *fleet) store.Operator {
				e.Exec(t,
					`insert into membership (workspace_id, operator_id, role, every_organization) values ($1, $2, 'auditor', true)`, e.Workspace.ID, e.otherOwner.ID)
				return e.otherOwner
			}},
		visitorCase{name: "somebody without any organization", role: catalog.Technician,
			operator: func(t *testing.T, e *fleet) store.Operator {
				op := e.Member(t, e.Workspace, catalog.Technician)
				e.Exec(t, `update membership set every_organization = false where operator_id = $1`, op.ID)
				return op
			}},
		visitorCase{name: "somebody whose membership has ended", role: catalog.Owner, gone: true,
			operator: func(t *testing.T, e *fleet) store.Operator {
				op := e.Member(t, e.Workspace, catalog.Owner)
				e.Exec(t, `delete from membership where operator_id = $1`, op.ID)
				return op
			}},
	)
}

// warm opens lists as their owners, so that what is held is there to
// be given to the wrong person.
func (e *fleet) warm(t *testing.T) {
	for _, owner := range []struct {
		operator store.Operator
		of       []tenant
	}{{e.Owner, []tenant{e.near, e.far}}, {e.otherOwner, []tenant{e.foreign}}} {
		b := e.as(t, owner.operator)
		for _, n := range owner.of {
			for _, list := range []string{"users", "phones", "bypass-codes"} {
				b.request(http.MethodGet, views.Organization(n.workspace.Slug, n.org.Slug)+"/"+list,
					nil).want(http.StatusOK, n.canary)
			}
		}
		drafter := e.as(t, e.Member(t, owner.of[0].workspace, catalog.Administrator))
		drafter.request(http.MethodPost, views.Integration(owner.of[0].workspace.Slug),
			url.Values{"auth_host": {"CANARY-draft"}}).want(http.StatusUnprocessableEntity)
	}
}

// layered takes one layer of the server under test away.
func (e *fleet) layered(t *testing.T) {
	lettingIn.Store(e.server, e)
	e.open = matrixMode == databaseOnly
	if matrixMode != applicationOnly {
		return
	}
	beyond, err := store.Open(t.Context(), e.BypassURL(t), e.Keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(beyond.Close)
	config := e.server.Config
	config.Store = beyond
	config.Runner = e.Process(t, run.Config{Store: beyond, Log: slog.New(slog.DiscardHandler)})
	e.server = site.New(config)
	server := httptest.NewServer(Handler(e.server))
	t.Cleanup(server.Close)
	e.url = server.URL
}

// lettingIn are the estates of servers whose application lets everybody in.
var lettingIn sync.Map

// everythingAllowed takes the place of granted, which is store.Access or store.AccessBy, where
// the application's check is taken away: everything exists and everybody is its owner. What
// statements then reach is what the membership grants, and row-level security alone says so.
func everythingAllowed(ctx context.Context, s *site.Site, workspace, organization string,
	granted func(organization string) (store.Access, error)) (store.Access, error) {
	known, _ := lettingIn.Load(s)
	e := known.(*fleet)
	for _, owner := range []uuid.UUID{e.Owner.ID, e.otherOwner.ID} {
		a, err := s.Store.Enter(ctx, owner, "127.0.0.1", workspace, organization, 0)
		if err != nil {
			continue
		}
		own, err := granted("")
		if err != nil {
			own = store.Access{}
		}
		a.Membership, a.Scope = own.Membership, own.Membership
		a.First, a.Organizations = own.First, own.Organizations
		a.Workspace.Name, a.Organization.Name, a.Organization.Tags, a.Organization.AccountName = "stub",
			"stub", nil, "stub"
		return a, nil
	}
	return store.Access{}, store.ErrNotFound
}

// It is called by the build that takes the check away.
var _ = everythingAllowed
