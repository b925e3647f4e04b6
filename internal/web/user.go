package web

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
	"duodesk/views"
)

func (s *Server) getUser(c echo.Context, v visitor) error {
	user, codes, err := s.Runner.User(c.Request().Context(), v.scope, v.organization, c.Param("user"))
	if err != nil {
		return err
	}
	flash, err := s.flashOf(c.Request().Context(), c, v)
	if err != nil {
		return err
	}
	reported, err := s.fraudFlash(c.Request().Context(), v, user)
	if err != nil {
		return err
	}
	flash = append(reported, flash...)
	page := s.userPage(v, user, codes)
	shield, ticket, err := s.shield(c.Request().Context(), v, page.ID)
	if err != nil {
		return err
	}
	page.Shield, page.Ticket = shield, page.Ticket+ticket
	unclear, err := s.unclearFlashes(c.Request().Context(), v, aboutUser(page.ID, user.Username))
	if err != nil {
		return err
	}
	flash = append(flash, unclear...)
	return s.render(c, http.StatusOK, v, place{tab: "users", flash: flash}, page)
}

func (s *Server) userPage(v visitor, u duo.User, codes []duo.BypassCode) views.UserPage {
	page := views.UserPage{
		Workspace: v.workspace.Slug, Organization: tagOf(v.organization), ID: string(u.ID), Name: displayName(u), Username: catalog.Plain(u.Username),
		Aliases: plainAll(aliasesOf(u)), State: chipOf(u), Acts: userActs(v, u), ReadAt: s.when(v, s.Now()),
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
		page.Groups = append(page.Groups, userGroup(v, u, g))
		if g.Status != duo.GroupActive && page.StateNote == "" {
			page.StateNote = "but a group has the status " + catalog.Plain(strings.ToLower(string(g.Status)))
		}
	}
	page.Ticket = s.ticketText(v, page)
	if u.Status == duo.StatusPendingDeletion {
		return page // nothing helps somebody in the trash but to be restored
	}
	if v.role >= catalog.Technician {
		page.AssignPhone = actionPath(v, "assign-phone-to-user", "user_id", string(u.ID))
		page.CreatePhone = actionPath(v, "create-phone", "user_id", string(u.ID))
		page.AddGroup = actionPath(v, "associate-group-with-user", "user_id", string(u.ID))
	}
	if v.role >= catalog.Helpdesk {
		page.CreateCode = actionPath(v, "create-bypass-code-for-user", "user_id", string(u.ID))
		page.NoCodes = catalog.NoUseOfCodes(u) != nil
	}
	return page
}

func (s *Server) userFacts(v visitor, u duo.User) []views.Fact {
	facts := []views.Fact{
		{Label: "E-mail", Text: catalog.Plain(cmp.Or(u.Email, "none"))},
		{Label: "Last login", Text: cmp.Or(s.when(v, u.LastLogin).Text, "never"), Note: s.when(v, u.LastLogin).Ago},
		{Label: "Created", Text: cmp.Or(s.when(v, u.Created).Text, "not known"), Note: s.when(v, u.Created).Ago},
	}
	if !u.LastDirectorySync.IsZero() {
		facts = append(facts, views.Fact{Label: "Directory sync", Text: s.when(v, u.LastDirectorySync).Text, Note: s.when(v, u.LastDirectorySync).Ago})
	}
	if u.Notes != "" {
		facts = append(facts, views.Fact{Label: "Notes", Text: catalog.Plain(u.Notes)})
	}
	return append(facts, views.Fact{Label: "Duo id", Text: string(u.ID), Mono: true})
}

