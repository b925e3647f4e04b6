package run

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"duodesk/internal/task"
)

// How long and how many lists are held in memory. For ListAge a list answers without Duo; until oldestShown it is what
// a page can show, with its age, while Duo does not answer. Then it goes, even if nobody asks.
const (
	ListAge     = 60 * time.Second
	oldestShown = 10 * time.Minute
	sweepEvery  = 10 * time.Second

	shelfBytes = 64 << 20 // of all lists of the process
	listBytes  = 16 << 20 // of one list: more are too many

	shelvedBytes = 512 // of the shelf's own for a list
)

// shelfKey names a list: its kind, whose it is, and the account it came from.
type shelfKey struct {
	kind string
	listKey
}

// shelved is a list that was read.
type shelved struct {
	list   any // a List
	readAt time.Time
	bytes  int
	behind bool // something was written since: it is no longer what Duo has
}

// flight is a reading that is under way. All who want the list wait for the same one.
type flight struct {
	done    chan struct{} // closed when list and err are there
	list    any
	err     error
	dropped bool   // something was written meanwhile: what is read may be from before
	host    string // that is asked; empty until it is known
}

// shelf holds the lists of all organizations that this process read from Duo.
type shelf struct {
	now func() time.Time
	log *slog.Logger
	ctx context.Context // ends when the process stops

	mu       sync.Mutex
	lists    map[shelfKey]*shelved
	flights  map[shelfKey]*flight
	bytes    int
	sweeping bool
}

// get returns a list that is at most as old as that; behind says that it is from before a write.
func (s *shelf) get(key shelfKey, age time.Duration) (list any, behind, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[key]
	if l == nil || s.now().Sub(l.readAt) >= age {
		return nil, false, false
	}
	return l.list, l.behind, true
}

// reading reads a list from Duo: what it is, how many bytes it takes, and when Duo was asked.
type reading func(*flight) (list any, bytes int, at time.Time, err error)

// join returns the reading of a list that is under way, and the host that it asks. Or it begins one with read.
func (s *shelf) join(ctx context.Context, key shelfKey, read reading) (f *flight, host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[key]; f != nil {
		return f, f.host
	}
	f = &flight{done: make(chan struct{})}
	if s.flights == nil {
		s.flights = map[shelfKey]*flight{}
	}
	s.flights[key] = f
	task.Go(ctx, s.log, "read a list", func() error {
		l := &shelved{}
		f.err = task.ErrPanic // unless read returns
		defer s.land(key, f, l)
		l.list, l.bytes, l.readAt, f.err = read(f)
		return nil
	})
	return f, ""
}

// asks notes which host a reading asks.
func (s *shelf) asks(f *flight, host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.host = host
}

// land ends a flight, and puts what it brought on the shelf.
func (s *shelf) land(key shelfKey, f *flight, l *shelved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.list = l.list
	close(f.done)
	if s.flights[key] == f {
		delete(s.flights, key)
	}
	if f.err == nil && !f.dropped {
		s.put(key, l)
	}
}

// put shelves a list; the oldest give way to it. s.mu is held.
func (s *shelf) put(key shelfKey, l *shelved) {
	s.remove(key)
	if s.lists == nil {
		s.lists = map[shelfKey]*shelved{}
	}
	l.bytes += shelvedBytes
	s.lists[key] = l
	s.bytes += l.bytes
	for s.bytes > shelfBytes {
		oldest := key
		for k, other := range s.lists {
			if other.readAt.Before(s.lists[oldest].readAt) {
				oldest = k
			}
		}
		s.remove(oldest)
	}
	if !s.sweeping {
		s.sweeping = true
		task.Go(s.ctx, s.log, "sweep the lists", s.sweep)
	}
}

func (s *shelf) remove(key shelfKey) {
	if l := s.lists[key]; l != nil {
		s.bytes -= l.bytes
		delete(s.lists, key)
	}
}

// drop says that something was written: the list is no longer what Duo has, and neither is what is being read.
func (s *shelf) drop(key shelfKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.lists[key]; l != nil {
		l.behind = true
	}
	if f := s.flights[key]; f != nil {
		f.dropped = true
		delete(s.flights, key)
	}
}

// sweep removes lists that are too old to be shown, for as long as there are lists.
func (s *shelf) sweep() error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		for key, l := range s.lists {
			if s.now().Sub(l.readAt) >= oldestShown {
				s.remove(key)
			}
		}
		s.sweeping = len(s.lists) > 0 && s.ctx.Err() == nil
		goOn := s.sweeping
		s.mu.Unlock()
		if !goOn {
			return s.ctx.Err()
		}
	}
}

// bytesOf is about how much memory a value takes: JSON is no measure for it, as {} is two bytes and a user 700.
func bytesOf(value any) int {
	v := reflect.ValueOf(value)
	return int(v.Type().Size()) + bytesBehind(v)
}

// bytesBehind is what a value points to.
func bytesBehind(v reflect.Value) int {
	n := 0
	switch v.Kind() {
	case reflect.String:
		n = v.Len()
	case reflect.Slice:
		n = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			n += bytesBehind(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			n += bytesBehind(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return 0
		}
		for i := range v.NumField() {
			n += bytesBehind(v.Field(i))
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			n += 2*int(v.Type().Key().Size()+v.Type().Elem().Size()) + bytesBehind(each.Key()) +
				bytesBehind(each.Value())
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			n = int(v.Elem().Type().Size()) + bytesBehind(v.Elem())
		}
	}
	return n
}
