package actions

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// Names of the fields beside a box, with which a form chooses one of several
// matches: the choice, and the text that the choices were offered for.
const (
	choiceSuffix = ".choice"
	forSuffix    = ".for"
)

// choose puts what was chosen among several matches into the box, unless the text
// was changed after they were offered.
func (f sheet) choose() {
	for _, field := range f.action.Fields {
		name := field.Spec().Name
		chosen := f.get(name + choiceSuffix)
		if chosen != "" && text.Line(f.get(name+forSuffix)) == text.Line(f.get(name)) {
			f.values.Set(name, chosen)
			f.values.Set(name+forSuffix, chosen)
		} else {
			f.values.Del(name + choiceSuffix)
			f.values.Del(name + forSuffix)
		}
	}
}

// isChosen reports whether a box holds what was chosen among several matches.
func (f sheet) isChosen(name string) bool {
	return f.values.Has(name+choiceSuffix) && f.get(name+choiceSuffix) == f.get(name)
}

// pick turns names that people typed into Duo's ids, for the fields of a generated
// form that name things. What fits nothing is a fault beside the field, and what
// fits several things, or is merely close to one, is offered to choose from; what
// looks like an id is left as it is.
func (s *pages) pick(ctx context.Context, v site.Visitor, f *sheet) ([]catalog.FieldError, error) {
	if !f.generated {
		return nil, nil // the links to sheets hold ids
	}
	var bad []catalog.FieldError
	f.matches = map[string][]views.Option{}
	for _, field := range f.action.Fields {
		spec := field.Spec()
		typed := text.Line(f.get(spec.Name))
		if spec.Of == "" || typed == "" || spec.Kind == "id" && duo.LooksLikeID(typed) || f.isChosen(spec.Name) {
			continue
		}
		found, err := s.Runner.Lookup(ctx, v.Scope, v.Organization, spec.Of, typed)
		if spec.Kind == "text" && site.DuoSaidNo(err) {
			continue // Duo takes the name itself, and the run records what it says
		}
		if err != nil {
			return nil, err
		}
		only, one := found.Only()
		switch {
		case spec.Kind == "text" && (len(found.Matches) == 0 || one && only.User.HasName(typed)):
			continue // Duo takes the name itself
		case spec.Kind == "id" && one:
			f.values.Set(spec.Name, only.ID)
			continue
		}
		bad = append(bad, catalog.FieldError{Field: spec.Name, Message: matchText(spec.Of, found)})
		f.matches[spec.Name] = matchOptions(spec, typed, found)
	}
	return bad, nil
}

// mostMatches is how many matches a form offers to choose from.
const mostMatches = 20

// matchText says beside a box why what was typed cannot be taken.
func matchText(of string, found run.Found) string {
	n := len(found.Matches)
	which := "choose one, or type another name."
	if n == 1 {
		which = "choose it, or type another name."
	}
	if n > mostMatches {
		which = fmt.Sprintf("choose one of the first %d, or type more of the name.", mostMatches)
	}
	switch {
	case n == 0 && found.TooMany:
		return cmp.Or(words.Objects[of].Many, "This account has too many to look through for a name. Type the "+of+
			"'s id in Duo.")
	case n == 0:
		return "No " + of + " has this name."
	case !found.Exact && n == 1:
		return "No " + of + " has exactly this name. 1 is close: " + which
	case !found.Exact:
		return fmt.Sprintf("No %s has exactly this name. %d are close: %s", of, n, which)
	}
	return fmt.Sprintf("%d match: %s", n, which)
}

// matchOptions are the matches as a form offers them. A box for a username takes
// the username of a match, or what was typed, as it is.
func matchOptions(spec catalog.Spec, typed string, found run.Found) (options []views.Option) {
	for _, m := range found.Matches[:min(len(found.Matches), mostMatches)] {
		option := views.Option{Value: m.ID, Text: m.Words()}
		if spec.Kind == "text" {
			option.Value = m.Name
		}
		options = append(options, option)
	}
	named := slices.ContainsFunc(options, func(o views.Option) bool { return duo.SameName(o.Value, typed) })
	if spec.Kind == "text" && len(found.Matches) > 0 && !named {
		options = append(options, views.Option{Value: typed, Text: "As typed: " + catalog.Plain(typed)})
	}
	return options
}

// matchesOf are the matches that a box offers: none, unless what was typed has to be
// chosen or was.
func (f sheet) matchesOf(name string) []views.Option {
	if f.isChosen(name) {
		return []views.Option{{Value: f.get(name), Text: "Chosen: " + catalog.Plain(f.get(name))}}
	}
	return f.matches[name]
}

// idsFor refuses names where a program has to send ids, and says what each can mean:
// a name may mean something else the next time that the program asks. A username that
// Duo takes itself is refused where no user has it and a user can be meant by it.
func (s *pages) idsFor(ctx context.Context, v site.Visitor, a catalog.Action, body site.APIBody,
	bad []catalog.FieldError,
) ([]catalog.FieldError, error) {
	for _, field := range a.Fields {
		spec := field.Spec()
		typed := body.Fields[spec.Name]
		isText := text.Bad(typed) == text.Fine
		typed = text.Line(typed)
		isID, isName := spec.Kind == "id" && !duo.LooksLikeID(typed), namesUser(a, spec)
		if !isID && !isName || typed == "" || !isText {
			continue
		}
		of := spec.Of
		if isName {
			of = catalog.OfUser
		}
		found, err := s.Runner.Lookup(ctx, v.Scope, v.Organization, of, typed)
		if isName && site.DuoSaidNo(err) {
			continue // as in a form
		}
		if err != nil {
			return bad, err
		}
		only, one := found.Only()
		has := func(m run.Match) bool { return m.User.HasName(typed) }
		if len(found.Matches) == 0 || isID && one && only.ID == typed ||
			isName && slices.ContainsFunc(found.Matches, has) {
			continue
		}
		message := whichID(of, found)
		if isName {
			message = whichUsername(a, found)
		}
		bad = append([]catalog.FieldError{{Field: spec.Name, Message: message}}, withoutField(bad, spec.Name)...)
	}
	return bad, nil
}

// namesUser reports whether a field holds the username of a user who can exist already.
// In authentications Duo reads names as at a login, so they are left to it. Create User
// takes any new name, as its form does: it is how to make a user in spite of a match.
func namesUser(a catalog.Action, spec catalog.Spec) bool {
	return spec.Kind == "text" && spec.Of == catalog.OfUser && a.Follow == nil ||
		a.Slug == catalog.AuthEnrollUser && spec.Name == "username"
}

// whichID says to a program what a name can mean where it has to send an id.
func whichID(of string, found run.Found) string {
	message := fmt.Sprintf(" %d match: ", len(found.Matches))
	if !found.Exact {
		message = fmt.Sprintf(" No %s has exactly this name. %d close: ", of, len(found.Matches))
	}
	return "This is not a Duo id." + message + found.Candidates() + ". Send the id of the one you mean."
}

// whichUsername says to a program which users a username can mean that none of them has.
func whichUsername(a catalog.Action, found run.Found) string {
	how := "match"
	if !found.Exact {
		how = "close"
	}
	message := fmt.Sprintf("No user has this username or alias. %d %s: %s. Send the username of the one you mean.",
		len(found.Matches), how, found.Candidates())
	if a.Kind != catalog.Read {
		message += " If you mean a new user, use create-user."
	}
	return message
}

func withoutField(bad []catalog.FieldError, name string) (others []catalog.FieldError) {
	for _, b := range bad {
		if b.Field != name {
			others = append(others, b)
		}
	}
	return others
}
