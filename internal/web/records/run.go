package records

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/records"
)

func (s *pages) getRun(c echo.Context, v site.Visitor) error {
	r, err := s.RunOf(c, v)
	if err != nil {
		return err
	}
	shown := []store.Run{r}
	if err := s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) error {
		return tx.MarkGone(c.Request().Context(), shown, catalog.DeleteUser, catalog.DeletePhone)
	}); err != nil {
		return err
	}
	page := s.runPage(v, shown[0])
	late, err := s.lateFacts(c.Request().Context(), v, r)
	if err != nil {
		return err
	}
	page.Facts = append(page.Facts, late...)
	return s.Render(c, http.StatusOK, v, site.Place{Section: "runs", Tab: "runs", Waits: page.Live != nil}, page)
}

func (s *pages) runPage(v site.Visitor, r store.Run) records.RunPage {
	page := records.RunPage{
		Workspace: v.Workspace.Slug, Action: words.TitleOf(r.Action), Subject: site.SubjectLink(v, r),
		Outcome: words.OutcomeChip(r.State), Summary: r.Summary,
		Facts: s.runFacts(v, r), Input: runInput(v, r), Ticket: site.RunTicket(v, r),
		Back: views.Link{Text: "All runs", Href: views.RunsOf(v.Workspace.Slug, v.Organization.Slug)},
	}
	if r.OrgSlug != nil {
		page.Organization = &views.OrganizationTag{Slug: *r.OrgSlug, Name: *r.Organization, Colour: *r.OrgColour}
	}
	page.Next, page.NextAt = answerNext[catalog.Answer(r.Answer)], callBackAt(v, r)
	if until := fraudUntil(r); s.Now().Before(until) {
		page.Next += " Until " + s.Clock(v, until) + ", changes for " + cmp.Or(catalog.Plain(r.Subject), "this user") +
			" need an administrator or owner other than " + r.Operator + ", and a reason."
	}
	page.Live = s.LiveView(v, r, site.RunAddress(v, r))
	if r.State == store.Unknown || r.Unclear() {
		page.Check, page.CheckAt = words.Check(v.Workspace.Slug, r)
	}
	return page
}

// callBackAt leads from an answer that a call back could settle to the form that records one, for the person who was
// asked.
func callBackAt(v site.Visitor, r store.Run) (to views.Link) {
	users := catalog.RecordedFacts(r.Facts).Users
	if user := r.Input["user_id"]; user != "" {
		users = []string{user}
	}
	switch catalog.Answer(r.Answer) {
	case catalog.Denied, catalog.Fraud, catalog.NoAnswer:
		if len(users) == 1 && r.OrgSlug != nil && v.Role >= catalog.Helpdesk {
			to = views.Link{Text: "Record a call back", Href: views.CallBack(v.Workspace.Slug, *r.OrgSlug, users[0])}
		}
	}
	return to
}

// fraudUntil is until when a run holds back what is done for the person who
// reported it; zero for one that nobody reported.
func fraudUntil(r store.Run) (until time.Time) {
	if r.Answer == string(catalog.Fraud) && r.FinishedAt != nil {
		until = r.FinishedAt.Add(run.FraudHold)
	}
	return until
}

// lateFacts are results that came after a run had been closed.
func (s *pages) lateFacts(ctx context.Context, v site.Visitor, r store.Run) (facts []views.Fact, err error) {
	if r.State == store.Sending {
		return nil, nil
	}
	var late []store.Run
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		late, err = tx.LateResults(ctx, r.ID)
		return err
	})
	for _, l := range late {
		facts = append(facts, views.Fact{Label: "Result after the end", Text: words.OutcomeChip(l.State).Text + ": " +
			catalog.Sentences(l.Summary), Note: site.Exactly(v, l.StartedAt)})
	}
	return facts, err
}

func (s *pages) runFacts(v site.Visitor, r store.Run) []views.Fact {
	facts := []views.Fact{{Label: "By", Text: r.Operator}}
	if r.Token != "" {
		facts = append(facts, tokenFact(v, r))
	}
	add := func(f views.Fact) {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	started := s.When(v, r.StartedAt)
	started.Text = site.Exactly(v, r.StartedAt)
	add(views.Fact{Label: "Started", When: started})
	switch {
	case r.State == store.Sending:
		add(views.Fact{Label: "Finished", Text: "not yet"})
	case r.FinishedAt.After(r.StartedAt):
		add(views.Fact{Label: "Finished", Text: site.Exactly(v, *r.FinishedAt),
			Note: "after " + r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond).String()})
	}
	if r.Organization != nil {
		add(views.Fact{Label: "Organization", Text: *r.Organization})
	}
	add(views.Fact{Label: "Duo account", Text: r.AccountID, Mono: true})
	add(views.Fact{Label: "Ticket", Text: r.Ticket})
	add(views.Fact{Label: "Reason", Text: catalog.Plain(r.Reason)})
	add(views.Fact{Label: "After a report of fraud", Text: site.DecidedBy[r.AfterFraud]})
	add(views.Fact{Label: "Run", Text: r.ID.String(), Mono: true})
	return facts
}

// tokenFact names the access token that a run came by, and leads to the run that
// made it for who can see that: it has the token's id.
func tokenFact(v site.Visitor, r store.Run) views.Fact {
	fact := views.Fact{Label: "By the access token", Text: catalog.Plain(r.Token)}
	if r.TokenID != nil {
		fact.Note = r.TokenID.String()
		if v.Membership.Every() {
			fact.Href = views.Run(v.Workspace.Slug, "", r.TokenID.String())
		}
	}
	return fact
}

// inputWords are the labels of what events keep.
var inputWords = map[string]string{
	"action": "Action", "address": "Address", "api": "API", "from": "Before", "host": "Host",
	"integration_key": "Integration key",
	"name":            "Name", "org": "Organization", "route": "Request", "slug": "Address part", "to": "After",
	"version": "Version",
	"month":   "Month", "runs": "Runs", "file": "File", "sha256": "SHA-256", "host_account": "Account on the host",
}

// runInput is what was asked for, in the words of the form it was asked in.
func runInput(v site.Visitor, r store.Run) []views.Fact {
	var facts []views.Fact
	rest := maps.Clone(r.Input)
	action, _ := catalog.Lookup(r.Action)
	for _, f := range action.Fields {
		spec := f.Spec()
		if text, given := rest[spec.Name]; given && text == "" && action.Kind == catalog.Send {
			delete(rest, spec.Name) // nothing is emptied by sending
		} else if given {
			facts = append(facts, views.Fact{Label: cmp.Or(spec.Label, spec.Name), Text: site.InWords(v, spec, text),
				Mono: spec.Kind == "id"})
			delete(rest, spec.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		facts = append(facts, views.Fact{Label: cmp.Or(inputWords[name], name),
			Text: cmp.Or(catalog.Plain(rest[name]), "none"), Mono: name != "name"})
	}
	return facts
}

// answerNext says what to do about a person's answer.
var answerNext = map[catalog.Answer]string{
	catalog.Denied:    "Change nothing for a caller who could not approve. Ask the person, on a number that you have on file, whether they denied it.",
	catalog.Fraud:     "Change nothing for this caller, and inform your security team. Call the person back on a number that you have on file.",
	catalog.NoAnswer:  "Ask again, or in another way: by a call or a passcode. Change nothing until there is an answer.",
	catalog.LockedOut: "Unlock the user after you have verified the caller.",
	catalog.SMSSent:   "Ask the person for one of the passcodes, and check it: Send Duo Authentication, Passcode.",
}
