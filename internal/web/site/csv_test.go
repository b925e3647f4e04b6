package site

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// csvServer answers every request with the file that more makes.
func csvServer(t *testing.T, more func() func(context.Context) ([][]string, error)) *httptest.Server {
	t.Helper()
	s := &Site{Config: Config{Log: slog.New(slog.DiscardHandler), PublicURL: &url.URL{Scheme: "http"}}}
	e := echo.New()
	e.GET("/", func(c echo.Context) error { return s.SendCSV(c, "Ünder \"quote\".csv", []string{"a", "b"}, more()) })
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if !c.Response().Committed {
			_ = c.String(http.StatusTeapot, "page")
		}
	}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server
}

func fetch(t *testing.T, server *httptest.Server) (*http.Response, string, error) {
	t.Helper()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

// batches hands rows out in pieces, and then what it ends with.
func batches(end error, rows ...[][]string) func() func(context.Context) ([][]string, error) {
	return func() func(context.Context) ([][]string, error) {
		n := -1
		return func(context.Context) ([][]string, error) {
			if n++; n < len(rows) {
				return rows[n], nil
			}
			return nil, end
		}
	}
}

func TestCSVIsAFile(t *testing.T) {
	t.Parallel()
	answer, body,
		err := fetch(t, csvServer(t, batches(nil, [][]string{{"x,y", `say "hi"`}}, [][]string{{"=1+1", "über\nzwei"}})))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	want := "\ufeffa,b\n\"x,y\",\"say \"\"hi\"\"\"\n'=1+1,\"über\nzwei\"\n"
	if body != want {
		t.Errorf("got %q\nwant %q", body, want)
	}
	if got := answer.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Error("content type", got)
	}
	if got := answer.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename") ||
		strings.ContainsAny(got, "\r\n") {
		t.Error("disposition", got)
	}
}

// A file that fails before anything is sent is a page; one that fails later must
// not pass for the whole.
func TestCSVThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database is gone")
	answer, body, err := fetch(t, csvServer(t, batches(broken, [][]string{{"x", "y"}})))
	if err != nil || answer.StatusCode != http.StatusTeapot || body != "page" ||
		answer.Header.Get("Content-Disposition") != "" {
		t.Error("early failure:", answer.Status, body, answer.Header, err)
	}
	long := [][]string{{strings.Repeat("x", 1<<16), "y"}}
	answer, _, err = fetch(t, csvServer(t, batches(broken, long)))
	if answer.StatusCode != http.StatusOK || err == nil {
		t.Error("late failure looks like a whole file:", answer.Status, err)
	}
}

func TestGuardCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cell, want string }{
		{"", ""}, {"Acme", "Acme"}, {"a=b", "a=b"}, {"O'Hara", "O'Hara"}, {"'tis", "'tis"}, {"a - b", "a - b"},
		{"=1+1", "'=1+1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "\t'=1"}, {"\r=1", "\r'=1"}, {"\n=1", "\n'=1"},
		{"＝1", "'＝1"},
		{"'=1", "''=1"}, {"''=1", "'''=1"}, {" =1", " '=1"}, {"a;=cmd", "a;'=cmd"}, {";;@x", ";;'@x"},
		{"a\t=cmd", "a\t'=cmd"},
		{"a\n=cmd", "a\n'=cmd"}, {"a\r\n@x", "a\r\n'@x"}, {"a\u2028=1", "a\u2028'=1"}, {"a | =1", "a | '=1"},
		{"a;b", "a;b"},
		{`say "=1+1"`, `say "'=1+1"`}, {`;"=1"`, `;"'=1"`}, {`"=1`, `"'=1`}, {"\"\n=1", "\"\n'=1"},
		// Numbers stay as they are, and only they.
		{"+12485550100", "+12485550100"}, {"-1", "-1"}, {"a;+44;b", "a;+44;b"}, {`"+44"`, `"+44"`},
		{"+44 20", "'+44 20"}, {"+1-248-555", "'+1-248-555"}, {"+1+cmd", "'+1+cmd"}, {"-1;=x", "-1;'=x"}, {"+", "'+"},
		{"-x", "'-x"},
		{"+1234567890123456", "'+1234567890123456"}, {"=1", "'=1"}, {"'+44", "''+44"}, {"@1", "'@1"}, {"＋44", "'＋44"},
	} {
		if got := GuardCell(c.cell); got != c.want {
			t.Errorf("%q becomes %q, not %q", c.cell, got, c.want)
		}
	}
}

// Whatever a cell holds, no spreadsheet takes it for a formula, and it comes back
// as it was.
func FuzzGuardCell(f *testing.F) {
	for _, cell := range []string{"", "=1", "'=1", ";'';=", "\"\r\n\"", "+;-@", "'", ";", "＠", "\xff", "'+44",
		"\n+1;-2", `;"=1`} {
		f.Add(cell)
	}
	whole := regexp.MustCompile(`^[+-][0-9]{1,15}$`)
	f.Fuzz(func(t *testing.T, cell string) {
		safe := GuardCell(cell)
		for _, part := range strings.FieldsFunc(safe,
			func(r rune) bool { return strings.ContainsRune("; |\t\r\n\v\f\u0085\u2028\u2029\"", r) }) {
			number := whole.MatchString(part)
			if strings.ContainsAny(string([]rune(part)[:1]), "=+-@＝＋－＠") && !number && !strings.Contains(cell, " ") {
				t.Errorf("%q becomes %q, a formula", cell, safe)
			}
		}
		if back := UnguardCell(safe); back != cell {
			t.Errorf("%q becomes %q, and %q again", cell, safe, back)
		}
		var file strings.Builder
		w := csv.NewWriter(&file)
		_ = w.Write([]string{safe, safe})
		w.Flush()
		rows, err := csv.NewReader(strings.NewReader(file.String())).ReadAll()
		// The reader of files takes every line's end for the same.
		if want := UnixLines(safe); err != nil || len(rows) != 1 || rows[0][0] != want || rows[0][1] != want {
			t.Errorf("%q is read back as %q: %v", safe, rows, err)
		}
	})
}
