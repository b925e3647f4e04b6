package operators

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/operators"
)

// grantForm is the part of a form that says what a membership gives: a role, and
// all or chosen organizations, each a box of its own.
type grantForm struct {
	grant       store.Grant
	find        string // what the list of organizations is narrowed to
	role, reach string // faults
}

func (f grantForm) faulty() bool { return f.role != "" || f.reach != "" }

// boxPrefix begins the names of the boxes; an organization's id follows.
const boxPrefix = "org."

// readGrant reads the part from a form. An organization that is not the
// workspace's does not exist.
func (s *pages) readGrant(c echo.Context, v site.Visitor, form site.Form) (grantForm, error) {
	f := grantForm{find: site.Searched(form.Get("find"))}
	f.grant.Role, f.grant.EveryOrganization = form.Get("role"), form.Get("reach") == "all"
	for _, name := range slices.Sorted(maps.Keys(form.Values)) {
		text, ours := strings.CutPrefix(name, boxPrefix)
		if !ours {
			continue
		}
		id, err := uuid.Parse(text)
		if err != nil {
			return f, store.ErrNotFound
		}
		f.grant.Organizations = append(f.grant.Organizations, id)
	}
	names, err := s.namesOf(c.Request().Context(), v, f.grant.Organizations)
	if err != nil {
		return f, err
	}
	if len(names) != len(f.grant.Organizations) {
		return f, store.ErrNotFound
	}
	switch role := catalog.ParseRole(f.grant.Role); {
	case role == 0:
		f.role = "Choose a role."
	case role == catalog.Owner:
		f.grant.EveryOrganization = true
	}
	if !f.grant.EveryOrganization && len(names) == 0 {
		f.reach = "Choose at least one organization, or all of them."
	}
	switch form.Get("act") {
	case "find", "edit": // what is not ready yet is no fault
		f.role, f.reach = "", ""
	default:
		if f.grant.EveryOrganization {
			f.grant.Organizations = nil
		}
	}
	return f, nil
}

// grantView draws the part. The list holds what is ticked and what fits the
// search.
func (s *pages) grantView(c echo.Context, v site.Visitor, f grantForm) (operators.GrantFields, error) {
	page := operators.GrantFields{Role: views.Input{Value: f.grant.Role, Error: f.role},
		Every: f.grant.EveryOrganization, ReachError: f.reach, Find: f.find}
	ctx := c.Request().Context()
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error {
		for o, err := range tx.EachOrganization(ctx) {
			if err != nil {
				return err
			}
			page.Total++
			ticked := slices.Contains(f.grant.Organizations, o.ID)
			if ticked || text.Holds(o.Name, f.find) {
				page.Organizations = append(page.Organizations,
					operators.GrantOrganization{OrganizationTag: words.TagOf(o), ID: o.ID.String(), Ticked: ticked})
			}
		}
		return nil
	})
	return page, err
}

// hidden carries the part along unseen.
func (f grantForm) hidden() []views.Hidden {
	reach := "chosen"
	if f.grant.EveryOrganization {
		reach = "all"
	}
	kept := []views.Hidden{{Name: "role", Value: f.grant.Role}, {Name: "reach", Value: reach}}
	for _, id := range f.grant.Organizations {
		kept = append(kept, views.Hidden{Name: boxPrefix + id.String(), Value: "true"})
	}
	return kept
}

// grantWords writes a grant for a form's hidden box, grantFrom reads it: what the
// person was shown, to be compared with what is there when the form arrives.
func grantWords(g store.Grant) string {
	words := []string{g.Role}
	if g.EveryOrganization {
		words = append(words, "all")
	}
	for _, id := range g.Organizations {
		words = append(words, id.String())
	}
	return strings.Join(words, " ")
}

func grantFrom(text string) store.Grant {
	var g store.Grant
	for i, word := range strings.Fields(text) {
		id, err := uuid.Parse(word)
		switch {
		case i == 0:
			g.Role = word
		case word == "all":
			g.EveryOrganization = true
		case err == nil:
			g.Organizations = append(g.Organizations, id)
		}
	}
	return g
}
