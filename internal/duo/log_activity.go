package duo

import (
	"context"
	"iter"
	"time"
)

// ActivityEvent is something that an administrator, an application or a user did.
type ActivityEvent struct {
	ID            string
	Time          time.Time
	Action        string // such as user_update, bypass_create
	ActionDetails string // JSON text
	Actor         LogParty
	Target        LogParty
	OldTarget     LogParty // before the action
	Application   LogParty
	Outcome       string // SUCCESS or FAILURE
	Account       AccountID
	AccessDevice  LogDevice
}

// UnmarshalJSON reads Duo's answer.
func (e *ActivityEvent) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	action := member(o, "action")
	*e = ActivityEvent{
		ID:            o.text("activity_id"),
		Time:          o.eventTime("ts"),
		Action:        action.text("name"),
		ActionDetails: action.words("details"),
		Actor:         party(member(o, "actor")),
		Target:        party(member(o, "target")),
		OldTarget:     party(member(o, "old_target")),
		Application:   party(member(o, "application")),
		Outcome:       member(o, "outcome").text("result"),
		Account:       AccountID(o.text("akey")),
		AccessDevice:  device(member(o, "access_device")),
	}
	if e.Action == "" {
		e.Action = o.text("action") // a plain text on some accounts
	}
	return nil
}

// ActivityLogPage returns one page of what was done and the cursor of the next, which is "" behind
// the last. Duo gives at most 1000 a page and asks for no more than one page a minute.
//
// GET /admin/v2/logs/activity
func (c *Client) ActivityLogPage(ctx context.Context, w LogWindow, limit int, cursor string) (events []ActivityEvent,
	next string, err error) {
	return readLog[ActivityEvent](ctx, c, "/admin/v2/logs/activity", w, limit, cursor)
}

// ActivityLog walks what was done, 1000 a call and at most maxPages calls; [ErrMorePages] ends it
// when there are more.
func (c *Client) ActivityLog(ctx context.Context, w LogWindow, maxPages int) iter.Seq2[ActivityEvent, error] {
	return walkLog(maxPages, func(cursor string) ([]ActivityEvent, string, error) {
		return c.ActivityLogPage(ctx, w, maxLogPage, cursor)
	})
}

// TelephonyEvent is an SMS or a call.
type TelephonyEvent struct {
	ID          string
	Time        time.Time
	Context     string // what it was for, such as enrollment, authentication, administrator login
	Type        string // sms or phone
	Phone       string // E.164
	Credits     int    // that it cost
	Transaction TransactionID
}

// UnmarshalJSON reads Duo's answer.
func (e *TelephonyEvent) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*e = TelephonyEvent{
		ID:          o.text("telephony_id"),
		Time:        o.eventTime("ts"),
		Context:     o.text("context"),
		Type:        o.text("type"),
		Phone:       o.text("phone"),
		Credits:     o.count("credits"),
		Transaction: TransactionID(o.text("txid")),
	}
	return nil
}

// TelephonyLogPage returns one page of SMS and calls and the cursor of the next, which is "" behind
// the last. Duo gives at most 1000 a page and asks for no more than one page a minute.
//
// GET /admin/v2/logs/telephony
func (c *Client) TelephonyLogPage(ctx context.Context, w LogWindow, limit int, cursor string) (events []TelephonyEvent,
	next string, err error) {
	return readLog[TelephonyEvent](ctx, c, "/admin/v2/logs/telephony", w, limit, cursor)
}

// TelephonyLog walks SMS and calls, 1000 a call and at most maxPages calls; [ErrMorePages] ends it
// when there are more.
func (c *Client) TelephonyLog(ctx context.Context, w LogWindow, maxPages int) iter.Seq2[TelephonyEvent, error] {
	return walkLog(maxPages, func(cursor string) ([]TelephonyEvent, string, error) {
		return c.TelephonyLogPage(ctx, w, maxLogPage, cursor)
	})
}
