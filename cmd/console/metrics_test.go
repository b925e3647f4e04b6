package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store/storetest"
)

// watched is a desk with known traffic on it: what it did is read from its
// metrics and its log.
type watched struct {
	*desk
	client *http.Client
	dental duosim.Account
	user   string // of Duo, in the dental organization
}

func startWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{desk: startDesk(t)}
	w.connect()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.client = &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(w.client.CloseIdleConnections)
	for _, a := range w.sim.Accounts() {
		if strings.HasPrefix(a.Name, "Harbourlight") {
			w.dental = a
		}
	}
	w.user = w.sim.AddUser(w.dental.AccountID, duosim.UserSpec{Username: "canary.person", Realname: "Canary Person",
		Email: "canary@person.example"})
	w.want(http.StatusSeeOther, w.post(w.url+"/signin",
		url.Values{"email": {w.owner.Email}, "password": {storetest.Password}}))
	w.want(http.StatusSeeOther, w.post(w.url+"/signin/factor/code",
		url.Values{"code": {runtest.Code(w.t, w.db, w.owner, w.db.Now())}}))
	return w
}

type answer struct {
	status int
	id     string // of the request
	body   string
}

func (w *watched) ask(method, address, body string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", w.url)
	}
	got, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header.Get("X-Request-Id"), string(text)}
}

func (w *watched) get(address string) answer { w.t.Helper(); return w.ask(http.MethodGet, address, "") }

func (w *watched) post(address string, form url.Values) answer {
	w.t.Helper()
	return w.ask(http.MethodPost, address, form.Encode())
}

func (w *watched) want(status int, a answer) answer {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("answered with %d, want %d:\n%s", a.status, status, a.body)
	}
	return a
}

// code asks for a bypass code.
func (w *watched) code() answer {
	w.t.Helper()
	access, err := w.db.Access(w.t.Context(), w.owner.ID, w.ws.Slug, "harbourlight-dental-group")
	if err != nil {
		w.t.Fatal(err)
	}
	return w.post(w.organization("harbourlight-dental-group")+"/actions/create-bypass-code-for-user", url.Values{
		"run_id": {uuid.NewString()}, "user_id": {w.user}, "ticket": {"CANARY-TICKET"}, "valid_secs": {"3600"},
		"count": {"1"}, "reuse_count": {"1"}, "preserve_existing": {"true"},
		"connection": {access.Organization.Connection()},
	})
}

// lines are the lines of the log that hold all of the values.
func (w *watched) lines(values map[string]any) []map[string]any {
	w.t.Helper()
	var found []map[string]any
	for text := range strings.Lines(w.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			w.t.Fatalf("%v in the line %q", err, text)
		}
		fits := true
		for name, value := range values {
			fits = fits && line[name] == value
		}
		if fits {
			found = append(found, line)
		}
	}
	return found
}

// metricsURL is where the log says that metrics are served.
func (w *watched) metricsURL() string {
	w.t.Helper()
	said := w.lines(map[string]any{"msg": "serving metrics"})
	if len(said) != 1 {
		w.t.Fatal("the log does not say where metrics are served: ", w.log.String())
	}
	return "http://" + said[0]["address"].(string)
}

// scrape returns every series with its value.
func (w *watched) scrape() map[string]float64 {
	w.t.Helper()
	series := map[string]float64{}
	for line := range strings.Lines(w.want(http.StatusOK, w.get(w.metricsURL()+"/metrics")).body) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, " ")
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			w.t.Fatalf("%v in %q", err, line)
		}
		series[line[:at]] = value
	}
	return series
}

// settle scrapes until the series have the values: a request is counted when its
// answer has gone.
func (w *watched) settle(want map[string]float64) map[string]float64 {
	w.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	limit := time.After(15 * time.Second) // a closing that was refused is tried again after five
	for {
		now := w.scrape()
		wrong := ""
		for name, value := range want {
			if got, there := now[name]; !there || got != value {
				wrong += "\n" + name + " is " + strconv.FormatFloat(got, 'g', -1, 64) + ", want " +
					strconv.FormatFloat(value, 'g', -1, 64)
			}
		}
		if wrong == "" {
			return now
		}
		select {
		case <-poll.C:
		case <-limit:
			w.t.Fatal(wrong)
		}
	}
}

func requests(method, route, status string) string {
	return `duodesk_http_request_duration_seconds_count{method="` + method + `",route="` + route + `",status="` +
		status + `"}`
}

func calls(endpoint, outcome string) string {
	return `duodesk_duo_call_duration_seconds_count{api="admin",endpoint="` + endpoint + `",outcome="` + outcome + `"}`
}

