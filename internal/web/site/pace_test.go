package site

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestPace: a token that asks too fast has to wait, whatever it asks; another has
// not.
func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	id, other, now := uuid.New(), uuid.New(), time.Now()
	for i := range paceBurst {
		if wait := p.wait(id, now); wait != 0 {
			t.Fatalf("request %d waits %s", i, wait)
		}
	}
	if wait := p.wait(id, now); wait != PaceEvery {
		t.Errorf("waits %s", wait)
	}
	if p.wait(other, now) != 0 || p.wait(id, now.Add(PaceEvery)) != 0 || p.wait(id, now.Add(PaceEvery)) == 0 {
		t.Error("the pace is not kept")
	}
	if p.wait(other, now.Add(time.Hour)); len(p.paidBy) != 1 {
		t.Errorf("%d tokens are remembered", len(p.paidBy))
	}
}
