package run

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// A server process writes its heartbeat to the database, and each run names the
// process that sends it. When a process dies, another one finds out what became of
// its runs. Two rules keep that judgement from being wrong about a sender that
// lives: a process that could not write its heartbeat for lapse starts nothing in
// Duo any more, and it is judged dead only after that, by a process that could
// write all the while.

// HeartbeatEvery is the usual interval.
const HeartbeatEvery = 2 * time.Second

// ErrSilent says that nothing was begun, because this process could not write its
// heartbeat and others may take it for dead.
var ErrSilent = store.ErrSilent

// rhythm is what follows from the interval of heartbeats.
type rhythm time.Duration

func (r rhythm) beats(n float64) time.Duration { return time.Duration(n * float64(r)) }

// 15 s: nothing is begun without a heartbeat for so long
func (r rhythm) lapse() time.Duration { return r.beats(7.5) }

// 30 s: of good writing, before others are judged
func (r rhythm) calm() time.Duration { return r.beats(15) }

// 5 s: between two heartbeats; a longer pause ends the calm
func (r rhythm) skip() time.Duration   { return r.beats(2.5) }
func (r rhythm) answer() time.Duration { return max(r.beats(2), 2*time.Second) } // that one heartbeat may take

// life is one registration of this process. A process that was judged dead while it
// was suspended, or cut off from the database, begins another one: what was started
// in the life before is not sent any more.
type life struct {
	id     uuid.UUID
	rhythm rhythm

	mu   sync.Mutex
	last time.Duration   // sinceBoot when the last good heartbeat was begun: no later than the database's moment
	calm time.Duration   // sinceBoot when an unbroken series of good heartbeats began
	beat store.Heartbeat // the last good one
	over bool
}

// fresh reports whether the process may begin something in Duo: nobody can have
// judged it dead.
func (l *life) fresh() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over && sinceBoot()-l.last < l.rhythm.lapse()
}

// mayJudge reports whether the process has been writing without a break for long
// enough to say of others that they do not.
func (l *life) mayJudge() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := sinceBoot()
	return !l.over && now-l.last < l.rhythm.skip() && now-l.calm >= l.rhythm.calm()
}

// wrote notes a good heartbeat that was begun at. What looks like another
// database, a restarted one, or one whose clock was set, breaks the series.
func (l *life) wrote(at time.Duration, h store.Heartbeat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	apart := at - l.last
	drift := (h.At.Sub(l.beat.At) - apart).Abs()
	if apart > l.rhythm.skip() || drift > l.rhythm.skip() || !h.Previous.Equal(l.beat.At) ||
		!h.UpSince.Equal(l.beat.UpSince) {
		l.calm = at
	}
	l.last, l.beat = at, h
}

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// process is this server process among others.
type process struct {
	now  atomic.Pointer[life]
	stop context.CancelFunc
	done chan struct{}
}

// Begin registers this process and keeps writing its heartbeat until Wait. Without
// it nothing can be carried out.
func (r *Runner) Begin(ctx context.Context) error {
	if err := r.beginLife(ctx); err != nil {
		return err
	}
	wrong := r.sayClock(ctx, false)
	beating, stop := context.WithCancel(context.Background())
	r.process.stop, r.process.done = stop, make(chan struct{})
	_ = task.Go(beating, r.Log, "heartbeat", func() error {
		defer close(r.process.done)
		r.keepBeating(beating, wrong)
		return nil
	})
	return nil
}

func (r *Runner) beginLife(ctx context.Context) error {
	l := &life{id: uuid.New(), rhythm: r.rhythm}
	at := sinceBoot()
	h, err := r.Store.BeginProcess(ctx, l.id, time.Duration(r.rhythm))
	if err != nil {
		return err
	}
	l.last, l.calm, l.beat = at, at, h
	r.process.now.Store(l)
	return nil
}

// clockApart is by how much this machine's clock may differ from the database's
// before that is said.
const clockApart = 5 * time.Second

// sayClock logs when this machine's clock begins or ceases to differ from the
// database's, whose time counts. It returns whether it differs.
func (r *Runner) sayClock(ctx context.Context, before bool) bool {
	behind := r.Store.ClockBehind()
	wrong := behind.Abs() > clockApart
	switch {
	case wrong && !before:
		r.Log.WarnContext(ctx, "this machine's clock differs from the database's, whose time is used: set it (NTP)",
			"behind", behind.Round(time.Second).String())
	case !wrong && before:
		r.Log.InfoContext(ctx, "this machine's clock agrees with the database's again")
	}
	return wrong
}

