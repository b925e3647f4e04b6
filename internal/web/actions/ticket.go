package actions

import (
	"context"

	"duodesk/internal/web/site"
)

// markTicket notes on a form whether the workspace requires a ticket for it.
func (s *pages) markTicket(ctx context.Context, v site.Visitor, f *sheet) (err error) {
	f.needsTicket, err = s.Runner.NeedsTicket(ctx, v.Scope, f.action)
	return err
}
