package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestTheTimeIsTheDatabases: whatever a machine's clock says, and when it is set.
func TestTheTimeIsTheDatabases(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s, err := store.Open(t.Context(), db.AppURL, db.Keys)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wrong time.Duration
	s.UseClock(func() time.Time { return time.Now().Add(wrong) })
	id := uuid.New()
	near := func(what string, apart time.Duration) {
		t.Helper()
		var now time.Time
		if err := db.Superuser(t).QueryRow(t.Context(), `select clock_timestamp()`).Scan(&now); err != nil {
			t.Fatal(err)
		}
		if d := s.Now().Sub(now).Abs(); d > 3*time.Second {
			t.Errorf("%s: the store's time is %v off", what, d)
		}
		if d := (s.ClockBehind() - apart).Abs(); d > 3*time.Second {
			t.Errorf("%s: the clock is said to be behind by %v, want %v", what, s.ClockBehind(), apart)
		}
	}
	wrong = -2 * time.Hour
	if _, err := s.BeginProcess(t.Context(), id, 2*time.Second); err != nil {
		t.Fatal(err)
	}
	near("at the start", 2*time.Hour)
	for _, wrong = range []time.Duration{10 * time.Minute, -24 * time.Hour, 0} {
		if _, err := s.Beat(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		near("after the clock was set", -wrong)
	}
	wrong = 300 * time.Millisecond
	if _, err := s.Beat(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if s.ClockBehind() != 0 && s.ClockBehind().Abs() > time.Second {
		t.Errorf("noise is corrected: %v", s.ClockBehind())
	}
}
