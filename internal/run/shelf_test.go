package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/task"
)

func testShelf(t *testing.T, test func(t *testing.T, s *shelf)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		test(t, &shelf{now: time.Now, log: slog.New(slog.DiscardHandler), ctx: ctx})
	})
}

func keyOf(kind string) shelfKey { return shelfKey{kind, listKey{workspace: uuid.New()}} }

// read brings a list of a size, and waits until it is on the shelf.
func (s *shelf) read(t *testing.T, key shelfKey, list string, bytes int) {
	t.Helper()
	f, _ := s.join(t.Context(), key, func(*flight) (any, int, time.Time, error) { return list, bytes, s.now(), nil })
	<-f.done
	if f.list != list || f.err != nil {
		t.Fatalf("read %v, %v", f.list, f.err)
	}
	synctest.Wait()
}

// TestListsAreSwept: what nobody asks for any more is gone all the same.
func TestListsAreSwept(t *testing.T) {
	testShelf(t, func(t *testing.T, s *shelf) {
		key := keyOf("users")
		s.read(t, key, "old", 1000)
		time.Sleep(5 * time.Minute)
		other := keyOf("users")
		s.read(t, other, "young", 2000)
		if _, _, ok := s.get(key, ListAge); ok {
			t.Error("a list of five minutes is fresh")
		}
		if list, behind, ok := s.get(key, oldestShown); !ok || list != "old" || behind {
			t.Errorf("a list of five minutes cannot be shown: %v, %t, %t", list, behind, ok)
		}
		time.Sleep(5*time.Minute + sweepEvery)
		if lists, bytes, _ := s.size(); lists != 1 || bytes != 2000+shelvedBytes {
			t.Errorf("%d lists of %d bytes are held", lists, bytes)
		}
		time.Sleep(10 * time.Minute)
		if lists, bytes, sweeping := s.size(); lists != 0 || bytes != 0 || sweeping {
			t.Errorf("%d lists of %d bytes are held, sweeping: %t", lists, bytes, sweeping)
		}
		s.read(t, key, "new", 1000)
		time.Sleep(11 * time.Minute)
		if lists, _, _ := s.size(); lists != 0 {
			t.Error("the sweep did not begin again")
		}
	})
}

func TestListsAreBoundedInBytes(t *testing.T) {
	testShelf(t, func(t *testing.T, s *shelf) {
		var keys []shelfKey
		for i := range 20 {
			keys = append(keys, keyOf(fmt.Sprint("kind", i%3)))
			s.read(t, keys[i], fmt.Sprint(i), 10<<20)
			if _, bytes, _ := s.size(); bytes > shelfBytes {
				t.Fatalf("%d bytes are held", bytes)
			}
			time.Sleep(time.Second)
		}
		for i, key := range keys {
			if _, _, ok := s.get(key, ListAge); ok != (i >= 14) {
				t.Errorf("list %d of 20 is held: %t", i, ok)
			}
		}
		s.read(t, keys[19], "again", 20<<20)
		if lists, bytes, _ := s.size(); lists != 5 || bytes != 60<<20+5*shelvedBytes {
			t.Errorf("%d lists of %d bytes, after one was read again", lists, bytes)
		}
	})
}

// TestReadings covers what is on its way: it is shared, and a write or a panic of one touches no other.
func TestReadings(t *testing.T) {
	testShelf(t, func(t *testing.T, s *shelf) {
		one, other, broken := keyOf("users"), keyOf("users"), keyOf("users")
		goOn := make(chan struct{})
		slow := func(list string) func(*flight) (any, int, time.Time, error) {
			return func(f *flight) (any, int, time.Time, error) {
				at := s.now()
				s.asks(f, "host")
				<-goOn
				return list, 1, at, nil
			}
		}
		first, begun := s.join(t.Context(), one, slow("one"))
		synctest.Wait()
		second, joined := s.join(t.Context(), one, slow("not read"))
		if begun != "" || joined != "host" {
			t.Errorf("the reading asks %q, and is joined as one of %q", begun, joined)
		}
		beside, _ := s.join(t.Context(), other, slow("other"))
		panics, _ := s.join(t.Context(), broken, func(*flight) (any, int, time.Time, error) { panic("a fault") })
		if first != second || first == beside {
			t.Error("readings are shared wrongly")
		}
		<-panics.done
		if !errors.Is(panics.err, task.ErrPanic) {
			t.Errorf("a reading that panics: %v", panics.err)
		}
		s.read(t, broken, "read again", 1)
		s.drop(one)
		after, _ := s.join(t.Context(), one, slow("after"))
		if after == first {
			t.Error("who asks after a write gets what was read before")
		}
		close(goOn)
		<-first.done
		<-after.done
		<-beside.done
		synctest.Wait()
		if list, behind, ok := s.get(one, ListAge); list != "after" || behind || !ok {
			t.Errorf("held: %v, %t, %t", list, behind, ok)
		}
		if list, behind, ok := s.get(other, ListAge); list != "other" || behind || !ok {
			t.Errorf("a write in one organization drops the list of another: %v, %t, %t", list, behind, ok)
		}
		s.drop(one)
		if list, behind, ok := s.get(one, oldestShown); list != "after" || !behind || !ok {
			t.Errorf("after a write: %v, %t, %t", list, behind, ok)
		}
	})
}

func TestBytesOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value       any
		least, most int
	}{
		"text":  {strings.Repeat("x", 1000), 1000, 1100},
		"none":  {[]duo.User{}, 0, 100},
		"users": {make([]duo.User, 1000), 300_000, 1_500_000},
		"nested": {[]duo.User{{Groups: make([]duo.Group, 1000), Phones: make([]duo.Phone, 1000)}},
			200_000, 1_500_000},
		"capacity": {make([]byte, 0, 5000), 5000, 5100},
		"map":      {map[string][]byte{"key": make([]byte, 5000)}, 5000, 6000},
		"pointer":  {&duo.User{Notes: strings.Repeat("x", 5000)}, 5000, 7000},
	} {
		if n := bytesOf(test.value); n < test.least || n > test.most {
			t.Errorf("%s: %d bytes, want %d to %d", name, n, test.least, test.most)
		}
	}
}

func (s *shelf) size() (lists, bytes int, sweeping bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lists), s.bytes, s.sweeping
}
