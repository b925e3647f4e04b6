package web

import (
	"duodesk/internal/store"
	"duodesk/views"
)

// sentBefore answers a form that was sent twice with the run of the first time,
// which brought something that is shown once.
func (s *Server) sentBefore(v visitor, sent string, before store.Run) views.AlreadySentPage {
	return views.AlreadySentPage{Sent: sent, At: s.when(v, before.StartedAt), Outcome: outcomeChip(before.State), Summary: unclearRun(v, before), Secret: true}
}
