package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
)

// form is what a form sent: each field once, from the body alone.
type form struct{ values url.Values }

// formOf reads a form. It refuses other kinds of bodies and repeated fields:
// browsers send neither to us.
func formOf(c echo.Context) (form, error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return form{}, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return form{}, err
		}
		return form{}, badRequest("The form is not encoded as application/x-www-form-urlencoded, or broke off.")
	}
	if err := withinLimit(c); err != nil {
		return form{}, err
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return form{}, badRequest("The form has a field twice: " + known(name) + ".")
		}
	}
	return form{r.PostForm}, nil
}

// Get returns a field, empty when it was not sent.
func (f form) Get(name string) string { return f.values.Get(name) }

// Has reports whether a field was sent.
func (f form) Has(name string) bool { return f.values.Has(name) }

// runID returns the id that the form carries against being carried out twice.
func (f form) runID() (uuid.UUID, error) {
	id, err := uuid.Parse(f.Get("run_id"))
	if err != nil {
		return id, badRequest("The form has no run_id, or one that is not a UUID. Open it again.")
	}
	return id, nil
}

// formWithID reads a form that acts once, and the id that it acts under.
func formWithID(c echo.Context) (form, uuid.UUID, error) {
	form, err := formOf(c)
	if err != nil {
		return form, uuid.Nil, err
	}
	id, err := form.runID()
	return form, id, err
}

// field hands an action's fields to its Parse. A box that is not ticked is not
// sent by browsers: for a yes-or-no field that means no.
func (f form) field(a catalog.Action) func(name string) (string, bool) {
	yesno := map[string]bool{}
	for _, field := range a.Fields {
		spec := field.Spec()
		yesno[spec.Name] = spec.Kind == "yesno" && spec.Default != ""
	}
	return func(name string) (string, bool) {
		// What stands as the form was opened with is not asked for: a name that
		// Duo accepted long ago must not stop a change of another field.
		if f.untouched(name) {
			return "", false
		}
		if !f.Has(name) && yesno[name] {
			return "false", true
		}
		return f.Get(name), f.Has(name)
	}
}

// text checks a field that belongs to no action.
func (f form) text(field catalog.Text) (text, fault string) {
	in, bad := catalog.Action{Fields: []catalog.Field{field}}.Parse(func(name string) (string, bool) { return f.Get(name), f.Has(name) })
	if len(bad) > 0 {
		return "", bad[0].Message
	}
	return field.Of(in), ""
}

// untouched reports whether a box holds what it held when the form was opened.
func (f form) untouched(name string) bool {
	was := "was." + name
	return f.Has(was) && unixLines(f.Get(was)) == unixLines(f.Get(name))
}

// was returns what a box held when the form was opened; nil where it does not
// say.
func (f form) was(name string) *string {
	if !f.Has("was." + name) {
		return nil
	}
	text := f.Get("was." + name)
	return &text
}

// unixLines undoes what browsers make of line breaks in a form.
func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

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
func limitBody(c echo.Context, r route) {
	request, most := c.Request(), r.limit
	if r.policy.reach >= inWorkspace && !r.policy.token {
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
