package index

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// mostSought is how many users that fit words are looked at, in no order: more letters find the
// others. Whom a key names exactly is sought apart from them.
const mostSought = 200

// Found is a user that a search found.
type Found struct {
	Organization uuid.UUID
	ID           string // Duo's
	Person       Person
	Exact        bool      // by a whole login name, address, number or id
	AskedAt      time.Time // when Duo was asked for what Person says
	search       string
}

// Search finds users of a scope by what a person types: parts of names, login names, addresses
// and numbers in any order, or one of them or an id as a whole. Who is found exactly comes first,
// then those with a word that begins as typed, each by name. more: there are others that were not
// looked at. Nothing typed finds nobody.
func (x *Index) Search(ctx context.Context, sc store.Scope, typed string) (found []Found, more bool, err error) {
	words, key := soughtBy(typed)
	if len(words) == 0 {
		return nil, false, nil
	}
	var rows []store.FoundUser
	err = x.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		rows, err = tx.SearchUsers(ctx, words, key, mostSought)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	for _, row := range rows {
		f := Found{Organization: row.OrganizationID, ID: row.ID, Exact: row.Exact, AskedAt: row.AskedAt,
			search: row.Search}
		if err := json.Unmarshal(row.Detail, &f.Person); err != nil {
			return nil, false, err
		}
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.rank(words), b.rank(words)), cmp.Compare(a.name(), b.name()),
			cmp.Compare(a.Organization.String(), b.Organization.String()), cmp.Compare(a.ID, b.ID))
	})
	return found, len(rows) >= mostSought, nil
}

// soughtBy are the folded words of what was typed, and the key that it is as a whole. A number is
// one word, however it is written.
func soughtBy(typed string) (words []string, key string) {
	folded := text.Fold(typed)
	if number, is := catalog.DigitsOf(typed); is && len(number.Number) > 2 {
		return []string{number.Number}, number.Number
	}
	if !strings.HasPrefix(folded, "^") { // which marks a beginning
		key = folded
	}
	return strings.Fields(folded), key
}

// rank is lower for what fits better.
func (f Found) rank(words []string) int {
	if f.Exact {
		return 0
	}
	for _, word := range words {
		if !strings.Contains(" "+strings.ReplaceAll(f.search, "\n", " "), " "+word) {
			return 2
		}
	}
	return 1
}

func (f Found) name() string { return text.Fold(cmp.Or(f.Person.RealName, f.Person.Username)) }
