package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/views"
	"duodesk/views/setup"
)

func (s *pages) getImport(c echo.Context, v site.Visitor) error {
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations"},
		setup.ImportPage{Workspace: v.Workspace.Slug})
}

// postImport keeps a file and shows what would become of it.
func (s *pages) postImport(c echo.Context, v site.Visitor) error {
	name, text, err := uploadOf(c)
	if err == nil {
		_, err = readImport(text)
	}
	if fault, is := errors.AsType[uploaded](err); is {
		return s.refuseImport(c, v, name, text, string(fault))
	}
	if err != nil {
		return err
	}
	if err := s.Setup.KeepImport(c.Request().Context(), v.Scope, v.Actor(), name, text); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.ImportPreview(v.Workspace.Slug))
}

// refuseImport says what is wrong with a file as a whole, beside the box that it came in.
func (s *pages) refuseImport(c echo.Context, v site.Visitor, name, text, fault string) error {
	page := setup.ImportPage{Workspace: v.Workspace.Slug}
	if name == "" && len(text) <= site.MaxBody {
		page.Text = views.Input{Value: text, Error: fault}
	} else {
		page.File.Error = fault
	}
	return s.Render(c, http.StatusUnprocessableEntity, v, site.Place{Section: "organizations"}, page)
}

// keptImport is the file that the visitor uploaded last, and its rows; none where no file
// is kept.
func (s *pages) keptImport(c echo.Context, v site.Visitor) (runsetup.ImportFile, []runsetup.ImportRow, error) {
	file, err := s.Setup.KeptImport(c.Request().Context(), v.Scope, v.Operator.ID)
	if err != nil || file.ID == "" {
		return file, nil, err
	}
	rows, err := readImport(file.Text)
	return file, rows, err
}

func (s *pages) getImportPreview(c echo.Context, v site.Visitor) error {
	file, rows, err := s.keptImport(c, v)
	if err != nil {
		return err
	}
	if file.ID == "" {
		return s.getImport(c, v)
	}
	judged, err := s.Setup.JudgeImport(c.Request().Context(), v.Scope, rows)
	if err != nil {
		return err
	}
	page, err := previewPage(c, v, file, judged)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations"}, page)
}

// postImportPreview imports the file that the form names by its id.
func (s *pages) postImportPreview(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	id, badID := uuid.Parse(form.Get("id"))
	expected, badCount := strconv.Atoi(form.Get("expected"))
	if badID != nil || badCount != nil || expected < 1 {
		return site.BadRequest("The form does not say what is to be imported. Open the preview again.")
	}
	file, rows, err := s.keptImport(c, v)
	if err != nil {
		return err
	}
	if file.ID != id.String() {
		return s.toImported(c, v, id)
	}
	changed, err := s.Setup.ImportOrganizations(c.Request().Context(), v.Scope, v.Actor(), id, rows, expected)
	if err != nil || changed != nil {
		return s.showNotImported(c, v, file, rows, changed, err)
	}
	return c.Redirect(http.StatusSeeOther, importedAddress(v, id))
}

// toImported answers a form whose file is not kept: it was imported, as after a form sent
// twice, or another file took its place, or the day is over.
func (s *pages) toImported(c echo.Context, v site.Visitor, id uuid.UUID) error {
	imported, err := s.Setup.Imported(c.Request().Context(), v.Scope, id)
	if err == nil && !imported {
		err = &store.ConflictError{Constraint: "draft"}
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, importedAddress(v, id))
}

func importedAddress(v site.Visitor, id uuid.UUID) string {
	return views.With(views.Organizations(v.Workspace.Slug), "run", id.String())
}

// showNotImported shows the preview again with why nothing was imported: what
// Duo said, or that the rows would become something else by now.
func (s *pages) showNotImported(c echo.Context, v site.Visitor, file runsetup.ImportFile, rows []runsetup.ImportRow,
	changed []runsetup.JudgedRow, err error) error {
	status := http.StatusConflict
	failed := "Nothing was imported: since you looked, something changed in Duo or in the console. " +
		"This is what would become of the rows now."
	if err != nil {
		if !site.DuoSaidNo(err) {
			return err
		}
		why := run.Explain(err)
		status, failed = site.StatusOf(err), "Nothing was imported. "+why.Cause+" "+why.Fix
		if changed, err = s.Setup.JudgeImport(c.Request().Context(), v.Scope, rows); err != nil {
			return err
		}
	}
	page, err := previewPage(c, v, file, changed)
	if err != nil {
		return err
	}
	page.Failed = failed
	return s.Render(c, status, v, site.Place{Section: "organizations"}, page)
}

