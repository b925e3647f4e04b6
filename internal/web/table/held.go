package table

import (
	"cmp"
	"slices"

	"duodesk/internal/store"
)

// Held cuts a page out of rows that are held whole, as the store does out of its own. key is what a row is sorted by:
// no two rows have the same.
func Held[R any](rows []R, q store.Query, key func(R) string) store.Page[R] {
	type keyed struct {
		key string
		row R
	}
	all := make([]keyed, len(rows))
	for i, r := range rows {
		all[i] = keyed{key(r), r}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if q.Descending {
			return cmp.Compare(b.key, a.key)
		}
		return cmp.Compare(a.key, b.key)
	})
	from, to := 0, len(all)
	if q.From != nil {
		at, exact := slices.BinarySearchFunc(all, q.From.Key, func(k keyed, key string) int {
			if q.Descending {
				return cmp.Compare(key, k.key)
			}
			return cmp.Compare(k.key, key)
		})
		switch {
		case q.Before:
			to = at
		case exact:
			from = at + 1
		default:
			from = at
		}
	}
	if q.Before {
		from = max(0, to-q.Limit)
	} else {
		to = min(len(all), from+q.Limit)
	}
	var page store.Page[R]
	for _, k := range all[from:to] {
		page.Rows = append(page.Rows, k.row)
	}
	if from > 0 && from < to {
		page.Previous = &store.Mark{Key: all[from].key}
	}
	if to < len(all) && from < to {
		page.Next = &store.Mark{Key: all[to-1].key}
	}
	return page
}
