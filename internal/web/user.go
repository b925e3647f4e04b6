package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
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

func actionPath(v visitor, slug string, values ...string) string {
	return views.Action(v.workspace.Slug, v.organization.Slug, slug, values...)
}

func aliasesOf(u duo.User) []string {
	var aliases []string
	for _, alias := range u.Aliases {
		if alias != "" {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}

func plainAll(texts []string) []string {
	for i := range texts {
		texts[i] = catalog.Plain(texts[i])
	}
	return texts
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

func phoneKind(p duo.Phone) string {
	parts := []string{p.Platform}
	if p.Platform == "" || p.Platform == "Unknown" {
		parts[0] = "Unknown platform"
	}
	if p.Type == "Landline" {
		parts[0] = "Landline"
	}
	if p.Model != "" && p.Model != "Unknown" {
		parts = append(parts, p.Model)
	}
	return catalog.Plain(strings.Join(parts, " · "))
}

// phoneTitle names a phone the way a caller would: its number with the extension,
// else its label.
func phoneTitle(p duo.Phone) string {
	return catalog.Plain(p.Title())
}

// phoneLabel is the name beside a phone's number. A phone without both is called
// what else is known of it, so that it differs from others.
func phoneLabel(p duo.Phone) string {
	if p.FullNumber() == "" {
		return phoneTitle(p)
	}
	return catalog.Plain(p.Name)
}

func activatedChip(p duo.Phone) views.Chip {
	switch {
	case p.Activated:
		return views.Chip{Level: "ok", Text: "Activated"}
	case p.Type == "Landline":
		return views.Chip{Level: "idle", Text: "Calls only"}
	}
	return views.Chip{Level: "warn", Text: "Not activated"}
}

func (s *Server) userCode(v visitor, u duo.User, b duo.BypassCode) views.UserCode {
	code := views.UserCode{UsesLeft: usesLeft(b), Expires: s.until(v, b.Expires), Never: b.Expires.IsZero(), Created: s.when(v, b.Created), By: catalog.Plain(b.AdminEmail)}
	if v.role >= catalog.Technician {
		code.Acts = []views.Act{{Text: "Delete", Danger: true, Href: actionPath(v, "delete-bypass-code", "bypass_code_id", string(b.ID), "user_id", string(u.ID))}}
	}
	return code
}

func usesLeft(b duo.BypassCode) string {
	switch b.ReuseCount {
	case 0:
		return "any number of uses"
	case 1:
		return "1 use left"
	}
	return fmt.Sprintf("%d uses left", b.ReuseCount)
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
