package site

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/views"
)

// Form is what a form sent: each field once, from the body alone.
type Form struct{ Values url.Values }

// FormOf reads a form. It refuses other kinds of bodies and repeated fields:
// browsers send neither to us. The ticket in it goes with the visitor's Actor.
func FormOf(c echo.Context) (Form, error) {
	form, err := readForm(c)
	if err != nil {
		return form, err
	}
	ticket, fault := form.Text(TicketBox)
	if fault != "" {
		return form, BadRequest(TicketBox.Label + ": " + fault)
	}
	if b := remembered(c).beside; b != nil {
		b.ticket = ticket
	}
	return form, nil
}

// ActForm reads a form that acts once, and the id that it acts under. What is wrong with
// its ticket is for its page to say.
func ActForm(c echo.Context) (Form, uuid.UUID, error) {
	form, err := readForm(c)
	if err != nil {
		return form, uuid.Nil, err
	}
	id, err := form.RunID()
	return form, id, err
}

func readForm(c echo.Context) (Form, error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		kind != "application/x-www-form-urlencoded" {
		return Form{}, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return Form{}, err
		}
		return Form{}, BadRequest("The form is not encoded as application/x-www-form-urlencoded, or broke off.")
	}
	if err := withinLimit(c); err != nil {
		return Form{}, err
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return Form{}, BadRequest("The form has a field twice: " + Known(name) + ".")
		}
	}
	return Form{r.PostForm}, nil
}

// Get returns a field, empty when it was not sent.
func (f Form) Get(name string) string { return f.Values.Get(name) }

// Has reports whether a field was sent.
func (f Form) Has(name string) bool { return f.Values.Has(name) }

// RunID returns the id that the form carries against being carried out twice.
func (f Form) RunID() (uuid.UUID, error) {
	id, err := uuid.Parse(f.Get("run_id"))
	if err != nil {
		return id, BadRequest("The form has no run_id, or one that is not a UUID. Open it again.")
	}
	return id, nil
}

// FormWithID reads a form that acts once, and the id that it acts under.
func FormWithID(c echo.Context) (Form, uuid.UUID, error) {
	form, err := FormOf(c)
	if err != nil {
		return form, uuid.Nil, err
	}
	id, err := form.RunID()
	return form, id, err
}

// Field hands an action's fields to its Parse. A box that is not ticked is not
// sent by browsers: for a yes-or-no field that means no.
func (f Form) Field(a catalog.Action) func(name string) (string, bool) {
	yesno := map[string]bool{}
	for _, field := range a.Fields {
		spec := field.Spec()
		yesno[spec.Name] = spec.Kind == "yesno" && spec.Default != ""
	}
	return func(name string) (string, bool) {
		// What stands as the form was opened with is not asked for: a name that
		// Duo accepted long ago must not stop a change of another field.
		if f.Untouched(name) {
			return "", false
		}
		if !f.Has(name) && yesno[name] {
			return "false", true
		}
		return f.Get(name), f.Has(name)
	}
}

// Text checks a field that belongs to no action.
func (f Form) Text(field catalog.Text) (text, fault string) {
	in, bad := catalog.Action{Fields: []catalog.Field{field}}.Parse(func(name string) (string,
		bool) {
		return f.Get(name), f.Has(name)
	})
	if len(bad) > 0 {
		return "", bad[0].Message
	}
	return field.Of(in), ""
}

// Untouched reports whether a box holds what it held when the form was opened.
func (f Form) Untouched(name string) bool {
	was := "was." + name
	return f.Has(was) && UnixLines(f.Get(was)) == UnixLines(f.Get(name))
}

// Was returns what a box held when the form was opened; nil where it does not
// say.
func (f Form) Was(name string) *string {
	if !f.Has("was." + name) {
		return nil
	}
	text := f.Get("was." + name)
	return &text
}

// UnixLines undoes what browsers make of line breaks in a form.
func UnixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// body is what a request sends, and how much of it was read.
type body struct {
	io.ReadCloser
	limit, read int64 // bytes; more is too much, and is read only to be given back
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	return n, err
}

// limitBody bounds how much a route's request may send. A form on the pages of a
// workspace is read beyond its limit, up to what is held of a form.
func limitBody(c echo.Context, r Route) {
	request, most := c.Request(), r.limit
	if r.Policy.reach >= inWorkspace && !r.Policy.Token {
		most = max(most, heldMost)
	}
	request.Body = &body{ReadCloser: http.MaxBytesReader(c.Response(), request.Body, most), limit: r.limit}
}

// withinLimit refuses a body that was longer than its route allows.
func withinLimit(c echo.Context) error {
	if b, ok := c.Request().Body.(*body); ok && b.read > b.limit {
		return &http.MaxBytesError{Limit: b.limit}
	}
	return nil
}

// Known keeps a name that could be any text from filling an answer.
func Known(name string) string {
	name = catalog.Plain(name)
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60]) + "…"
	}
	return name
}

// ByField puts faults beside their fields; of several about a field the first counts.
func ByField(bad []catalog.FieldError) map[string]string {
	faults := map[string]string{}
	for _, b := range bad {
		if faults[b.Field] == "" { // the first says more
			faults[b.Field] = b.Message
		}
	}
	return faults
}

// TicketBox is the field beside those of every action.
var TicketBox = catalog.Text{Name: run.TicketField, Label: "Ticket", Max: views.LongestTicket}

// ReasonBox is the field for the reason of an act after a report of fraud.
var ReasonBox = catalog.Text{Name: run.ReasonField, Label: "Reason", Max: run.LongestReason}

// longestConnected bounds the words that a form carries along, in bytes.
const longestConnected = 600

// Opened returns the connection that a form was opened for, and its words.
func (f Form) Opened() (connection, words string, err error) {
	connection, words = f.Get("connection"), catalog.Plain(f.Get("was.connection"))
	if connection == "" || len(words) > longestConnected {
		err = BadRequest("The form does not say which connection it was opened for. Open it again.")
	}
	return connection, words, err
}

// SinceThen is how something is connected now, told apart from how it was.
func SinceThen(was, now string) string {
	if was == now {
		return now + ", after a change in between"
	}
	return now
}

// InWords says the value of a field as a person reads it.
func InWords(v Visitor, spec catalog.Spec, text string) string {
	if at, err := time.Parse(time.RFC3339, text); spec.Kind == "moment" && err == nil {
		return Exactly(v, at)
	}
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 && strings.HasSuffix(spec.Name, "_secs") {
		return catalog.Duration(time.Duration(seconds) * time.Second)
	}
	return cmp.Or(catalog.Plain(spec.Words(text)), "empty")
}
