package run_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// transport lets a test watch, delay or cut requests on their way to the
// simulator.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// addUser adds a user with one activated phone to the Desk's account.
func addUser(d *runtest.Desk, username string) (user, phone string) {
	phone = d.Sim.AddPhone(d.Account.AccountID, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile",
		Platform: "Apple iOS", Activated: true})
	return d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: username, PhoneIDs: []string{phone}}), phone
}

type form = map[string]string

// replaceBody puts another text in the place of an answer.
func replaceBody(t *testing.T, answer *http.Response, text string) {
	t.Helper()
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
}
