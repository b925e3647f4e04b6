package site

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// DecidedBy says who decided about an act after a report of fraud.
var DecidedBy = map[string]string{
	store.ByAnother: "Decided by someone other than the operator who sent the push.",
	store.BySame:    "Decided by the operator who sent the push: there was no other administrator or owner.",
}

// RunTicket is a run in plain words, to be pasted into a ticket.
func RunTicket(v Visitor, r store.Run) string {
	var b strings.Builder
	b.WriteString(words.TitleOf(r.Action))
	if subject := catalog.Plain(words.SubjectOf(r)); subject != "" {
		b.WriteString(": " + subject)
	}
	if r.Organization != nil {
		b.WriteString(", " + *r.Organization)
	}
	fmt.Fprintf(&b, "\n%s. %s\n", words.OutcomeChip(r.State).Text, UnclearRun(v, r))
	if r.Ticket != "" {
		fmt.Fprintf(&b, "Ticket: %s\n", r.Ticket)
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, "Reason: %s %s\n", catalog.Plain(r.Reason), DecidedBy[r.AfterFraud])
	}
	fmt.Fprintf(&b, "%s, by %s\nRun %s", Exactly(v, r.StartedAt), r.Operator, r.ID)
	return b.String()
}

// Done is what an act did that leads back to a page.
type Done struct {
	Flash []views.Flash
	Run   store.Run // zero: no act led here
}

// DoneHere reads the run that the address names, for the page that it leads back to.
func (s *Site) DoneHere(ctx context.Context, c echo.Context, v Visitor) (Done, error) {
	id, err := uuid.Parse(c.QueryParam("run"))
	if err != nil {
		return Done{}, nil
	}
	var done Done
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		done.Run, err = tx.Run(ctx, id)
		return err
	})
	if err != nil {
		return Done{}, IgnoreNotFound(err)
	}
	done.Flash = []views.Flash{flashOf(v, done.Run)}
	return done, nil
}

// TicketAbout is RunTicket, followed by a blank line, if the run was about what a field
// of its input names; a user can also be among its facts. Empty otherwise: anyone can
// send a link that names another run.
func (d Done) TicketAbout(v Visitor, field, id string) string {
	about := d.Run.Input[field] == id
	if field == "user_id" {
		about = about || slices.Contains(catalog.RecordedFacts(d.Run.Facts).Users, id)
	}
	if d.Run.ID == uuid.Nil || !about {
		return ""
	}
	return RunTicket(v, d.Run) + "\n\n"
}
