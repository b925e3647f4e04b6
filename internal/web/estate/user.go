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
	if err != nil {
		return err
	}
	flash, err := s.FlashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	reported, err := s.fraudFlash(c.Request().Context(), v, user)
	if err != nil {
		return err
	}
	flash = append(reported, flash...)
	page := s.userPage(v, user, codes)
	s.NoteUser(c.Request().Context(), v, page.ID, page.Name)
	shield, ticket, err := s.shield(c.Request().Context(), v, page.ID)
	if err != nil {
		return err
	}
	page.Shield, page.Ticket = shield, page.Ticket+ticket
	unclear, err := s.UnclearFlashes(c.Request().Context(), v, site.AboutUser(page.ID, user.Username))
	if err != nil {
		return err
	}
	flash = append(flash, unclear...)
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users", Flash: flash}, page)
}

func (s *pages) userPage(v site.Visitor, u duo.User, codes []duo.BypassCode) estate.UserPage {
	page := estate.UserPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), ID: string(u.ID), Name: words.DisplayName(u), Username: catalog.Plain(u.Username),
		Aliases: words.PlainAll(words.AliasesOf(u)), State: words.ChipOf(u), Acts: userActs(v, u), ReadAt: s.When(v, s.Now()),
	}
	if u.LockoutReason != "" && u.Status != duo.StatusActive {
		page.StateNote = catalog.Plain(u.LockoutReason)
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
	}
	if v.Role >= catalog.Helpdesk {
		page.CreateCode = site.ActionPath(v, catalog.CreateBypassCodes, "user_id", string(u.ID))
		page.NoCodes = catalog.NoUseOfCodes(u) != nil
	}
	return page
}

func (s *pages) userFacts(v site.Visitor, u duo.User) []views.Fact {
	facts := []views.Fact{
		{Label: "E-mail", Text: catalog.Plain(cmp.Or(u.Email, "none"))},
		{Label: "Last login", Text: cmp.Or(s.When(v, u.LastLogin).Text, "never"), Note: s.When(v, u.LastLogin).Ago},
		{Label: "Created", Text: cmp.Or(s.When(v, u.Created).Text, "not known"), Note: s.When(v, u.Created).Ago},
	}
	if !u.LastDirectorySync.IsZero() {
		facts = append(facts, views.Fact{Label: "Directory sync", Text: s.When(v, u.LastDirectorySync).Text, Note: s.When(v, u.LastDirectorySync).Ago})
	}
	if u.Notes != "" {
		facts = append(facts, views.Fact{Label: "Notes", Text: catalog.Plain(u.Notes)})
	}
	return append(facts, views.Fact{Label: "Duo id", Text: string(u.ID), Mono: true})
}

// userActs are what this visitor may do with the user, in the order to draw.
func userActs(v site.Visitor, u duo.User) []views.Act {
	id := string(u.ID)
	var acts []views.Act
	add := func(least catalog.Role, act views.Act) {
		if v.Role >= least {
			acts = append(acts, act)
		}
	}
	trashed := u.Status == duo.StatusPendingDeletion
	if !trashed {
		add(catalog.Helpdesk, views.Act{Text: "Verify", Key: "v", Href: site.ActionPath(v, catalog.VerifyCaller, "user_id", id)})
	}
	if u.Status == duo.StatusLockedOut {
		add(catalog.Helpdesk, views.Act{Text: "Unlock", Key: "u", Primary: true, Href: site.ActionPath(v, catalog.UnlockUser, "user_id", id)})
	}
	if trashed {
		add(catalog.Technician, views.Act{Text: "Restore", Primary: true, Href: site.ActionPath(v, catalog.RestoreUser, "user_id", id)})
	} else {
		if words.StateOf(u) == words.NotEnrolled {
			add(catalog.Technician, views.Act{Text: "Send enrollment e-mail", Primary: true, Href: site.ActionPath(v, catalog.EnrollUser, "user_id", id)})
		}
		add(catalog.Technician, views.Act{Text: "Edit", Key: "e", Href: site.ActionPath(v, catalog.UpdateUser, "user_id", id)})
		if u.DirectoryKey != "" {
			add(catalog.Technician, views.Act{Text: "Synchronize", Href: site.ActionPath(v, catalog.SynchronizeUser, "directory_key", u.DirectoryKey, "username", u.Username)})
		}
		add(catalog.Technician, views.Act{Text: "Send to trash", Danger: true, Href: site.ActionPath(v, catalog.DeleteUser, "user_id", id)})
	}
	add(catalog.Administrator, views.Act{Text: "Delete permanently", Danger: true, Href: site.ActionPath(v, catalog.DeleteUser, "user_id", id, "permanent", "true")})
	return acts
}

func (s *pages) userPhone(v site.Visitor, u duo.User, p duo.Phone, key string) estate.UserPhone {
	phone := estate.UserPhone{Href: views.Phone(v.Workspace.Slug, v.Organization.Slug, string(p.ID)), Number: catalog.Plain(p.FullNumber()), Name: words.PhoneLabel(p), Kind: words.PhoneKind(p), Activated: words.ActivatedChip(p), LastSeen: s.When(v, p.LastSeen)}
	if u.Status == duo.StatusPendingDeletion {
		return phone
	}
	if v.Role >= catalog.Helpdesk && p.Type != "Landline" {
		phone.Acts = append(phone.Acts, views.Act{Text: activateText(p), Key: key, Href: site.ActionPath(v, catalog.SendActivationURL, "phone_id", string(p.ID), "user_id", string(u.ID))})
	}
	if v.Role >= catalog.Technician {
		phone.Acts = append(phone.Acts, views.Act{Text: "Un-assign", Danger: true,
			Href: site.ActionPath(v, catalog.UnassignPhone, "user_id", string(u.ID), "phone_id", string(p.ID))})
	}
	views.About(views.PhoneTitle(phone.Number, phone.Name), phone.Acts)
	return phone
}

func (s *pages) userCode(v site.Visitor, u duo.User, b duo.BypassCode) estate.UserCode {
	code := estate.UserCode{UsesLeft: words.UsesLeft(b), Expires: s.Until(v, b.Expires), Never: b.Expires.IsZero(), Created: s.When(v, b.Created), By: catalog.Plain(b.AdminEmail)}
	if v.Role >= catalog.Technician {
		code.Acts = []views.Act{{Text: "Delete", About: "code …" + run.Tail(string(b.ID)), Danger: true, Href: site.ActionPath(v, catalog.DeleteBypassCode, "bypass_code_id", string(b.ID), "user_id", string(u.ID))}}
	}
	return code
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
		fmt.Fprintf(&b, "Phone: %s, %s, %s\n", cmp.Or(p.Number, p.Name, "no number"), p.Kind, strings.ToLower(p.Activated.Text))
	}
	fmt.Fprintf(&b, "Bypass codes: %d\nAs of %s, by %s", len(page.Codes), s.Now().In(v.Location()).Format("2 Jan 2006, 15:04 MST"), v.Operator.Email)
	return b.String()
}

// fraudFlash says on a user's page that the person reported a push, and whom to ask.
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
