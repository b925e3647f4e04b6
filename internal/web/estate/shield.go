package estate

import (
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/estate"
)

// shieldTime is how long a verification counts on a user's page.
const shieldTime = 15 * time.Minute

// addShields shows on a user's page what came of the latest verification and the latest
// call back, and adds both to the text for the ticket. nil: there was none.
func (s *pages) addShields(v site.Visitor, page *estate.UserPage, verified, called *store.Run) {
	for _, r := range []*store.Run{verified, called} {
		if r == nil {
			continue
		}
		chip, note := pushShield(*r)
		if r == called {
			chip, note = callShield(*r)
		}
		if chip.Text == "" {
			continue
		}
		page.Ticket += "\n" + chip.Text + ", " + site.Exactly(v, ended(*r)) + ": " + note + "."
		page.Shields = append(page.Shields, estate.Shield{Chip: chip, At: s.When(v, ended(*r)), Note: note,
			Run: site.RunAddress(v, *r)})
	}
}

// pushShield says what came of a verification push: who answered, on what, and who asked.
func pushShield(r store.Run) (views.Chip, string) {
	chip, who := shieldChip(r), "sent to "+catalog.Plain(r.Subject)
	if catalog.Answer(r.Answer) == catalog.Approved {
		who = "approved by " + catalog.Plain(r.Subject)
	}
	if phone := catalog.RecordedFacts(r.Facts).Phone; phone != "" {
		who += " on " + phone
	}
	return chip, who + ", sent by " + r.Operator
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

// callShield says what came of calling the person back. It is what an operator noted, and
// weaker than an answer from Duo: never green.
func callShield(r store.Run) (views.Chip, string) {
	chips := map[string]views.Chip{
		run.Confirmed:    {Level: "info", Text: "Called back, confirmed"},
		run.NotConfirmed: {Level: "bad", Text: "Called back, not confirmed"},
		run.NotReached:   {Level: "warn", Text: "Called back, not reached"},
	}
	return chips[r.Input[run.CallBackResult]], "on " + catalog.Plain(r.Input["number"]) + ", noted by " + r.Operator
}
