package estate

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

// phoneRuns is how many runs about a phone its page shows.
const phoneRuns = 10

func (s *pages) getPhone(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	phone, users, err := s.Runner.PhoneAndUsers(ctx, v.Scope, v.Organization, c.Param("phone"))
	if err != nil {
		return err
	}
	runs, err := s.runsOfPhone(ctx, v, string(phone.ID))
	if err != nil {
		return err
	}
	done, err := s.DoneHere(ctx, c, v)
	if err != nil {
		return err
	}
	page := s.phonePage(v, phone, users)
	page.Runs, page.Ticket = runs, strings.TrimSpace(done.TicketAbout(v, "phone_id", page.ID, ""))
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "phones",
		Flash: done.FlashAbout("phone_id", page.ID, "")}, page)
}

// runsOfPhone are the latest runs about a phone of the visitor's organization, whose page they are on.
func (s *pages) runsOfPhone(ctx context.Context, v site.Visitor, phone string) ([]views.RunRow, error) {
	var runs []store.Run
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		if runs, err = tx.RunsOfPhone(ctx, v.Organization.AccountID, phone, phoneRuns); err != nil {
			return err
		}
		return tx.MarkGone(ctx, runs, catalog.DeleteUser, catalog.DeletePhone)
	})
	rows := s.RunRows(v, runs)
	for i := range rows {
		rows[i].Organization = nil
	}
	return rows, err
}

func (s *pages) phonePage(v site.Visitor, p duo.Phone, users []duo.User) estate.PhonePage {
	page := estate.PhonePage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), ID: string(p.ID),
		Number: catalog.Plain(p.FullNumber()), Name: catalog.Plain(p.Name),
		Activated: words.ActivatedChip(p), Acts: phoneActs(v, p), Facts: s.phoneDetails(v, p),
		ReadAt: s.When(v, s.Now()),
	}
	if v.Role >= catalog.Technician {
		page.AssignUser = site.ActionPath(v, catalog.AssignPhone, "phone_id", string(p.ID), "from", "phone")
	}
	for _, u := range users {
		user := estate.PhoneUser{User: views.Link{Text: words.DisplayName(u),
			Href: views.User(v.Workspace.Slug, v.Organization.Slug, string(u.ID))},
			Username: catalog.Plain(u.Username), State: words.ChipOf(u), Only: len(u.Phones) == 1}
		if v.Role >= catalog.Technician && u.Status != duo.StatusPendingDeletion {
			user.Acts = []views.Act{{Text: "Remove phone", Danger: true,
				Href: site.ActionPath(v, catalog.UnassignPhone, "user_id", string(u.ID), "phone_id", string(p.ID),
					"from", "phone")}}
		}
		page.Users = append(page.Users, user)
	}
	return page
}

// phoneActs are what this visitor may do with the phone, in the order to draw.
func phoneActs(v site.Visitor, p duo.Phone) []views.Act {
	id := string(p.ID)
	var acts []views.Act
	if v.Role >= catalog.Helpdesk && p.Type != "Landline" {
		acts = append(acts, views.Act{Text: activateText(p), Key: "a", Primary: !p.Activated,
			Href: site.ActionPath(v, catalog.SendActivationURL, "phone_id", id)})
	}
	if passcodes, _ := catalog.Lookup(catalog.SendPasscodeSMS); v.Role >= passcodes.Role && passcodes.Unable(p) == "" {
		acts = append(acts, views.Act{Text: "Send SMS passcodes",
			Href: site.ActionPath(v, catalog.SendPasscodeSMS, "phone_id", id)})
	}
	if v.Role >= catalog.Technician {
		acts = append(acts, views.Act{Text: "Edit", Key: "e",
			Href: site.ActionPath(v, catalog.ModifyPhone, "phone_id", id)},
			views.Act{Text: "Delete phone", Danger: true,
				Href: site.ActionPath(v, catalog.DeletePhone, "phone_id", id)})
	}
	return acts
}

// activateText warns that Duo Mobile works already: another activation ends it.
func activateText(p duo.Phone) string {
	if p.Activated {
		return "Reactivate Duo Mobile"
	}
	return "Activate Duo Mobile"
}

// phoneDetails are the facts as Duo gives them. What Duo does not tell of a
// phone is left out, but for what a technician would miss.
func (s *pages) phoneDetails(v site.Visitor, p duo.Phone) []views.Fact {
	text := func(label, text, none string) views.Fact {
		return views.Fact{Label: label, Text: catalog.Plain(cmp.Or(text, none))}
	}
	facts := []views.Fact{
		text("Number", p.Number, "none"), text("Name", p.Name, "none"), text("Type", p.Type, "Unknown"),
		text("Platform", p.Platform, "Unknown"), text("Model", p.Model, "Unknown"),
		{Label: "Duo Mobile", Text: words.ActivatedChip(p).Text, When: s.When(v, p.LastActivated)},
		s.moment(v, "Last seen", p.LastSeen, "never"),
	}
	for _, more := range []views.Fact{
		text("OS version", p.OSVersion, ""), text("App version", p.AppVersion, ""), text("Extension", p.Extension, ""),
		text("Wait before", seconds(p.Predelay), ""), text("Wait after", seconds(p.Postdelay), ""),
		text("Security", phoneSecurity(p), ""), text("Good for", phoneFactors(p), ""),
		s.moment(v, "Created", p.Created, ""),
	} {
		if more.Text != "" || more.When.Known() {
			facts = append(facts, more)
		}
	}
	return append(facts, views.Fact{Label: "Duo id", Text: string(p.ID), Mono: true})
}

// moment is a fact that is a time; none is its text where Duo has no time.
func (s *pages) moment(v site.Visitor, label string, at time.Time, none string) views.Fact {
	if at.IsZero() {
		return views.Fact{Label: label, Text: none}
	}
	return views.Fact{Label: label, When: s.When(v, at)}
}

func seconds(text string) string {
	if text == "" {
		return ""
	}
	return text + " s"
}

// phoneFactors are the ways to sign in with the phone, in a person's words.
func phoneFactors(p duo.Phone) string {
	words := map[string]string{"push": "push", "sms": "texts", "phone": "calls", "mobile_otp": "passcodes"}
	var told []string
	for _, able := range p.Capabilities {
		if able != "auto" { // that is any of the others
			told = append(told, cmp.Or(words[able], able))
		}
	}
	return strings.Join(told, ", ")
}

// phoneSecurity is what Duo Mobile reports of the device.
func phoneSecurity(p duo.Phone) string {
	var told []string
	for _, text := range []string{p.Encrypted, p.Screenlock, p.Tampered} {
		if text != "" && text != "Unknown" {
			told = append(told, text)
		}
	}
	return strings.Join(told, ", ")
}
