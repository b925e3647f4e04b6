package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"duodesk/internal/duo"
)

const logCategory = "Admin API - Logs"

// LogMark is the field with the mark at which a log is read on.
const LogMark = "next_offset"

// The fields of a log: from when to when, and which part of that. Duo keeps 180
// days.
var (
	logFrom = Time{Name: "mintime", Label: "From",
		Help: "A day, or a day and a time. Empty: 24 hours before the end. Duo keeps 180 days."}
	logTo = Time{Name: "maxtime", Label: "To",
		Help: "Empty: now. Events appear about two minutes after they happened."}
	logLimit = Int{Name: "limit", Label: "Maximum number",
		Help: "Duo returns up to 1000 at a time, and asks for no more than one request per minute.", Min: 1, Max: 1000,
		Default: 100, Example: "100"}
	logCursor = Text{Name: LogMark, Label: "Read on from",
		Help: "The mark at the end of the previous part. Keep the same times.", Max: 200}
	logSort = Choice{Name: "sort", Label: "Order", Default: "ts:desc",
		Options: []Option{{"ts:desc", "Newest first"}, {"ts:asc", "Oldest first"}}}
)

// logWindow is what the fields ask for, as of now.
func logWindow(in Values, now time.Time) duo.LogWindow {
	w := duo.LogWindow{From: logFrom.Of(in), To: logTo.Of(in), OldestFirst: logSort.Of(in) == "ts:asc"}
	if w.To.IsZero() {
		w.To = now
	}
	if w.From.IsZero() {
		w.From = w.To.Add(-day)
	}
	return w
}

// checkWindow asks for a beginning before the end.
func checkWindow(in Values) []FieldError {
	switch w := logWindow(in, time.Now()); {
	case w.From.After(time.Now()):
		return []FieldError{{Field: logFrom.Name, Message: "This is in the future."}}
	case !w.From.Before(w.To):
		return []FieldError{{Field: logTo.Name, Message: "The end must be after the beginning."}}
	}
	return nil
}

// logTable is one part of a log, with what reads the next.
func logTable[T any](columns []Column, row func(T) []string, events []T, w duo.LogWindow, next string) *Table {
	t := tableOf("events", columns, row, events, duo.Metadata{})
	if next != "" {
		t.Onward = map[string]string{logFrom.Name: timeText(w.From), logCursor.Name: next}
		if !w.To.IsZero() {
			t.Onward[logTo.Name] = timeText(w.To)
		}
	}
	return t
}

func logRead(n int, next string) string {
	if next != "" {
		return "Read " + counted(n, "event", "events") + "; there are more."
	}
	return "Read " + counted(n, "event", "events") + "."
}

var loginColumns = []Column{{"isotimestamp", "Time", Instant}, {"user", "User", ""}, {"result", "Result", ""},
	{"reason", "Reason", ""}, {"factor", "Factor", ""}, {"application", "Application", ""},
	{"auth_device", "With", ""}, {"ip", "From", ""}, {"location", "Place", ""}, {"event_type", "Event", ""},
	{"txid", "Transaction", Mono}}

func loginRow(e duo.AuthenticationEvent) []string {
	var place []string
	for _, part := range []string{e.AccessDevice.City, e.AccessDevice.State, e.AccessDevice.Country} {
		if part != "" {
			place = append(place, part)
		}
	}
	return []string{moment(e.Time), cmp.Or(e.User.Name, e.Email), e.Result, spaced(e.Reason), spaced(e.Factor),
		e.Application.Name, e.AuthDevice.Name, e.AccessDevice.Address,
		strings.Join(place, ", "), e.Type, string(e.Transaction)}
}

// inLine writes a JSON object, as logs hold them, in a line: name: value.
func inLine(text string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil {
		return text
	}
	var parts []string
	for _, name := range sortedKeys(object) {
		parts = append(parts, spaced(name)+": "+cmp.Or(rawWords(object[name]), "empty"))
	}
	return strings.Join(parts, "; ")
}

// spaced writes one of Duo's names, such as user_approved, as words.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

func authenticationLog() Action {
	user := ID{Name: "users", Label: "User", Names: OfUser,
		Help: "Only this user's logins, by username, alias, email or Duo id.", Optional: true}
	result := Choice{Name: "results", Label: "Result", Options: []Option{{"success", "Success"}, {"denied", "Denied"},
		{"fraud", "Reported as fraud"}, {"error", "Error"}}}
	factor := Choice{Name: "factors", Label: "Factor", Options: []Option{{"duo_push", "Duo Push"},
		{"verified_duo_push", "Verified Duo Push"}, {"phone_call", "Phone call"}, {"sms_passcode", "SMS passcode"},
		{"duo_mobile_passcode", "Duo Mobile passcode"}, {"hardware_token", "Hardware token"},
		{"yubikey_code", "YubiKey"}, {"bypass_code", "Bypass code"}, {"remembered_device", "Remembered device"},
		{"trusted_network", "Trusted network"}}}
	return Action{
		Slug: "read-authentication-log", Title: "Read Authentication Log", Category: logCategory,
		Help: "Reads logins and enrollments: the user, the device, the place and the result.",
		API:  Admin, Call: "GET /admin/v2/logs/authentication", Kind: Read, Role: Auditor,
		Fields: []Field{logFrom, logTo, user, result, factor, logSort, logLimit, logCursor},
		Check:  checkWindow,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			w := logWindow(in, time.Now())
			if id := user.Of(in); id != "" {
				w.Users = []duo.UserID{duo.UserID(id)}
			}
			if r := result.Of(in); r != "" {
				w.Results = []string{r}
			}
			if f := factor.Of(in); f != "" {
				w.Factors = []string{f}
			}
			events, next, err := d.AuthenticationLogPage(ctx, w, logLimit.Of(in), logCursor.Of(in))
			if err != nil {
				return Result{Subject: "authentication log"}, tooOld(err)
			}
			return Result{Subject: "authentication log", Summary: logRead(len(events), next),
				Table: logTable(loginColumns, loginRow, events, w, next)}, nil
		},
	}
}