func previewPage(c echo.Context, v site.Visitor, file runsetup.ImportFile,
	judged []runsetup.JudgedRow) (setup.ImportPreviewPage, error) {
	ws, count := v.Workspace.Slug, runsetup.CountRows(judged)
	page := setup.ImportPreviewPage{Workspace: ws, ID: file.ID, File: file.Name,
		Creates: count[runsetup.WillBeCreated], Faults: count[runsetup.Faulty]}
	option := func(text string, status runsetup.RowStatus, count int) table.Option {
		return table.Option{Value: string(status), Text: text, Count: count}
	}
	list := table.Definition[runsetup.JudgedRow, setup.ImportRow]{
		List: table.List{One: "row", Many: "rows", At: views.ImportPreview(ws), Sorts: []table.Sort{{Name: "line"}},
			Filters: []table.Filter{{Name: "show", Label: "Filter rows", Fault: "show is fault, create or exists.",
				Options: []table.Option{
					option("All", "", len(judged)),
					option("Errors", runsetup.Faulty, count[runsetup.Faulty]),
					option("Will be created", runsetup.WillBeCreated, count[runsetup.WillBeCreated]),
					option("Already exist", runsetup.Exists, count[runsetup.Exists]),
				}}}},
		Columns: setup.ImportColumns, Row: func(j runsetup.JudgedRow) setup.ImportRow { return importRowView(ws, j) },
	}
	asked, err := list.Ask(c.QueryParams())
	if err != nil {
		return page, err
	}
	shown := slices.DeleteFunc(slices.Clone(judged), func(j runsetup.JudgedRow) bool {
		return asked.Value("show") != "" && string(j.Status) != asked.Value("show")
	})
	page.Table = list.Show(asked, table.Found[runsetup.JudgedRow]{Total: len(judged), Matching: len(shown),
		Page: table.Held(shown, asked.Query, func(j runsetup.JudgedRow) string { return fmt.Sprintf("%08d", j.Line) })})
	return page, nil
}

func importRowView(ws string, j runsetup.JudgedRow) setup.ImportRow {
	row := setup.ImportRow{Line: j.Line, Name: j.Name, Account: j.Account}
	switch j.Status {
	case runsetup.Exists:
		row.State = views.Chip{Level: "idle", Text: "Exists already"}
		row.Existing = views.Link{Text: j.Exists.Name, Href: views.Organization(ws, j.Exists.Slug)}
	case runsetup.Faulty:
		row.State = views.Chip{Level: "bad", Text: "Fault"}
	default:
		row.State = views.Chip{Level: "ok", Text: "Will be created"}
	}
	row.Faults = faultTexts(j)
	return row
}

func faultTexts(j runsetup.JudgedRow) (texts []string) {
	for _, f := range j.Faults {
		texts = append(texts, f.Field+": "+f.Message)
	}
	return texts
}

// getImportTemplate is a file with nothing but the header.
func (s *pages) getImportTemplate(c echo.Context, _ site.Visitor) error {
	return s.SendCSV(c, "organizations.csv", importColumns,
		func(context.Context) ([][]string, error) { return nil, nil })
}

// getImportFaults gives the rows with faults back, to be mended and uploaded.
func (s *pages) getImportFaults(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	_, read, err := s.keptImport(c, v)
	if err != nil {
		return err
	}
	judged, err := s.Setup.JudgeImport(ctx, v.Scope, read)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, j := range judged {
		if j.Status == runsetup.Faulty {
			rows = append(rows, []string{j.Name, j.Aliases, j.Tags, j.TimeZone, j.Colour, j.Account,
				j.DirectoryKey, j.Slug,
				string(j.Status), strings.Join(faultTexts(j), " ")})
		}
	}
	header := append(importColumns[:len(importColumns):len(importColumns)], slugColumn, statusColumn, faultColumn)
	return s.SendCSV(c, "faults.csv", header, func(context.Context) ([][]string, error) {
		all := rows
		rows = nil
		return all, nil
	})
}
