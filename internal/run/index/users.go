package index

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Person is what the index shows of a user.
type Person struct {
	Username string   `json:"username"`
	RealName string   `json:"realname,omitempty"`
	Email    string   `json:"email,omitempty"`
	Aliases  []string `json:"aliases,omitempty"`
	Status   string   `json:"status"`
	Enrolled bool     `json:"enrolled,omitempty"`
	// LastLogin is in seconds since 1970; 0: never, or not known.
	LastLogin int64    `json:"last_login,omitempty"`
	Groups    []string `json:"groups,omitempty"` // ids
	Phones    []Phone  `json:"phones,omitempty"`
}

// Phone is what the index shows of a user's phone.
type Phone struct {
	ID        string `json:"id"`
	Number    string `json:"number,omitempty"`
	Name      string `json:"name,omitempty"`
	Model     string `json:"model,omitempty"`
	Activated bool   `json:"activated,omitempty"`
}

// indexed is what the index keeps of users.
func indexed(users []duo.User) (rows []store.IndexedUser) {
	for _, u := range users {
		p := personOf(u)
		detail, err := json.Marshal(p)
		if err != nil {
			panic(err) // texts and numbers alone
		}
		search, keys := wordsOf(u, p)
		rows = append(rows, store.IndexedUser{ID: string(u.ID), Detail: detail, Search: search, Keys: keys})
	}
	return rows
}

func personOf(u duo.User) Person {
	p := Person{Username: stored(u.Username), RealName: stored(u.RealName), Email: stored(u.Email),
		Status: stored(string(u.Status)), Enrolled: u.Enrolled}
	if p.RealName == "" {
		p.RealName = stored(strings.TrimSpace(u.FirstName + " " + u.LastName))
	}
	for _, alias := range u.Aliases {
		if alias != "" {
			p.Aliases = append(p.Aliases, stored(alias))
		}
	}
	if !u.LastLogin.IsZero() {
		p.LastLogin = u.LastLogin.Unix()
	}
	for _, g := range u.Groups {
		p.Groups = append(p.Groups, string(g.ID))
	}
	for _, phone := range u.Phones {
		p.Phones = append(p.Phones, Phone{ID: string(phone.ID), Number: stored(phone.Number), Name: stored(phone.Name),
			Model: stored(phone.Model), Activated: phone.Activated})
	}
	// Duo's order of these is not ours: another order is no change.
	slices.Sort(p.Groups)
	slices.SortFunc(p.Phones, func(a, b Phone) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// stored is a text of Duo's as the database can keep it.
func stored(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// longestBeginning is of how many letters a beginning of a word is kept: longer words are found
// by their parts.
const longestBeginning = 2

// wordsOf are the text that words are sought in, and the keys that find a user exactly.
func wordsOf(u duo.User, p Person) (search string, keys []string) {
	names := append([]string{p.Username, p.RealName, p.Email}, p.Aliases...)
	keys = append(keys, text.Fold(string(u.ID)), text.Fold(p.Username), text.Fold(p.Email))
	for _, alias := range p.Aliases {
		keys = append(keys, text.Fold(alias))
	}
	var lines []string
	for _, name := range names {
		folded := text.Fold(name)
		if folded == "" {
			continue
		}
		lines = append(lines, folded)
		for word := range strings.FieldsFuncSeq(folded, func(r rune) bool { return strings.ContainsRune(" .@-_", r) }) {
			keys = append(keys, beginningsOf(word)...)
		}
	}
	for _, phone := range p.Phones {
		keys = append(keys, text.Fold(phone.ID))
		if number, ok := catalog.DigitsOf(phone.Number); ok && number.Number != "" {
			keys, lines = append(keys, number.Number), append(lines, number.Number)
		}
	}
	slices.Sort(keys)
	keys = slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" })
	return strings.Join(lines, "\n"), keys
}

// beginningsOf marks the first letters of a word as such: ^j, ^ja.
func beginningsOf(word string) (all []string) {
	for end, r := range word {
		end += utf8.RuneLen(r)
		if utf8.RuneCountInString(word[:end]) > longestBeginning {
			break
		}
		all = append(all, "^"+word[:end])
	}
	return all
}
