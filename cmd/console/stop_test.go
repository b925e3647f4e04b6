package main

import (
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
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
	signInBy(t, client, d.url, d.db, d.owner)
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
