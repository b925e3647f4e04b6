package actions

import (
	"context"
	"fmt"
	"strconv"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// creditsFacts tell what the two accounts have that credits are moved between,
// as far as it can be read: the organization's, and the MSP's own, which is shown to
// operators who see every organization. total, if it is a number, is what the first is
// to have.
func (s *pages) creditsFacts(ctx context.Context, v site.Visitor, total string) []views.Fact {
	var facts []views.Fact
	now, err := s.Runner.Credits(ctx, v.Scope, v.Organization)
	n, bad := strconv.Atoi(total)
	if err != nil {
		return nil
	}
	facts = append(facts, creditsFact("This account", now, n, bad == nil))
	if v.Membership.Every() {
		if parent, err := s.Runner.ParentCredits(ctx, v.Scope); err == nil {
			facts = append(facts, creditsFact("Your own account", parent, parent-(n-now), bad == nil))
		}
	}
	return facts
}

// factsOf are the facts that the look of an action has beside its fields.
func (s *pages) factsOf(ctx context.Context, v site.Visitor, a catalog.Action, total string) []views.Fact {
	if facts := looks[a.Slug].facts; facts != nil {
		return facts(s, ctx, v, total)
	}
	return nil
}

func creditsFact(label string, now, then int, changes bool) views.Fact {
	fact := views.Fact{Label: label, Text: fmt.Sprintf("%d credits left", now)}
	if changes && then != now {
		fact.Note = fmt.Sprintf("%d afterwards", then)
		if then < 0 {
			fact.Note = "not enough"
		}
	}
	return fact
}