// userActs are what this visitor may do with the user, in the order to draw.
func userActs(v visitor, u duo.User) []views.Act {
	id := string(u.ID)
	var acts []views.Act
	add := func(least catalog.Role, act views.Act) {
		if v.role >= least {
			acts = append(acts, act)
		}
	}
	trashed := u.Status == duo.StatusPendingDeletion
	if !trashed {
		add(catalog.Helpdesk, views.Act{Text: "Verify", Key: "v", Href: actionPath(v, "verify-caller", "user_id", id)})
	}
	if u.Status == duo.StatusLockedOut {
		add(catalog.Helpdesk, views.Act{Text: "Unlock", Key: "u", Primary: true, Href: actionPath(v, "unlock-user", "user_id", id)})
	}
	if trashed {
		add(catalog.Technician, views.Act{Text: "Restore", Primary: true, Href: actionPath(v, "restore-user", "user_id", id)})
	} else {
		if stateOf(u) == notEnrolled {
			add(catalog.Technician, views.Act{Text: "Send enrollment e-mail", Primary: true, Href: actionPath(v, "enroll-user", "user_id", id)})
		}
		add(catalog.Technician, views.Act{Text: "Edit", Key: "e", Href: actionPath(v, "update-user", "user_id", id)})
		if u.DirectoryKey != "" {
			add(catalog.Technician, views.Act{Text: "Synchronize", Href: actionPath(v, synchronizeUser, "directory_key", u.DirectoryKey, "username", u.Username)})
		}
		add(catalog.Technician, views.Act{Text: "Send to trash", Danger: true, Href: actionPath(v, "delete-user", "user_id", id)})
	}
	add(catalog.Administrator, views.Act{Text: "Delete permanently", Danger: true, Href: actionPath(v, "delete-user", "user_id", id, "permanent", "true")})
	return acts
}

func (s *Server) userPhone(v visitor, u duo.User, p duo.Phone, key string) views.UserPhone {
	phone := views.UserPhone{Href: views.Phone(v.workspace.Slug, v.organization.Slug, string(p.ID)), Number: catalog.Plain(p.FullNumber()), Name: phoneLabel(p), Kind: phoneKind(p), Activated: activatedChip(p), LastSeen: s.when(v, p.LastSeen)}
	if u.Status == duo.StatusPendingDeletion {
		return phone
	}
	if v.role >= catalog.Helpdesk && p.Type != "Landline" {
		phone.Acts = append(phone.Acts, views.Act{Text: activateText(p), Key: key, Href: actionPath(v, "send-activation-url", "phone_id", string(p.ID), "user_id", string(u.ID))})
	}
	if v.role >= catalog.Technician {
		phone.Acts = append(phone.Acts, views.Act{Text: "Un-assign", Danger: true,
			Href: actionPath(v, "un-assign-phone-from-user", "user_id", string(u.ID), "phone_id", string(p.ID))})
	}
	return phone
}

func (s *Server) userCode(v visitor, u duo.User, b duo.BypassCode) views.UserCode {
	code := views.UserCode{UsesLeft: usesLeft(b), Expires: s.until(v, b.Expires), Never: b.Expires.IsZero(), Created: s.when(v, b.Created), By: catalog.Plain(b.AdminEmail)}
	if v.role >= catalog.Technician {
		code.Acts = []views.Act{{Text: "Delete", Danger: true, Href: actionPath(v, "delete-bypass-code", "bypass_code_id", string(b.ID), "user_id", string(u.ID))}}
	}
	return code
}

// ticketText is the user's state in plain words, to be pasted into a ticket.
func (s *Server) ticketText(v visitor, page views.UserPage) string {
	var b strings.Builder
	state := page.State.Text
	if page.StateNote != "" {
		state += ", " + page.StateNote
	}
	fmt.Fprintf(&b, "%s (%s), %s\nState: %s\n", page.Name, page.Username, v.organization.Name, state)
	for _, p := range page.Phones {
		fmt.Fprintf(&b, "Phone: %s, %s, %s\n", cmp.Or(p.Number, p.Name, "no number"), p.Kind, strings.ToLower(p.Activated.Text))
	}
	fmt.Fprintf(&b, "Bypass codes: %d\nAs of %s, by %s", len(page.Codes), s.Now().In(v.location()).Format("2 Jan 2006, 15:04 MST"), v.operator.Email)
	return b.String()
}

// fraudFlash says on a user's page that the person reported a push, and whom to ask.
func (s *Server) fraudFlash(ctx context.Context, v visitor, u duo.User) ([]views.Flash, error) {
	frauds, err := s.Runner.Frauds(ctx, v.scope, v.organization)
	if err != nil {
		return nil, err
	}
	for _, f := range frauds {
		if !run.MayBeBy(f, u) {
			continue
		}
		deciders, err := s.Runner.Deciders(ctx, v.scope, v.organization, f.UserID)
		if err != nil {
			return nil, err
		}
		// The run may be another organization's, which has had the account.
		return []views.Flash{{Level: "bad", Text: s.fraudText(v, f) + " " + whomToAsk(deciders)}}, nil
	}
	return nil, nil
}
