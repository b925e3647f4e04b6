package setup

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/setup"
)

func (s *pages) getEditOrganization(c echo.Context, v site.Visitor) error {
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "overview"},
		editPage(v, v.Organization.Revision, detailsOf(v.Organization)))
}

// detailsOf is what the form of an organization holds before anybody types.
func detailsOf(o store.Organization) runsetup.Details {
	return runsetup.Details{
		Name: o.Name, Aliases: strings.Join(o.Aliases, "\n"), Tags: strings.Join(o.Tags, ", "),
		TimeZone: o.TimeZone, Colour: strconv.Itoa(o.Colour),
	}
}

func editPage(v site.Visitor, revision int, typed runsetup.Details) setup.EditOrganizationPage {
	page := setup.EditOrganizationPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Revision: strconv.Itoa(revision),
		Zones:      commonZones,
		MayArchive: v.Role >= catalog.Owner && v.Membership.Every(),
		Name:       views.Input{Value: typed.Name}, Aliases: views.Input{Value: typed.Aliases},
		Tags:     views.Input{Value: typed.Tags},
		TimeZone: views.Input{Value: typed.TimeZone}, Colour: views.Input{Value: typed.Colour},
	}
	for i, word := range runsetup.Colours {
		page.Colours = append(page.Colours, views.Option{Value: strconv.Itoa(i + 1),
			Text: runsetup.Sentence(word)[:len(word)]})
	}
	return page
}

func (s *pages) postEditOrganization(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(form.Get("revision"))
	if err != nil {
		return site.BadRequest(
			"The form does not say which revision of the organization it was opened with. Open it again.")
	}
	typed := runsetup.Details{Name: form.Get("name"), Aliases: site.UnixLines(form.Get("aliases")),
		Tags: form.Get("tags"), TimeZone: form.Get("time_zone"), Colour: form.Get("color")}
	faults, err := s.Setup.ChangeOrganization(c.Request().Context(), v.Scope, v.Actor(), v.Organization.ID,
		revision, typed)
	var overtaken *runsetup.Overtaken
	if err != nil && !errors.As(err, &overtaken) {
		return err
	}
	if err == nil && len(faults) == 0 {
		return c.Redirect(http.StatusSeeOther, views.Organization(v.Workspace.Slug, v.Organization.Slug))
	}
	page := editPage(v, revision, typed)
	setDetailFaults(&page, faults)
	if overtaken != nil {
		showOvertaken(v, &page, overtaken)
		return s.Render(c, http.StatusConflict, v, site.Place{Tab: "overview"}, page)
	}
	return s.Render(c, http.StatusUnprocessableEntity, v, site.Place{Tab: "overview"}, page)
}

func setDetailFaults(page *setup.EditOrganizationPage, faults []catalog.FieldError) {
	inputs := map[string]*views.Input{runsetup.NameField: &page.Name, runsetup.AliasesField: &page.Aliases,
		runsetup.TagsField: &page.Tags, runsetup.TimeZoneField: &page.TimeZone, runsetup.ColourField: &page.Colour}
	for _, fault := range faults {
		inputs[fault.Field].Error = fault.Message
	}
}

// showOvertaken keeps what was typed and says beside each field what stands
// there now. Sent once more, the form replaces it knowingly.
func showOvertaken(v site.Visitor, page *setup.EditOrganizationPage, o *runsetup.Overtaken) {
	page.Revision = strconv.Itoa(o.Now.Revision)
	page.Overtaken = changedBy(o.By, site.Exactly(v, o.At)) +
		" Your changes are not saved yet. Save again to replace the current values."
	now := detailsOf(o.Now)
	for input, stands := range map[*views.Input]string{
		&page.Name: now.Name, &page.Aliases: strings.Join(o.Now.Aliases, ", "), &page.Tags: now.Tags,
		&page.TimeZone: now.TimeZone,
	} {
		if input.Value != stands && strings.ReplaceAll(input.Value, "\n", ", ") != stands {
			input.Note = "Stored now: " + stands
			if stands == "" {
				input.Note = "Stored now: nothing"
			}
		}
	}
	if page.Colour.Value != now.Colour {
		page.Colour.Note = "Stored now: " + runsetup.Colours[o.Now.Colour-1]
	}
}

// changedBy says who was faster.
func changedBy(who, when string) string {
	if who == "" {
		return "Someone changed this since you opened it."
	}
	return who + " changed this on " + when + "."
}

// commonZones are offered; any other of the IANA names can be typed.
var commonZones = strings.Fields(`UTC
	America/Anchorage America/Argentina/Buenos_Aires America/Bogota America/Chicago America/Denver America/Detroit America/Halifax
	America/Los_Angeles America/Mexico_City America/New_York America/Phoenix America/Santiago America/Sao_Paulo America/St_Johns
	America/Toronto America/Vancouver America/Winnipeg Africa/Cairo Africa/Johannesburg Africa/Lagos Africa/Nairobi
	Asia/Dubai Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Karachi Asia/Kolkata Asia/Manila Asia/Seoul Asia/Shanghai
	Asia/Singapore Asia/Tokyo Australia/Adelaide Australia/Brisbane Australia/Melbourne Australia/Perth Australia/Sydney
	Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Brussels Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul
	Europe/Lisbon Europe/London Europe/Madrid Europe/Oslo Europe/Paris Europe/Prague Europe/Rome Europe/Stockholm Europe/Vienna
	Europe/Warsaw Europe/Zurich Pacific/Auckland Pacific/Honolulu`)
