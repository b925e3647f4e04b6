package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Match is one thing in Duo that a text can mean.
type Match struct {
	ID   string
	Name string // that people know it by, such as a username or a number
	Note string // tells it from others with the same name; may be empty

	User duo.User // of a user
}

// Words names a match so that a person can tell it from others.
func (m Match) Words() string {
	words := strings.TrimSpace(m.Name)
	if m.Note != "" {
		words += " (" + m.Note + ")"
	}
	return catalog.Plain(strings.TrimSpace(words))
}

// Found is everything that a text can mean: what is called exactly so or, where
// nothing is, what is close to it.
type Found struct {
	Matches []Match
	Exact   bool // the matches are called exactly so
	TooMany bool // the account has too many to be listed: there may be other matches

	sure bool // the only match is so now, and nothing else is
}

// Only returns the one thing that a text means. There is none where several are
// called so, and where something is merely close: a person has to choose then.
func (f Found) Only() (Match, bool) {
	if !f.Exact || !f.sure || len(f.Matches) != 1 {
		return Match{}, false
	}
	return f.Matches[0], true
}

// Lookup finds what a person can mean by a text, among an organization's things of
// a kind, such as catalog.OfUser. Letter case, blanks around, invisible characters
// and how letters are composed make no difference to what is exact; accents,
// domains and the order of names make it close. A kind without names finds nothing.
// Lists are read from Duo for it, since one that is held can lack what was made a minute ago.
func (r *Runner) Lookup(ctx context.Context, sc store.Scope, o store.Organization, of, typed string) (Found, error) {
	typed = text.Line(typed)
	if typed == "" {
		return Found{}, nil
	}
	switch of {
	case catalog.OfUser:
		return r.lookupUser(ctx, sc, o, typed)
	case catalog.OfPhone:
		return lookInDuo(ctx, r, &r.phones, sc, o, func(p duo.Phone) (Match, fit) {
			m := Match{ID: string(p.ID), Name: phoneName(p), Note: joined(p.Platform, ownersOf(p.Users))}
			return m, max(called(typed, m.ID, p.Name), numberFit(p, typed))
		})
	case catalog.OfGroup:
		return lookInDuo(ctx, r, &r.groups, sc, o, func(g duo.Group) (Match, fit) {
			m := Match{ID: string(g.ID), Name: g.Name, Note: joined(g.Description, string(g.Status))}
			return m, called(typed, m.ID, m.Name)
		})
	case catalog.OfToken:
		return lookInDuo(ctx, r, &r.tokens, sc, o, func(t duo.Token) (Match, fit) {
			m := Match{ID: string(t.ID), Name: t.Serial, Note: joined("type "+t.Type, ownersOf(t.Users))}
			return m, called(typed, m.ID, m.Name)
		})
	case catalog.OfCredential:
		return lookInDuo(ctx, r, &r.credentials, sc, o, func(w duo.WebAuthnCredential) (Match, fit) {
			m := Match{ID: string(w.Key), Name: w.Name, Note: joined(w.Label, ownersOf([]duo.User{w.User}))}
			return m, called(typed, m.ID, m.Name)
		})
	case catalog.OfDirectory:
		return r.lookupDirectory(ctx, sc, o, typed)
	case catalog.OfAccount:
		return r.lookupAccount(ctx, sc, typed)
	}
	return Found{}, nil
}

// lookupDirectory finds directories, which the console keeps itself.
func (r *Runner) lookupDirectory(ctx context.Context, sc store.Scope, o store.Organization, typed string) (found Found,
	err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		list, err := tx.Directories(ctx, o.ID)
		found = lookIn(List[store.Directory]{Items: list}, func(d store.Directory) (Match, fit) {
			m := Match{ID: d.Key, Name: d.Name, Note: "key ends in " + Tail(d.Key)}
			return m, called(typed, m.ID, m.Name)
		})
		return err
	})
	return found, err
}

// lookupAccount finds child accounts as Duo lists them now: the list that is kept can
// lack a second one of the name.
func (r *Runner) lookupAccount(ctx context.Context, sc store.Scope, typed string) (Found, error) {
	client, err := r.AccountsClient(ctx, sc)
	if err != nil {
		return Found{}, err
	}
	accounts, err := readBy(ctx, r, client, func(ctx context.Context, c *duo.Client) ([]store.Account, error) {
		listed, _, err := r.ListAccounts(ctx, c)
		return listed, err
	})
	if err != nil {
		return Found{}, err
	}
	return lookIn(List[store.Account]{Items: accounts}, func(a store.Account) (Match, fit) {
		m := Match{ID: a.AccountID, Name: a.Name, Note: cmp.Or(a.APIHostname, NoAPIHost)}
		return m, called(typed, m.ID, m.Name)
	}), nil
}

// fit is how well a thing's names fit a text.
type fit int

const (
	noFit    fit = iota
	closeFit     // to be offered
	exactFit     // to be taken, if nothing else is
)

// called compares a text with names.
func called(typed string, names ...string) fit {
	best := noFit
	for _, name := range names {
		switch {
		case duo.SameName(text.Line(name), typed):
			return exactFit
		case name != "" && text.Same(name, typed):
			best = closeFit
		}
	}
	return best
}

// lookInDuo finds matches in a list that is read from Duo for it.
func lookInDuo[T any](ctx context.Context, r *Runner, h *held[T], sc store.Scope, o store.Organization,
	describe func(T) (Match, fit)) (Found, error) {
	found, err := listNow(ctx, r, h, sc, o)
	if err != nil {
		return Found{}, err
	}
	return lookIn(found, describe), nil
}

// lookIn finds matches in a list.
func lookIn[T any](list List[T], describe func(T) (Match, fit)) Found {
	found := map[fit][]Match{}
	for _, item := range list.Items {
		if m, how := describe(item); how != noFit {
			found[how] = append(found[how], m)
		}
	}
	return foundOf(found[exactFit], found[closeFit], list.TooMany)
}

func foundOf(exactly, nearly []Match, tooMany bool) Found {
	f := Found{Matches: exactly, Exact: true, TooMany: tooMany, sure: true}
	if len(exactly) == 0 {
		f = Found{Matches: nearly, TooMany: tooMany}
	}
	slices.SortStableFunc(f.Matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(text.Fold(a.Name), text.Fold(b.Name)), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.ID, b.ID))
	})
	return f
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return strings.TrimSpace(part) == "" }), ", ")
}

// ownersOf says who has a thing.
func ownersOf(users []duo.User) string {
	var names []string
	for _, u := range users {
		if u.Username != "" {
			names = append(names, catalog.Plain(u.Username))
		}
	}
	if len(names) == 0 {
		return "not assigned"
	}
	return "of " + catalog.Listed(names, 3)
}

// phoneName tells a phone from others with its number.
func phoneName(p duo.Phone) string {
	if number := p.FullNumber(); number != "" {
		return joined(number, p.Name)
	}
	return p.Title()
}

// Candidates says in a sentence what a text can mean, for where a person or a
// program has to send the id of one of them.
func (f Found) Candidates() string {
	const most = 10
	var words []string
	for _, m := range f.Matches[:min(len(f.Matches), most)] {
		words = append(words, m.ID+" "+m.Words())
	}
	if more := len(f.Matches) - most; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, "; ")
}

// NoAPIHost stands in the place of an account's host that cannot be used.
const NoAPIHost = "no usable API host"
