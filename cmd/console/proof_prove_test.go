//go:build proof

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// waitingProof is what the page that asks for a second factor again calls the form that waits.
var waitingProof = regexp.MustCompile(`name="proof" value="([^"]+)"`)

// send makes a request of an operator by do, which is a client's Do or a transport's
// RoundTrip. When a page asks for a second factor again, the operator gives it, and the answer
// is that to the form which waited. An answer that asks once more is returned as it is.
func (s *proofSite) send(do func(*http.Request) (*http.Response, error), operator store.Operator,
	request *http.Request) (*http.Response, error) {
	s.t.Helper()
	given := http.Header{} // a client with a jar adds cookies to the request itself
	for _, name := range []string{"Cookie", "X-Forwarded-For"} {
		given[name] = slices.Clone(request.Header[name])
	}
	answer, err := do(request)
	if err != nil || answer.StatusCode != http.StatusForbidden {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	waits := waitingProof.FindSubmatch(body)
	if waits == nil || !strings.Contains(string(body), "Confirm that it is you") {
		answer.Body = io.NopCloser(bytes.NewReader(body))
		return answer, nil
	}
	s.proved.Add(1)
	again := s.post(request.Context(), s.url+request.URL.EscapedPath()+"?proof=1", url.Values{
		"proof": {string(waits[1])}, "code": {runtest.Code(s.t, s.db, operator, s.db.Now())}})
	for name, values := range given {
		if len(values) > 0 {
			again.Header[name] = values
		}
	}
	return do(again)
}
