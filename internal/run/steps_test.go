package run_test

import (
	"errors"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// TestAStepAtATime: each step of an execution does its own part and no other, and no
// step can be taken twice with another effect in Duo.
func TestAStepAtATime(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "Ada L"})
	calls := d.Sim.Calls(d.Account.AccountID)
	allowed, err := d.Runner.Authorize(t.Context(), q)
	if err != nil || runs(t, d) != 0 || d.Sim.Calls(d.Account.AccountID) != calls {
		t.Fatalf("authorized: %v, %d runs, %d calls", err, runs(t, d), d.Sim.Calls(d.Account.AccountID)-calls)
	}
	begun, err := allowed.Begin(t.Context())
	if got := d.Record(t, q.ID); err != nil || got.State != store.Sending || got.Before["status"] != "active" ||
		writes(d) != 0 {
		t.Fatalf("begun: %v, %+v, %d changes", err, got, writes(d))
	}
	called := begun.Call(t.Context())
	if got := d.Record(t, q.ID); got.State != store.Sending || writes(d) != 1 {
		t.Errorf("called: %+v, %d changes", got, writes(d))
	}
	done, err := called.Close(t.Context())
	if got := d.Record(t, q.ID); err != nil || done.Run.State != store.Applied || got.State != store.Applied ||
		got.Summary != "Changed full name." {
		t.Errorf("closed: %v, %+v, recorded: %+v", err, done.Run, got)
	}
	if _, err := allowed.Begin(t.Context()); !errors.As(err, new(*run.AlreadyRun)) {
		t.Errorf("begun twice: %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a run was called twice")
			}
		}()
		begun.Call(t.Context())
	}()
	if got := d.Record(t, q.ID); got.State != store.Applied || writes(d) != 1 || len(lateResults(t, d)) != 0 {
		t.Errorf("after all of it: %+v, %d changes", got, writes(d))
	}
}

// TestTheRoleCountsWhenARunBegins: what changed since a request was authorized is
// seen in the transaction that puts the run on record.
func TestTheRoleCountsWhenARunBegins(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	elsewhere := d.Sim.AddChild(d.Parent.AccountID, "Elsewhere")
	for what, c := range map[string]struct {
		change func(by store.Operator)
		want   func(error) bool
	}{
		"demoted": {
			func(by store.Operator) {
				d.Exec(t, `update membership set role = 'auditor' where operator_id = $1`, by.ID)
			},
			func(err error) bool { return errors.Is(err, run.ErrForbidden) },
		},
		"password changed": {
			func(by store.Operator) { d.Exec(t, `update operator set epoch = epoch + 1 where id = $1`, by.ID) },
			func(err error) bool { return errors.Is(err, store.ErrEnded) },
		},
		"connected otherwise": {
			func(store.Operator) {
				o := again(t, d, d.Client)
				bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Owner), o, store.Child,
					elsewhere.AccountID)
				if err != nil || len(bad) > 0 {
					t.Fatal(bad, err)
				}
			},
			func(err error) bool { return errors.As(err, new(*run.ConnectionChanged)) },
		},
	} {
		d.Client = again(t, d, d.Client)
		by := d.Member(t, d.Workspace, catalog.Administrator)
		q := d.Request(t, catalog.Administrator, "update-user", form{"user_id": user, "realname": "x"})
		q.Actor = d.ActorOf(by, catalog.Administrator)
		before := runs(t, d)
		allowed, err := d.Runner.Authorize(t.Context(), q)
		if err != nil {
			t.Fatal(what, ": ", err)
		}
		c.change(by)
		if _, err := allowed.Begin(t.Context()); !c.want(err) || runs(t, d) != before || writes(d) != 0 {
			t.Errorf("%s: %v, %d runs, %d changes", what, err, runs(t, d)-before, writes(d))
		}
		if what == "connected otherwise" {
			bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Owner), again(t, d, d.Client),
				store.Child, d.Account.AccountID)
			if err != nil || len(bad) > 0 {
				t.Fatal(bad, err)
			}
		}
	}
}

// TestABegunRunOutlivesItsProcess: between two steps the process is taken for dead.
// Another one closes the run, and the first one sends nothing any more.
func TestABegunRunOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	r, process := begun(t, d, d.Transport)
	user, _ := addUser(d, "ada")
	before := writes(d)
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "Ada L"})
	allowed, err := r.Authorize(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	open, err := allowed.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := &dying{t: t, d: d, q: q}
	d.Exec(t, `update process set gone_at = clock_timestamp() where id = $1`, process)
	p.deadlineOver()
	watcher(t, d)
	if got := p.closed(); got.State != store.Refused {
		t.Errorf("another process closed it as %+v", got)
	}
	eventually(t, "the process begins another life", func() bool {
		_, err := r.Do(t.Context(), d.Request(t, catalog.Auditor, "retrieve-settings", nil))
		return err == nil
	})
	if _, err := open.Call(t.Context()).Close(t.Context()); !errors.Is(err, run.ErrSilent) || writes(d) != before {
		t.Errorf("%v, %d changes", err, writes(d)-before)
	}
	if got := d.Record(t, q.ID); got.State != store.Refused {
		t.Errorf("its record says %+v", got)
	}
}
