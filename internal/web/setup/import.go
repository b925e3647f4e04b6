package setup

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/setup"
)

// importForm is the draft that holds a file between its preview and its import:
// the browser is never asked for verdicts again, nor for the rows.
const importForm = "import"

func (s *pages) getImport(c echo.Context, v site.Visitor) error {
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations"}, setup.ImportPage{Workspace: v.Workspace.Slug})
}

// postImport keeps a file and shows what would become of it.
func (s *pages) postImport(c echo.Context, v site.Visitor) error {
	name, text, err := uploadOf(c)
	if err == nil {
		_, err = readImport(text)
	}
	var fault uploaded
	if errors.As(err, &fault) {
		page := setup.ImportPage{Workspace: v.Workspace.Slug}
		page.File.Error = string(fault)
		if name == "" && len(text) <= site.MaxBody {
			page.Text.Value, page.Text.Error, page.File.Error = text, string(fault), ""
		}
		return s.Render(c, http.StatusUnprocessableEntity, v, site.Place{Section: "organizations"}, page)
	}
	if err != nil {
		return err
	}
	draft := map[string]string{"id": uuid.NewString(), "file": name, "text": text}
	err = s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) error {
		if err := tx.HoldOperator(c.Request().Context(), v.Operator.ID, v.Operator.Epoch); err != nil {
			return err
		}
		return tx.SaveDraft(c.Request().Context(), v.Operator.ID, importForm, draft, s.Now())
	})
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.ImportPreview(v.Workspace.Slug, "", 1))
}

// keptImport is the file that its operator uploaded last, judged as things are
// now; no rows when there is none.
type keptImport struct {
	id   string
	file string
	rows []runsetup.ImportRow
}

func (s *pages) keptImport(ctx context.Context, v site.Visitor) (keptImport, error) {
	var draft map[string]string
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		draft, _, err = tx.Draft(ctx, v.Operator.ID, importForm, s.Now())
		return err
	})
	if err != nil {
		return keptImport{}, site.IgnoreNotFound(err)
	}
	rows, err := readImport(draft["text"])
	return keptImport{id: draft["id"], file: draft["file"], rows: rows}, err
}

func (s *pages) getImportPreview(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	kept, err := s.keptImport(ctx, v)
	if err != nil {
		return err
	}
	if kept.id == "" {
		return s.getImport(c, v)
	}
	judged, err := s.Setup.JudgeImport(ctx, v.Scope, kept.rows)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, v, site.Place{Section: "organizations"}, previewPage(c, v, kept, judged))
}

// postImportPreview imports the file that the form names by its id.
func (s *pages) postImportPreview(c echo.Context, v site.Visitor) error {
	form, err := site.FormOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	id, badID := uuid.Parse(form.Get("id"))
	expected, badCount := strconv.Atoi(form.Get("expected"))
	if badID != nil || badCount != nil || expected < 1 {
		return site.BadRequest("The form does not say what is to be imported. Open the preview again.")
	}
	done := views.OrganizationsView(v.Workspace.Slug, "", "", 1) + "?run=" + id.String()
	imported, err := s.Setup.Imported(ctx, v.Scope, id)
	if err != nil {
		return err
	}
	if imported {
		return c.Redirect(http.StatusSeeOther, done)
	}
	kept, err := s.keptImport(ctx, v)
	if err != nil {
		return err
	}
	if kept.id != id.String() {
		// The first sending is done by now, or another file took this one's place,
		// or the day is over.
		if imported, err = s.Setup.Imported(ctx, v.Scope, id); err == nil && !imported {
			err = &store.ConflictError{Constraint: "draft"}
		}
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, done)
	}
	changed, err := s.Setup.ImportOrganizations(ctx, v.Scope, v.Actor(), id, kept.rows, expected)
	if err != nil || changed != nil {
		return s.showNotImported(c, v, kept, changed, err)
	}
	err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) error { return tx.DropDraft(ctx, v.Operator.ID, importForm) })
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, done)
}

