package run_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// TestFollowingWithstandsFaults: while Duo fails, the answer is asked for again,
// and the push is not sent again.
func TestFollowingWithstandsFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]duosim.Fault{
		"rate limited": {Kind: duosim.RateLimited, Path: "/auth/v2/auth_status", Times: 3},
		"down":         {Kind: duosim.Down, Path: "/auth/v2/auth_status", Times: 2},
		"slow":         {Kind: duosim.Slow, Delay: 2 * time.Second, Path: "/auth/v2/auth_status", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, user, _ := asked(t)
			d.Sim.SetFault(d.Account.AccountID, fault)
			q := d.Request(t, catalog.Helpdesk, "send-duo-authentication", form{"user_id": user})
			if _, err := d.Do(t, q); err != nil {
				t.Fatal(err)
			}
			if err := d.Sim.AnswerPush(pushOf(t, d).ID, duosim.Approve, ""); err != nil {
				t.Fatal(err)
			}
			if got := wait(t, d, q.ID); got.State != store.Applied || got.Answer != "approved" {
				t.Errorf("%+v", got)
			}
			pushOf(t, d)
		})
	}
}

func TestNobodyKnowsTheAnswer(t *testing.T) {
	t.Parallel()
	t.Run("the sending itself was lost", func(t *testing.T) {
		t.Parallel()
		d, user, _ := asked(t)
		d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost})
		q := d.Request(t, catalog.Helpdesk, "send-duo-authentication", form{"user_id": user})
		if _, err := d.Do(t, q); err == nil {
			t.Error("a lost answer was taken for one")
		}
		if _, _, followed := d.Runner.Live(d.Scope(), q.ID); followed {
			t.Error("it is followed without a name to ask for")
		}
		if got := d.Record(t, q.ID); got.State != store.Unknown || got.Answer != "" {
			t.Errorf("%+v", got)
		}
		pushOf(t, d)
	})
	t.Run("Duo forgot the push before its time", func(t *testing.T) {
		t.Parallel()
		d, user, phone := asked(t)
		q := d.Request(t, catalog.Helpdesk, "verify-caller", form{"user_id": user, "phone_id": phone})
		if _, err := d.Do(t, q); err != nil {
			t.Fatal(err)
		}
		pushOf(t, d)
		act(t, d, catalog.Administrator, "delete-user", form{"user_id": user, "permanent": "true", "confirm": "ada"})
		if got := wait(t, d, q.ID); got.State != store.Unknown || got.Answer != "" ||
			strings.Contains(got.Summary, "No answer within") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("Duo was not reached until it forgot the push", func(t *testing.T) {
		t.Parallel()
		d, user, phone := asked(t)
		q := d.Request(t, catalog.Helpdesk, "verify-caller", form{"user_id": user, "phone_id": phone})
		answers := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/verification_push_response") }
		sender := d.Process(t, run.Config{HTTP: transport(func(r *http.Request) (*http.Response, error) {
			if answers(r) {
				return nil, errors.New("cut off")
			}
			return d.Transport.RoundTrip(r)
		})})
		if _, err := d.DoBy(t, sender, q); err != nil {
			t.Fatal(err)
		}
		pending(t, d, q.ID)
		if err := d.Sim.AnswerPush(pushOf(t, d).ID, duosim.Fraud, ""); err != nil {
			t.Fatal(err)
		}
		d.Clock.Move(catalog.VerificationTime - 10*time.Second)
		next := d.Process(t, run.Config{Heartbeat: hasty,
			HTTP: transport(func(r *http.Request) (*http.Response, error) {
				if answers(r) {
					d.Clock.Move(15 * time.Second)
				}
				return d.Transport.RoundTrip(r)
			})})
		d.Exec(t, `update process set gone_at = clock_timestamp() where id = $1`, *d.Record(t, q.ID).ProcessID)
		next.Watch(d.Workspace.ID)
		eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
		if got := d.Record(t, q.ID); got.State != store.Unknown || got.Answer != "" ||
			strings.Contains(got.Summary, "No answer within") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("Duo is dead until nobody can answer", func(t *testing.T) {
		t.Parallel()
		d, user, _ := asked(t)
		d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.Down, Path: "/auth/v2/auth_status"})
		q := d.Request(t, catalog.Helpdesk, "send-duo-authentication", form{"user_id": user})
		if _, err := d.Do(t, q); err != nil {
			t.Fatal(err)
		}
		d.Clock.Move(80 * time.Second)
		if got := wait(t, d, q.ID); got.State != store.Unknown ||
			got.Summary != "Sent a push. Duo did not return the answer in time." {
			t.Errorf("%+v", got)
		}
	})
}