// keepBeating writes heartbeats until ctx ends.
func (r *Runner) keepBeating(ctx context.Context, wrong bool) {
	next := time.NewTicker(time.Duration(r.rhythm))
	defer next.Stop()
	for failing, full := false, false; ; {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		err := r.beat(ctx)
		if ctx.Err() != nil {
			return
		}
		wrong = r.sayClock(ctx, wrong)
		if failed := err != nil; failed != failing {
			failing = failed
			if failed {
				r.Log.WarnContext(ctx, "heartbeat not written", "error", err)
			} else {
				r.Log.InfoContext(ctx, "heartbeat written again")
			}
		}
		if err == nil {
			full = r.checkRoom(ctx, full)
		}
	}
}

// checkRoom logs when the database begins or ceases to have no room on its disk. It
// returns whether it has none.
func (r *Runner) checkRoom(ctx context.Context, before bool) bool {
	ctx, cancel := context.WithTimeout(ctx, r.rhythm.answer())
	defer cancel()
	err := r.Store.CheckRoom(ctx)
	switch full := err != nil; {
	case full && !before:
		r.Log.ErrorContext(ctx, "the database cannot write to its disk: changes will be refused", "error", err)
	case !full && before:
		r.Log.InfoContext(ctx, "the database can write to its disk again")
	}
	return err != nil
}

// beat writes one heartbeat. A process that was judged dead begins a new life.
func (r *Runner) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.rhythm.answer())
	defer cancel()
	l := r.process.now.Load()
	at := sinceBoot()
	h, err := r.Store.Beat(ctx, l.id)
	switch {
	case err == nil:
		l.wrote(at, h)
		return nil
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	l.end()
	r.Log.ErrorContext(ctx, "this process was taken for dead by another one, which looks for the outcome of its runs",
		"process", l.id)
	return r.beginLife(ctx)
}

// endProcess says that this process ends, so that others need not wait for its
// heartbeat to be overdue.
func (r *Runner) endProcess() {
	l := r.process.now.Load()
	if l == nil || r.process.stop == nil {
		return
	}
	r.process.stop()
	<-r.process.done
	l.end()
	ctx, cancel := context.WithTimeout(context.Background(), r.rhythm.answer())
	defer cancel()
	if err := r.Store.EndProcess(ctx, l.id); err != nil {
		r.Log.WarnContext(ctx, "the end of this process could not be recorded: others see it by its heartbeat",
			"error", err)
	}
}

type lifeKey struct{}

// within makes requests to Duo that change something depend on a life.
func (l *life) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, lifeKey{}, l)
}

// fence lets a request that changes something pass only while the life in which
// its run was started is fresh. It looks before anything is dialled, and again when
// a connection is there and the first byte is about to be sent: a process can be
// suspended at any point between.
type fence struct{ http.RoundTripper }

func (f fence) RoundTrip(r *http.Request) (*http.Response, error) {
	l, bound := r.Context().Value(lifeKey{}).(*life)
	if !bound || r.Method == http.MethodGet {
		return f.RoundTripper.RoundTrip(r)
	}
	if !l.fresh() {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, duo.Withheld(ErrSilent)
	}
	var over atomic.Bool
	var conn atomic.Value
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) { conn.Store(&got) },
		// The headers are in the connection's buffer and not sent yet.
		WroteHeaders: func() {
			if got, ok := conn.Load().(*httptrace.GotConnInfo); ok && !l.fresh() {
				over.Store(true)
				got.Conn.Close()
			}
		},
	})
	answer, err := f.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil && over.Load() {
		return nil, duo.Withheld(ErrSilent)
	}
	return answer, err
}

func (f fence) CloseIdleConnections() {
	if c, ok := f.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

var started = time.Now()

// elapsed is sinceBoot where the system has no such clock: the larger of what the
// monotonic clock and the calendar say, so that a sleep counts.
func elapsed() time.Duration {
	now := time.Now()
	return max(now.Sub(started), now.Round(0).Sub(started.Round(0)))
}
