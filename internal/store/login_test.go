package store_test

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// What an operator is told: five guesses in a quarter of an hour, and from one
// address thirty.
const (
	freeGuesses       = 5
	freeSharedGuesses = 30
)

func account() store.LoginKey { return store.LoginKey{Name: rand.Text()} }
func address() store.LoginKey { return store.LoginKey{Name: rand.Text(), Shared: true} }

func TestLoginPace(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	begin := func(t *testing.T, at time.Time, keys ...store.LoginKey) time.Duration {
		t.Helper()
		wait, err := db.BeginLogin(t.Context(), at, keys...)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}

	// Of guesses at the same moment some are refused for being at the same moment:
	// never more than that many are granted, and that many in the end.
	t.Run("parallel guesses are never more than n, and n in the end", func(t *testing.T) {
		for _, c := range []struct {
			keys []store.LoginKey
			want int32
		}{
			{[]store.LoginKey{account(), address()}, freeGuesses},
			{[]store.LoginKey{address()}, freeSharedGuesses},
		} {
			var granted atomic.Int32
			guess := func() {
				if wait, err := db.BeginLogin(t.Context(), today, c.keys...); err != nil {
					t.Error(err)
				} else if wait == 0 {
					granted.Add(1)
				}
			}
			var all sync.WaitGroup
			for range 100 {
				all.Go(guess)
			}
			all.Wait()
			if n := granted.Load(); n < 1 || n > c.want {
				t.Errorf("%d of 100 guesses at once were granted, want 1 to %d", n, c.want)
			}
			for range 2 * c.want {
				guess()
			}
			if granted.Load() != c.want {
				t.Errorf("%d guesses were granted, want %d", granted.Load(), c.want)
			}
		}
	})

	t.Run("a guess waits for no other", func(t *testing.T) {
		person := account()
		tx, err := db.Superuser(t).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.Background())
		if _, err := tx.Exec(t.Context(), `select pg_advisory_xact_lock($1)`, person.Lock()); err != nil {
			t.Fatal(err)
		}
		if wait := begin(t, today, account(), person); wait != time.Second {
			t.Errorf("wait %s, want a second", wait)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if wait := begin(t, today, person); wait != 0 {
			t.Errorf("afterwards wait %s", wait)
		}
	})

	t.Run("many accounts from one address", func(t *testing.T) {
		office := address()
		for i := range freeSharedGuesses {
			if wait := begin(t, today, account(), office); wait != 0 {
				t.Fatalf("guess %d has to wait %s", i+1, wait)
			}
		}
		if begin(t, today, account(), office) == 0 {
			t.Error("guessing through many accounts is not slowed down")
		}
		if wait := begin(t, today, account(), address()); wait != 0 {
			t.Errorf("another address waits %s", wait)
		}
	})

	t.Run("a clock that runs ahead forgets nothing for the others", func(t *testing.T) {
		person := account()
		for range freeGuesses {
			begin(t, today, person)
		}
		if wait := begin(t, today.Add(time.Hour), person); wait != 0 {
			t.Errorf("an hour later the account waits %s", wait)
		}
		if begin(t, today, person) == 0 {
			t.Error("the account is not slowed down any more")
		}
	})

	t.Run("success forgives", func(t *testing.T) {
		person, office := account(), address()
		for range freeGuesses {
			begin(t, today, person, office)
		}
		if begin(t, today, person, office) == 0 {
			t.Error("the account is not slowed down")
		}
		if err := db.ForgiveLogin(t.Context(), person, office); err != nil {
			t.Fatal(err)
		}
		if wait := begin(t, today, person, office); wait != 0 {
			t.Errorf("after success the account waits %s", wait)
		}
		// One success must not pay for the guesses at other accounts.
		for range freeSharedGuesses - freeGuesses {
			begin(t, today, account(), office)
		}
		if begin(t, today, account(), office) == 0 {
			t.Error("one success forgave the whole address")
		}
	})

	t.Run("the wait grows, has a limit and ends", func(t *testing.T) {
		person, at := account(), today
		for i := range freeGuesses {
			if wait := begin(t, at, person); wait != 0 {
				t.Fatalf("guess %d has to wait %s", i+1, wait)
			}
		}
		for _, want := range []time.Duration{2, 4, 8, 16, 32, 64, 128} {
			want *= time.Second
			wait := begin(t, at, person)
			if wait != want {
				t.Errorf("wait %s, want %s", wait, want)
			}
			if early := begin(t, at.Add(want-time.Millisecond), person); early == 0 {
				t.Errorf("granted before the wait of %s was over", want)
			}
			at = at.Add(want)
			if late := begin(t, at, person); late != 0 {
				t.Errorf("after %s another wait of %s", want, late)
			}
		}
		at = at.Add(4*time.Minute + 16*time.Second)
		begin(t, at, person)
		if wait := begin(t, at, person); wait != 5*time.Minute {
			t.Errorf("wait %s, want the limit of 5 minutes", wait)
		}
		at = at.Add(15 * time.Minute)
		for i := range freeGuesses {
			if wait := begin(t, at, person); wait != 0 {
				t.Errorf("after the window guess %d has to wait %s", i+1, wait)
			}
		}
	})
}
