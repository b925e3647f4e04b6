package duo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// ErrMorePages ends a walk that was bounded by a number of pages when there are more of them. What
// came before it is good.
var ErrMorePages = errors.New("duo: there are more pages than were asked for")

// Metadata describes one page of a list.
type Metadata struct {
	Total int // objects in the whole list
	Next  int // offset of the next page; 0 on the last

	left int // events of a log that were left out: they were not asked for
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

// page gives one page, of fewer objects than limit if more are too large for one answer: the metadata
// leads to the next in both cases. Duo refuses a limit below 1 or an offset below 0 with
// CodeInvalidParameter.
func page[T any](ctx context.Context, c *Client, path string, limit, offset int) ([]T, Metadata, error) {
	return pageOf[T](ctx, c, path, nil, limit, offset)
}

// pageOf gives one page of what a filter chooses.
func pageOf[T any](ctx context.Context, c *Client, path string, filter Params, limit, offset int) ([]T,
	Metadata, error) {
	items, metadata, _, err := fittingPage[T](ctx, c, path, filter, limit, offset)
	return items, metadata, err
}

// fittingPage gives one page, and the limit that its answer was small enough with. Reading is safe to
// repeat, so that a page of which the answer was too large is asked for again, a quarter of it each time.
func fittingPage[T any](ctx context.Context, c *Client, path string, filter Params, limit, offset int) ([]T, Metadata,
	int, error) {
	for {
		params := pageParams(limit, offset)
		maps.Copy(params, filter)
		items, metadata, err := get[[]T](ctx, c, path, params)
		smaller := smallerLimit(limit, err)
		if smaller == 0 {
			return items, metadata, limit, err
		}
		limit = smaller
	}
}

// smallerLimit is the limit to ask with again after an answer that was too large; 0: not at all.
func smallerLimit(limit int, err error) int {
	failed, is := errors.AsType[*TransportError](err)
	if !is || failed.Failure != AnswerTooLarge || limit <= 1 {
		return 0
	}
	return max(1, limit/4)
}

// DoFitting sends r, a GET, and returns its answer, with the limit that the answer was small enough
// with: that of r, 0 if r has none, or a smaller one.
func (c *Client) DoFitting(ctx context.Context, r Request) (answer Answer, limit int, err error) {
	for limit, _ = strconv.Atoi(fmt.Sprint(r.Params["limit"])); ; {
		answer, err = c.Do(ctx, r)
		smaller := smallerLimit(limit, err)
		if smaller == 0 {
			return answer, limit, err
		}
		limit = smaller
		r.Params = r.Params.with("limit", strconv.Itoa(limit))
	}
}

// DoPages sends r, a GET, and then the same for each following page, at most maxPages times in all,
// and gives the answers as they come; [ErrMorePages] ends it when there are more. It knows the
// pages of lists (offset) and of logs (next_offset). An answer that has no pages is the only one. Of
// answers that are too large it asks for a part, where r has a limit that can be made smaller.
func (c *Client) DoPages(ctx context.Context, r Request, maxPages int) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		if r.Method != http.MethodGet || maxPages < 1 {
			yield(Answer{}, invalid(errors.New("only a GET has pages, of which at least one must be asked for")))
			return
		}
		for range maxPages {
			answer, limit, err := c.DoFitting(ctx, r)
			if !yield(answer, err) || err != nil {
				return
			}
			if limit > 0 {
				r.Params = r.Params.with("limit", strconv.Itoa(limit))
			}
			name, next := nextPage(r.Path, answer)
			if next == "" {
				return
			}
			if r.Params[name] == next {
				yield(Answer{}, c.notUnderstood(r))
				return
			}
			r.Params = r.Params.with(name, next)
		}
		yield(Answer{}, ErrMorePages)
	}
}

// nextPage names the parameter that leads from answer to the next page, and its value; "" if this
// is the last.
func nextPage(path string, answer Answer) (name, next string) {
	if answer.Metadata.Next > 0 {
		return "offset", strconv.Itoa(answer.Metadata.Next)
	}
	var log logPage[json.RawMessage]
	if json.Unmarshal(answer.Response, &log) != nil || len(log.events)+answer.Metadata.left == 0 {
		return "", ""
	}
	if strings.HasPrefix(path, "/admin/v1/trust_monitor/") {
		return "offset", log.next
	}
	return "next_offset", log.next
}

// pages walks a list page by page. The sequence ends after the last object or after the first
// error, whichever comes first.
func pages[T any](ctx context.Context, c *Client, path string, limit int) iter.Seq2[T, error] {
	return pagesOf[T](ctx, c, path, nil, limit)
}

// pagesOf walks what a filter chooses of a list.
func pagesOf[T any](ctx context.Context, c *Client, path string, filter Params, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for offset := 0; ; {
			items, metadata, fitting, err := fittingPage[T](ctx, c, path, filter, limit, offset)
			if limit = fitting; err != nil {
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