func TestMetricsCountWhatHappened(t *testing.T) {
	t.Parallel()
	w := startWatched(t)
	org := w.organization("harbourlight-dental-group")
	const listUsers, makeCode = "GET /admin/v1/users", "POST /admin/v1/users/{user_id}/bypass_codes"
	const sheet = "/w/:ws/o/:org/actions/:action"
	before := w.scrape()
	for _, outcome := range []string{"applied", "refused", "unknown", "unclosed"} {
		if value, there := before[`duodesk_runs_closed_total{outcome="`+outcome+`"}`]; !there || value != 0 {
			t.Errorf("at the start %s runs are %v, %t", outcome, value, there)
		}
	}
	for range 3 {
		w.want(http.StatusOK, w.get(org+"/users?q=CANARY-QUERY"))
	}
	w.want(http.StatusNotFound, w.get(w.url+"/CANARY-PATH"))
	w.want(http.StatusNotFound, w.get(w.home+"/o/canary-organization"))
	w.ask("CANARYMETHOD", w.url+"/signin", "")
	w.want(http.StatusOK, w.code())
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{Kind: duosim.RateLimited, WritesOnly: true, Times: 1})
	w.want(http.StatusTooManyRequests, w.code())
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	w.want(http.StatusBadGateway, w.code())
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{Kind: duosim.Unavailable, WritesOnly: true, Times: 1})
	w.want(http.StatusBadGateway, w.code())
	allow := w.db.RefuseClosing(t, w.ws)
	w.want(http.StatusOK, w.code())
	now := w.settle(map[string]float64{
		requests("POST", "/signin", "3xx"):              1,
		requests("POST", "/signin/factor/code", "3xx"):  1,
		requests("GET", "/w/:ws/o/:org/users", "2xx"):   3,
		requests("GET", "/w/:ws/o/:org", "4xx"):         1,
		requests("GET", "none", "4xx"):                  1,
		requests("other", "none", "4xx"):                1,
		requests("POST", sheet, "2xx"):                  2,
		requests("POST", sheet, "4xx"):                  1,
		requests("POST", sheet, "5xx"):                  2,
		calls(listUsers, "ok"):                          1, // the list is held
		calls(makeCode, "ok"):                           2,
		calls(makeCode, "rate_limited"):                 1,
		calls(makeCode, "lost"):                         1,
		calls(makeCode, "duo_error"):                    1,
		`duodesk_runs_closed_total{outcome="applied"}`:  1,
		`duodesk_runs_closed_total{outcome="refused"}`:  1,
		`duodesk_runs_closed_total{outcome="unknown"}`:  2,
		`duodesk_runs_closed_total{outcome="unclosed"}`: 0,
		`duodesk_runs_sending`:                          1, // the database refuses to close it
		`duodesk_pool_max`:                              8,
	})
	allow("")
	w.settle(map[string]float64{
		`duodesk_runs_closed_total{outcome="applied"}`:  2,
		`duodesk_runs_closed_total{outcome="unclosed"}`: 0,
		`duodesk_runs_sending`:                          0,
	})
	for _, name := range []string{"duodesk_pool_acquired", "duodesk_pool_idle", "duodesk_pool_waits_total",
		"duodesk_pool_wait_seconds_total", "go_goroutines", "process_open_fds"} {
		if _, there := now[name]; !there {
			t.Errorf("%s is not told", name)
		}
	}

	// Few labels, and all of them ours: nothing that names a client, a person or a
	// secret, nor anything that was typed.
	secrets := []string{"CANARY", "canary", w.ws.Slug, w.ws.ID.String(), w.owner.Email, w.owner.ID.String(),
		"harbourlight", w.dental.AccountID, w.dental.APIHostname, w.user}
	for _, value := range w.fields {
		secrets = append(secrets, value)
	}
	for series := range now {
		for _, secret := range secrets {
			if strings.Contains(series, secret) {
				t.Errorf("%q is in the series %s", secret, series)
			}
		}
	}
}

func TestRunsThatAreSending(t *testing.T) {
	t.Parallel()
	w := startWatched(t)
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{Kind: duosim.Slow, Delay: 1500 * time.Millisecond,
		WritesOnly: true})
	done := make(chan answer)
	go func() { done <- w.code() }()
	w.settle(map[string]float64{`duodesk_runs_sending`: 1})
	w.want(http.StatusOK, <-done)
	w.settle(map[string]float64{`duodesk_runs_sending`: 0, `duodesk_runs_closed_total{outcome="applied"}`: 1})
}

// Metrics are for the people who run the console, on an address of their own.
func TestMetricsAreKeptApart(t *testing.T) {
	t.Parallel()
	w := startWatched(t)
	w.want(http.StatusNotFound, w.get(w.url+"/metrics"))
	apart := w.metricsURL()
	w.want(http.StatusOK, w.get(apart+"/healthz"))
	for _, path := range []string{"/", "/signin", "/readyz", "/w/" + w.ws.Slug, "/debug/pprof/", "/metrics/x"} {
		w.want(http.StatusNotFound, w.get(apart+path))
	}
	w.want(http.StatusMethodNotAllowed, w.post(apart+"/metrics", nil))
	w.stop()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	limit := time.After(15 * time.Second) // a closing that was refused is tried again after five
	for {
		answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(apart + "/healthz")
		if err != nil {
			return
		}
		answer.Body.Close()
		select {
		case <-poll.C:
		case <-limit:
			t.Fatal("metrics are still answered after a stop")
		}
	}
}
