package setup

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
)

const (
	// maxImport is how large a file of organizations may be.
	maxImport = 1 << 20
	// maxUpload is how much of a larger one is read, so that its size can be
	// told on the page.
	maxUpload = 8 << 20
)

// importColumns are the columns of a file to import, in the order of the
// template. Exports add the slug and the state.
var importColumns = []string{"name", "aliases", "tags", "time_zone", "color", "account", "directory_key"}

const (
	slugColumn, stateColumn   = "slug", "state"
	statusColumn, faultColumn = "verdict", "fault" // of rows to be mended
)

// uploaded is a fault of a file as a whole, in words for the person.
type uploaded string

func (u uploaded) Error() string { return string(u) }

// uploadOf reads the form of the import, the only one that may hold a file: its
// name and text, or the text that was pasted in its place.
func uploadOf(c echo.Context) (name, text string, err error) {
	r := c.Request()
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || options["boundary"] == "" {
		r.Body = http.MaxBytesReader(c.Response(), r.Body, site.MaxBody)
		f, err := site.FormOf(c)
		return "", f.Get("text"), err
	}
	parts := multipart.NewReader(r.Body, options["boundary"])
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) && len(seen) > 0 {
			return name, text, nil
		}
		if err != nil {
			return "", "", badBody(err)
		}
		held, err := heldBy(part, r.Body)
		if err != nil {
			return "", "", err
		}
		field := part.FormName()
		if seen[field] {
			return "", "", site.BadRequest("The form has a field twice.")
		}
		seen[field] = true
		switch {
		case field == "file" && held != "":
			name, text = catalog.Plain(part.FileName()), held
		case field == "text" && text == "":
			text = held
		}
	}
}

// heldBy reads a part of a body. One that is too large is an uploaded.
func heldBy(part io.Reader, body io.Reader) (string, error) {
	held, err := io.ReadAll(io.LimitReader(part, maxImport+1))
	if err != nil {
		return "", badBody(err)
	}
	if len(held) <= maxImport {
		return string(held), nil
	}
	// The rest is read, since browsers show no answer to what they are still sending.
	if _, err := io.Copy(io.Discard, body); err != nil {
		return "", badBody(err)
	}
	return "", uploaded("This has more than 1 MB. Split it into smaller files.")
}

func badBody(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return site.BadRequest("The upload could not be read to its end.")
}

// readImport takes a file apart into rows: UTF-8, with or without a mark at the
// beginning, between commas, semicolons or tabs. An error is an uploaded, about the
// file as a whole.
func readImport(text string) ([]runsetup.ImportRow, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, uploaded("This is not UTF-8 text. Save it as “CSV UTF-8”.")
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimLeft(text, "\ufeff"))
	if strings.TrimSpace(text) == "" {
		return nil, uploaded("There is nothing in it. Choose a file, or paste its text.")
	}
	records, err := recordsOf(text, markOf(text))
	if err != nil {
		return nil, err
	}
	columns, err := columnsOf(records[0].cells)
	if err != nil {
		return nil, err
	}
	var rows []runsetup.ImportRow
	for _, r := range records[1:] {
		row, blank, err := importRow(columns, r.cells, r.line)
		if err != nil {
			return nil, err
		}
		if blank {
			continue
		}
		if rows = append(rows, row); len(rows) > runsetup.MostImported {
			return nil, uploaded(fmt.Sprintf("This has more than %d rows. Split it into smaller files.",
				runsetup.MostImported))
		}
	}
	if len(rows) == 0 {
		return nil, uploaded("There is a header and no row below it.")
	}
	return rows, nil
}

// markOf is what separates the cells of a text: the mark that is most often in its first
// line.
func markOf(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	mark := oneColumn
	for _, other := range ",;\t" {
		most := mark != oneColumn && strings.Count(first, string(other)) <= strings.Count(first, string(mark))
		if strings.ContainsRune(first, other) && !most {
			mark = other
		}
	}
	return mark
}

// columnsOf reads the header. What it does not know is a fault: a column that
// is spelled wrongly would be left out unseen.
func columnsOf(header []string) ([]string, error) {
	known := append(slices.Clone(importColumns), slugColumn, stateColumn, statusColumn, faultColumn)
	var columns []string
	for _, cell := range header {
		name := strings.NewReplacer(" ", "_", "-", "_", "colour", "color").Replace(strings.ToLower(text.Line(cell)))
		switch {
		case name != "" && !slices.Contains(known, name):
			return nil, uploaded("The first line has an unknown column, “" + catalog.Plain(cell) + "”. " + theColumns())
		case name != "" && slices.Contains(columns, name):
			return nil, uploaded("The first line names the column “" + name + "” twice.")
		}
		columns = append(columns, name)
	}
	if !slices.Contains(columns, "name") {
		return nil, uploaded("The first line names no column “name”. " + theColumns())
	}
	return columns, nil
}

func theColumns() string { return "The columns are " + strings.Join(importColumns, ", ") + "." }

func importRow(columns, cells []string, line int) (row runsetup.ImportRow, blank bool, err error) {
	row.Line, blank = line, true
	into := map[string]*string{
		"name": &row.Name, "aliases": &row.Aliases, "tags": &row.Tags, "time_zone": &row.TimeZone, "color": &row.Colour,
		"account": &row.Account, "directory_key": &row.DirectoryKey, slugColumn: &row.Slug,
	}
	for i, cell := range cells {
		cell = text.Block(site.UnguardCell(text.Block(cell)))
		if cell == "" {
			continue
		}
		blank = false
		if i >= len(columns) || columns[i] == "" {
			return row, false, moreCells(line)
		}
		if to := into[columns[i]]; to != nil {
			*to = cell
		}
	}
	// Written like this they are one line in every file: see recordsOf.
	for _, list := range []*string{&row.Aliases, &row.Tags} {
		*list = strings.ReplaceAll(*list, "\n", " | ")
	}
	return row, blank, nil
}
