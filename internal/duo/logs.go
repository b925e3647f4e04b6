package duo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxLogPage is the largest page of a log that Duo gives.
const maxLogPage = 1000

// LogWindow is a stretch of time of a log, to the millisecond: From is in it and To is not beyond
// it. Duo keeps 180 days and refuses a From before them (CodeInvalidParameter); events appear about
// two minutes after they happened.
type LogWindow struct {
	From, To    time.Time
	OldestFirst bool // the newest come first otherwise

	// Of the authentication log alone; empty is all. Results and factors are
	// those of [AuthenticationEvent].
	Users            []UserID
	Results, Factors []string
}

func (w LogWindow) params(limit int, cursor string) (Params, error) {
	if w.From.IsZero() || !w.From.Before(w.To) {
		return nil, invalid(errors.New("the time from is not before the time to"))
	}
	p := Params{
		"mintime": strconv.FormatInt(w.From.UnixMilli(), 10),
		"maxtime": strconv.FormatInt(w.To.UnixMilli(), 10),
		"limit":   strconv.Itoa(limit),
		"sort":    "ts:desc",
	}
	if w.OldestFirst {
		p["sort"] = "ts:asc"
	}
	if cursor != "" {
		p["next_offset"] = cursor
	}
	var users []string
	for _, id := range w.Users {
		users = append(users, string(id))
	}
	for name, values := range map[string][]string{"users": users, "results": w.Results, "factors": w.Factors} {
		if len(values) > 0 {
			p[name] = values
		}
	}
	return p, nil
}

// logPage is the response of a log of version 2, whose metadata is inside it.
type logPage[T any] struct {
	events []T
	next   string
}

// logMembers are the names of the list in a page of a log.
var logMembers = []string{"items", "authlogs", "events"}

func (p *logPage[T]) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	for _, name := range logMembers {
		if _, has := o.members[name]; has {
			*p = logPage[T]{events: list[T](o, name), next: nextCursor(o)}
			return o.err
		}
	}
	return errors.New("no events")
}

// nextCursor reads metadata.next_offset, a text or a list of texts, as one text that Duo takes
// back.
func nextCursor(o *object) string {
	fields, err := parseObject(o.members["metadata"])
	if err != nil {
		return ""
	}
	var parts []json.RawMessage
	if json.Unmarshal(fields.members["next_offset"], &parts) != nil {
		return fields.text("next_offset")
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = scalar(part)
	}
	return strings.Join(texts, ",")
}

func readLog[T any](ctx context.Context, c *Client, path string, w LogWindow, limit int, cursor string) ([]T,
	string, error) {
	params, err := w.params(limit, cursor)
	if err != nil {
		return nil, "", err
	}
	page, metadata, err := get[logPage[T]](ctx, c, path, params)
	if err != nil || len(page.events)+metadata.left == 0 {
		return nil, "", err // Duo may give a cursor even behind the last event
	}
	if page.next == cursor && cursor != "" {
		return nil, "", c.notUnderstood(Request{Method: http.MethodGet, Path: path})
	}
	return page.events, page.next, nil
}

// walkLog asks for page after page, which each hand the cursor of the next, "" from the last.
func walkLog[T any](maxPages int, page func(cursor string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if maxPages < 1 {
			yield(none, invalid(fmt.Errorf("%d pages where 1 or more are possible", maxPages)))
			return
		}
		cursor := ""
		for range maxPages {
			events, next, err := page(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
			}
			if cursor = next; cursor == "" {
				return
			}
		}
		yield(none, ErrMorePages)
	}
}
