package run_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// TestALostAnswerIsLookedUp: the process lives and Duo's answer was lost. The person
// is answered at once, and the run is closed by what Duo has.
func TestALostAnswerIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []duosim.FaultKind{duosim.AnswerLost, duosim.ErrorAfterApplying} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			user, _ := addUser(d, "ada")
			d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: kind, Times: 1})
			q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "Ada L"})
			done, err := d.Do(t, q)
			if err == nil || done.Run.State != store.Sending ||
				!strings.Contains(done.Run.Summary, "Duo may have done this.") {
				t.Fatalf("%+v, %v", done.Run, err)
			}
			eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
			if got := d.Record(t, q.ID); got.State != store.Applied ||
				!strings.Contains(got.Summary, "Full name: Ada L, was empty.") {
				t.Errorf("closed as %s: %q", got.State, got.Summary)
			}
			if n := len(d.Sim.Ledger()); n != 1 {
				t.Errorf("%d effects", n)
			}
		})
	}
}

// pending waits until Duo's name for a run's question is kept.
func pending(t *testing.T, d *runtest.Desk, id uuid.UUID) {
	t.Helper()
	eventually(t, "the push's name is kept", func() bool {
		found := 0
		conn := d.Superuser(t)
		defer conn.Close(context.Background())
		if err := conn.QueryRow(t.Context(), `select count(*) from run_open where run_id = $1 and pending <> ''`,
			id).Scan(&found); err != nil {
			t.Fatal(err)
		}
		return found == 1
	})
}

// TestAnApprovalCountsWhoeverAsks: the process that sent a push dies, or stops in
// good order. Another one asks for the answer.
func TestAnApprovalCountsWhoeverAsks(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"verify-caller", "send-duo-authentication"} {
		for _, how := range []string{"dies", "stops"} {
			t.Run(slug+", "+how, func(t *testing.T) {
				t.Parallel()
				d, user, phone := asked(t)
				sender := d.Process(t, run.Config{})
				input := form{"user_id": user, "phone_id": phone}
				if slug == "send-duo-authentication" {
					input = form{"user_id": user, "factor": "push"}
				}
				q := d.Request(t, catalog.Helpdesk, slug, input)
				if _, err := d.DoBy(t, sender, q); err != nil {
					t.Fatal(err)
				}
				sent := pushOf(t, d)
				pending(t, d, q.ID)
				if how == "stops" {
					sender.Stop()
					sender.Wait(t.Context())
				} else {
					d.Exec(t, `update process set gone_at = clock_timestamp() where id = $1`,
						*d.Record(t, q.ID).ProcessID)
				}
				if got := d.Record(t, q.ID); got.State != store.Sending {
					t.Fatalf("closed as %s: %q", got.State, got.Summary)
				}
				d.Runner = watcher(t, d)
				eventually(t, "another process follows",
					func() bool { _, _, ok := d.Runner.Live(d.Scope(), q.ID); return ok })
				if err := d.Sim.AnswerPush(sent.ID, duosim.Approve, ""); err != nil {
					t.Fatal(err)
				}
				if how == "stops" {
					if got := wait(t, d, q.ID); got.Subject != "ada" || !strings.Contains(got.Summary, "Approved") ||
						strings.Contains(got.Summary, sent.Code) && sent.Code != "" {
						t.Errorf("the record says %+v", got)
					}
				}
				eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
				if got := d.Record(t, q.ID); got.State != store.Applied || got.Answer != "approved" {
					t.Errorf("closed as %s, %q: %q", got.State, got.Answer, got.Summary)
				} else if slug == "verify-caller" && (catalog.RecordedFacts(got.Facts).Phone != "+12025550143" ||
					!strings.HasSuffix(got.Summary, "Approved on +12025550143.")) {
					t.Errorf("on which phone is not known: %s %q", got.Facts, got.Summary)
				}
				pushOf(t, d)
			})
		}
	}
}
