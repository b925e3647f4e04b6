package flows

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

// confirmField is the box that confirms a name which others have, or nearly.
const confirmField = "similar"

var factsScreen = screen{slug: plan.FactsScreen, policy: site.AdminOrganization, effects: true,
	draw: func(s *pages, ctx context.Context, v site.Visitor, d draft, page *flows.FormPage) error {
		o := v.Organization
		s.drawFacts(d, runsetup.Details{Name: o.Name, Aliases: strings.Join(o.Aliases, "\n"), Tags: strings.Join(o.Tags,
			", "),
			TimeZone: o.TimeZone, Colour: strconv.Itoa(o.Colour)}, page)
		page.Hidden = append(page.Hidden, views.Hidden{Name: "organization_revision", Value: strconv.Itoa(o.Revision)})
		seen, err := s.whoSees(ctx, v, o.ID)
		page.Groups = append(page.Groups, seen)
		return err
	},
	take: func(s *pages, ctx context.Context, v site.Visitor, d draft) (any, []catalog.FieldError, error) {
		revision, err := strconv.Atoi(d.form.Get("organization_revision"))
		if err != nil {
			return nil, nil, site.BadRequest("The form does not say which revision of the organization it was opened " +
				"with. Open it again.")
		}
		typed := detailsOf(*d.form)
		chosen, _ := plan.Read[plan.AccountChoice](d.Plan, plan.AccountScreen)
		similar, bad, err := s.similar(ctx, v, typed, chosen.AccountID, *d.form)
		if err != nil || len(bad) > 0 {
			return nil, bad, err
		}
		bad, err = s.Setup.ChangeOrganization(ctx, v.Scope, v.Actor(), v.Organization.ID, revision, typed)
		if other, is := errors.AsType[*runsetup.Overtaken](err); is {
			return nil, []catalog.FieldError{{Message: other.By + " changed these facts since you opened the form. " +
				"Your changes are not saved yet. Save again to keep what you typed here."}}, nil
		}
		return map[string]bool{confirmField: similar != ""}, bad, err // not which: they may be out of a reader's scope
	},
}

// detailsOf is what the form of the facts holds.
func detailsOf(form site.Form) runsetup.Details {
	return runsetup.Details{Name: form.Get("name"), Aliases: site.UnixLines(form.Get("aliases")),
		Tags:     form.Get("tags"),
		TimeZone: form.Get("time_zone"), Colour: form.Get("color")}
}

// drawFacts fills in the form of an organization's facts.
func (s *pages) drawFacts(d draft, stored runsetup.Details, page *flows.FormPage) {
	field := func(name, label, help, value string) views.FieldView {
		box := d.box(name, value)
		return views.FieldView{Name: name, Label: label, Help: help, Value: box.Value, Error: box.Error}
	}
	name := field("name", "Name", "As your people say it on the phone.", stored.Name)
	name.Required, name.MaxLength = true, store.LongestName
	aliases := field("aliases", "Also called", "Names that callers use, one per line. Searches use them.",
		stored.Aliases)
	aliases.Kind = "textarea"
	zone := field("time_zone", "Time zone", "Times that you read to a caller are shown in it.", stored.TimeZone)
	zone.Placeholder = "Europe/London"
	color := field("color", "Color", "Marks the organization wherever it is named.", stored.Colour)
	color.Kind, color.Quiet = "select", true
	if stored.Colour == "" {
		color.Options = []views.Option{{Text: "Choose one for me"}}
	}
	for i, word := range runsetup.Colours {
		color.Options = append(color.Options, views.Option{Value: strconv.Itoa(i + 1),
			Text: strings.ToUpper(word[:1]) + word[1:]})
	}
	fields := []views.FieldView{name, aliases, field("tags", "Tags",
		"Between commas. The list of organizations can be filtered by them.", stored.Tags), zone, color}
	if fault := d.faults[confirmField]; fault != "" {
		fields = append(fields, views.FieldView{Name: confirmField, Kind: "checkbox", Label: "This is another client",
			Error: fault})
	}
	page.Groups = append(page.Groups, flows.FieldGroup{Fields: fields})
}

// similar are organizations and Duo accounts that have the name, or nearly. A fault says
// so until the form confirms it.
func (s *pages) similar(ctx context.Context, v site.Visitor, typed runsetup.Details, account string,
	form site.Form) (string, []catalog.FieldError, error) {
	found, err := s.Setup.Similar(ctx, v.Membership, typed.Name, v.Organization.ID, account)
	if err != nil || len(found) == 0 {
		return "", nil, err
	}
	text := strings.Join(found, "; ")
	if form.Get(confirmField) == "" {
		return "", []catalog.FieldError{{Field: confirmField,
			Message: "There is a similar name: " + text + ". Tick this if it is not the same client."}}, nil
	}
	return text, nil, nil
}

