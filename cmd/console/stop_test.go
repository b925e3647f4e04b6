package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store/storetest"
)

// A deploy in the middle of a call must not cost the technician the page.
func TestStopFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	send := func(path string, form url.Values) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", d.url)
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	send("/signin", url.Values{"email": {d.owner.Email}, "password": {storetest.Password}})
	send("/signin/factor/code", url.Values{"code": {runtest.Code(t, d.db, d.owner, time.Now())}})
	// A connection that idles may be closed at any time, also by a stop: a new one.
	client.CloseIdleConnections()
	client.Transport = &http.Transport{}

	const harbourlight = "api-5e6f7a8b.duosim.localhost"
	d.sim.SetFault(harbourlight, duosim.Fault{Kind: duosim.Slow, Delay: time.Second, Times: 1})
	slow, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		d.organization("harbourlight-dental-group")+"/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer d.stop()
		poll := time.NewTicker(5 * time.Millisecond)
		defer poll.Stop()
		for d.sim.FaultOf(harbourlight).Kind != duosim.NoFault && t.Context().Err() == nil {
			<-poll.C // until the page's request waits for Duo
		}
	}()
	answer, err := client.Do(slow)
	if err != nil {
		t.Fatal("the request in flight was lost: ", err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the request in flight was answered with %d", answer.StatusCode)
	}
	client.CloseIdleConnections()
	if _, err := client.Get(d.url + "/healthz"); err == nil {
		t.Error("a stopped console takes new requests")
	}
}
