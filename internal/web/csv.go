package web

import (
	"context"
	"encoding/csv"
	"mime"
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"
)

// sendCSV streams a file: UTF-8 with the mark that spreadsheets want to see,
// commas, every cell safe to open. more hands out the next rows, none at the
// end; the file is written between its calls, so that no transaction waits for
// a slow browser. A failure before the first piece is on its way is an error
// like any other; one after it cuts the connection, because a file that merely
// stops would pass for the whole.
func (s *Server) sendCSV(c echo.Context, name string, header []string, more func(context.Context) ([][]string, error)) error {
	ctx := c.Request().Context()
	w := csv.NewWriter(&csvBody{c: c, name: name})
	failed := w.Write(header)
	for failed == nil {
		var rows [][]string
		if rows, failed = more(ctx); failed != nil || len(rows) == 0 {
			break
		}
		for _, row := range rows {
			for i, cell := range row {
				row[i] = guardCell(cell)
			}
			if failed = w.Write(row); failed != nil {
				break
			}
		}
	}
	if failed == nil {
		w.Flush()
		failed = w.Error()
	}
	if failed != nil && c.Response().Committed {
		s.Log.WarnContext(ctx, "a file was cut off", "error", failed)
		panic(http.ErrAbortHandler)
	}
	return failed
}

// csvBody puts headers and mark before the first piece: until then the answer
// can still be a page.
type csvBody struct {
	c    echo.Context
	name string
}

func (b *csvBody) Write(piece []byte) (int, error) {
	if !b.c.Response().Committed {
		h := b.c.Response().Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.name}))
		if _, err := b.c.Response().Write([]byte("\ufeff")); err != nil {
			return 0, err
		}
	}
	return b.c.Response().Write(piece)
}

// Spreadsheets take a cell that begins like this for a formula, and those that
// separate by semicolon or tab see a cell begin after each. The apostrophe that makes
// it text is counted among the beginnings, so that unguardCell finds what was.
var (
	formula = regexp.MustCompile(`(^|[;\t])('*[=+\-@\t\r\n＝＋－＠])`)
	guarded = regexp.MustCompile(`(^|[;\t])'('*[=+\-@\t\r\n＝＋－＠])`)
)

func guardCell(text string) string { return formula.ReplaceAllString(text, "$1'$2") }

// unguardCell undoes guardCell, for files that come back.
func unguardCell(text string) string { return guarded.ReplaceAllString(text, "$1$2") }
