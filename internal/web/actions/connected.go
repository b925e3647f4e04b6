package actions

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// A form acts in the Duo account that its page showed, or not at all: it carries
// the connection that it was opened for, and a form without one is none of ours.

// reopened names the field with which what was typed is put into a form for the
// connection of now.
const reopened = "reopen"

// freshSheet is an action's form for the connection of now.
func (s *pages) freshSheet(ctx context.Context, v site.Visitor, action catalog.Action, values url.Values) (f sheet,
	err error) {
	f = sheet{action: action, values: values, runID: uuid.New()}
	f.cleanIDs()
	f.connection, f.connected, err = s.Runner.Connection(ctx, v.Scope, v.Organization)
	return f, err
}

// connectedNow says in words how the organization, or the workspace, is connected
// now if that is not as the form was opened; else it is empty. The transaction of
// the run compares once more: this spares a form that comes too late the
// questions that it would ask Duo.
func (s *pages) connectedNow(ctx context.Context, v site.Visitor, f sheet) (words string, err error) {
	now, words, err := s.Runner.Connection(ctx, v.Scope, v.Organization)
	if err != nil || now == f.connection {
		return "", err
	}
	return words, nil
}

// showChanged answers a form whose organization is connected otherwise by now:
// what it was, what it is, and what was typed. Nothing was sent, unless the same
// form was sent before.
func (s *pages) showChanged(c echo.Context, v site.Visitor, f sheet, now string) error {
	ctx := c.Request().Context()
	switch at, err := s.planned(ctx, v, f); {
	case err != nil:
		return err
	case at != "":
		return c.Redirect(http.StatusSeeOther, at)
	}
	var before store.Run
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		before, err = tx.Run(ctx, f.runID)
		return err
	})
	if err == nil && before.Action == f.action.Slug {
		return s.showAlready(c, v, f, before)
	}
	if err := site.IgnoreNotFound(err); err != nil {
		return err
	}
	connection, _, err := s.Runner.Connection(ctx, v.Scope, v.Organization)
	if err != nil {
		return err
	}
	page := actions.ChangedPage{
		Heading: f.action.Title, Was: cmp.Or(f.connected, "not known"), Now: site.SinceThen(f.connected, now),
		Typed: f.typed(v), Post: f.address(v),
		Once:   views.Once{RunID: uuid.NewString(), Connection: connection, Connected: now},
		Cancel: views.Workspace(v.Workspace.Slug),
	}
	if v.Organization.ID != uuid.Nil {
		page.Organization, page.Cancel = words.TagOf(v.Organization),
			views.Organization(v.Workspace.Slug, v.Organization.Slug)
	}
	for _, name := range append(f.kept(), reopened) {
		page.Hidden = append(page.Hidden, views.Hidden{Name: name, Value: cmp.Or(f.get(name), "1")})
	}
	return s.Render(c, http.StatusConflict, v, site.Place{Section: "actions", Tab: tabOf(f)}, page)
}

// kept are the names of the fields that mean the same in any account: what a
// person typed, and not the ids of one account's things. Secrets are typed again.
func (f sheet) kept() []string {
	var names []string
	for _, field := range f.action.Fields {
		spec := field.Spec()
		if spec.Kind != "id" && !spec.Secret && f.get(spec.Name) != "" && spec.Name != "user_ids" {
			names = append(names, spec.Name)
		}
	}
	for _, name := range []string{zoneField, syncNames.Name, site.TicketBox.Name, site.ReasonBox.Name} {
		if f.get(name) != "" {
			names = append(names, name)
		}
	}
	return names
}

// typed are the same fields to be read.
func (f sheet) typed(v site.Visitor) []views.Fact {
	words := map[string]string{syncNames.Name: "Usernames", site.TicketBox.Name: site.TicketBox.Label,
		site.ReasonBox.Name: site.ReasonBox.Label}
	specs := map[string]catalog.Spec{}
	for _, field := range f.action.Fields {
		specs[field.Spec().Name] = field.Spec()
	}
	var facts []views.Fact
	for _, name := range f.kept() {
		spec, known := specs[name]
		label := cmp.Or(words[name], spec.Label)
		if label == "" || (site.Form{Values: f.values}).Untouched(name) {
			continue
		}
		text := f.get(name)
		if known {
			text = site.InWords(v, spec, f.moment(spec, text))
		}
		facts = append(facts, views.Fact{Label: label, Text: catalog.Plain(text)})
	}
	return facts
}

// reopen shows an action's form for the connection of now, filled with what was
// typed into one that was opened for another. Nothing is done.
func (s *pages) reopen(c echo.Context, v site.Visitor, f sheet) error {
	values := url.Values{}
	for _, name := range f.kept() {
		values.Set(name, f.get(name))
	}
	fresh, err := s.freshSheet(c.Request().Context(), v, f.action, values)
	if err != nil {
		return err
	}
	fresh.generated = f.generated
	return s.showSheet(c, v, http.StatusOK, fresh)
}
