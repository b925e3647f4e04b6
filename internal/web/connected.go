package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

// A form acts in the Duo account that its page showed, or not at all: it carries
// the connection that it was opened for, and a form without one is none of ours.

// reopened names the field with which what was typed is put into a form for the
// connection of now.
const reopened = "reopen"

// freshSheet is an action's form for the connection of now.
func (s *Server) freshSheet(ctx context.Context, v visitor, action catalog.Action, values url.Values) (f sheet, err error) {
	f = sheet{action: action, values: values, runID: uuid.New()}
	f.cleanIDs()
	f.connection, f.connected, err = s.Runner.Connection(ctx, v.scope, v.organization)
	return f, err
}

// connectedNow says in words how the organization, or the workspace, is connected
// now if that is not as the form was opened; else it is empty. The transaction of
// the run compares once more: this spares a form that comes too late the
// questions that it would ask Duo.
func (s *Server) connectedNow(ctx context.Context, v visitor, f sheet) (words string, err error) {
	now, words, err := s.Runner.Connection(ctx, v.scope, v.organization)
	if err != nil || now == f.connection {
		return "", err
	}
	return words, nil
}

// showChanged answers a form whose organization is connected otherwise by now:
// what it was, what it is, and what was typed. Nothing was sent, unless the same
// form was sent before.
func (s *Server) showChanged(c echo.Context, v visitor, f sheet, now string) error {
	ctx := c.Request().Context()
	var before store.Run
	err := s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		before, err = tx.Run(ctx, f.firstRun())
		return err
	})
	if err == nil && before.Action == f.action.Slug {
		return s.showAlready(c, v, f, before)
	}
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	connection, _, err := s.Runner.Connection(ctx, v.scope, v.organization)
	if err != nil {
		return err
	}
	page := views.ChangedPage{
		Heading: f.action.Title, Was: cmp.Or(f.connected, "not known"), Now: sinceThen(f.connected, now), Typed: f.typed(v), Post: actionPath(v, f.action.Slug),
		Once:   views.Once{RunID: uuid.NewString(), Connection: connection, Connected: now},
		Cancel: views.Workspace(v.workspace.Slug),
	}
	if v.organization.ID != uuid.Nil {
		page.Organization, page.Cancel = tagOf(v.organization), views.Organization(v.workspace.Slug, v.organization.Slug)
	}
	for _, name := range append(f.kept(), reopened) {
		page.Hidden = append(page.Hidden, views.Hidden{Name: name, Value: cmp.Or(f.get(name), "1")})
	}
	return s.render(c, http.StatusConflict, v, place{section: "actions", tab: tabOf(f)}, page)
}

// firstRun is the id of the first run that a form starts.
func (f sheet) firstRun() uuid.UUID {
	if faults, several := f.severalUsers(); several && len(faults) == 0 {
		names, _ := usernamesOf(f.get(syncNames.Name))
		return syncRun(f.runID, names[0])
	}
	return f.runID
}

// kept are the names of the fields that mean the same in any account: what a
// person typed, and not the ids of one account's things. Secrets are typed again.
func (f sheet) kept() []string {
	var names []string
	if f.isGenerated() {
		names = append(names, generated)
	}
	for _, field := range f.action.Fields {
		spec := field.Spec()
		if spec.Kind != "id" && !spec.Secret && f.get(spec.Name) != "" && spec.Name != "user_ids" {
			names = append(names, spec.Name)
		}
	}
	for _, name := range []string{zoneField, syncNames.Name, ticketBox.Name, reasonBox.Name} {
		if f.get(name) != "" {
			names = append(names, name)
		}
	}
	return names
}

// typed are the same fields to be read.
func (f sheet) typed(v visitor) []views.Fact {
	words := map[string]string{syncNames.Name: "Usernames", ticketBox.Name: ticketBox.Label, reasonBox.Name: reasonBox.Label}
	specs := map[string]catalog.Spec{}
	for _, field := range f.action.Fields {
		specs[field.Spec().Name] = field.Spec()
	}
	var facts []views.Fact
	for _, name := range f.kept() {
		spec, known := specs[name]
		label := cmp.Or(words[name], spec.Label)
		if name == generated || label == "" || (form{values: f.values}).untouched(name) {
			continue
		}
		text := f.get(name)
		if known {
			text = inWords(v, spec, f.moment(spec, text))
		}
		facts = append(facts, views.Fact{Label: label, Text: catalog.Plain(text)})
	}
	return facts
}

// reopen shows an action's form for the connection of now, filled with what was
// typed into one that was opened for another. Nothing is done.
func (s *Server) reopen(c echo.Context, v visitor, f sheet) error {
	values := url.Values{}
	for _, name := range f.kept() {
		values.Set(name, f.get(name))
	}
	fresh, err := s.freshSheet(c.Request().Context(), v, f.action, values)
	if err != nil {
		return err
	}
	return s.showSheet(c, v, http.StatusOK, fresh)
}
