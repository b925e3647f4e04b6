//go:build proof

package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
)

// TestProofKills: 300 writes under twenty kills of the console and five of Postgres,
// while Duo limits, fails before and after applying, loses answers and applies up to
// 30 s late. Nothing is lost or done twice, what is read back is right, and every
// run is closed in time.
func TestProofKills(t *testing.T) {
	const people, rounds, restarts = 15, 20, 5
	h := startKills(t, people, heartbeat)
	for i := range rounds {
		h.round(h.manyFaults, func() {
			if i < restarts {
				h.killPostgres()
			}
			h.killConsole()
		})
	}
	h.settled(2 * time.Minute)
	got := h.compare()
	tell(t, "%d kills of the console, %d of Postgres; %s", rounds, restarts, got)
	if got.writes != people*rounds || got.interrupted < rounds {
		t.Errorf("the load was not one: %s", got)
	}
	if got.lost+got.doubled+got.wrong > 0 || 20*got.unknown > got.writes {
		t.Error(got)
	}
	if got.told > 20*time.Second || got.closed > 2*time.Minute {
		t.Error("too late: ", got)
	}
}

// manyFaults are the faults of a bad day, in percent of the writes.
func (h *kills) manyFaults() duosim.Fault {
	f := duosim.Fault{WritesOnly: true, Times: 1}
	switch n := rand.IntN(100); {
	case n < 10:
		f.Kind = duosim.RateLimited
	case n < 15:
		f.Kind = duosim.ErrorBeforeApplying
	case n < 20:
		f.Kind = duosim.ErrorAfterApplying
	case n < 25:
		f.Kind = duosim.AnswerLost
	case n < 28:
		f.Kind, f.Delay = duosim.AppliedLate, time.Duration(rand.IntN(30_000))*time.Millisecond
	case n < 60:
		f.Kind, f.Delay = duosim.Slow, time.Duration(rand.IntN(1000))*time.Millisecond
	}
	return f
}

// TestProofDatabaseAway: Postgres is down for 40 s with a call in flight.
func TestProofDatabaseAway(t *testing.T) {
	databaseAway(t, heartbeat, 40*time.Second)
	tell(t,
		"Postgres down for 40 s: the call in flight is closed by its own process, nobody is judged dead, nothing new is sent")
}

// TestProofProcessSuspended: the console is stopped for 40 s with a call in flight.
func TestProofProcessSuspended(t *testing.T) {
	suspended(t, heartbeat, 40*time.Second)
	tell(t,
		"a process stopped for 40 s: its call is read back meanwhile, its run stays as it was closed, and it works on")
}
