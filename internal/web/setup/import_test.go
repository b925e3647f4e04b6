package setup

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"duodesk/internal/web/site"
)

// Whatever a file holds, reading it ends in rows or in a fault in words, and its
// rows are what an export of them reads back.
func FuzzReadImport(f *testing.F) {
	for _, text := range []string{"name\nx", "\ufeffname;tags\r\n\"a\nb\";'=c\r\n", "name,slug,state\n\"", "name\tx",
		"NAME , color\nx,1", ";;\n", "name\n\x00", "name\r\rx"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := readImport(text)
		if err != nil {
			if _, told := err.(uploaded); !told || len(rows) > 0 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		var again bytes.Buffer
		w := csv.NewWriter(&again)
		_ = w.Write(append(importColumns[:len(importColumns):len(importColumns)], slugColumn))
		for _, r := range rows {
			cells := []string{r.Name, r.Aliases, r.Tags, r.TimeZone, r.Colour, r.Account, r.DirectoryKey, r.Slug}
			for i, cell := range cells {
				if _, more, _ := strings.Cut(cell, "\n"); strings.Contains(more, ",") {
					return // between commas it could be two rows, and is refused
				}
				cells[i] = site.GuardCell(cell)
			}
			_ = w.Write(cells)
		}
		w.Flush()
		back, err := readImport(again.String())
		if err != nil || len(back) != len(rows) {
			t.Fatalf("%q is %d rows, and %d again: %v", text, len(rows), len(back), err)
		}
		for i := range rows {
			rows[i].Line, back[i].Line = 0, 0
			if rows[i] != back[i] {
				t.Errorf("%q: row %+v, and %+v again", text, rows[i], back[i])
			}
		}
	})
}

func TestImportOfPastedCells(t *testing.T) {
	t.Parallel()
	rows, err := readImport(
		"\ufeffName\tTime zone\tTags\tAliases\r\nAcme, Inc; Ltd\tEurope/London\tvip|west\t\r\n5\" Disks\t\tone, two\t\"first\nsecond\"\r\n\t\t\t\r\n")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v, %v", rows, err)
	}
	if r := rows[0]; r.Line != 2 || r.Name != "Acme, Inc; Ltd" || r.TimeZone != "Europe/London" ||
		r.Tags != "vip|west" || r.Aliases != "" {
		t.Errorf("%+v", r)
	}
	if r := rows[1]; r.Line != 3 || r.Name != "5\" Disks" || r.TimeZone != "" || r.Tags != "one, two" ||
		r.Aliases != "first | second" {
		t.Errorf("%+v", r)
	}
	if rows, err := readImport("name;tags\na\tb;c\td\n"); err != nil || len(rows) != 1 ||
		rows[0].Tags != "c d" && rows[0].Tags != "c\td" {
		t.Errorf("a tab in a cell between semicolons: %+v, %v", rows, err)
	}
	if _, err := readImport("name\ttags\nacme\tvip\textra\n"); err == nil ||
		!strings.Contains(err.Error(), "Line 2 has more cells") {
		t.Error(err)
	}
}

// TestImportOfAColumnOfColors: a file that an earlier version exported has a column colour.
func TestImportOfAColumnOfColors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"color", "Color", "colour", "Colour"} {
		rows, err := readImport("name," + name + "\nAcme,teal\n")
		if err != nil || len(rows) != 1 || rows[0].Colour != "teal" {
			t.Errorf("%s: %+v, %v", name, rows, err)
		}
	}
	if _, err := readImport("name,color,colour\nAcme,teal,blue\n"); err == nil {
		t.Error("a column under both spellings was taken")
	}
}
