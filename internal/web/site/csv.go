package site

import (
	"cmp"
	"context"
	"encoding/csv"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// SendCSV streams a file: UTF-8 with the mark that spreadsheets want to see,
// commas, every cell safe to open. more hands out the next rows, none at the
// end; the file is written between its calls, so that no transaction waits for
// a slow browser. The file has no deadline: each piece of it has one. A failure
// before the first piece is on its way is an error like any other; one after it cuts
// the connection, because a file that merely stops would pass for the whole.
func (s *Site) SendCSV(c echo.Context, name string, header []string,
	more func(context.Context) ([][]string, error)) error {
	ctx := c.Request().Context()
	w := csv.NewWriter(&csvBody{c: c, name: name, stall: cmp.Or(s.StallTime, 30*time.Second)})
	failed := w.Write(header)
	for failed == nil {
		var rows [][]string
		part, cancel := context.WithTimeout(ctx, partDeadline)
		rows, failed = more(part)
		cancel()
		if failed != nil || len(rows) == 0 {
			break
		}
		for _, row := range rows {
			for i, cell := range row {
				row[i] = GuardCell(cell)
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
	c     echo.Context
	name  string
	stall time.Duration // how long the reader may take for a piece
}

func (b *csvBody) Write(piece []byte) (int, error) {
	connection := http.NewResponseController(b.c.Response())
	// The server's own limits are those of a page.
	if err := connection.SetWriteDeadline(time.Now().Add(b.stall)); err != nil {
		return 0, err
	}
	if !b.c.Response().Committed {
		if err := connection.SetReadDeadline(time.Time{}); err != nil {
			return 0, err
		}
		h := b.c.Response().Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.name}))
		if _, err := b.c.Response().Write([]byte("\ufeff")); err != nil {
			return 0, err
		}
	}
	return b.c.Response().Write(piece)
}

// A spreadsheet takes a cell that begins with one of these for a formula.
const formulaBegins = "=+-@＝＋－＠"

// cellBreaks are where a cell may begin besides the start of ours: a program that
// separates by semicolon, tab or bar does not see our quotation marks, and so
// begins a cell, or a row, in the middle of one.
const cellBreaks = ";|\t\r\n\v\f\u0085\u2028\u2029\""

// plainNumber is a number of which no program makes more than that number: a
// phone number as Duo has it, +12485550100, can be used as it is. Programs keep
// 15 digits of a number exactly.
var plainNumber = regexp.MustCompile(`^[+-][0-9]{1,15}([` + cellBreaks + `]|$)`)

// GuardCell puts an apostrophe before everything that could be taken for a formula.
// UnguardCell undoes it: an apostrophe that was there already is doubled.
func GuardCell(text string) string {
	var safe strings.Builder
	rest := eachFormula(text, func(before string, number bool) {
		safe.WriteString(before)
		if !number || strings.HasSuffix(before, "'") {
			safe.WriteByte('\'')
		}
	})
	return safe.String() + rest
}

// UnguardCell returns the text that GuardCell made safe, for files that come back.
func UnguardCell(text string) string {
	var plain strings.Builder
	rest := eachFormula(text, func(before string, _ bool) { plain.WriteString(strings.TrimSuffix(before, "'")) })
	return plain.String() + rest
}

// eachFormula calls found at each place where a formula may begin, with the text
// since the place before, and whether a plain number begins there. It returns the
// text after the last one.
func eachFormula(text string, found func(before string, number bool)) (rest string) {
	from, begins := 0, true
	for i, r := range text {
		switch {
		case strings.ContainsRune(cellBreaks, r):
			begins = true
		case begins && strings.ContainsRune(formulaBegins, r):
			found(text[from:i], plainNumber.MatchString(text[i:]))
			from, begins = i, false
		case r != ' ' && r != '\'':
			begins = false
		}
	}
	return text[from:]
}
