package signon

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestProvidersOnPrivateAddressesAreNotDialed(t *testing.T) {
	t.Parallel()
	for address, reason := range map[string]string{
		"127.0.0.1:443": "private", "[::1]:443": "private", "10.1.2.3:443": "private", "169.254.169.254:443": "private",
		"192.168.1.1:443": "private", "172.16.0.1:8443": "private", "100.64.0.1:443": "private",
		"0.0.0.0:443":            "private",
		"[::ffff:127.0.0.1]:443": "private", "[fe80::1]:443": "private", "[fd00::1]:443": "private",
		"8.8.8.8:22": "port", "8.8.8.8:80": "port", "8.8.8.8:443": "", "8.8.8.8:8443": "", "[2606:4700::1]:443": "",
		"no address": "no address",
	} {
		err := checkDial(address, false)
		if reason == "" && err != nil || reason != "" && (err == nil || !strings.Contains(err.Error(), reason)) {
			t.Errorf("%s: %v, want %q", address, err, reason)
		}
	}
	for address, allowed := range map[string]bool{"127.0.0.1:9998": true, "[::1]:80": true, "10.0.0.1:443": false,
		"192.168.0.1:443": false} {
		if err := checkDial(address, true); (err == nil) != allowed {
			t.Errorf("in a trial %s: %v", address, err)
		}
	}
}

// TestNamesThatLeadInward: what a name resolves to is judged when it is dialed.
func TestNamesThatLeadInward(t *testing.T) {
	t.Parallel()
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(false)
	for _, address := range []string{server.URL, "https://localhost:" + port, "https://localhost"} {
		answer, err := client.Get(address)
		if err == nil {
			answer.Body.Close()
		}
		var refused *guardError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if reached {
		t.Error("a private address was reached")
	}
}

func TestAddressesOfProviders(t *testing.T) {
	t.Parallel()
	for address, allowed := range map[string]bool{
		"https://login.example.com/authorize": true, "https://login.example.com:8443/x": true,
		"http://login.example.com": false, "https://login.example.com:25": false,
		"https://a:b@login.example.com": false,
		"https://127.0.0.1":             false, "https://[::1]": false, "javascript:alert(1)": false,
		"https:login": false,
		"https://":    false, "ftp://login.example.com": false, "http://localhost:80": false,
		"https://192.168.0.9": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkURL(u, false); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"http://127.0.0.1:9998", "http://localhost:9998", "http://[::1]:1"} {
		if u, _ := url.Parse(address); checkURL(u, true) != nil {
			t.Errorf("a trial refuses %s", address)
		}
	}
	for _, address := range []string{"http://10.0.0.1:9998", "http://login.example.com",
		"http://127.0.0.1.example.com"} {
		if u, _ := url.Parse(address); checkURL(u, true) == nil {
			t.Errorf("a trial takes %s", address)
		}
	}
}

// TestEndlessAnswers are given up, however they come.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d := &Desk{client: newClient(true), loopback: true}
	var refused *Refused
	if _, err := d.discover(ctx, server.URL); !errors.As(err, &refused) ||
		!strings.Contains(refused.Reason, "longer than") {
		t.Error(err)
	}
}

func TestTimesOfAuthentication(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for raw, reason := range map[string]string{
		"1799999990": "", "1799999990.5": "", "": "", "null": "", "1800000050": "",
		"1800000100": reasonAuthFuture, "1800000000000": reasonMillis, `"1799999990"`: reasonAuthTime,
		"0":  reasonAuthTime,
		"-5": reasonAuthTime, "{}": reasonAuthTime, "1e300": reasonMillis, "true": reasonAuthTime,
	} {
		_, err := authTime([]byte(raw), now)
		var refused *Refused
		if got := errors.As(err, &refused); got != (reason != "") || got && refused.Reason != reason {
			t.Errorf("%s: %v, want %q", raw, err, reason)
		}
	}
	for at, reason := range map[time.Time]string{
		{}: reasonNoAuthTime, now.Add(-61 * time.Second): reasonStale, now.Add(-59 * time.Second): "", now: "",
		now.Add(5 * time.Minute): "",
	} {
		err := fresh(at, now)
		var refused *Refused
		if got := errors.As(err, &refused); got != (reason != "") || got && refused.Reason != reason {
			t.Errorf("%v: %v, want %q", at, err, reason)
		}
	}
}
