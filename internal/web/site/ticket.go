package site

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
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
	if s.Now().Sub(done.Run.StartedAt) < justDone {
		done.Flash = []views.Flash{flashOf(v, done.Run)}
	}
	return done, nil
}

// justDone is for how long a page says what an act did that leads back to it. A link to it
// can be kept, and opened by anyone.
const justDone = 15 * time.Minute

// FlashAbout is Flash if the run was about what a field of its input names: see About.
func (d Done) FlashAbout(field, id, name string) []views.Flash {
	if !d.About(field, id, name) {
		return nil
	}
	return d.Flash
}

// About reports whether the run was about the object that a field of its input names, by id
// or by a user's name, or created it: anyone can send a link that names another run.
func (d Done) About(field, id, name string) bool {
	facts := catalog.RecordedFacts(d.Run.Facts)
	return d.Run.ID != uuid.Nil && (d.Run.Input[field] == id || facts.Created == id ||
		field == "user_id" && (slices.Contains(facts.Users, id) ||
			name != "" && text.Same(d.Run.Input["username"], name)))
}

// TicketAbout is RunTicket, followed by a blank line, where FlashAbout says something;
// empty otherwise.
func (d Done) TicketAbout(v Visitor, field, id, name string) string {
	if len(d.FlashAbout(field, id, name)) == 0 {
		return ""
	}
	return RunTicket(v, d.Run) + "\n\n"
}
