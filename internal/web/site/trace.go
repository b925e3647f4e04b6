package site

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
)

// trace is what every line of the log says of the request it belongs to. It is
// filled in by the request's own goroutine, before the handler runs.
type trace struct {
	id, route               string // route: the pattern, never the path: people type into paths
	workspace, organization string // slugs
	operator                uuid.UUID
	head                    bool // only the headers of the answer are asked for
}

type contextKey int

const traceKey contextKey = iota

func withTrace(ctx context.Context, t *trace) context.Context {
	return context.WithValue(ctx, traceKey, t)
}

// traceOf returns the trace of a request, an empty one outside of any.
func traceOf(ctx context.Context) *trace {
	if t, ok := ctx.Value(traceKey).(*trace); ok {
		return t
	}
	return &trace{}
}

func requestID(ctx context.Context) string { return traceOf(ctx).id }

// LogHandler adds to each line of next the id, route, workspace, organization and
// operator of the request that its context belongs to, as far as they are known.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, line slog.Record) error {
	t := traceOf(ctx)
	line = line.Clone()
	for _, a := range []slog.Attr{
		slog.String("request_id", t.id), slog.String("route", t.route), slog.String("workspace", t.workspace),
		slog.String("organization", t.organization),
	} {
		if a.Value.String() != "" {
			line.AddAttrs(a)
		}
	}
	if t.operator != uuid.Nil {
		line.AddAttrs(slog.String("operator", t.operator.String()))
	}
	return h.Handler.Handle(ctx, line)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}
