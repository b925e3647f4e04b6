package words

import (
	"slices"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
)

// Search is what was typed to search users or phones. It is read once for a whole
// list.
type Search struct {
	typed string
	words string            // each has to be somewhere
	part  catalog.Telephone // of a phone's number; empty: it is no such thing
}

// SearchOf reads what was typed into a search box.
func SearchOf(typed string) Search {
	// "jane acme" finds jane@acme.example, and so does "Acme, Jane".
	q := Search{typed: typed, words: strings.ReplaceAll(typed, ",", " ")}
	part, ok := catalog.DigitsOf(typed)
	if whole, fault := catalog.ParseTelephone(typed); fault == "" {
		part = catalog.Telephone{Number: whole.Number[1:], Extension: whole.Extension}
	}
	if national := strings.TrimLeft(part.Number, "0"); len(national) >= 6 && !strings.Contains(typed, "+") {
		part.Number = national // the zero before a national number, or 00 before its country
	}
	if ok && len(part.Number) >= 3 {
		q.part = part
	}
	return q
}

// User reports whether a user fits the search.
func (q Search) User(u duo.User) bool {
	// A part of an id means nothing, and short words are in many by chance.
	if q.typed == "" || strings.EqualFold(q.typed, string(u.ID)) || slices.ContainsFunc(u.Phones, q.number) {
		return true
	}
	texts := append([]string{u.Username, u.RealName, u.FirstName + " " + u.LastName, u.Email}, u.Aliases[:]...)
	return text.Holds(strings.Join(texts, "\n"), q.words) || run.CanMean(u, q.typed)
}

// Phone reports whether a phone fits the search.
func (q Search) Phone(p duo.Phone) bool {
	if q.typed == "" || strings.EqualFold(q.typed, string(p.ID)) || q.number(p) {
		return true
	}
	texts := []string{p.Name, p.Model, p.Platform}
	for _, u := range p.Users {
		texts = append(texts, u.Username, u.RealName)
	}
	return text.Holds(strings.Join(texts, "\n"), q.words)
}

// number reports whether a part of a phone's number is sought, however either is
// written: at least three digits, and the extension if one is sought.
func (q Search) number(p duo.Phone) bool {
	if q.part.Number == "" {
		return false
	}
	has, _ := catalog.DigitsOf(p.Number)
	return strings.Contains(has.Number, q.part.Number) && (q.part.Extension == "" || q.part.Extension == p.Extension)
}
