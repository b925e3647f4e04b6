package web

import (
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/views"
)

// verificationPage shows a code once, and follows what becomes of the push.
func (s *Server) verificationPage(v visitor, f sheet, done run.Outcome) views.VerificationPage {
	code, at := done.Result.Secrets[0].Value, runAddress(v, done.Run)
	user := views.User(v.workspace.Slug, v.organization.Slug, f.get("user_id"))
	live := s.liveView(v, done.Run, user+"?run="+done.Run.ID.String())
	live.Page, live.Approved, live.Onward = at, "Approved. Did the caller read "+inGroups(code)+"?", "Go on with "+catalog.Plain(done.Result.Subject)
	live.Text = "The push is sent. Once the caller has answered it, open the answer." // without a script, this page stays as it is
	return views.VerificationPage{
		Workspace: v.workspace.Slug, Organization: tagOf(v.organization), UserID: f.get("user_id"), User: catalog.Plain(done.Result.Subject), Sent: catalog.Plain(done.Result.Summary),
		Code: views.ShownCode{Groups: inGroups(code), Plain: code, Spoken: spoken(code)}, Live: *live,
	}
}
