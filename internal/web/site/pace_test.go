package site

import (
	"testing"
	"time"
)

// TestPace: a token that asks too fast has to wait, whatever it asks; another has
// not.
func TestPace(t *testing.T) {
	t.Parallel()
	p, now := newPace(), time.Now()
	for i := range paceBurst {
		if wait := p.Take("a", now); wait != 0 {
			t.Fatalf("request %d waits %s", i, wait)
		}
	}
	if wait := p.Take("a", now); wait != PaceEvery {
		t.Errorf("waits %s", wait)
	}
	if p.Take("b", now) != 0 || p.Take("a", now.Add(PaceEvery)) != 0 || p.Take("a", now.Add(PaceEvery)) == 0 {
		t.Error("the pace is not kept")
	}
}
