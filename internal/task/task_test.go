package task

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// typed stands for a value that must be in no log.
const typed = "hunter2"

func TestAPanicEndsItsWorkOnly(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*slog.Logger, func() error) error{
		"Run": func(log *slog.Logger, work func() error) error { return Run(t.Context(), log, "a test", work) },
		"Go":  func(log *slog.Logger, work func() error) error { return <-Go(t.Context(), log, "a test", work) },
		"Group": func(log *slog.Logger, work func() error) error {
			var g Group
			g.Go(t.Context(), log, "a test", work)
			return g.Wait()
		},
		"a limited Group": func(log *slog.Logger, work func() error) error {
			g := Limited(1)
			for range 3 {
				g.Go(t.Context(), log, "a test", work) // would wait for ever for a slot that a panic kept
			}
			return g.Wait()
		},
		"AfterFunc": func(log *slog.Logger, work func() error) error {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			AfterFunc(ctx, log, "a test", func() {
				defer func() { ended <- ErrPanic }()
				work()
			})
			cancel()
			return <-ended
		},
	} {
		t.Run(name, func(t *testing.T) {
			var said safeBuffer
			log := slog.New(slog.NewTextHandler(&said, nil))
			err := start(log, func() error { panic(errors.New(typed)) })
			if !errors.Is(err, ErrPanic) {
				t.Errorf("the error is %v", err)
			}
			for said.String() == "" && name == "AfterFunc" {
				continue // it is logged after the work has ended
			}
			for _, want := range []string{"level=ERROR", "a test", "*errors.errorString", "task_test.go"} {
				if !strings.Contains(said.String(), want) {
					t.Errorf("the log lacks %q:\n%s", want, said.String())
				}
			}
			if strings.Contains(said.String(), typed) {
				t.Errorf("the log quotes the value:\n%s", said.String())
			}
		})
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	first := errors.New("first")
	g := Group{Failed: cancel}
	g.Go(ctx, log, "waits", func() error { <-ctx.Done(); return ctx.Err() })
	g.Go(ctx, log, "fails", func() error { return first })
	if err := g.Wait(); err != first {
		t.Errorf("%v, want the first error, which ends the others", err)
	}
	limited := Limited(2)
	var now, most, all atomic.Int64
	for range 50 {
		limited.Go(t.Context(), log, "counts", func() error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			all.Add(1)
			now.Add(-1)
			return nil
		})
	}
	if err := limited.Wait(); err != nil || all.Load() != 50 || most.Load() > 2 {
		t.Errorf("%v: %d done, %d at the same time", err, all.Load(), most.Load())
	}
}

// safeBuffer is a log that can be read while it is written.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
