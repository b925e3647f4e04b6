package duosim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxLogged    = 5000 // events kept per log and account; Duo keeps all
	logReach     = 180 * 24 * time.Hour
	logGrace     = time.Hour // Duo's own clients ask for exactly 180 days, counted before the request is on its way
	firstLogPage = 1000      // what version 1 of the logs answers at most, and the largest page of version 2
)

// logs are what an account remembers of what happened in it, oldest first.
type logs struct {
	Logins  []*login
	Actions []*action
	Charges []*charge
}

// login is an entry of the authentication log. Moments are milliseconds, for version 2 pages by them.
type login struct {
	TxID, UserID, Username, Email   string
	At                              int64
	Groups                          []string
	IntegrationKey, ApplicationName string
	Factor, Result, Reason, Type    string
	IP                              string // of the access device
	DeviceKey, DeviceName           string
}

// action is an entry of the administrator log (version 1) and the activity log (version 2).
type action struct {
	ID                             string
	At                             int64
	Name, Object, Description      string // the description is JSON text, or empty
	ObjectKey                      string // its id, where the address of the call names a user
	ActorKey, ActorName, ActorType string
}

// charge is an entry of the telephony log.
type charge struct {
	ID                         string
	At                         int64
	Context, Phone, Type, TxID string
	Credits                    int
}

func (l *login) moment() (int64, string)  { return l.At, l.TxID }
func (a *action) moment() (int64, string) { return a.At, a.ID }
func (c *charge) moment() (int64, string) { return c.At, c.ID }

// keep appends to a log and forgets its beginning when it gets long.
func keep[T any](log []T, entry T) []T {
	log = append(log, entry)
	return log[max(0, len(log)-maxLogged):]
}

// logAction enters what this call has done. Duo calls an application by its name in brackets.
func (c *call) logAction(name, object string, description map[string]any) {
	text := ""
	if len(description) > 0 {
		made, err := json.Marshal(description)
		if err != nil {
			panic(err) // plain values
		}
		text = string(made)
	}
	c.account.Logs.Actions = keep(c.account.Logs.Actions, &action{
		ID: c.sim.ids.uuid(), At: c.now.UnixMilli(), Name: name, Object: object, Description: text,
		ObjectKey: c.path["user_id"],
		ActorKey:  c.app.IntegrationKey, ActorName: "API (" + c.app.name() + ")", ActorType: "admin_api",
	})
}

// charge takes the price of a message or call and enters it into the telephony log.
func (c *call) charge(number, context, kind, txid string, credits int) {
	c.account.TelephonyCredits = max(0, c.account.TelephonyCredits-credits)
	c.account.Logs.Charges = keep(c.account.Logs.Charges, &charge{
		ID: c.sim.ids.uuid(), At: c.now.UnixMilli(), Context: context, Phone: number, Type: kind, TxID: txid,
		Credits: credits,
	})
}

// isoSecond and isoMicro are Duo's two ways of writing a moment of a log. The official collector parses the second with
// exactly six digits.
func isoSecond(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format("2006-01-02T15:04:05-07:00")
}

func isoMicro(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format("2006-01-02T15:04:05.000000-07:00")
}

// firstLogs answers version 1 of a log: the 1000 earliest entries at or after mintime, in a bare list.
func firstLogs[T interface{ moment() (int64, string) }](c *call, log []T, view func(T) map[string]any) (any, *refusal) {
	mintime, no := c.integer("mintime", 0, 0, 1<<40)
	if no != nil {
		return nil, no
	}
	from := max(int64(mintime)*1000, c.now.Add(-logReach-logGrace).UnixMilli())
	found := []T{}
	for _, entry := range log {
		if at, _ := entry.moment(); at >= from && at <= c.now.Add(-c.sim.logDelay).UnixMilli() {
			found = append(found, entry)
		}
	}
	slices.SortStableFunc(found, earlier)
	return each(found[:min(len(found), firstLogPage)], view), nil
}

func earlier[T interface{ moment() (int64, string) }](a, b T) int {
	at, id := a.moment()
	bt, other := b.moment()
	return cmp.Or(cmp.Compare(at, bt), strings.Compare(id, other))
}

// cursor is the place in a log after which the next page begins.
type cursor struct {
	at int64
	id string
}

// logPage answers version 2 of a log: the page, how many there are in all, and where the next one begins; nil when this
// was the last.
func logPage[T interface{ moment() (int64, string) }](c *call, log []T) (found []T, total int, next *cursor,
	no *refusal) {
	var edges [2]int64
	for i, name := range []string{"mintime", "maxtime"} {
		text, no := c.required(name)
		if no != nil {
			return nil, 0, nil, no
		}
		var err error
		if edges[i], err = strconv.ParseInt(text, 10, 64); err != nil || edges[i] < 0 {
			return nil, 0, nil, refuse(40002, name)
		}
	}
	if edges[0] >= edges[1] {
		return nil, 0, nil, refuse(40002, "mintime")
	}
	if edges[0] < c.now.Add(-logReach-logGrace).UnixMilli() {
		return nil, 0, nil, refuse(40002, "mintime must be within the past 180 days")
	}
	limit, no := c.integer("limit", 100, 1, 1<<31)
	if no != nil {
		return nil, 0, nil, no
	}
	var rising bool
	switch c.param("sort") {
	case "ts:asc":
		rising = true
	case "ts:desc", "":
	default:
		return nil, 0, nil, refuse(40002, "sort")
	}
	after, no := c.cursor()
	if no != nil {
		return nil, 0, nil, no
	}
	limit = min(limit, firstLogPage)
	for _, entry := range log {
		if at, _ := entry.moment(); at >= edges[0] && at <= min(edges[1], c.now.Add(-c.sim.logDelay).UnixMilli()) {
			found = append(found, entry)
		}
	}
	slices.SortFunc(found, func(a, b T) int {
		if rising {
			return earlier(a, b)
		}
		return earlier(b, a)
	})
	total = len(found)
	if after != nil {
		found = slices.DeleteFunc(found, func(entry T) bool {
			at, id := entry.moment()
			order := cmp.Or(cmp.Compare(at, after.at), strings.Compare(id, after.id))
			return rising && order <= 0 || !rising && order >= 0
		})
	}
	if len(found) > limit {
		found = found[:limit]
		at, id := found[limit-1].moment()
		next = &cursor{at, id}
	}
	return found, total, next, nil
}

// cursor reads next_offset in either of its forms: "moment,id" or the two as one parameter sent twice.
func (c *call) cursor() (*cursor, *refusal) {
	text := strings.Join(c.all("next_offset"), ",")
	if text == "" {
		return nil, nil
	}
	moment, id, whole := strings.Cut(text, ",")
	at, err := strconv.ParseInt(moment, 10, 64)
	if err != nil || !whole {
		return nil, refuse(40002, "next_offset")
	}
	return &cursor{at, id}, nil
}

// uuid makes a random version 4 UUID.
func (ids identifiers) uuid() string {
	hex := ids.text(lowerHex, 30)
	return hex[:8] + "-" + hex[8:12] + "-4" + hex[12:15] + "-" + ids.text("89ab", 1) + hex[15:18] + "-" + hex[18:30]
}
