package actions

import (
	"context"
	"errors"
	"net/http"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
)

var syncNames = catalog.Lines{Name: "usernames", MaxLines: plan.MostSynchronized}

// usernamesOf reads the names of a form.
func usernamesOf(text string) ([]string, []catalog.FieldError) {
	in, bad := catalog.Action{Fields: []catalog.Field{syncNames}}.Parse(func(string) (string,
		bool) {
		return text, true
	})
	names := syncNames.Of(in)
	if len(bad) == 0 && len(names) == 0 {
		bad = []catalog.FieldError{{Field: syncNames.Name, Message: "Type at least one username."}}
	}
	return names, bad
}

// severalUsers reports whether an action's own form names several users, and each user gets a run; a single
// name becomes the action's own field.
func (f sheet) severalUsers() (faults []catalog.FieldError, several bool) {
	field := f.look().several
	if field == "" || f.generated || !f.values.Has(field) {
		return nil, false
	}
	names, faults := usernamesOf(f.get(field))
	if len(faults) > 0 || len(names) > 1 {
		return faults, true
	}
	f.values.Set("username", names[0])
	return nil, false
}

// syncMany begins a plan that has Duo read several users again, and leads to its preview.
// The form sent again leads to the same plan.
func (p *posted) syncMany(faults []catalog.FieldError) error {
	var choice plan.SynchronizeChoice
	var err error
	if len(faults) == 0 {
		choice, faults, err = p.syncChoice()
	}
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return p.showFaults(p.c, p.v, p.f, p.f.values, faults)
	}
	err = p.Plans.Synchronize(p.ctx, p.v.Scope, p.v.Actor(), p.v.Organization.ID, p.f.runID, choice)
	if err != nil {
		return p.showRefusal(p.c, p.v, p.f, "", err)
	}
	return p.c.Redirect(http.StatusSeeOther, views.Plan(p.v.Workspace.Slug, p.v.Organization.Slug, p.f.runID.String()))
}

// syncChoice checks the form of several users: each name by the field that sends it.
func (p *posted) syncChoice() (choice plan.SynchronizeChoice, faults []catalog.FieldError, err error) {
	names, _ := usernamesOf(p.f.get(syncNames.Name))
	choice = plan.SynchronizeChoice{Usernames: names, Connection: p.f.connection}
	for _, name := range names {
		values := map[string]string{"directory_key": p.f.get("directory_key"), "username": name}
		in, bad := p.f.action.Parse(func(field string) (string, bool) { text, has := values[field]; return text, has })
		for _, fault := range bad {
			if fault.Field == "username" {
				fault = catalog.FieldError{Field: syncNames.Name,
					Message: "“" + catalog.Plain(name) + "”: " + fault.Message}
			}
			faults = append(faults, fault)
		}
		choice.DirectoryKey = in.Given(p.f.action)["directory_key"]
	}
	found, err := p.Directories(p.ctx, p.v)
	for _, d := range found {
		if d.Key == choice.DirectoryKey {
			choice.Directory = d.Name
		}
	}
	if err == nil && len(faults) == 0 {
		faults, err = p.faultsHere(p.ctx, p.v, p.f.action, map[string]string{"directory_key": choice.DirectoryKey})
	}
	if err != nil || len(faults) > 0 {
		return choice, faults, err
	}
	if choice.Ticket, choice.Reason, faults = p.f.beside(); choice.Ticket != "" || len(faults) > 0 {
		return choice, faults, nil
	}
	needed, err := p.Runner.NeedsTicket(p.ctx, p.v.Scope, p.f.action)
	if needed {
		faults = append(faults, catalog.FieldError{Field: run.TicketField, Message: run.TicketMissing})
	}
	return choice, faults, err
}

// planned is the address of the plan that a form began before; empty if it did not.
func (s *pages) planned(ctx context.Context, v site.Visitor, f sheet) (string, error) {
	if _, several := f.severalUsers(); !several {
		return "", nil
	}
	p, _, err := s.Plans.Of(ctx, v.Scope, f.runID)
	if errors.Is(err, store.ErrNotFound) || err == nil &&
		(p.Kind != plan.SynchronizeKind || p.OrganizationID != v.Organization.ID) {
		return "", nil
	}
	return views.Plan(v.Workspace.Slug, v.Organization.Slug, f.runID.String()), err
}
