package duo

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// AdministratorEvent is something that an administrator or an application changed, in the older of
// Duo's logs. [ActivityEvent] is its successor.
type AdministratorEvent struct {
	Time        time.Time // to the second
	Actor       string    // name of the administrator, or API (…) with the application's name
	Action      string    // such as user_create, bypass_create, admin_login
	Object      string    // name of what was changed; may be ""
	Description string    // JSON text with the changed fields; may be ""
}

// UnmarshalJSON reads Duo's answer.
func (e *AdministratorEvent) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*e = AdministratorEvent{
		Time:        o.seconds("timestamp"),
		Actor:       o.text("username"),
		Action:      o.text("action"),
		Object:      o.text("object"),
		Description: o.words("description"),
	}
	if e.Time.IsZero() {
		e.Time = o.isoTime("isotimestamp")
	}
	if e.Time.IsZero() {
		return errors.New("no time")
	}
	return nil
}

// AdministratorLogPage returns the events from a second on, oldest first, and the cursor of the
// next page, which is "" behind the last. A page begins at the cursor if there is one. Duo gives
// 1000 a page and asks for no more than one page a minute.
//
// Duo knows no cursors here: a page that is full may end in the middle of a second, so its last
// second is left to the next page.
//
// GET /admin/v1/logs/administrator
func (c *Client) AdministratorLogPage(ctx context.Context, from time.Time, cursor string) (events []AdministratorEvent,
	next string, err error) {
	begin := from.Unix()
	if cursor != "" {
		if begin, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return nil, "", invalid(errors.New("the cursor is not one of the administrator log"))
		}
	}
	if begin < 1 {
		return nil, "", invalid(errors.New("the time from is not set"))
	}
	events, err = c.administratorEvents(ctx, begin)
	if err != nil {
		return nil, "", err
	}
	full := len(events) >= maxLogPage
	events = slices.DeleteFunc(events, func(e AdministratorEvent) bool { return e.Time.Unix() < begin })
	if !full || len(events) == 0 {
		return events, "", nil
	}
	last := events[len(events)-1].Time.Unix()
	if last == begin { // a thousand in one second, of which Duo tells no more
		return events, strconv.FormatInt(last+1, 10), nil
	}
	for len(events) > 0 && events[len(events)-1].Time.Unix() == last {
		events = events[:len(events)-1]
	}
	return events, strconv.FormatInt(last, 10), nil
}

// administratorEvents returns the first events of a second and those after it, oldest first, and may
// return some of the second before. Accounts differ in whether mintime itself is in. Asked for from
// one second earlier, both give everything, unless that second takes so much of the page that none
// is left; then mintime is in, and can be asked for itself.
func (c *Client) administratorEvents(ctx context.Context, begin int64) ([]AdministratorEvent, error) {
	const path = "/admin/v1/logs/administrator"
	for _, mintime := range []int64{begin - 1, begin} {
		events, _, err := get[[]AdministratorEvent](ctx, c, path, Params{"mintime": strconv.FormatInt(mintime, 10)})
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(events, func(a, b AdministratorEvent) int { return a.Time.Compare(b.Time) })
		if n := len(events); n < maxLogPage || events[0].Time.Unix() >= begin || events[n-1].Time.Unix() > begin {
			return events, nil
		}
	}
	return nil, c.notUnderstood(Request{Method: http.MethodGet, Path: path})
}

// AdministratorLog walks the events from a second on, oldest first, 1000 a call and at most
// maxPages calls; [ErrMorePages] ends it when there are more. See [Client.AdministratorLogPage].
func (c *Client) AdministratorLog(ctx context.Context, from time.Time,
	maxPages int) iter.Seq2[AdministratorEvent, error] {
	return walkLog(maxPages, func(cursor string) ([]AdministratorEvent, string, error) {
		return c.AdministratorLogPage(ctx, from, cursor)
	})
}
