//go:build proof

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// healthyWithin is how long after Postgres accepts connections everything has
// to work again.
const healthyWithin = 5 * time.Second

// TestProofPostgresRestarts: Postgres goes away under load, killed and stopped.
// Everybody gets an answer, nothing that was answered as done is lost, nothing
// reaches Duo without a run, and no connection or goroutine stays behind.
func TestProofPostgresRestarts(t *testing.T) {
	const people = 12
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for i := range people {
			account := sim.AddChild(parent.AccountID, fmt.Sprintf("Client %02d", i))
			sim.AddUser(account.AccountID, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
		}
	})
	c := s.serve("")
	everybody := make([]*worker, people)
	for i, o := range s.organizations() {
		everybody[i] = s.newWorker(o, i)
	}
	watch := s.browser(s.owner)
	// what follows counts the connections of the console
	s.db.Close()
	everybody[0].get(s.home() + "/o/" + everybody[0].org.Slug + "/users") // lists that are held have a sweep
	everybody[0].client.CloseIdleConnections()
	resting := c.goroutines()

	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	for _, w := range everybody {
		working.Go(func() { w.work(ctx) })
	}
	var recovered []time.Duration
	for i := range 6 {
		time.Sleep(2 * time.Second) // of ordinary work
		down := time.Duration(i%3) * 700 * time.Millisecond
		recovered = append(recovered, s.restartPostgres(i%2 == 0, down, watch))
	}
	time.Sleep(2 * time.Second)
	stop()
	working.Wait()

	count := map[int]int{}
	for _, w := range everybody {
		for status, n := range w.answers {
			count[status] += n
		}
	}
	if count[http.StatusOK] < 100 || count[http.StatusServiceUnavailable] == 0 {
		t.Errorf("the load was not one: %v", count)
	}
	c.await("runs stay open", func() bool { return s.openRuns() == 0 })
	runs, effects := s.nothingLost(everybody)
	for _, l := range c.lines("request failed") {
		t.Error("a fault that nobody expected: ", l.Error)
	}
	if len(c.lines("panic")) > 0 {
		t.Error("a panic; ", c.tail())
	}
	watch.CloseIdleConnections()
	var now int
	defer func() {
		if t.Failed() {
			t.Logf("goroutines %d then %d, connections %d, at work %d", resting, now, s.connections(`true`),
				s.connections(`state <> 'idle'`))
		}
	}()
	c.await("connections or goroutines stay behind", func() bool {
		now = c.goroutines()
		return now <= resting && s.connections(`state <> 'idle'`) == 0 && s.connections(`true`) <= 8
	})
	tell(t,
		"%d restarts, answers %v, healthy after %v, %d writes in Duo all in the record (%d runs), goroutines %d then %d, connections %d",
		len(recovered), count, recovered, effects, runs, resting, now, s.connections(`true`))
}

// restartPostgres kills Postgres or stops it in its quickest orderly way, leaves
// it away, starts it, and returns how long the console then took.
func (s *proofSite) restartPostgres(immediate bool, away time.Duration, watch *http.Client) time.Duration {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if immediate {
		cancel()
	}
	state := s.dir + "/postgres"
	if err := s.pg.Stop(ctx); err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(away)
	s.pg = startPostgres(s.t, state)
	began := time.Now()
	for time.Since(began) < 2*healthyWithin {
		if isOK(watch, s.url+"/readyz") && isOK(watch, s.home()) {
			took := time.Since(began).Round(time.Millisecond)
			if took > healthyWithin {
				s.t.Errorf("healthy only after %v", took)
			}
			return took
		}
	}
	s.t.Fatalf("not healthy within %v", 2*healthyWithin)
	return 0
}

func isOK(client *http.Client, address string) bool {
	answer, err := client.Get(address)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err == nil && answer.StatusCode == http.StatusOK
}

