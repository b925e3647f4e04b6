package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// outcome is what came of all writes.
type outcome struct {
	writes, applied, refused, unknown int
	interrupted                       int // were found out by reading back, or not
	lost, doubled, wrong              int
	late                              int // results that came after the end
	told, closed                      time.Duration
}

func (o outcome) String() string {
	return fmt.Sprintf(
		"%d writes: %d applied, %d refused, %d unknown (%.1f %%); %d interrupted or unanswered, %d late results; lost %d, doubled %d, wrong read-backs %d; told within %v, closed within %v",
		o.writes, o.applied, o.refused, o.unknown, 100*float64(o.unknown)/float64(o.writes), o.interrupted, o.late,
		o.lost, o.doubled, o.wrong,
		o.told.Round(100*time.Millisecond), o.closed.Round(100*time.Millisecond))
}

// compare holds the record of each write, and what was answered, against what Duo
// did.
func (h *kills) compare() outcome {
	h.t.Helper()
	got := outcome{writes: len(h.writes), told: h.told}
	var effects []duosim.Effect
	for _, e := range h.sim.Ledger() {
		if e.Kind == duosim.Changed {
			effects = append(effects, e)
		}
	}
	var recorded []store.Run
	err := h.db.InWorkspace(h.t.Context(), store.WholeWorkspace(h.ws.ID), func(tx *store.Tx) (err error) {
		recorded, _, err = tx.FindRuns(h.t.Context(), store.RunFilter{}, nil, 100_000)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	byID := map[uuid.UUID]store.Run{}
	for _, r := range recorded {
		byID[r.ID] = r
		if r.Action == store.LateResult.Slug {
			got.late++
		}
	}
	claimed := 0
	for _, w := range h.writes {
		n := 0
		for _, e := range effects {
			if e.AccountID == w.org.AccountID && w.made(e) {
				n++
			}
		}
		claimed += n
		r, there := byID[w.id]
		readBack := strings.Contains(r.Summary, "by read-back")
		if readBack || r.State == store.Unknown {
			got.interrupted++
		}
		if r.FinishedAt != nil {
			got.closed = max(got.closed, r.FinishedAt.Sub(r.StartedAt))
		}
		say := func(what string) {
			h.t.Errorf("%s: %s %s; answered %q, recorded as %q, %d effects: %s", what, w.action, w.id, w.answer,
				r.State, n, r.Summary)
		}
		if n > 1 {
			got.doubled++
			say("done twice")
		}
		switch {
		case n > 0 && !there, r.State == store.Applied && n == 0 && !readBack,
			w.answer == store.Applied && (n == 0 || r.State != store.Applied):
			got.lost++
			say("lost")
		case readBack && (r.State == store.Applied) != (n > 0):
			got.wrong++
			say("read back wrongly")
		case r.State == store.Refused && n > 0:
			got.lost++
			say("said not to be done")
		}
		switch r.State {
		case store.Applied:
			got.applied++
		case store.Refused:
			got.refused++
		case store.Unknown:
			got.unknown++
		default:
			say("not closed")
		}
	}
	if claimed != len(effects) {
		h.t.Errorf("Duo did %d changes, the writes account for %d", len(effects), claimed)
	}
	return got
}
