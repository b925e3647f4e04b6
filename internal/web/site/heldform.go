package site

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/views"
)

// A form that could not be taken, because the session had ended or the database
// was away, is held: what was typed travels in the page that says so, sealed for
// its operator, and comes back into the form's own page. The form is then as it
// was opened, with its run_id: what was done in spite of the error is not done
// twice.

const (
	HeldField = "held" // of a form: the sealed text; of an address: fill the page
	// heldMost is how many bytes of a form are held, and heldSignIn before there is a
	// session, whose form must fit into the limit for strangers.
	heldMost   = 1 << 20
	heldSignIn = 96 << 10
	HeldLimit  = 2 << 20 // of the form that brings one back
)

// heldForm is what a form held, and where.
type heldForm struct {
	Post   string    `json:"post"` // path that the form was sent to
	Page   string    `json:"page"` // address of the page that it was on
	Values string    `json:"values"`
	At     time.Time `json:"at"`
}

// heldStatuses are the answers after which a form can be sent once more.
var heldStatuses = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusConflict, http.StatusRequestEntityTooLarge,
	http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
}

// secretInput reports whether an input is for a password or a key: it is not held.
func secretInput(name string) bool {
	if setup.SecretField(name) || name == setup.Nine().Paste() || strings.HasSuffix(name, "_paste") ||
		slices.Contains([]string{"password", "current", "new", "token", "client_secret", HeldField}, name) {
		return true
	}
	return slices.ContainsFunc(catalog.All(), func(a catalog.Action) bool {
		return slices.ContainsFunc(a.Fields,
			func(f catalog.Field) bool { return f.Spec().Secret && f.Spec().Name == name })
	})
}

// holdForm seals what a request's form held, for the page of an error; empty if
// there is nothing to hold, or nobody to hold it for.
func (s *Site) holdForm(c echo.Context, status int) string {
	r := c.Request()
	if r.Method != http.MethodPost || !slices.Contains(heldStatuses, status) {
		return ""
	}
	if !strings.HasPrefix(r.URL.Path, "/w/") {
		return r.PostFormValue(HeldField) // one that was on its way back is not lost either
	}
	operator, most := remembered(c).Operator.ID, heldMost
	if operator == uuid.Nil {
		operator, most = claimedOperator(r, s.Sessions.cookie), heldSignIn
	}
	// Whatever is wrong with the rest, what could be read is held.
	_ = r.ParseMultipartForm(heldMost)
	if operator == uuid.Nil {
		return ""
	}
	kept := url.Values{}
	for name, texts := range r.PostForm {
		if !secretInput(name) {
			kept[name] = texts
		}
	}
	form := heldForm{Post: r.URL.Path, Page: refererPath(r), Values: kept.Encode(), At: s.Now()}
	b, err := json.Marshal(form)
	if err != nil || len(kept) == 0 || len(b) > most {
		return ""
	}
	sealed, err := s.Store.SealForm(operator, b)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "a form could not be held", "error", err)
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// postHeld leads back to the page of a held form.
func (s *Site) postHeld(c echo.Context, v Visitor) error {
	form, err := FormOf(c)
	if err != nil {
		return err
	}
	page, err := s.returnForm(c, v.Operator, form.Get(HeldField))
	if errors.Is(err, store.ErrNotFound) {
		return s.Render(c, http.StatusGone, v, Place{},
			views.ErrorPage{Status: http.StatusGone, Headline: "What you typed is no longer kept",
				Text:  "It was kept for 15 minutes, for the operator who typed it.",
				Links: []views.Link{{Text: "Go home", Href: "/"}}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page)
}

// returnForm opens a held form of an operator, keeps it for the next opening of
// its page, and returns the address of that. It returns ErrNotFound for a form of
// another operator, one that is too old, and one of a workspace out of reach.
func (s *Site) returnForm(c echo.Context, operator store.Operator, sealed string) (page string, err error) {
	ctx := c.Request().Context()
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", store.ErrNotFound
	}
	b, err := s.Store.OpenForm(operator.ID, raw)
	if err != nil {
		return "", err
	}
	var form heldForm
	if json.Unmarshal(b, &form) != nil || s.Now().Sub(form.At) > store.HeldFormLife {
		return "", store.ErrNotFound
	}
	workspace, _, _ := strings.Cut(strings.TrimPrefix(form.Post, "/w/"), "/")
	access, err := s.Store.Enter(ctx, operator.ID, OriginOf(c).Address, workspace, "", 0)
	if err != nil {
		return "", err
	}
	err = s.Store.InWorkspace(ctx, access.Membership, func(tx *store.Tx) error {
		if err := tx.HoldOperator(ctx, operator.ID, operator.Epoch); err != nil {
			return err
		}
		return tx.HoldForm(ctx, operator.ID, map[string]string{"post": form.Post, "values": form.Values}, s.Now())
	})
	address, parsing := url.Parse(LocalPath(form.Page))
	if err != nil || parsing != nil {
		return "", errors.Join(err, parsing)
	}
	if home := views.Workspace(workspace); address.Path != home && !strings.HasPrefix(address.Path, home+"/") {
		address = &url.URL{Path: views.Workspace(workspace)} // the browser did not say where the form was
	}
	query := address.Query()
	query.Set(HeldField, "1")
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// refilled wraps a handler of a page: opened with held=1, it shows the operator's
// held form as it was typed.
func (s *Site) refilled(handle Handler) Handler {
	return func(c echo.Context, v Visitor) error {
		r := c.Request()
		if r.Method != http.MethodGet || c.QueryParam(HeldField) != "1" || v.Workspace.ID == uuid.Nil {
			return handle(c, v)
		}
		var form map[string]string
		err := s.Store.InWorkspace(r.Context(), v.Membership, func(tx *store.Tx) (err error) {
			form, err = tx.TakeForm(r.Context(), v.Operator.ID, s.Now())
			if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			if err == nil && OnlyHead(r.Context()) {
				err = errOnlyHead // the form stays for the request that opens the page
			}
			return err
		})
		if err != nil && !errors.Is(err, errOnlyHead) {
			return err
		}
		values, err := url.ParseQuery(form["values"])
		if form == nil || err != nil {
			return handle(c, v)
		}
		return s.fillPage(c, v, handle, form["post"], values)
	}
}

// fillPage answers with a handler's page, into whose form values are filled.
func (s *Site) fillPage(c echo.Context, v Visitor, handle Handler, post string, values url.Values) error {
	answer := c.Response()
	if page, ok := c.Get(earlyKey).(*early); ok {
		page.begun = true // a page that is filled in is sent in one piece
	}
	held := &heldAnswer{ResponseWriter: answer.Writer}
	answer.Writer = held
	err := handle(c, v)
	answer.Writer = held.ResponseWriter
	if held.status == 0 {
		return err // an error is answered elsewhere
	}
	page := held.body.Bytes()
	if strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
		if filled, fault := refill(page, post, values); fault == nil {
			page = filled
		}
	}
	answer.Header().Set("Content-Length", strconv.Itoa(len(page)))
	answer.Writer.WriteHeader(held.status)
	_, writing := answer.Writer.Write(page)
	return errors.Join(err, writing)
}

// heldAnswer keeps an answer back until it is whole.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) WriteHeader(status int)              { h.status = status }
func (h *heldAnswer) Write(b []byte) (int, error)         { return h.body.Write(b) }
func (h *heldAnswer) ReadFrom(r io.Reader) (int64, error) { return h.body.ReadFrom(r) }
