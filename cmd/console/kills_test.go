package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
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

// write is one change that somebody asks for, with its own object in Duo.
type write struct {
	id     uuid.UUID
	org    store.Organization
	action string
	fields map[string]any
	made   func(duosim.Effect) bool // whether an effect in Duo is this one
	answer string                   // the state that was answered; empty: none
	said   string
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

// call sends one request of a program; status 0 says that there was no answer.
func (h *kills) call(address, method, path string, body any) (status int, answer []byte) {
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+address+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	r.Header.Set("Content-Type", "application/json")
	// A connection of its own, and never a second time: the transport would.
	transport := &http.Transport{DisableKeepAlives: true}
	got, err := transport.RoundTrip(r)
	if err != nil {
		return 0, nil
	}
	defer got.Body.Close()
	if answer, err = io.ReadAll(got.Body); err != nil {
		return 0, nil
	}
	return got.StatusCode, answer
}

// round lets everybody write at once, one account each, while something dies.
func (h *kills) round(fault func() duosim.Fault, die func()) {
	h.t.Helper()
	before := h.runCount()
	var working sync.WaitGroup
	for _, org := range h.orgs {
		h.sim.SetFault(org.AccountID, fault())
		w := h.nextWrite(org, len(h.writes))
		working.Go(func() { h.carryOut(w) })
		h.mu.Lock()
		h.writes = append(h.writes, w)
		h.mu.Unlock()
	}
	h.awaitRuns(before + rand.IntN(len(h.orgs)))
	die()
	working.Wait()
}

func (h *kills) runCount() (n int) {
	h.t.Helper()
	conn := h.db.Superuser(h.t)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(h.t.Context(), `select count(*) from run`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// awaitRuns waits until more than n runs are on record.
func (h *kills) awaitRuns(n int) {
	h.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for limit := time.After(20 * time.Second); h.runCount() <= n; {
		select {
		case <-poll.C:
		case <-limit:
			h.t.Fatal("nobody works")
		}
	}
}

// carryOut asks for a write until it is answered, as a person does who sends the
// form once more: always under the same id.
func (h *kills) carryOut(w *write) {
	path := "/api/v1/w/" + h.ws.Slug + "/o/" + w.org.Slug + "/actions/" + w.action
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for began := time.Now(); time.Since(began) < time.Minute; <-again.C {
		status, body := h.call(h.at, http.MethodPost, path, map[string]any{"run_id": w.id, "fields": w.fields})
		if status == 0 || status == http.StatusServiceUnavailable || status == http.StatusInternalServerError ||
			status == http.StatusTooManyRequests && !strings.Contains(string(body), "duo_busy") {
			continue
		}
		var a struct{ State, Summary, Detail string }
		if err := json.Unmarshal(body, &a); err != nil || a.State == "" {
			h.t.Errorf("%s is answered with %d: %s", w.action, status, body)
		}
		w.answer, w.said = a.State, a.Summary+a.Detail
		return
	}
	h.t.Errorf("%s was never answered", w.action)
}

// nextWrite makes the n-th change, on an object of its own.
func (h *kills) nextWrite(org store.Organization, n int) *write {
	name := fmt.Sprintf("user%04d", n)
	w := &write{id: uuid.New(), org: org}
	path := func(ends string) func(duosim.Effect) bool {
		return func(e duosim.Effect) bool { return strings.HasSuffix(e.Path, ends) }
	}
	user := func() string { return h.sim.AddUser(org.AccountID, duosim.UserSpec{Username: name}) }
	switch n % 20 {
	case 0, 1, 2, 3, 4, 5:
		w.action, w.fields = "create-user", map[string]any{"username": name, "realname": "Full " + name}
		w.made = func(e duosim.Effect) bool { return e.Parameters["username"] == name }
	case 6, 7, 8, 9, 10:
		id := user()
		w.action, w.fields, w.made = "update-user", map[string]any{"user_id": id, "realname": "Changed", "notes": "n"},
			path("/users/"+id)
	case 11, 12, 13:
		id := user()
		w.action, w.fields = "delete-user", map[string]any{"user_id": id}
		w.made = func(e duosim.Effect) bool { return strings.Contains(e.Parameters["user_id_list"], id) }
	case 14, 15, 16:
		id := user()
		phone := h.sim.AddPhone(org.AccountID, duosim.PhoneSpec{Number: "+1202555" + strconv.Itoa(10_000 + n)[1:],
			Type: "Mobile"})
		w.action, w.fields, w.made = "assign-phone-to-user", map[string]any{"user_id": id, "phone_id": phone},
			path("/users/"+id+"/phones")
	case 17, 18:
		w.action, w.fields = "create-phone", map[string]any{"number": "+1202556" + strconv.Itoa(10_000 + n)[1:]}
		w.made = func(e duosim.Effect) bool { return e.Parameters["number"] == w.fields["number"] }
	case 19:
		id := user()
		w.action, w.fields, w.made = "create-bypass-code-for-user", map[string]any{"user_id": id},
			path("/users/"+id+"/bypass_codes")
	}
	return w
}

// fewFaults makes one of five writes late, so that kills find them at work.
func (h *kills) fewFaults() duosim.Fault {
	if rand.IntN(5) == 0 {
		return duosim.Fault{Kind: duosim.Slow, Delay: 200 * time.Millisecond, WritesOnly: true, Times: 1}
	}
	return duosim.Fault{}
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
