// Package task starts the goroutines of the console. A panic that nobody recovers ends the whole process, and with it
// every request and every call to Duo that is in flight. Here it ends the work it happened in: the panic is logged, and
// the caller that waits for the work gets [ErrPanic].
//
// No other package has a go statement; a test holds them to it.
package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// ErrPanic is the error of work that panicked. The log has the kind of the panic and the stack.
var ErrPanic = errors.New("task: the work panicked")

// Run does work and returns its error. name says in the log which work panicked; ctx is used for the log only.
func Run(ctx context.Context, log *slog.Logger, name string, work func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			LogPanic(ctx, log, name, fault)
			err = ErrPanic
		}
	}()
	return work()
}

// LogPanic logs a panic that was recovered: its kind and the stack, and never its value, which may quote what was typed
// or what Duo answered.
func LogPanic(ctx context.Context, log *slog.Logger, name string, fault any) {
	log.ErrorContext(ctx, "panic", "work", name, "kind", fmt.Sprintf("%T", fault), "stack", string(debug.Stack()))
}

// Go does work in a goroutine, as Run does. The channel gets its error, once; it needs no reader.
func Go(ctx context.Context, log *slog.Logger, name string, work func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, log, name, work) }()
	return ended
}

// AfterFunc does work in a goroutine when ctx ends. The function it returns calls that off, as that of
// [context.AfterFunc] does.
func AfterFunc(ctx context.Context, log *slog.Logger, name string, work func()) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		_ = Run(ctx, log, name, func() error { work(); return nil })
	})
}

// Group is several goroutines that are waited for together. The zero value is ready for use.
type Group struct {
	Failed func() // if not nil, it is called at the first error, to end the others
	slots  chan struct{}
	all    sync.WaitGroup
	once   sync.Once
	err    error
}

// Limited returns a Group that does at most n things at a time.
func Limited(n int) *Group { return &Group{slots: make(chan struct{}, n)} }

// Go does work in a goroutine of the group, as Run does. In a limited group it waits until there is room.
func (g *Group) Go(ctx context.Context, log *slog.Logger, name string, work func() error) {
	if g.slots != nil {
		g.slots <- struct{}{}
	}
	g.all.Go(func() {
		if g.slots != nil {
			defer func() { <-g.slots }()
		}
		if err := Run(ctx, log, name, work); err != nil {
			g.once.Do(func() {
				g.err = err
				if g.Failed != nil {
					g.Failed()
				}
			})
		}
	})
}

// Wait waits for all work of the group and returns the first error.
func (g *Group) Wait() error {
	g.all.Wait()
	return g.err
}
