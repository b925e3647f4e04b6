package run

import (
	"context"
	"errors"
	"log/slog"

	"duodesk/internal/duo"
)

// observe counts a call to Duo and logs one that failed. Neither Duo's words nor
// the path are logged: they can repeat what was typed. The cause of a failure is
// the network's, and is only told when nothing had been sent.
func (r *Runner) observe(ctx context.Context, call duo.Call) {
	r.called(call)
	if call.Err == nil {
		return
	}
	level := slog.LevelWarn
	if call.Outcome() == "refused" || call.Outcome() == "canceled" {
		// a name that is taken, a tab that was closed: nothing for the people who run the console
		level = slog.LevelInfo
	}
	said := []any{"endpoint", call.Endpoint, "outcome", call.Outcome(), "took", call.Took}
	if refused, ok := errors.AsType[*duo.Error](call.Err); ok {
		said = append(said, "duo_status", refused.Status, "duo_code", refused.Code)
	}
	if failed, ok := errors.AsType[*duo.TransportError](call.Err); ok {
		said = append(said, "failure", string(failed.Failure))
		if failed.Err != nil && !failed.Sent {
			said = append(said, "cause", failed.Err.Error())
		}
	}
	r.Log.Log(ctx, level, "Duo call failed", said...)
}