var activityColumns = []Column{{"ts", "Time", Instant}, {"actor", "Who", ""}, {"action", "What", ""},
	{"target", "To what", ""}, {"details", "Details", ""}, {"outcome", "Outcome", ""}, {"ip", "From", ""},
	{"application", "Application", ""}}

func activityRow(e duo.ActivityEvent) []string {
	return []string{moment(e.Time), party(e.Actor), spaced(e.Action), party(e.Target), inLine(cmp.Or(e.ActionDetails,
		e.Target.Details)), strings.ToLower(e.Outcome), e.AccessDevice.Address, e.Application.Name}
}

func party(p duo.LogParty) string {
	if p.Type == "" || p.Name == "" {
		return cmp.Or(p.Name, p.Key)
	}
	return p.Name + " (" + spaced(p.Type) + ")"
}

func activityLog() Action {
	return Action{
		Slug: "read-activity-log", Title: "Read Activity Log", Category: logCategory,
		Help: "Reads what administrators, applications and users changed in the account.",
		API:  Admin, Call: "GET /admin/v2/logs/activity", Kind: Read, Role: Auditor,
		Fields: []Field{logFrom, logTo, logSort, logLimit, logCursor},
		Check:  checkWindow,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			w := logWindow(in, time.Now())
			events, next, err := d.ActivityLogPage(ctx, w, logLimit.Of(in), logCursor.Of(in))
			if err != nil {
				return Result{Subject: "activity log"}, tooOld(err)
			}
			return Result{Subject: "activity log", Summary: logRead(len(events), next),
				Table: logTable(activityColumns, activityRow, events, w, next)}, nil
		},
	}
}

var telephonyColumns = []Column{{"ts", "Time", Instant}, {"type", "Kind", ""}, {"phone", "Number", ""},
	{"context", "For", ""}, {"credits", "Credits", Number}, {"txid", "Transaction", Mono}}

func telephonyRow(e duo.TelephonyEvent) []string {
	return []string{moment(e.Time), e.Type, e.Phone, e.Context, strconv.Itoa(e.Credits), string(e.Transaction)}
}

func telephonyLog() Action {
	return Action{
		Slug: "read-telephony-log", Title: "Read Telephony Log", Category: logCategory,
		Help: "Reads the Phone Calls and SMS that the account paid for.",
		API:  Admin, Call: "GET /admin/v2/logs/telephony", Kind: Read, Role: Auditor,
		Fields: []Field{logFrom, logTo, logSort, logLimit, logCursor},
		Check:  checkWindow,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			w := logWindow(in, time.Now())
			events, next, err := d.TelephonyLogPage(ctx, w, logLimit.Of(in), logCursor.Of(in))
			if err != nil {
				return Result{Subject: "telephony log"}, tooOld(err)
			}
			return Result{Subject: "telephony log", Summary: logRead(len(events), next),
				Table: logTable(telephonyColumns, telephonyRow, events, w, next)}, nil
		},
	}
}

var administratorColumns = []Column{{"timestamp", "Time", Instant}, {"username", "Who", ""}, {"action", "What", ""},
	{"object", "To what", ""}, {"description", "Details", ""}}

func administratorRow(e duo.AdministratorEvent) []string {
	return []string{moment(e.Time), e.Actor, spaced(e.Action), e.Object, inLine(e.Description)}
}

func administratorLog() Action {
	from, logCursor := logFrom, logCursor // this log has marks of its own
	logCursor.Pattern = `[0-9]+`
	from.Help = "A day, or a day and a time. Empty: 24 hours ago. Up to 1000 events, oldest first. Duo asks for no more than one request per minute."
	return Action{
		Slug: "read-administrator-log", Title: "Read Administrator Log", Category: logCategory,
		Help: "Reads what administrators and applications changed, from Duo's older log. The activity log is its successor.",
		API:  Admin, Call: "GET /admin/v1/logs/administrator", Kind: Read, Role: Auditor,
		Fields: []Field{from, logCursor},
		Check: func(in Values) []FieldError {
			if from.Of(in).After(time.Now()) {
				return []FieldError{{Field: from.Name, Message: "This is in the future."}}
			}
			if strings.Trim(logCursor.Of(in), "0123456789") != "" {
				return []FieldError{{Field: logCursor.Name, Message: "This is no mark of the administrator log."}}
			}
			return nil
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			w := duo.LogWindow{From: from.Of(in)}
			if w.From.IsZero() {
				w.From = time.Now().Add(-day)
			}
			events, next, err := d.AdministratorLogPage(ctx, w.From, logCursor.Of(in))
			if err != nil {
				return Result{Subject: "administrator log"}, tooOld(err)
			}
			return Result{Subject: "administrator log", Summary: logRead(len(events), next),
				Table: logTable(administratorColumns, administratorRow, events, w, next)}, nil
		},
	}
}

// tooOld puts Duo's refusal of a beginning before its 180 days beside it.
func tooOld(err error) error {
	if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeInvalidParameter &&
		strings.Contains(refused.Detail, "mintime must be") {
		return refusedField(logFrom.Name, "Duo keeps its logs for 180 days. Choose a later start.", refused)
	}
	return err
}
