package site

import (
	"testing"
	"time"

	"duodesk/internal/run"
)

// TestSecondOf: times to try again are in the visitor's zone, and not too early.
func TestSecondOf(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 8, 4, 18, 2, 30, 1, time.UTC)
	if got := secondOf(Visitor{Zone: zone}, at); got != "14:02:30 EDT" {
		t.Error(got)
	}
	s := &Site{Config: Config{Now: func() time.Time { return at }}}
	if got := s.againAt(Visitor{}, &run.NotConnected{}); got != "" {
		t.Error(got)
	}
}
