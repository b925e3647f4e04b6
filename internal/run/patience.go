package run

import (
	"context"
	"sync"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// askingAfter is how long a visitor waits for Duo until they are told that it is being asked.
const askingAfter = time.Second

// Patience is how long a visitor waits for what is read from Duo, in all readings of one request together. What is
// changed in Duo has a time of its own.
type Patience struct {
	// Asking, if not nil, is called on the goroutine that reads, when Duo has been waited for a second.
	Asking func()
	// After is how long that is instead of a second, if not 0.
	After time.Duration

	mu   sync.Mutex
	left time.Duration
}

// NewPatience returns the patience of one request.
func NewPatience(most time.Duration) *Patience { return &Patience{left: most} }

type patienceKey struct{}

// WithPatience returns a context for what one request reads.
func WithPatience(ctx context.Context, p *Patience) context.Context {
	return context.WithValue(ctx, patienceKey{}, p)
}

func patienceOf(ctx context.Context) *Patience {
	p, _ := ctx.Value(patienceKey{}).(*Patience)
	return p
}

// patient bounds a reading by most and by what is left of the visitor's patience.
func patient(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	p := patienceOf(ctx)
	if p == nil {
		return context.WithTimeout(ctx, most)
	}
	began := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, min(most, p.left))
	return ctx, func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.left -= time.Since(began)
	}
}

// wait waits until done is closed or ctx ends, and tells the visitor when it takes longer than a second.
func wait(ctx context.Context, done <-chan struct{}) error {
	p, after := patienceOf(ctx), askingAfter
	if p != nil && p.After > 0 {
		after = p.After
	}
	asking := time.After(after)
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-asking:
			if p != nil && p.Asking != nil {
				p.Asking()
			}
		}
	}
}

// question is something that Duo is asked.
type question[T any] func(context.Context, *duo.Client) (T, error)

// read asks an organization's account something, in the time that a page has.
func read[T any](ctx context.Context, r *Runner, sc store.Scope, o store.Organization, ask question[T]) (T, error) {
	client, err := r.client(ctx, sc, o)
	if err != nil {
		var none T
		return none, err
	}
	return readBy(ctx, r, client, ask)
}

// readBy is read with a client that was made before.
func readBy[T any](ctx context.Context, r *Runner, client *duo.Client, ask question[T]) (answer T, err error) {
	ctx, cancel := patient(ctx, ReadTime)
	defer cancel()
	done := make(chan struct{})
	task.Go(ctx, r.Log, "ask Duo", func() error {
		err = task.ErrPanic // unless ask returns
		defer close(done)
		answer, err = ask(ctx, client)
		return nil
	})
	// The call ends with ctx, and says what had become of it.
	_ = wait(context.WithoutCancel(ctx), done)
	return answer, err
}
