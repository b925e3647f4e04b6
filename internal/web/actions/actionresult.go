package actions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// showResult answers an action with what it brought back: it is this answer, and
// nowhere else. A file is asked for by the same form.
func (s *pages) showResult(c echo.Context, v site.Visitor, f sheet, done run.Outcome) error {
	if f.get("as") == "csv" && done.Result.Table != nil {
		rows := done.Result.Table.Rows
		if err := s.MayRead(c.Request().Context(), v, len(rows)); err != nil {
			return err
		}
		if err := s.UseFile(c.Request().Context(), v, rowsUpTo(f, done.Result.Table)); err != nil {
			return err
		}
		if err := s.CountReading(c.Request().Context(), v, f.action.Slug+".csv", len(rows)); err != nil {
			return err
		}
		name := f.action.Slug + "-" + cmp.Or(v.Organization.Slug, v.Workspace.Slug) + "-" +
			s.Now().In(v.Location()).Format(site.DayLayout) + ".csv"
		return s.SendCSV(c, name, columnNames(done.Result.Table), func(context.Context) ([][]string, error) {
			part := rows
			rows = nil
			return part, nil
		})
	}
	page := s.resultPage(v, f, done)
	if facts := s.factsOf(c.Request().Context(), v, f.action, ""); len(facts) > 1 {
		page.Facts = append(page.Facts, facts[1:]...) // the account's own are in the result
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "actions", Tab: "actions"}, page)
}

// rowsUpTo is how many rows a list has up to the end of a part, which is how large a file of the
// part counts: else two files would pass for small ones. A log does not say how many came
// before, so each part of one counts as a large file.
func rowsUpTo(f sheet, t *catalog.Table) int {
	if t.Onward != nil || f.get(catalog.LogMark) != "" {
		return math.MaxInt
	}
	skipped, _ := strconv.Atoi(f.get("offset"))
	return skipped + len(t.Rows)
}

func columnNames(t *catalog.Table) []string {
	var names []string
	for _, column := range t.Columns {
		names = append(names, column.Name)
	}
	return names
}

func (s *pages) resultPage(v site.Visitor, f sheet, done run.Outcome) actions.ActionResult {
	result := done.Result
	page := actions.ActionResult{
		Organization: words.TagOf(v.Organization), Heading: f.action.Title, Outcome: words.OutcomeChip(done.Run.State),
		Summary: done.Run.Summary, ShownAt: s.When(v, s.Now()).Text,
		Run:  views.Link{Text: "Open the run", Href: site.RunAddress(v, done.Run)},
		Back: views.Link{Text: "All actions", Href: views.Actions(v.Workspace.Slug, v.Organization.Slug)},
	}
	for _, secret := range result.Secrets {
		page.Secrets = append(page.Secrets, views.Fact{Label: secret.Label, Text: secret.Value, Mono: true})
	}
	page.Raw, page.RawOpen = rawText(result.Answer(v.Role)), result.Plain
	if !result.Plain || v.Role < result.Least {
		page.RawNote = "Secrets in it are masked."
	}
	if f.action.Kind == catalog.Read {
		page.Outcome = views.Chip{} // the summary says it
	}
	table := result.Table
	if table == nil {
		return page
	}
	if table.One {
		page.Facts = s.resultFacts(v, table)
	} else {
		page.Noun = table.Noun
		for _, column := range table.Columns {
			page.Columns = append(page.Columns, actions.ResultColumn{Title: column.Title,
				Number: column.Kind == catalog.Number})
		}
		for _, row := range table.Rows {
			var cells []actions.ResultCell
			for i, text := range row {
				cells = append(cells, s.resultCell(v, table.Columns[i].Kind, text))
			}
			page.Rows = append(page.Rows, linkedByName(cells))
		}
	}
	if f.action.Kind != catalog.Read {
		return page
	}
	if len(table.Rows) > 0 {
		page.Again = append(page.Again, repeated(v, f, "Download CSV", true, map[string]string{"as": "csv"}))
	}
	switch {
	case table.Next > 0:
		page.Again = append(page.Again, repeated(v, f, "Read the next "+table.Noun, false,
			map[string]string{"offset": strconv.Itoa(table.Next)}))
	case table.Onward != nil:
		page.Again = append(page.Again, repeated(v, f, "Read the next "+table.Noun, false, table.Onward))
	}
	return page
}

