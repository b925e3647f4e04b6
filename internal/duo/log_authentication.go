package duo

import (
	"context"
	"iter"
	"time"
)

// AuthenticationEvent is one log-in, or an attempt at it. Duo says "unknown" or nothing for what it
// does not know; both read as "".
type AuthenticationEvent struct {
	Transaction     TransactionID
	Time            time.Time
	Type            string // authentication or enrollment
	Result          string // success, denied, fraud or error
	Reason          string // such as user_approved, invalid_passcode, bypass_user; "" for an enrollment
	Factor          string // such as duo_push, bypass_code
	User            LogParty
	Groups          []string // names of the user's groups
	Alias           string   // that the user logged in with
	Email           string
	Application     LogParty
	AccessDevice    LogDevice
	AuthDevice      LogDevice
	TrustedEndpoint string
}

// LogParty is who or what takes part in an event.
type LogParty struct {
	Key     string // an id
	Name    string
	Type    string // such as admin, user, api; not in every log
	Details string // JSON text; not in every log
}

// LogDevice is a device of an event. Which of the fields are known depends on the kind of device.
type LogDevice struct {
	Key                  string // of an authentication device
	Name                 string // of an authentication device
	Address              string // IP
	Hostname             string
	Browser, OS          string // with their versions
	City, State, Country string // after the address
}

// UnmarshalJSON reads Duo's answer.
func (e *AuthenticationEvent) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	user := member(o, "user")
	*e = AuthenticationEvent{
		Transaction:     TransactionID(o.text("txid")),
		Time:            o.eventTime("isotimestamp"),
		Type:            o.text("event_type"),
		Result:          o.text("result"),
		Reason:          o.text("reason"),
		Factor:          o.text("factor"),
		User:            party(user),
		Groups:          list[string](user, "groups"),
		Alias:           o.known("alias"),
		Email:           o.text("email"),
		Application:     party(member(o, "application")),
		AccessDevice:    device(member(o, "access_device")),
		AuthDevice:      device(member(o, "auth_device")),
		TrustedEndpoint: o.known("trusted_endpoint_status"),
	}
	return nil
}

// AuthenticationLogPage returns one page of log-ins and the cursor of the next, which is "" behind
// the last. Duo gives at most 1000 a page and asks for no more than one page a minute.
//
// GET /admin/v2/logs/authentication
func (c *Client) AuthenticationLogPage(ctx context.Context, w LogWindow, limit int,
	cursor string) (events []AuthenticationEvent, next string, err error) {
	return readLog[AuthenticationEvent](ctx, c, "/admin/v2/logs/authentication", w, limit, cursor)
}

// AuthenticationLog walks the log-ins, 1000 a call and at most maxPages calls; [ErrMorePages] ends
// it when there are more.
func (c *Client) AuthenticationLog(ctx context.Context, w LogWindow,
	maxPages int) iter.Seq2[AuthenticationEvent, error] {
	return walkLog(maxPages, func(cursor string) ([]AuthenticationEvent, string, error) {
		return c.AuthenticationLogPage(ctx, w, maxLogPage, cursor)
	})
}

// member reads an object inside an object, an empty one if there is none.
func member(o *object, name string) *object {
	inner, err := parseObject(o.members[name])
	if err != nil {
		return &object{}
	}
	return inner
}

func party(o *object) LogParty {
	return LogParty{Key: o.text("key"), Name: o.text("name"), Type: o.text("type"), Details: o.words("details")}
}

func device(o *object) LogDevice {
	location := member(o, "location")
	address := o.known("ip")
	if address == "" {
		address = member(o, "ip").known("address")
	}
	return LogDevice{
		Key:      o.text("key"),
		Name:     o.text("name"),
		Address:  address,
		Hostname: o.known("hostname"),
		Browser:  versioned(o, "browser"),
		OS:       versioned(o, "os"),
		City:     location.known("city"),
		State:    location.known("state"),
		Country:  location.known("country"),
	}
}

func versioned(o *object, name string) string {
	text, version := o.known(name), o.known(name+"_version")
	if text != "" && version != "" {
		return text + " " + version
	}
	return text
}

// known reads a text for which Duo writes "unknown" when it has none.
func (o *object) known(name string) string {
	if text := o.text(name); text != "unknown" {
		return text
	}
	return ""
}

// eventTime reads the ISO time of an event, or else its Unix time in seconds.
func (o *object) eventTime(name string) time.Time {
	if t := o.isoTime(name); !t.IsZero() {
		return t
	}
	return o.seconds("timestamp")
}
