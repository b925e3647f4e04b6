package setup

import (
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Suggestion is what the names say about an organization without an account.
type Suggestion struct {
	Account   store.Account // zero when it is not clear
	Ambiguous int           // how many accounts, or organizations, share the name
}

// Suggest pairs organizations without an account with accounts that nobody has,
// by name without case, accents, punctuation and legal form; an organization's
// aliases are asked in their order when its name finds nothing. A name that more
// than one account or more than one organization has is left to a person.
func Suggest(organizations []store.Organization, accounts []store.Account) map[uuid.UUID]Suggestion {
	free := map[string][]store.Account{}
	for _, a := range accounts {
		if name := plainName(a.Name); a.MappedTo == nil && name != "" {
			free[name] = append(free[name], a)
		}
	}
	asking := map[string]int{}
	for _, o := range organizations {
		if !o.Mapped() {
			for _, name := range namesOf(o) {
				asking[name]++
			}
		}
	}
	found := map[uuid.UUID]Suggestion{}
	for _, o := range organizations {
		names := namesOf(o)
		first := slices.IndexFunc(names, func(name string) bool { return len(free[name]) > 0 })
		if o.Mapped() || first < 0 {
			continue
		}
		switch same := free[names[first]]; {
		case len(same) == 1 && asking[names[first]] == 1:
			found[o.ID] = Suggestion{Account: same[0]}
		default:
			found[o.ID] = Suggestion{Ambiguous: max(len(same), asking[names[first]])}
		}
	}
	return found
}

// namesOf are the names and aliases that an organization is known by, each once.
func namesOf(o store.Organization) []string {
	var names []string
	for _, name := range append([]string{o.Name}, o.Aliases...) {
		if plain := plainName(name); !slices.Contains(names, plain) {
			names = append(names, plain)
		}
	}
	return names
}

// legalForms are words at the end of a company's name that people leave out, and
// the "and" that "& Co." leaves behind.
var legalForms = strings.Fields(`and inc incorporated llc ltd limited corp corporation co company plc llp lp pllc pc
	gmbh ag kg ug ohg mbh sa sas sarl srl spa bv nv ab as asa oy oyj aps pty sl kk`)

// plainName is a name as two people would agree on it.
func plainName(name string) string {
	name = strings.ReplaceAll(text.Fold(name), "&", " and ")
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		case r == '\'' || r == '’' || r == '.':
			return -1 // "St. John's" and "L.L.C." are one word each
		}
		return ' '
	}, name)
	words := strings.Fields(name)
	if len(words) > 1 && words[0] == "the" {
		words = words[1:]
	}
	for len(words) > 1 && slices.Contains(legalForms, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}
