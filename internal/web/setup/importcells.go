package setup

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// fileRecord is one row of a file, header or not, and the line where it begins.
type fileRecord struct {
	cells []string
	line  int
}

// recordsOf takes a text apart at a mark, one record at least. Lines end with a line
// feed alone. Without a mark each line is a row of one cell, as a column is pasted: commas
// are in the names of companies. An error is an uploaded. No row goes into a cell of
// another one unseen, whatever quotation marks cells begin with.
func recordsOf(text string, mark rune) (records []fileRecord, err error) {
	if mark == '\t' || mark == oneColumn {
		return pastedRecords(text, mark)
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord, reader.Comma = -1, mark
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, notCSV(err)
		}
		for i, cell := range cells {
			if begins, _ := reader.FieldPos(i); holdsRow(cell, mark) {
				return nil, notOneCell(begins)
			}
		}
		line, _ := reader.FieldPos(0)
		records = append(records, fileRecord{cells, line})
	}
}

// oneColumn is in the place of a mark where the first line has none.
const oneColumn = rune(0)

// holdsRow reports whether a cell between quotation marks goes on in a line that could
// be a row: then each of the marks may as well belong to a row of its own.
func holdsRow(cell string, mark rune) bool {
	_, more, _ := strings.Cut(cell, "\n")
	if mark == oneColumn {
		return strings.TrimSpace(more) != ""
	}
	return strings.ContainsRune(more, mark)
}

func notOneCell(line int) error {
	return uploaded(
		fmt.Sprintf(
			"Line %d has a quotation mark that is closed in a later line, and what is between them could be rows of their own. "+
				"Remove that quotation mark, or write the cell in one line, with | between aliases.", line))
}

func notCSV(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return uploaded(
			fmt.Sprintf(
				"Line %d cannot be read: its quotation marks do not match. A cell with a quotation mark in it is written \"like \"\"this\"\"\".", wrong.StartLine))
	}
	return uploaded("This cannot be read as CSV.")
}

// pastedRecords takes apart what spreadsheets copy: cells between tabs. They put
// quotation marks around a cell with a line break or a tab only, and leave those of
// other cells as they are. A column that was saved as CSV has them around cells with a
// comma.
func pastedRecords(text string, mark rune) (records []fileRecord, err error) {
	record, line := fileRecord{line: 1}, 1
	for {
		cell, rest, quoted := quotedCell(text)
		switch end := strings.IndexAny(text, "\t\n"); {
		case quoted && holdsRow(cell, mark):
			return nil, notOneCell(line)
		case !quoted && mark == oneColumn && quotedMore(text):
			return nil, moreCells(line)
		case !quoted && end < 0:
			cell, rest = text, ""
		case !quoted:
			cell, rest = text[:end], text[end:]
		}
		record.cells = append(record.cells, cell)
		line += strings.Count(text[:len(text)-len(rest)], "\n")
		if rest == "" || rest[0] == '\n' {
			if line++; len(record.cells) > 1 || cell != "" {
				records = append(records, record)
			}
			record = fileRecord{line: line}
		}
		if rest == "" {
			return records, nil
		}
		text = rest[1:]
	}
}

// quotedMore reports whether the line at the start of a text is CSV of several cells, the
// first of them between quotation marks.
func quotedMore(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(line, `"`) {
		return false
	}
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	return err == nil && len(cells) > 1
}

func moreCells(line int) error {
	return uploaded(fmt.Sprintf("Line %d has more cells than the first line has columns.", line))
}

// quotedCell reads a cell between quotation marks at the start of a text. It is one
// only if the closing mark, which is not doubled, ends the cell.
func quotedCell(text string) (cell, rest string, quoted bool) {
	for at := 1; strings.HasPrefix(text, `"`); {
		next := strings.IndexByte(text[at:], '"')
		if next < 0 {
			return "", text, false
		}
		at += next + 1
		switch {
		case at == len(text) || text[at] == '\t' || text[at] == '\n':
			return strings.ReplaceAll(text[1:at-1], `""`, `"`), text[at:], true
		case text[at] != '"':
			return "", text, false
		}
		at++
	}
	return "", text, false
}
