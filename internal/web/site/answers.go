package site

import (
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// SentBefore answers a form that was sent twice with the run of the first time,
// which brought something that is shown once.
func (s *Site) SentBefore(v Visitor, sent string, before store.Run) views.AlreadySentPage {
	return views.AlreadySentPage{Sent: sent, At: s.When(v, before.StartedAt), Outcome: words.OutcomeChip(before.State),
		Summary: UnclearRun(v, before), Secret: true}
}
