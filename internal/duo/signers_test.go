package duo_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"duodesk/internal/duo"
	"duodesk/internal/duo/duosim"
)

// tamper changes a request after it was signed.
type tamper struct {
	http.RoundTripper
	change func(*http.Request)
}

func (t tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	t.change(r)
	return t.RoundTripper.RoundTrip(r)
}

// FuzzSigners sets the client's signer and the simulator's verifier, which share no code, against
// each other: whatever is signed must be believed, and must not be once a character is changed.
func FuzzSigners(f *testing.F) {
	s := start(f)
	keys := s.parent.Application(duosim.AdminAPI)
	f.Add(uint8(0), uint8(0), "users", "username", "a b~c+d", "limit", "300", uint16(3))
	f.Add(uint8(1), uint8(1), "users/DU1/phones", "realname", "名前 🔑 ~+ /", "x", "*!'()<>&", uint16(40))
	f.Add(uint8(2), uint8(2), "policies", "users", "a.", "users", "a/", uint16(7))
	f.Add(uint8(4), uint8(3), "logs-x_1", "", "", "é", "\x00%2f", uint16(900))
	f.Fuzz(func(t *testing.T, method, signature uint8, path, name1, value1, name2, value2 string, at uint16) {
		for _, text := range []string{name1, value1, name2, value2} {
			if !utf8.ValidString(text) || len(text) > 500 || strings.EqualFold(text, "account_id") {
				return
			}
		}
		request := duo.Request{
			Method:    []string{"GET", "POST", "PUT", "PATCH", "DELETE"}[method%5],
			Path:      "/admin/v1/" + path,
			Params:    duo.Params{name1: []string{value1, value2}},
			Signature: duo.Signature(signature % 4),
		}
		request.Params[name2] = value2
		client := func(transport http.RoundTripper) *duo.Client {
			return duo.New(duo.Credentials{
				Host:           s.parent.APIHostname,
				IntegrationKey: keys.IntegrationKey,
				Secret:         func(use func([]byte)) error { use([]byte(keys.SecretKey)); return nil },
			}, duo.Options{Transport: transport})
		}
		const notARequest = 0
		status := func(c *duo.Client) int {
			_, err := c.Do(t.Context(), request)
			refused, _ := errors.AsType[*duo.Error](err)
			failed, _ := errors.AsType[*duo.TransportError](err)
			switch {
			case failed != nil && failed.Failure == duo.InvalidRequest:
				return notARequest
			case failed != nil:
				t.Fatalf("%+v: %v", request, err)
			case refused != nil:
				return refused.Status
			}
			return http.StatusOK
		}
		switch status(client(s.transport)) {
		case notARequest:
			return
		case http.StatusUnauthorized:
			t.Fatalf("%+v is not believed", request)
		}
		same := true
		changed := client(tamper{s.transport, func(r *http.Request) { same = !changeOne(r, int(at)) }})
		if got := status(changed); !same && got != http.StatusUnauthorized {
			t.Fatalf("%+v is believed after a change at %d: status %d", request, at, got)
		}
	})
}

// changeOne changes one character of the signed request and tells whether that changed its meaning:
// two spellings of one query or form are one request.
func changeOne(r *http.Request, at int) bool {
	body, _ := io.ReadAll(r.Body)
	defer func() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
	}()
	isForm := r.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
	query := []byte(r.URL.RawQuery)
	switch {
	case at < len(body):
		before := string(body)
		body[at] ^= 1
		return !isForm || meaning(before) != meaning(string(body))
	case at-len(body) < len(query):
		query[at-len(body)] ^= 1
		if strings.ContainsAny(string(query), " #\n") {
			return false
		}
		before := r.URL.RawQuery
		r.URL.RawQuery = string(query)
		return meaning(before) != meaning(string(query))
	case at%3 == 0:
		r.Header.Set("Date", strings.Replace(r.Header.Get("Date"), "+0000", "-0000", 1))
		return true
	case at%3 == 1:
		r.URL.Path += "x"
		return true
	}
	credentials, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
	last := &credentials[len(credentials)-1-at%40]
	*last = "123456789abcdef0"[strings.IndexByte("0123456789abcdef", *last)]
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString(credentials))
	return true
}

func meaning(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return query
	}
	return values.Encode()
}