// showNotImported shows the preview again with why nothing was imported: what
// Duo said, or that the rows would become something else by now.
func (s *pages) showNotImported(c echo.Context, v site.Visitor, kept keptImport, changed []runsetup.JudgedRow, err error) error {
	status, failed := http.StatusConflict, "Nothing was imported: since you looked, something changed in Duo or in the console. This is what would become of the rows now."
	if err != nil {
		if !site.DuoSaidNo(err) {
			return err
		}
		why := run.Explain(err)
		status, failed = site.StatusOf(err), "Nothing was imported. "+why.Cause+" "+why.Fix
		if changed, err = s.Setup.JudgeImport(c.Request().Context(), v.Scope, kept.rows); err != nil {
			return err
		}
	}
	page := previewPage(c, v, kept, changed)
	page.Failed = failed
	return s.Render(c, status, v, site.Place{Section: "organizations"}, page)
}

func previewPage(c echo.Context, v site.Visitor, kept keptImport, judged []runsetup.JudgedRow) setup.ImportPreviewPage {
	ws, n, show := v.Workspace.Slug, site.PageOf(c), c.QueryParam("show")
	count := runsetup.CountVerdicts(judged)
	page := setup.ImportPreviewPage{Workspace: ws, ID: kept.id, File: kept.file, Creates: count[runsetup.WillBeCreated], Faults: count[runsetup.Faulty]}
	link := func(text, value string, count int) views.FilterLink {
		return views.FilterLink{Text: text, Count: count, Current: show == value, Href: views.ImportPreview(ws, value, 1)}
	}
	page.Filters = []views.FilterLink{
		link("All", "", len(judged)), link("Faults", string(runsetup.Faulty), count[runsetup.Faulty]),
		link("Will be created", string(runsetup.WillBeCreated), count[runsetup.WillBeCreated]), link("Exist already", string(runsetup.Exists), count[runsetup.Exists]),
	}
	var shown []runsetup.JudgedRow
	for _, j := range judged {
		if show == "" || string(j.Verdict) == show {
			shown = append(shown, j)
		}
	}
	for _, j := range site.Slice(shown, n, site.ListRows) {
		page.Rows = append(page.Rows, importRowView(ws, j))
	}
	page.Pager = site.PagerOf(n, site.ListRows, len(shown), "rows", func(p int) string { return views.ImportPreview(ws, show, p) })
	return page
}

func importRowView(ws string, j runsetup.JudgedRow) setup.ImportRow {
	row := setup.ImportRow{Line: j.Line, Name: j.Name, Account: j.Account}
	switch j.Verdict {
	case runsetup.Exists:
		row.State = views.Chip{Level: "idle", Text: "Exists already"}
		row.Existing = views.Link{Text: j.Exists.Name, Href: views.Organization(ws, j.Exists.Slug)}
	case runsetup.Faulty:
		row.State = views.Chip{Level: "bad", Text: "Fault"}
	default:
		row.State = views.Chip{Level: "ok", Text: "Will be created"}
	}
	for _, f := range j.Faults {
		row.Faults = append(row.Faults, f.Field+": "+f.Message)
	}
	return row
}

// getImportTemplate is a file with nothing but the header.
func (s *pages) getImportTemplate(c echo.Context, _ site.Visitor) error {
	return s.SendCSV(c, "organizations.csv", importColumns, func(context.Context) ([][]string, error) { return nil, nil })
}

// getImportFaults gives the rows with faults back, to be mended and uploaded.
func (s *pages) getImportFaults(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	kept, err := s.keptImport(ctx, v)
	if err != nil {
		return err
	}
	judged, err := s.Setup.JudgeImport(ctx, v.Scope, kept.rows)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, j := range judged {
		if j.Verdict != runsetup.Faulty {
			continue
		}
		var said []string
		for _, f := range j.Faults {
			said = append(said, f.Field+": "+f.Message)
		}
		rows = append(rows, []string{j.Name, j.Aliases, j.Tags, j.TimeZone, j.Colour, j.Account, j.DirectoryKey, j.Slug, string(j.Verdict), strings.Join(said, " ")})
	}
	header := append(importColumns[:len(importColumns):len(importColumns)], slugColumn, verdictColumn, faultColumn)
	return s.SendCSV(c, "faults.csv", header, func(context.Context) ([][]string, error) {
		all := rows
		rows = nil
		return all, nil
	})
}
