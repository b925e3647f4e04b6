package estate

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

// fraudFor is how long a push that was reported as fraud needs a look, and lookShown how many
// things of a kind are shown.
const (
	fraudFor  = 7 * 24 * time.Hour
	lookShown = 5
)

// lookSource is one kind of thing that needs a look, most urgent first.
type lookSource func(context.Context, *store.Tx, site.Visitor) ([]estate.LookRow, error)

// needsLook lists what needs a look within the visitor's scope.
func (s *pages) needsLook(ctx context.Context, tx *store.Tx, v site.Visitor) (rows []estate.LookRow, err error) {
	for _, source := range []lookSource{s.reportedFraud, s.reachedQuotas, s.unclearRuns, s.failingOrganizations,
		s.unfinishedOnboarding} {
		found, err := source(ctx, tx, v)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// reportedFraud are pushes that the person who was asked reported.
func (s *pages) reportedFraud(ctx context.Context, tx *store.Tx, v site.Visitor) (rows []estate.LookRow, err error) {
	reports, total, err := tx.FraudReports(ctx, s.Now().Add(-fraudFor), lookShown)
	for _, r := range s.RunRows(v, reports) {
		rows = append(rows, estate.LookRow{Kind: views.Chip{Level: "bad", Text: "Fraud report"},
			Organization: r.Organization, At: r.At,
			Text: cmp.Or(r.Subject.Text, "A user") + " reported a push that " + r.By + " sent as fraud.",
			Link: views.Link{Text: "Open the run", Href: r.Href}})
	}
	return more(rows, total, "more push was reported as fraud", "more pushes were reported as fraud",
		views.Link{Text: "Open Runs", Href: views.Runs(v.Workspace.Slug)}), err
}

// quotasFor is how long owners see who reached a quota.
const quotasFor = 7 * 24 * time.Hour

// reachedQuotas are operators who came to the end of a quota, for owners.
func (s *pages) reachedQuotas(ctx context.Context, tx *store.Tx, v site.Visitor) (rows []estate.LookRow, err error) {
	if v.Role < catalog.Owner || !v.Membership.Every() {
		return nil, nil
	}
	reached, total, err := tx.AboveQuotas(ctx, s.Now().Add(-quotasFor), lookShown)
	for _, a := range reached {
		quota, _ := catalog.QuotaOf(a.Quota)
		text := a.Operator + " reached the quota of " + quota.Counts
		if a.Times > 1 {
			text += fmt.Sprintf(" %d times in 7 days", a.Times)
		}
		rows = append(rows, estate.LookRow{Kind: views.Chip{Level: "warn", Text: "Quota reached"}, Text: text + ".",
			At: s.When(v, a.At), Link: views.Link{Text: "Open the runs of " + a.Operator,
				Href: views.With(views.Runs(v.Workspace.Slug), "operator", a.OperatorID.String())}})
	}
	return more(rows, total, "more quota was reached", "more quotas were reached",
		views.Link{Text: "Open Quotas", Href: views.Quotas(v.Workspace.Slug)}), err
}

// unclearRuns are the visitor's own runs whose outcome is not known.
func (s *pages) unclearRuns(ctx context.Context, tx *store.Tx, v site.Visitor) (rows []estate.LookRow, err error) {
	runs, err := site.UnclearRuns(ctx, tx, v)
	for i, r := range s.RunRows(v, runs[:min(len(runs), lookShown)]) {
		rows = append(rows, estate.LookRow{Kind: views.Chip{Level: "warn", Text: "Unknown outcome"},
			Organization: r.Organization, At: r.At,
			Text: site.UnclearText(v, runs[i]), Link: views.Link{Text: "Open the run", Href: r.Href}})
	}
	return more(rows, len(runs), "more run has an unknown outcome", "more runs have an unknown outcome",
		views.Link{Text: "Open Runs", Href: views.Runs(v.Workspace.Slug)}), err
}

// failingOrganizations are those that could not be used when they were used last.
func (s *pages) failingOrganizations(ctx context.Context, tx *store.Tx, v site.Visitor) (rows []estate.LookRow,
	err error) {
	failing, total, err := tx.FailingOrganizations(ctx, lookShown)
	if err != nil || total == 0 {
		return nil, err
	}
	for _, f := range failing {
		o, err := tx.Organization(ctx, f.ID)
		if err != nil {
			return nil, err
		}
		tag := words.TagOf(o)
		row := estate.LookRow{Kind: words.OrganizationRow(o).State, Organization: &tag, Text: words.TroubleText(o),
			Link: views.Link{Text: "Overview", Href: views.Organization(v.Workspace.Slug, o.Slug)}}
		if v.Role >= catalog.Administrator {
			row.Link = views.Link{Text: "Connection", Href: views.Connection(v.Workspace.Slug, o.Slug)}
		}
		if f.Since != nil {
			row.Text += " Since " + s.When(v, *f.Since).Text + "; last contact"
			row.At = s.When(v, *f.At)
		}
		rows = append(rows, row)
	}
	return more(rows, total, "more organization is failing", "more organizations are failing",
		views.Link{Text: "All failing organizations",
			Href: views.With(views.Organizations(v.Workspace.Slug), "show", string(store.Failing))}), err
}

// unfinishedOnboarding are clients whose onboarding has not ended.
func (s *pages) unfinishedOnboarding(ctx context.Context, tx *store.Tx, v site.Visitor) (rows []estate.LookRow,
	err error) {
	open, total, err := tx.OpenPlans(ctx, plan.OnboardingKind, lookShown)
	for _, p := range open {
		text := "A draft that " + p.BegunBy + " began."
		switch p.State {
		case store.PlanApproved, store.PlanRunning:
			text = "Approved, and not finished."
		case store.PlanPaused:
			text = "Paused. " + p.PausedWhy
		}
		rows = append(rows, estate.LookRow{Kind: views.Chip{Level: "info", Text: "Onboarding"}, Text: text,
			At:           s.When(v, p.BegunAt),
			Organization: &views.OrganizationTag{Slug: p.Slug, Name: p.Name, Colour: p.Colour},
			Link:         views.Link{Text: "Open the onboarding", Href: views.Onboarding(v.Workspace.Slug, p.Slug)}})
	}
	return more(rows, total, "more client is being onboarded", "more clients are being onboarded",
		views.Link{Text: "All organizations", Href: views.Organizations(v.Workspace.Slug)}), err
}

// more adds how many are not shown.
func more(rows []estate.LookRow, total int, one, many string, all views.Link) []estate.LookRow {
	if rest := total - len(rows); rest > 0 {
		rows = append(rows, estate.LookRow{Text: views.Plural(rest, one, many) + ".", Link: all})
	}
	return rows
}