// linkedByName gives a row's first cell the link that is on an id further along,
// which a wide table hides.
func linkedByName(cells []actions.ResultCell) []actions.ResultCell {
	i := slices.IndexFunc(cells, func(c actions.ResultCell) bool { return c.Href != "" })
	if first := &cells[0]; i > 0 && first.Text != "" && first.When.ISO == "" {
		first.Href, cells[i].Href = cells[i].Href, ""
	}
	return cells
}

// repeated sends a read's form once more, with some fields changed and a run of
// its own.
func repeated(v site.Visitor, f sheet, button string, download bool, with map[string]string) actions.AgainForm {
	form := actions.AgainForm{Post: f.address(v), Button: button, Download: download,
		Hidden: []views.Hidden{{Name: "run_id", Value: uuid.NewString()}, {Name: "connection", Value: f.connection},
			{Name: "was.connection", Value: f.connected}}}
	if hasTimes(f.action) {
		form.Hidden = append(form.Hidden, views.Hidden{Name: zoneField, Value: f.zone.String()})
	}
	for _, name := range slices.Sorted(maps.Keys(with)) {
		form.Hidden = append(form.Hidden, views.Hidden{Name: name, Value: with[name]})
	}
	for _, field := range f.action.Fields {
		spec := field.Spec()
		if _, changed := with[spec.Name]; !changed && f.values.Has(spec.Name) {
			form.Hidden = append(form.Hidden, views.Hidden{Name: spec.Name, Value: f.get(spec.Name)})
		}
	}
	return form
}

func (s *pages) resultFacts(v site.Visitor, table *catalog.Table) []views.Fact {
	var facts []views.Fact
	for i, text := range table.Rows[0] {
		cell := s.resultCell(v, table.Columns[i].Kind, text)
		fact := views.Fact{Label: table.Columns[i].Title, Text: cell.Text, When: cell.When, Mono: cell.Mono,
			Href: cell.Href}
		if !cell.When.Known() {
			fact.Text = cmp.Or(cell.Text, "none")
		}
		facts = append(facts, fact)
	}
	return facts
}

func (s *pages) resultCell(v site.Visitor, kind, text string) actions.ResultCell {
	text = catalog.Plain(text)
	cell := actions.ResultCell{Text: text}
	switch kind {
	case catalog.Moment, catalog.Instant:
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			cell.When, cell.Exact = s.When(v, at), kind == catalog.Instant
		}
	case catalog.Mono:
		cell.Mono = true
	default: // the id of an object
		if object := words.Objects[kind]; object.Link != nil {
			cell.Mono, cell.Href = true, object.Link(v.Workspace.Slug, v.Organization.Slug, text)
		}
	}
	return cell
}

// mostRaw is how much of Duo's own answer a page shows, in bytes.
const mostRaw = 200_000

// rawText is Duo's answer as a person reads it. It stays JSON: what would not be
// seen, or would turn the direction of writing, is escaped.
func rawText(raw json.RawMessage) string {
	var indented bytes.Buffer
	if len(raw) == 0 || json.Indent(&indented, raw, "", "  ") != nil {
		return ""
	}
	var b strings.Builder
	for _, r := range indented.String() {
		switch {
		case b.Len() > mostRaw:
			return b.String() + "\n… The rest is not shown."
		case r != '\n' && r != ' ' && !unicode.IsPrint(r):
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, "\\u%04x", unit)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
