package site

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// TestPanicAfterTheAnswerBegan: half of a file must not look like all of it.
func TestPanicAfterTheAnswerBegan(t *testing.T) {
	t.Parallel()
	s := &Site{Config: Config{Log: slog.New(slog.DiscardHandler), Now: time.Now}}
	half := httptest.NewServer(identify(s.logAccess(s.recoverPanics(echo.New(),
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(w, "username,status")
			panic("here")
		})))))
	t.Cleanup(half.Close)
	answer, err := http.Get(half.URL)
	if err != nil {
		return // cut off before anything of it was sent
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("the answer ends as if it were whole:\n%s", text)
	}
}
