package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// TestEachErrorFitsOneExplanation: which words an error gets is no matter of the order of the table.
func TestEachErrorFitsOneExplanation(t *testing.T) {
	t.Parallel()
	fitted := map[int]bool{}
	for _, test := range []struct {
		err  error
		code string
	}{
		{errNoToken, "unauthorized"}, {store.ErrEnded, "unauthorized"}, {errSessionInAPI, "session_not_allowed"},
		{&tooFast{}, "too_many_requests"}, {&tooMany{}, "too_many_attempts"}, {&store.TooMuchRead{}, "reading_limit"},
		{&InvalidFields{Bad: []catalog.FieldError{{Refused: true}}}, "duo_refused"},
		{&InvalidFields{Bad: []catalog.FieldError{{}}}, "invalid_fields"},
		{store.ErrNotFound, "not_found"}, {&store.ArchivedError{}, "organization_archived"},
		{errBeyondScope, "not_found"}, {ErrBeyondRole, "not_found"},
		{&duo.Error{Status: 404, Code: duo.CodeNotFound}, "not_found"},
		{&duo.TransportError{Failure: duo.InvalidRequest}, "not_found"},
		{&run.HeldBack{}, "fraud_reported"}, {&run.TooManyPushes{}, "push_limit"},
		{&run.TooManyPushes{Open: &store.Push{}}, "verification_open"},
		{&run.OverQuota{}, "quota_reached"}, {run.ErrNotNamed, "not_named"}, {errProofOver, "conflict"},
		{store.ErrElsewhere, "not_found"},
		{run.ErrSilent, "unavailable"}, {run.ErrForbidden, "forbidden"}, {&catalog.RoleError{}, "forbidden"},
		{&run.ConnectionChanged{}, "connection_changed"}, {&store.ConflictError{}, "conflict"},
		{run.ErrOtherInput, "run_id_used"},
		{&http.MaxBytesError{}, "too_large"}, {&run.NotConnected{}, "not_connected"},
		{&duo.Error{Status: 400, Code: 40002}, "duo_refused"},
		{&duo.TransportError{Failure: duo.Silent}, "duo_silent"}, {secret.ErrBusy, "busy"},
		{context.DeadlineExceeded, "unavailable"},
		{context.Canceled, "unavailable"}, {BadRequest("It is wrong."), "bad_request"},
		{&store.ArchivedError{Name: "Acme"}, "organization_archived"}, {store.ErrMark, "bad_request"},
		{echo.ErrMethodNotAllowed, "method_not_allowed"},
		{echo.ErrUnsupportedMediaType, "unsupported_media_type"},
	} {
		err := fmt.Errorf("wrapped: %w", test.err)
		s := (&Site{Config: Config{Log: slog.New(slog.DiscardHandler), Now: time.Now}})
		c := echo.New().NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/w/northwind", nil),
			httptest.NewRecorder())
		var fits []int
		for i, e := range explanations {
			if e.is(err, request{c: c}) {
				fits = append(fits, i)
				fitted[i] = true
			}
		}
		if len(fits) != 1 {
			t.Errorf("%T %v fits the explanations %v", test.err, test.err, fits)
		}
		page, code := s.explain(err, c)
		if code != test.code || page.Status < 400 || page.Headline == "" || page.Text == "" {
			t.Errorf("%T %v: %s, %+v", test.err, test.err, code, page)
		}
	}
	if len(fitted) < len(explanations)-1 { // the trouble of a database takes one
		t.Errorf("%d of %d explanations were tried", len(fitted), len(explanations))
	}
	if _, code := (&Site{Config: Config{Log: slog.New(slog.DiscardHandler),
		Now: time.Now}}).explain(errors.New("nobody expected this"), echo.New().NewContext(
		httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil),
		httptest.NewRecorder())); code != "internal" {
		t.Error(code)
	}
}
