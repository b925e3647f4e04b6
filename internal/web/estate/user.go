package estate

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

func (s *pages) getUser(c echo.Context, v site.Visitor) error {
	user, codes, err := s.Runner.User(c.Request().Context(), v.Scope, v.Organization, c.Param("user"))
	if site.NotInDuo(err) {
		s.ForgetUser(c.Request().Context(), v, c.Param("user"))
	}
	if err != nil {
		return err
	}
	done, err := s.DoneHere(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	reported, err := s.fraudFlash(c.Request().Context(), v, user)
	if err != nil {
		return err
	}
	flash := append(reported, done.FlashAbout("user_id", string(user.ID), user.Username)...)
	page := s.userPage(v, user, codes)
	s.NoteUser(c.Request().Context(), v, page.ID, page.Name)
	if err := s.fromRecord(c.Request().Context(), v, &page, codes); err != nil {
		return err
	}
	page.Ticket = done.TicketAbout(v, "user_id", page.ID, user.Username) + page.Ticket
	unclear, err := s.UnclearFlashes(c.Request().Context(), v, site.AboutUser(page.ID, user.Username))
	if err != nil {
		return err
	}
	flash = append(flash, unclear...)
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users", Flash: flash}, page)
}

func (s *pages) userPage(v site.Visitor, u duo.User, codes []duo.BypassCode) estate.UserPage {
	page := estate.UserPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), ID: string(u.ID),
		Name: words.DisplayName(u), Username: catalog.Plain(u.Username),
		Aliases: words.PlainAll(words.AliasesOf(u)), State: words.ChipOf(u), Acts: userActs(v, u),
		ReadAt:  s.When(v, s.Now()),
		AllRuns: views.With(views.OrganizationRuns(v.Workspace.Slug, v.Organization.Slug), "user", string(u.ID)),
	}
	if v.Role >= catalog.Administrator {
		page.DeleteForGood = site.ActionPath(v, catalog.DeleteUser, "user_id", string(u.ID), "permanent", "true")
	}
	if u.LockoutReason != "" && u.Status != duo.StatusActive {
		page.StateNote = lockoutNote(u.LockoutReason)
	}
	page.Facts = s.userFacts(v, u)
	for i, p := range u.Phones {
		key := ""
		if i == 0 {
			key = "a"
		}
		page.Phones = append(page.Phones, s.userPhone(v, u, p, key))
	}
	for _, code := range codes {
		page.Codes = append(page.Codes, s.userCode(v, u, code))
	}
	for _, g := range u.Groups {
		page.Groups = append(page.Groups, site.UserGroup(v, u, g))
		if g.Status != duo.GroupActive && page.StateNote == "" {
			page.StateNote = "but a group has the status " + catalog.Plain(strings.ToLower(string(g.Status)))
		}
	}
	page.Ticket = s.ticketText(v, page)
	if u.Status == duo.StatusPendingDeletion {
		return page // nothing helps somebody in the trash but to be restored
	}
	if v.Role >= catalog.Technician {
		page.AssignPhone = site.ActionPath(v, catalog.AssignPhone, "user_id", string(u.ID))
		page.CreatePhone = site.ActionPath(v, catalog.CreatePhone, "user_id", string(u.ID))
		page.AddGroup = site.ActionPath(v, catalog.AssociateGroup, "user_id", string(u.ID))
		if len(codes) > 0 {
			page.RevokeCodes = views.RevokeCodes(v.Workspace.Slug, v.Organization.Slug, string(u.ID))
		}
	}
	return page
}

// lockoutReasons are Duo's reasons of a status in plain words, to follow the state.
var lockoutReasons = map[string]string{
	"Failed Attempts": "too many failed attempts", "Not Enrolled": "not enrolled in time",
	"Admin Disabled": "by an administrator", "Admin API Disabled": "through the Admin API",
}

// lockoutNote is why a user has a status. A reason that is not known is Duo's own text.
func lockoutNote(reason string) string {
	return cmp.Or(lockoutReasons[reason], catalog.Plain(reason))
}

func (s *pages) userFacts(v site.Visitor, u duo.User) []views.Fact {
	facts := []views.Fact{
		{Label: "Email", Text: catalog.Plain(cmp.Or(u.Email, "none"))},
		s.moment(v, "Last login", u.LastLogin, "never"),
		s.moment(v, "Created", u.Created, "not known"),
	}
	if !u.LastDirectorySync.IsZero() {
		facts = append(facts, s.moment(v, "Directory sync", u.LastDirectorySync, "never"))
	}
	if u.Notes != "" {
		facts = append(facts, views.Fact{Label: "Notes", Text: catalog.Plain(u.Notes)})
	}
	return append(facts, views.Fact{Label: "Duo id", Text: string(u.ID), Mono: true})
}

// ticketText is the user's state in plain words, to be pasted into a ticket.
func (s *pages) ticketText(v site.Visitor, page estate.UserPage) string {
	var b strings.Builder
	state := page.State.Text
	if page.StateNote != "" {
		state += ", " + page.StateNote
	}
	fmt.Fprintf(&b, "%s (%s), %s\nState: %s\n", page.Name, page.Username, v.Organization.Name, state)
	for _, p := range page.Phones {
		fmt.Fprintf(&b, "Phone: %s, %s, %s\n", cmp.Or(p.Number, p.Name, "no number"), p.Kind,
			strings.ToLower(p.Activated.Text))
	}
	fmt.Fprintf(&b, "Bypass codes: %d\nAs of %s, by %s", len(page.Codes),
		s.Now().In(v.Location()).Format("2 Jan 2006, 15:04 MST"), v.Operator.Email)
	return b.String()
}

// fraudFlash says on a user's page that the person reported a push, and who can decide.
func (s *pages) fraudFlash(ctx context.Context, v site.Visitor, u duo.User) ([]views.Flash, error) {
	frauds, err := s.Runner.Frauds(ctx, v.Scope, v.Organization)
	if err != nil {
		return nil, err
	}
	for _, f := range frauds {
		if !run.MayBeBy(f, u) {
			continue
		}
		deciders, err := s.Runner.Deciders(ctx, v.Scope, v.Organization, f.UserID)
		if err != nil {
			return nil, err
		}
		// The run may be another organization's, which has had the account.
		return []views.Flash{{Level: "bad", Text: s.FraudText(v, f) + " " + site.WhomToAsk(deciders)}}, nil
	}
	return nil, nil
}