// worker is one person who works in one organization as fast as the console lets.
type worker struct {
	s        *proofSite
	operator store.Operator
	client   *http.Client
	org      store.Organization
	answers  map[int]int // by status
	theme    string      // as last answered; empty: not known, since the last change was not answered as done
	codes    []uuid.UUID // runs answered as done
	keys     []string    // directory keys that may be stored: the last one answered as saved, and what was tried since
	life     int         // of the next bypass code, by which the simulator's ledger tells them apart
	user     string
}

func (s *proofSite) newWorker(o store.Organization, n int) *worker {
	operator := s.db.Member(s.t, s.ws, catalog.Owner)
	w := &worker{s: s, operator: operator, client: s.browser(operator), org: o, answers: map[int]int{},
		life: 1000 + 5000*n, keys: []string{""}}
	w.user = s.sim.AddUser(o.AccountID, duosim.UserSpec{Username: "caller"})
	return w
}

// work goes around all pages and forms until ctx ends.
func (w *worker) work(ctx context.Context) {
	at := w.s.home() + "/o/" + w.org.Slug
	for n := 0; ctx.Err() == nil; n++ {
		switch n % 9 {
		case 0:
			w.get(w.s.home())
		case 1:
			w.get(w.s.home() + "/o")
		case 2:
			w.get(at + "/users")
		case 3:
			w.get(w.s.home() + "/integration")
		case 4:
			w.get(at + "/runs")
		case 5:
			theme := []string{"dark", "light"}[n/9%2]
			if status, _ := w.send("/preferences", url.Values{"theme": {theme}}); status == http.StatusSeeOther {
				w.theme = theme
			} else {
				w.theme = ""
			}
		case 6, 7:
			w.bypassCode(at)
		case 8:
			w.directoryKey(n)
		}
	}
	w.client.CloseIdleConnections()
}

func (w *worker) get(address string) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		w.s.t.Error(err)
		return
	}
	w.do(request)
}

// send posts a form to a path of the site.
func (w *worker) send(path string, form url.Values) (status int, body string) {
	return w.do(w.s.post(context.Background(), w.s.url+path, form))
}

