package main

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// databaseAway takes the database away while a change is on its way to Duo. The
// process that sent it lives, and closes its run itself with what Duo answered;
// until the database is back for a while, nothing new is sent and nobody is judged.
func databaseAway(t *testing.T, every, away time.Duration) {
	h := startKills(t, 1, every)
	org := h.orgs[0]
	h.sim.SetFault(org.AccountID, duosim.Fault{Kind: duosim.Slow, Delay: away / 4, WritesOnly: true, Times: 1})
	w := h.nextWrite(org, 0)
	h.writes = append(h.writes, w)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		h.carryOut(w)
	}()
	h.openRun(w.action)
	now, cut := context.WithCancel(context.Background())
	cut()
	if err := h.pg.Stop(now); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	<-answered
	if w.answer != store.Applied {
		t.Errorf("Duo's answer did not reach the person: %q, %s", w.answer, w.said)
	}
	silent := false
	asks := time.NewTicker(every)
	defer asks.Stop()
	for time.Since(began) < away {
		status, body := h.call(h.at, http.MethodPost, "/api/v1/w/"+h.ws.Slug+"/o/"+org.Slug+"/actions/create-user",
			map[string]any{"run_id": uuid.New(), "fields": map[string]any{"username": "never"}})
		if status != http.StatusServiceUnavailable {
			t.Errorf("without a database: status %d, %s", status, body)
		}
		silent = silent || strings.Contains(h.victim.out.String(), "heartbeat not written")
		<-asks.C
	}
	h.pg = startPostgres(t, h.dir+"/postgres")
	h.settled(time.Minute)
	if r := h.record(w.id); r.State != store.Applied || strings.Contains(r.Summary, "read-back") {
		t.Errorf("closed as %s: %q", r.State, r.Summary)
	}
	var gone int
	if err := h.db.Superuser(t).QueryRow(t.Context(),
		`select count(*) from process where gone_at is not null`).Scan(&gone); err != nil || gone != 0 {
		t.Errorf("%d processes were judged dead because the database was away (%v)", gone, err)
	}
	if !silent {
		t.Error("the process does not say that it cannot write its heartbeat")
	}
	// All is well again.
	again := h.nextWrite(org, 1)
	h.writes = append(h.writes, again)
	h.carryOut(again)
	if got := h.compare(); got.applied != 2 {
		t.Error(got)
	}
}

// suspended stops the process while a change is on its way to Duo, for away at
// least, and lets it go on: it is dead for the others meanwhile, and what it brings
// then is late.
func suspended(t *testing.T, every, away time.Duration) {
	h := startKills(t, 1, every)
	org := h.orgs[0]
	h.sim.SetFault(org.AccountID, duosim.Fault{Kind: duosim.Slow, Delay: every, WritesOnly: true, Times: 1})
	w := h.nextWrite(org, 0)
	h.writes = append(h.writes, w)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		h.carryOut(w)
	}()
	id := h.openRun(w.action)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for h.sim.FaultOf(org.AccountID).Kind != duosim.NoFault {
		<-poll.C // until the change waits in Duo
	}
	if err := h.victim.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for h.record(id).State == store.Sending && time.Since(began) < time.Minute {
		<-poll.C // another process needs its calm, and then time to judge
	}
	closed := h.record(id)
	if closed.State != store.Applied || !strings.HasPrefix(closed.Summary, "Applied, by read-back") {
		t.Errorf("while the process is stopped its run is %s: %q", closed.State, closed.Summary)
	}
	t.Logf("read back after %v", time.Since(began).Round(100*time.Millisecond))
	for time.Since(began) < away {
		<-poll.C
	}
	if err := h.victim.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	<-answered
	// Beyond the deadline of the call the sender may not know Duo's answer any more.
	forgot := away > 20*time.Second && w.answer == store.Sending && strings.Contains(w.said, "is being looked up")
	if w.answer != store.Applied && !forgot {
		t.Errorf("the person is answered %q, %s", w.answer, w.said)
	}
	for began := time.Now(); h.compare().late == 0 && !forgot; <-poll.C {
		if time.Since(began) > time.Minute {
			t.Fatal("the late result is not on record")
		}
	}
	if r := h.record(id); r.Summary != closed.Summary {
		t.Errorf("the closed run was rewritten: %q", r.Summary)
	}
	// It begins another life and works again.
	again := h.nextWrite(org, 1)
	h.writes = append(h.writes, again)
	h.carryOut(again)
	if got := h.compare(); got.applied != 2 {
		t.Error(got)
	}
	if !strings.Contains(h.victim.out.String(), "taken for dead") {
		t.Error("the process does not say that it was taken for dead")
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	databaseAway(t, 500*time.Millisecond, 8*time.Second)
}

func TestProcessSuspended(t *testing.T) {
	t.Parallel()
	suspended(t, 500*time.Millisecond, 0)
}
