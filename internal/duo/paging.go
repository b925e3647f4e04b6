package duo

import (
	"context"
	"iter"
	"net/http"
	"strconv"
)

// Metadata describes one page of a list.
type Metadata struct {
	Total int // objects in the whole list
	Next  int // offset of the next page; 0 on the last
}

func metadata(envelope *object) Metadata {
	fields, err := parseObject(envelope.members["metadata"])
	if err != nil {
		return Metadata{}
	}
	return Metadata{Total: fields.count("total_objects"), Next: fields.count("next_offset")}
}

// Largest pages that Duo gives; it cuts a larger limit down rather than refusing it.
const (
	maxUsersPage = 300
	maxPage      = 500
)

// page gives one page. Duo refuses a limit below 1 or an offset below 0 with CodeInvalidParameter.
func page[T any](ctx context.Context, c *Client, path string, limit, offset int) ([]T, Metadata, error) {
	return get[[]T](ctx, c, path, Params{"limit": strconv.Itoa(limit), "offset": strconv.Itoa(offset)})
}

// pages walks a list page by page. The sequence ends after the last object or after the first
// error, whichever comes first.
func pages[T any](ctx context.Context, c *Client, path string, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for offset := 0; ; {
			items, metadata, err := page[T](ctx, c, path, limit, offset)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if metadata.Next == 0 || len(items) == 0 {
				return
			}
			if metadata.Next <= offset {
				yield(none, c.notUnderstood(Request{Method: http.MethodGet, Path: path}))
				return
			}
			offset = metadata.Next
		}
	}
}

func collect[T any](objects iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for object, err := range objects {
		if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
	return all, nil
}
