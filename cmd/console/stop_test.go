package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
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
	form := url.Values{"email": {d.owner.Email}, "password": {storetest.Password}}
	signIn, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/signin", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	signIn.Header.Set("Origin", d.url)
	answer, err := client.Do(signIn)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	// A connection that idles may be closed at any time, also by a stop: a new one.
	client.CloseIdleConnections()
	client.Transport = &http.Transport{}

	d.sim.SetFault("api-5e6f7a8b.duosim.localhost", duosim.Fault{Kind: duosim.Slow, Delay: time.Second})
	sent := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }}
	slow, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, d.organization("harbourlight-dental-group")+"/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-sent
		// Connections are accepted in order: when a later one is answered, the
		// request is in.
		if later, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(d.url + "/healthz"); err == nil {
			later.Body.Close()
		}
		d.stop()
	}()
	answer, err = client.Do(slow)
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
