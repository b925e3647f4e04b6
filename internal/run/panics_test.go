package run_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/task"
)

// TestAPanicEndsItsWorkOnly has every call to Duo panic, as a fault in reading an answer would. The test binary is the
// process: it would not live to see another line.
func TestAPanicEndsItsWorkOnly(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	var panics atomic.Bool
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		if panics.Load() {
			panic("what " + user + " typed")
		}
		return d.Transport.RoundTrip(r)
	}))
	panics.Store(true)
	for name, work := range map[string]func() error{
		"a list": func() error { _, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, false); return err },
		"a user": func() error { _, _, err := d.Runner.User(t.Context(), d.Scope(), d.Client, user); return err },
		"checks": func() error {
			return d.Setup().CheckKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine())
		},
	} {
		if err := work(); !errors.Is(err, task.ErrPanic) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if said := d.Log.String(); !strings.Contains(said, "panic") || strings.Contains(said, "typed") {
		t.Errorf("logged:\n%s", said)
	}
	panics.Store(false)
	if got := usernames(t, d, d.Client, false); got != "ada" {
		t.Errorf("after the panics: %q", got)
	}
}
