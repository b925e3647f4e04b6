package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/store"
)

// heartbeatOf names how often a test binary that plays the console writes its
// heartbeat.
const heartbeatOf = "DUODESK_TEST_HEARTBEAT"

// wrongBy names by how much the clock of such a console is ahead.
const wrongBy = "DUODESK_TEST_CLOCK_AHEAD"

func init() {
	if every, err := time.ParseDuration(os.Getenv(heartbeatOf)); err == nil {
		heartbeat = every
	}
	if wrong, err := time.ParseDuration(os.Getenv(wrongBy)); err == nil {
		wallClock = func() time.Time { return time.Now().Add(wrong) }
	}
}

// TestKilled kills the console three times while it writes to Duo, with a heartbeat
// of 200 ms. `make proof` does the same longer and worse, see TestProofKills.
func TestKilled(t *testing.T) {
	t.Parallel()
	h := startKills(t, 5, 200*time.Millisecond)
	for range 3 {
		h.round(h.fewFaults, func() { h.killConsole() })
	}
	h.settled(90 * time.Second)
	got := h.compare()
	t.Log(got)
	if got.interrupted == 0 {
		t.Error("nothing was at work when the console was killed")
	}
}

// kills is a site whose console is killed while people write, beside one that is
// not: it stands for the rest of an installation.
type kills struct {
	*proofSite
	every  time.Duration // between heartbeats
	victim *program
	at     string // address of the victim
	steady *program
	look   string // address of the steady one
	token  string
	orgs   []store.Organization

	mu     sync.Mutex
	writes []*write
	untold map[uuid.UUID]time.Time // open when the console was killed, and since when; zero: told
	told   time.Duration           // the longest time until a person could read that something was wrong
}

func startKills(t *testing.T, people int, every time.Duration) *kills {
	t.Helper()
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for i := range people {
			sim.AddChild(parent.AccountID, fmt.Sprintf("Client %02d", i))
		}
	})
	h := &kills{proofSite: s, every: every, untold: map[uuid.UUID]time.Time{}, at: reserve(t), look: reserve(t),
		orgs: s.organizations()}
	secret, _, err := members.New(s.runner()).MakeToken(t.Context(), s.ws.ID, run.Actor{Operator: s.owner.ID},
		store.Token{
			ID: uuid.New(), Name: "kills", Role: "owner", Every: true, ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	h.token = secret
	h.steady, h.victim = h.console(h.look), h.console(h.at)
	reading, stop := context.WithCancel(context.Background())
	var reader sync.WaitGroup
	reader.Go(func() { h.reader(reading) })
	t.Cleanup(func() {
		stop()
		reader.Wait()
	})
	return h
}

func (h *kills) console(address string) *program {
	h.t.Helper()
	p := startProgram(h.t, h.t.TempDir(), []string{"ADDR=" + address, "CONSOLE_PUBLIC_URL=http://" + address,
		"DATABASE_URL=" + h.db.AppURL, "CONSOLE_KEY_FILE=" + h.db.KeyFile,
		"CONSOLE_SANDBOX_ADDRESS=" + h.duo.Address, "CONSOLE_SANDBOX_CA_FILE=" + h.duo.CAFile,
		heartbeatOf + "=" + h.every.String()}, "serve")
	p.serves()
	return p
}

// killConsole ends the console without a warning and starts the next one.
func (h *kills) killConsole() {
	h.t.Helper()
	if err := h.victim.cmd.Process.Kill(); err != nil {
		h.t.Fatal(err)
	}
	<-h.victim.done
	h.watchOpen()
	h.victim = h.console(h.at)
}

// killPostgres ends the database without a warning and starts it again.
func (h *kills) killPostgres() {
	h.t.Helper()
	now, cut := context.WithCancel(context.Background())
	cut()
	if err := h.pg.Stop(now); err != nil {
		h.t.Fatal(err)
	}
	h.pg = startPostgres(h.t, h.dir+"/postgres")
}

// watchOpen begins to measure how long it takes until it can be read of each run
// that is open now that something is wrong, or how it ended.
func (h *kills) watchOpen() {
	conn := h.db.Superuser(h.t)
	defer conn.Close(context.Background())
	rows, err := conn.Query(h.t.Context(), `select id from run where state = 'sending'`)
	if err != nil {
		h.t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		if _, known := h.untold[id]; !known {
			h.untold[id] = time.Now()
		}
	}
}

// reader reads the open runs from the steady console until ctx ends, and notes
// when each tells that something is wrong, or is closed.
func (h *kills) reader(ctx context.Context) {
	poll := time.NewTicker(500 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
		h.mu.Lock()
		asked := maps.Clone(h.untold)
		h.mu.Unlock()
		open, ok := h.openRuns()
		if !ok {
			continue
		}
		h.mu.Lock()
		for id, since := range asked {
			if summary, isOpen := open[id]; since.IsZero() || isOpen && summary == "" {
				continue
			}
			h.told = max(h.told, time.Since(since))
			h.untold[id] = time.Time{}
		}
		h.mu.Unlock()
	}
}

// openRuns reads what a program reads of all open runs; ok is false without an
// answer.
func (h *kills) openRuns() (summaries map[uuid.UUID]string, ok bool) {
	summaries = map[uuid.UUID]string{}
	for next := ""; ; {
		status, body := h.call(h.look, http.MethodGet, "/api/v1/w/"+h.ws.Slug+"/runs?state=sending&limit=100"+next, nil)
		var part struct {
			Items []struct {
				ID      uuid.UUID `json:"run_id"`
				Summary string    `json:"summary"`
			} `json:"items"`
			Next *string `json:"next"`
		}
		if status != http.StatusOK || json.Unmarshal(body, &part) != nil {
			return nil, false
		}
		for _, r := range part.Items {
			summaries[r.ID] = r.Summary
		}
		if part.Next == nil {
			return summaries, true
		}
		next = "&cursor=" + url.QueryEscape(*part.Next)
	}
}

// settled waits until no run is open.
func (h *kills) settled(within time.Duration) {
	h.t.Helper()
	conn := h.db.Superuser(h.t)
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for began := time.Now(); ; <-poll.C {
		var open int
		if err := conn.QueryRow(h.t.Context(),
			`select count(*) from run where state = 'sending'`).Scan(&open); err != nil {
			h.t.Fatal(err)
		}
		if open == 0 {
			break
		}
		if time.Since(began) > within {
			h.t.Errorf("%d runs are still open after %v; the steady console says %s", open, within,
				h.steady.out.String())
			break
		}
	}
	for limit := time.After(10 * time.Second); h.someUntold(); {
		select {
		case <-poll.C:
		case <-limit:
			h.t.Fatal("somebody was not told")
		}
	}
}

func (h *kills) someUntold() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, since := range h.untold {
		if !since.IsZero() {
			return true
		}
	}
	return false
}

// openRun waits until a run of an action is open, and returns its id.
func (h *kills) openRun(action string) (id uuid.UUID) {
	h.t.Helper()
	conn := h.db.Superuser(h.t)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for limit := time.After(20 * time.Second); ; {
		if conn.QueryRow(h.t.Context(), `select id from run where state = 'sending' and action = $1`,
			action).Scan(&id) == nil {
			return id
		}
		select {
		case <-poll.C:
		case <-limit:
			h.t.Fatal("no run is open")
		}
	}
}

func (h *kills) record(id uuid.UUID) (r store.Run) {
	h.t.Helper()
	err := h.db.InWorkspace(h.t.Context(), store.WholeWorkspace(h.ws.ID), func(tx *store.Tx) (err error) {
		r, err = tx.Run(h.t.Context(), id)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}
