package run_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// applications are the Auth API applications of the Desk's Client in Duo.
func applications(d *runtest.Desk) (found []duosim.Application) {
	for _, a := range d.Sim.Accounts() {
		if a.AccountID != d.Account.AccountID {
			continue
		}
		for _, app := range a.Applications {
			if app.Type == duosim.AuthAPI {
				found = append(found, app)
			}
		}
	}
	return found
}

func provision(t *testing.T, d *runtest.Desk) (run.Outcome, error) {
	t.Helper()
	return d.Setup().ProvisionAuth(t.Context(), d.Scope(), d.Actor(catalog.Administrator),
		again(t, d, d.Client), uuid.New())
}

// authVersion is the Client's Auth API keys in a state.
func authVersion(t *testing.T, d *runtest.Desk, state string) (store.Version, bool) {
	t.Helper()
	own, err := d.Setup().KeyState(t.Context(), d.Scope(), setup.OfOrganization(d.Client, store.AuthAPI), d.Owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	return own.Version(store.AuthAPI, state)
}

func TestProvision(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for i, want := range []string{"Created the application Duodesk Auth API.",
		"Found the application Duodesk Auth API."} {
		done, err := provision(t, d)
		if err != nil {
			t.Fatal(err)
		}
		apps := applications(d)
		v, inUse := authVersion(t, d, store.Active)
		if len(apps) != 1 || !inUse || v.IntegrationKey != apps[0].IntegrationKey || v.Host != d.Account.APIHostname ||
			*v.Finding != setup.Works {
			t.Fatalf("%d: %d applications, in use: %+v", i, len(apps), v)
		}
		if len(done.Result.Secrets) != 0 || done.Result.Raw != nil {
			t.Errorf("the keys are given on: %+v", done.Result)
		}
		got := d.Record(t, done.Run.ID)
		if got.State != store.Applied || got.Summary != want || got.Action != "provision-auth-api" {
			t.Errorf("%d: the record says %+v", i, got)
		}
		for _, r := range recorded(t, d) {
			if strings.Contains(r.Summary+r.Subject, apps[0].SecretKey) ||
				strings.Contains(strings.Join(values(r.Input), " "), apps[0].SecretKey) {
				t.Errorf("the record of %s holds the secret", r.Action)
			}
		}
		if strings.Contains(d.Log.String(), apps[0].SecretKey) || bytes.Contains(v.Verdict, []byte(apps[0].SecretKey)) {
			t.Error("the secret is told")
		}
	}
	q := d.Request(t, catalog.Auditor, "check-auth-api-credentials", nil)
	if _, err := d.Do(t, q); err != nil {
		t.Error("the keys do not serve the organization: ", err)
	}
}

func values(m map[string]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// TestProvisionAtOnce: of several who press at the same moment, none makes a
// second application.
func TestProvisionAtOnce(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	o := again(t, d, d.Client)
	// During an update two consoles are at work.
	consoles := []*run.Runner{d.Runner, d.Process(t, run.Config{})}
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			_, err := setup.New(consoles[n%2]).ProvisionAuth(t.Context(), d.Scope(), d.Actor(catalog.Administrator),
				o, uuid.New())
			var conflict *store.ConflictError
			if err != nil && !errors.As(err, &conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(applications(d)); n != 1 {
		t.Errorf("%d applications", n)
	}
}

func TestProvisionRefusedAndLost(t *testing.T) {
	t.Parallel()
	t.Run("the permission is missing", func(t *testing.T) {
		t.Parallel()
		d := runtest.New(t)
		d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.PermissionRemoved,
			Grant: "adminapi_integrations"})
		done, err := provision(t, d)
		var fault *catalog.FieldError
		if !errors.As(err, &fault) {
			t.Fatal(err)
		}
		if got := d.Record(t, done.Run.ID); got.State != store.Refused ||
			!strings.Contains(got.Summary, "Grant applications") {
			t.Errorf("the record says %+v", got)
		}
		if _, kept := authVersion(t, d, store.Active); kept {
			t.Error("keys are kept that nobody gave")
		}
	})
	t.Run("the edition lacks it", func(t *testing.T) {
		t.Parallel()
		d := runtest.New(t)
		for _, fault := range []duosim.Fault{{Message: "This feature requires Duo Premier"},
			{Detail: "This feature requires Duo Premier"}, {Detail: "Wrong integration type for this API."}} {
			fault.Kind, fault.Code, fault.Path = duosim.Refuses, duo.CodeForbidden, "/admin/v2/integrations"
			d.Sim.SetFault(d.Account.AccountID, fault)
			done, err := provision(t, d)
			refused, is := errors.AsType[*duo.Error](err)
			if got := d.Record(t, done.Run.ID); !is || got.State != store.Refused ||
				!strings.Contains(got.Summary, refused.Said()) || strings.Contains(got.Summary, "may not manage") {
				t.Errorf("%+v: %v; the record says %+v", fault, err, got)
			}
		}
	})
	t.Run("the answer is lost", func(t *testing.T) {
		t.Parallel()
		d := runtest.New(t)
		d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
		done, err := provision(t, d)
		if got := d.Record(t, done.Run.ID); err == nil || got.State != store.Unknown {
			t.Fatalf("%v; the record says %+v", err, got)
		}
		if n := len(applications(d)); n != 1 {
			t.Fatalf("%d applications", n)
		}
		// What was made is found.
		if again, err := provision(t, d); err != nil || !strings.HasPrefix(again.Run.Summary, "Found") ||
			len(applications(d)) != 1 {
			t.Errorf("%+v %v", again.Run, err)
		}
	})
	t.Run("a technician", func(t *testing.T) {
		t.Parallel()
		d := runtest.New(t)
		_, err := d.Setup().ProvisionAuth(t.Context(), d.Scope(), d.Actor(catalog.Technician), d.Client, uuid.New())
		if !errors.Is(err, run.ErrForbidden) || len(applications(d)) != 0 {
			t.Error(err)
		}
	})
}
