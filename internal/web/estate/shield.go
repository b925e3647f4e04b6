package estate

import (
	"context"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/estate"
)

// shieldTime is how long a verification counts on a user's page.
const shieldTime = 15 * time.Minute

// shield tells on a user's page what came of the latest verification, and as a
// line for the ticket.
func (s *pages) shield(ctx context.Context, v site.Visitor, user string) (shield estate.Shield, ticket string, err error) {
	var r store.Run
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		r, err = tx.LatestSince(ctx, v.Organization.ID, v.Organization.AccountID, catalog.VerifyCaller, user, s.Now().Add(-shieldTime))
		return err
	})
	if err != nil {
		return shield, "", site.IgnoreNotFound(err)
	}
	chip, at := shieldChip(r), r.StartedAt
	if r.FinishedAt != nil {
		at = *r.FinishedAt
	}
	if chip.Text == "" {
		return shield, "", nil
	}
	ticket = "\n" + chip.Text + ", " + site.Exactly(v, at)
	if phone := catalog.RecordedFacts(r.Facts).Phone; phone != "" && r.Answer == string(catalog.Approved) {
		ticket += ". Approved on " + phone + "."
	}
	chip.Text += " " + s.When(v, at).Ago
	return estate.Shield{Chip: chip, Run: site.RunAddress(v, r)}, ticket, nil
}

func shieldChip(r store.Run) views.Chip {
	switch {
	case r.State == store.Sending:
		return views.Chip{Level: "info", Text: "Verification push sent"}
	case r.Answer == string(catalog.Approved):
		return views.Chip{Level: "ok", Text: "Verified by push"}
	case r.Answer == string(catalog.Fraud):
		return views.Chip{Level: "bad", Text: "Push reported as fraud"}
	case r.Answer == string(catalog.Denied):
		return views.Chip{Level: "bad", Text: "Push denied"}
	case r.Answer == string(catalog.NoAnswer):
		return views.Chip{Level: "warn", Text: "Push not answered"}
	}
	return views.Chip{}
}
