package web

import (
	"context"
	"fmt"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/text"
	"duodesk/views"
)

// pick turns names that people typed into Duo's ids, for the fields of a generated
// form that name things. What fits nothing, or several things, is a fault beside the
// field; what looks like an id is left as it is.
func (s *Server) pick(ctx context.Context, v visitor, f sheet) ([]catalog.FieldError, error) {
	if !f.isGenerated() {
		return nil, nil // the links to sheets hold ids
	}
	var bad []catalog.FieldError
	for _, field := range f.action.Fields {
		spec := field.Spec()
		typed := text.Line(f.get(spec.Name))
		if spec.Kind != "id" || typed == "" || isDuoID(typed) {
			continue
		}
		found, tooMany, err := s.called(ctx, v, spec.Of, typed)
		switch {
		case err != nil:
			return nil, err
		case tooMany:
			bad = append(bad, catalog.FieldError{Field: spec.Name, Message: "This account has too many to look through for a name. Type the " + spec.Of + "'s id in Duo."})
		case len(found) == 0:
			bad = append(bad, catalog.FieldError{Field: spec.Name, Message: "There is no " + spec.Of + " of this name."})
		case len(found) > 1:
			bad = append(bad, catalog.FieldError{Field: spec.Name, Message: several(spec.Of, found)})
		default:
			f.values.Set(spec.Name, found[0].Value)
		}
	}
	return bad, nil
}

// isDuoID reports whether a text is an id as Duo makes them: 20 capitals and
// digits.
func isDuoID(text string) bool {
	return len(text) == 20 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func several(of string, found []views.Option) string {
	var which []string
	for _, o := range found[:min(len(found), 3)] {
		which = append(which, o.Value+" ("+o.Text+")")
	}
	return fmt.Sprintf("%d are called so. Type the %s's id: %s.", len(found), of, strings.Join(which, ", "))
}

// called finds what somebody means by a name, unless there are too many to look
// through.
func (s *Server) called(ctx context.Context, v visitor, of, name string) (found []views.Option, tooMany bool, err error) {
	add := func(id, words string, names ...string) {
		for _, n := range names {
			if n != "" && text.Same(n, name) {
				found = append(found, views.Option{Value: id, Text: words})
				return
			}
		}
	}
	switch of {
	case catalog.OfUser:
		user, known, err := s.Runner.FindUser(ctx, v.scope, v.organization, name)
		if known {
			found = []views.Option{{Value: string(user.ID)}}
		}
		return found, false, err
	case catalog.OfPhone:
		phones, err := s.Runner.Phones(ctx, v.scope, v.organization, false)
		for _, p := range phones.Items {
			add(string(p.ID), phoneKind(p)+" "+userNames(p, ""), p.Number, p.Name, bareNumber(p, name))
		}
		return found, phones.TooMany, err
	case catalog.OfGroup:
		groups, err := s.Runner.Groups(ctx, v.scope, v.organization, false)
		for _, g := range groups.Items {
			add(string(g.ID), catalog.Plain(g.Description), g.Name)
		}
		return found, groups.TooMany, err
	case catalog.OfToken:
		tokens, err := s.Runner.Tokens(ctx, v.scope, v.organization, false)
		for _, t := range tokens.Items {
			add(string(t.ID), t.Type+" "+usernames(t.Users), t.Serial)
		}
		return found, tokens.TooMany, err
	case catalog.OfCredential:
		credentials, err := s.Runner.Credentials(ctx, v.scope, v.organization, false)
		for _, w := range credentials.Items {
			add(string(w.Key), usernames([]duo.User{w.User}), w.Name)
		}
		return found, credentials.TooMany, err
	case catalog.OfDirectory:
		directories, err := s.directories(ctx, v)
		for _, d := range directories {
			add(d.Key, "", d.Name)
		}
		return found, false, err
	case catalog.OfAccount:
		accounts, err := s.accounts(ctx, v)
		for _, a := range accounts {
			add(a.AccountID, a.APIHostname, a.Name)
		}
		return found, false, err
	}
	return nil, false, nil
}

// bareNumber is name itself where it is a phone's number written in another way.
func bareNumber(p duo.Phone, name string) string {
	if digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(name); digits == p.Number {
		return name
	}
	return ""
}