// do wants an answer in any case, and a page with words when it is a 503.
func (w *worker) do(request *http.Request) (int, string) {
	answer, err := w.s.send(w.client.Do, w.operator, request)
	if err != nil {
		w.s.t.Error("no answer: ", err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.s.t.Error("half an answer: ", err)
	}
	w.answers[answer.StatusCode]++
	switch body := string(text); {
	case answer.StatusCode == http.StatusServiceUnavailable:
		if answer.Header.Get("Retry-After") == "" || !strings.Contains(body, "Temporarily unavailable") ||
			!strings.Contains(body, "</html>") {
			w.s.t.Errorf("%s: a 503 without Retry-After or words: %v %.300s", request.URL.Path, answer.Header, body)
		}
		return answer.StatusCode, body
	case answer.StatusCode >= 400:
		w.s.t.Errorf("%s %s is answered with %d: %.2000s", request.Method, request.URL.Path, answer.StatusCode, body)
		return answer.StatusCode, body
	default:
		return answer.StatusCode, body
	}
}

func (w *worker) bypassCode(at string) {
	id := uuid.New()
	w.life++
	form := url.Values{"run_id": {id.String()}, "user_id": {w.user}, "valid_secs": {fmt.Sprint(w.life)},
		"reuse_count": {"1"}, "count": {"1"}, "preserve_existing": {"false"}, "reviewed": {"1"},
		"connection": {w.org.Connection()}}
	status, body := w.send(strings.TrimPrefix(at, w.s.url)+"/actions/create-bypass-code-for-user", form)
	if status == http.StatusOK {
		if !strings.Contains(body, "data-plain") {
			w.s.t.Error("done without a code")
		}
		w.codes = append(w.codes, id)
	}
}

func (w *worker) directoryKey(n int) {
	key, id := fmt.Sprintf("DSPROOF%013d", n), w.org.ID.String()
	status, _ := w.send("/w/"+w.s.ws.Slug+"/integration/mapping", url.Values{"row": {id},
		"account." + id: {w.org.AccountID}, "directory_key." + id: {key}, "connection." + id: {w.org.Connection()}})
	if status == http.StatusSeeOther {
		w.keys = w.keys[:0]
	}
	w.keys = append(w.keys, key)
}

// nothingLost compares what was answered, what is stored and what Duo did.
func (s *proofSite) nothingLost(everybody []*worker) (runs, effects int) {
	s.t.Helper()
	conn := s.db.Superuser(s.t)
	state, byLife := map[uuid.UUID]string{}, map[string]int{}
	rows, err := conn.Query(s.t.Context(),
		`select id, state, input from run where workspace_id = $1 and action = 'create-bypass-code-for-user'`, s.ws.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var id uuid.UUID
		var is string
		var input []byte
		if err := rows.Scan(&id, &is, &input); err != nil {
			s.t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(input, &fields); err != nil {
			s.t.Fatal(err)
		}
		state[id] = is
		byLife[fmt.Sprint(fields["valid_secs"])]++
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	for _, w := range everybody {
		for _, id := range w.codes {
			if state[id] != store.Applied {
				s.t.Errorf("a run was answered as done and is %q in the record", state[id])
			}
		}
		var key, theme string
		if err := conn.QueryRow(s.t.Context(),
			`select coalesce((select key from directory_key where organization_id = $1), '')`,
			w.org.ID).Scan(&key); err != nil {
			s.t.Fatal(err)
		}
		if !slices.Contains(w.keys, key) {
			s.t.Errorf("the directory key is %q, and answered as saved or tried since were %q", key, w.keys)
		}
		if err := conn.QueryRow(s.t.Context(), `select theme from operator where id = $1`,
			w.operator.ID).Scan(&theme); err != nil {
			s.t.Fatal(err)
		}
		if w.theme != "" && theme != w.theme {
			s.t.Errorf("the theme is %s and was answered as %s", theme, w.theme)
		}
	}
	for _, e := range s.sim.Ledger() {
		if !strings.HasSuffix(e.Path, "/bypass_codes") || e.Kind != duosim.Changed {
			continue
		}
		effects++
		if n := byLife[e.Parameters["valid_secs"]]; n != 1 {
			s.t.Errorf("Duo made a code that is in the record %d times", n)
		}
	}
	return len(state), effects
}

// openRuns counts runs that are not closed.
func (s *proofSite) openRuns() (n int) {
	s.t.Helper()
	conn := s.db.Superuser(s.t)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(s.t.Context(), `select count(*) from run where state = 'sending'`).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// goroutines counts those of a console, but for the connections to Duo that are
// kept for the next call.
func (c *console) goroutines() int {
	c.t.Helper()
	answer, err := c.peephole.Get("http://peephole/debug/pprof/goroutine?debug=1")
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	total := 0
	for _, group := range goroutineGroup.FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(group[0], "persistConn") {
			n, _ := strconv.Atoi(group[1])
			total += n
		}
	}
	if total == 0 {
		c.t.Fatalf("no goroutines in %.300s", text)
	}
	return total
}

// goroutineGroup is how a profile begins each group of goroutines: their number and their stack.
var goroutineGroup = regexp.MustCompile(`(?m)^(\d+) @ .*\n(?:#.*\n)*`)

// connections counts those of the consoles to Postgres that fit a condition.
func (s *proofSite) connections(condition string) int {
	s.t.Helper()
	conn := s.db.Superuser(s.t)
	defer conn.Close(context.Background())
	var n int
	err := conn.QueryRow(s.t.Context(),
		`select count(*) from pg_stat_activity where application_name like 'console%' and pid <> pg_backend_pid() and (`+condition+`)`).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
