//go:build proof

package web

import (
	"bufio"
	random "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

const (
	timingPairs = 2000
	timingNames = 80 // of each kind: an account takes some thirty guesses
)

// TestProofSignInTimeTellsNothing compares refused sign-ins of known and unknown
// names in interleaved pairs: the time to the answer, and how long a request that
// was sent with it, on the same connection, waits for its own.
func TestProofSignInTimeTellsNothing(t *testing.T) {
	d := runtest.New(t)
	s := serveAt(t, d, "", netip.MustParsePrefix("127.0.0.0/8"))
	var known, unknown []string
	second, _ := d.DB.Workspace(t)
	for n := range timingNames {
		o := d.Member(t, d.Workspace, catalog.Technician)
		if n%2 == 0 { // half of them belong to two workspaces
			if _, err := store.AddOperator(t.Context(), d.OwnerURL,
				store.NewOperator{Workspace: second.Name, Email: o.Email, Role: "auditor"}); err != nil {
				t.Fatal(err)
			}
		}
		// As long as a known one: the page repeats what was typed.
		known, unknown = append(known, o.Email), append(unknown,
			"technician."+strings.ToLower(random.Text())+"@msp.example")
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	read := func(status int) time.Time {
		t.Helper()
		answer, err := http.ReadResponse(answers, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
		}
		if err != nil || answer.StatusCode != status {
			t.Fatal(answer, err)
		}
		return time.Now()
	}
	asked := 0
	try := func(email string) (first, second time.Duration) {
		asked++
		form := url.Values{"email": {email}, "password": {"wrong"}}.Encode()
		host, address := conn.RemoteAddr().String(), fmt.Sprintf("10.%d.%d.%d", asked>>16, asked>>8&255, asked&255)
		began := time.Now()
		fmt.Fprintf(conn,
			"POST /signin HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"+
				"GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", host, address, len(form), form, host)
		one := read(http.StatusUnprocessableEntity)
		two := read(http.StatusOK)
		return one.Sub(began), two.Sub(one)
	}
	for range 20 {
		try(known[0])
		try(unknown[0])
	}
	var slower, slowerAfter float64
	for n := range timingPairs {
		k, u := known[1+n%(timingNames-1)], unknown[1+n%(timingNames-1)]
		var ofKnown, ofUnknown [2]time.Duration
		if rand.IntN(2) == 0 {
			ofKnown[0], ofKnown[1] = try(k)
			ofUnknown[0], ofUnknown[1] = try(u)
		} else {
			ofUnknown[0], ofUnknown[1] = try(u)
			ofKnown[0], ofKnown[1] = try(k)
		}
		slower += share(ofKnown[0], ofUnknown[0])
		slowerAfter += share(ofKnown[1], ofUnknown[1])
	}
	for what, p := range map[string]float64{"answer": slower / timingPairs,
		"request sent with it": slowerAfter / timingPairs} {
		t.Logf("%s: P(known slower) = %.3f over %d pairs", what, p, timingPairs)
		if p < .45 || p > .55 {
			t.Errorf("the %s tells who is an operator: P(known slower) = %.3f", what, p)
		}
	}
}

// share is 1 when the first took longer, and a half when both took as long.
func share(a, b time.Duration) float64 {
	switch {
	case a > b:
		return 1
	case a < b:
		return 0
	}
	return .5
}
