package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// Many people of different workspaces share few connections; some leave in the
// middle, some of their requests panic. Nobody may see a row of another, and no
// connection may come back with somebody's scope on it.
func TestInterleavedWorkspacesNeverMeet(t *testing.T) {
	t.Parallel()
	const people, rounds = 24, 40
	db := storetest.Open(t)
	s, err := store.OpenNarrow(t.Context(), db.AppURL, db.Keys, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	type home struct {
		ws    store.Workspace
		owner store.Operator
		names []string
	}
	var homes []home
	for range 4 {
		ws, owner := db.Workspace(t)
		h := home{ws, owner, []string{"A " + ws.Name, "B " + ws.Name}}
		db.Organizations(t, ws, h.names...)
		homes = append(homes, h)
	}

	crash := errors.New("crash")
	var all sync.WaitGroup
	for person := range people {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(person), 0))
			for range rounds {
				h := homes[random.IntN(len(homes))]
				ctx, cancel := context.WithCancel(t.Context())
				end := random.IntN(6)
				func() {
					defer func() {
						if caught := recover(); caught != nil && caught != any(crash) {
							panic(caught)
						}
					}()
					err := s.InWorkspace(ctx, store.WholeWorkspace(h.ws.ID), func(tx *store.Tx) error {
						if end == 0 {
							cancel()
						}
						listed, _, err := tx.Organizations(ctx, store.Query{Limit: 50})
						found := listed.Rows
						if err != nil {
							return err
						}
						var names []string
						for _, o := range found {
							names = append(names, o.Name)
						}
						if !slices.Equal(names, h.names) {
							t.Errorf("%s sees %q", h.ws.Name, names)
						}
						switch end {
						case 1:
							panic(crash)
						case 2:
							return crash
						case 3:
							cancel()
						}
						return nil
					})
					if err != nil && !errors.Is(err, crash) && !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				}()
				cancel()
				switch random.IntN(3) {
				case 0:
					leftBehind(t, s.Pool())
				case 1:
					if found, err := s.WorkspacesOf(t.Context(), h.owner.ID); err != nil || len(found) != 1 ||
						found[0].Slug != h.ws.Slug {
						t.Errorf("%s belongs to %v (%v)", h.owner.Email, found, err)
					}
				case 2:
					stranger := homes[random.IntN(len(homes))]
					a, err := s.Enter(t.Context(), h.owner.ID, "", stranger.ws.Slug, "", 0)
					if stranger.ws != h.ws && !errors.Is(err, store.ErrNotFound) ||
						stranger.ws == h.ws && (err != nil || a.Workspace != h.ws) {
						t.Errorf("%s at %s: %+v (%v)", h.owner.Email, stranger.ws.Slug, a, err)
					}
				}
			}
		})
	}
	all.Wait()
	for _, conn := range s.Pool().AcquireAllIdle(t.Context()) {
		checkConnection(t, conn)
		conn.Release()
	}
	if open := s.Pool().Stat().AcquiredConns(); open != 0 {
		t.Errorf("%d connections never came back", open)
	}
}

// leftBehind borrows a connection and looks for a scope on it.
func leftBehind(t testing.TB, pool *pgxpool.Pool) {
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Release()
	checkConnection(t, conn)
}

func checkConnection(t testing.TB, conn *pgxpool.Conn) {
	var settings string
	var seen int
	err := conn.QueryRow(t.Context(), `
		select concat(current_setting('app.workspace', true), current_setting('app.organizations', true), current_setting('app.operator', true)),
		       (select count(*) from organization) + (select count(*) from membership)`).Scan(&settings, &seen)
	if err != nil || settings != "" || seen != 0 {
		t.Errorf("a connection came back with %q and sees %d rows (%v)", settings, seen, err)
	}
}