// whoSees names the operators who see an organization, to owners: others do not read the
// list of members.
func (s *pages) whoSees(ctx context.Context, v site.Visitor, organization uuid.UUID) (flows.FieldGroup, error) {
	group := flows.FieldGroup{Title: "Who sees it",
		Note: "Operators with access to all organizations see it at once. An " +
			"owner gives others access on their page under Operators."}
	if v.Role < catalog.Owner {
		return group, nil
	}
	var found store.Page[store.Member]
	var total int
	err := s.Store.InWorkspace(ctx, v.Membership, func(tx *store.Tx) (err error) {
		found, total, _, err = tx.Members(ctx, store.Query{Limit: mostNamed})
		return err
	})
	if total > mostNamed {
		group.Note += fmt.Sprintf(" Of %d operators, the first %d were looked at.", total, mostNamed)
	}
	for _, m := range found.Rows {
		if (m.Every || slices.Contains(m.Organizations, organization)) && m.DisabledAt == nil {
			group.Facts = append(group.Facts, views.Fact{Label: catalog.ParseRole(m.Role).Title(), Text: m.Email})
		}
	}
	return group, err
}

// mostNamed is how many operators are named.
const mostNamed = 50

// getOnboard is the first form: there is no organization yet.
func (s *pages) getOnboard(c echo.Context, v site.Visitor) error {
	var stored runsetup.Details
	account, err := s.freeAccount(c.Request().Context(), v, c.QueryParam("account"))
	if err != nil {
		return err
	}
	stored.Name = runsetup.OrganizationName(account)
	if account.AccountID == "" {
		stored.Name = ""
	}
	return s.showOnboard(c, v, http.StatusOK, draft{}, stored, uuid.New(), account.AccountID)
}

// freeAccount is a listed Duo account that no organization has; zero if it is none.
func (s *pages) freeAccount(ctx context.Context, v site.Visitor, id string) (store.Account, error) {
	free, err := s.freeAccounts(ctx, v)
	for _, a := range free {
		if a.AccountID == id {
			return a, err
		}
	}
	return store.Account{}, err
}

func (s *pages) showOnboard(c echo.Context, v site.Visitor, status int, d draft, stored runsetup.Details,
	id uuid.UUID, account string) error {
	page := flows.FormPage{Workspace: v.Workspace.Slug, Heading: "Onboard a client",
		Screen: titleOf(plan.FactsScreen), Post: views.Onboard(v.Workspace.Slug, ""),
		Hidden: []views.Hidden{{Name: "id", Value: id.String()}, {Name: "account", Value: account}},
		Next:   "Save and continue", Ticket: true,
		Intro: []string{
			"The first save creates the organization. Nothing changes in Duo before you approve the steps at " +
				"the end."}}
	for i, sc := range screens {
		state := "open"
		if i == 0 {
			state = "now"
		}
		page.Screens = append(page.Screens, flows.ScreenLink{Title: titleOf(sc.slug), State: state})
	}
	s.drawFacts(d, stored, &page)
	seen, err := s.whoSees(c.Request().Context(), v, uuid.Nil)
	if err != nil {
		return err
	}
	page.Groups = append(page.Groups, seen)
	return s.Render(c, status, v, site.Place{Section: "organizations"}, page)
}

func (s *pages) postOnboard(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Get("id"))
	if err != nil {
		return site.BadRequest("The form has no id. Open it again.")
	}
	ctx, typed := c.Request().Context(), detailsOf(form)
	v.Organization.ID = id // sent twice, it already exists
	_, bad, err := s.similar(ctx, v, typed, form.Get("account"), form)
	v.Organization.ID = uuid.Nil
	if err != nil {
		return err
	}
	var made store.Organization
	if len(bad) == 0 {
		if made, bad, err = s.Setup.BeginOnboarding(ctx, v.Scope, v.Actor(), id, typed); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		d := draft{form: &form, faults: site.ByField(bad)}
		return s.showOnboard(c, v, http.StatusUnprocessableEntity, d, runsetup.Details{}, id, form.Get("account"))
	}
	return c.Redirect(http.StatusSeeOther, views.OnboardingAccount(v.Workspace.Slug, made.Slug, form.Get("account")))
}
