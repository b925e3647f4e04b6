package actions

import (
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// verificationPage shows a code once, and follows what becomes of the push.
func (s *pages) verificationPage(v site.Visitor, f sheet, done run.Outcome) actions.VerificationPage {
	code, at := done.Result.Secrets[0].Value, site.RunAddress(v, done.Run)
	user := views.User(v.Workspace.Slug, v.Organization.Slug, f.get("user_id"))
	live := s.LiveView(v, done.Run, user+"?run="+done.Run.ID.String())
	live.Page, live.Approved, live.Onward = at, "Approved. Did the caller read "+words.InGroups(code)+"?",
		"Continue with "+catalog.Plain(done.Result.Subject)
	// without a script, this page stays as it is
	live.Text = "The push is sent. Once the caller has answered it, open the answer."
	return actions.VerificationPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), UserID: f.get("user_id"),
		User: catalog.Plain(done.Result.Subject), Sent: catalog.Plain(done.Result.Summary),
		Code: actions.ShownCode{Groups: words.InGroups(code), Plain: code, Spoken: words.Spoken(code)}, Live: *live,
	}
}
