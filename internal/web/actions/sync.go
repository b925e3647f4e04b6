package actions

import (
	"cmp"
	"context"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// directoryFaults finds a directory key that is none of the organization's own.
func (s *pages) directoryFaults(ctx context.Context, v site.Visitor,
	given map[string]string) ([]catalog.FieldError, error) {
	found, err := s.Directories(ctx, v)
	for _, d := range found {
		if d.Key == given["directory_key"] {
			return nil, err
		}
	}
	return []catalog.FieldError{{Field: "directory_key",
		Message: "Choose one of this organization's directories."}}, err
}

func (s *pages) syncSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	page := actions.SyncPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(), Error: f.fault,
		DirectoryKey: f.input("directory_key", ""), Username: f.input("username", ""),
		Test: f.get("test") != "" && v.Role >= catalog.Administrator, MayAdd: v.Role >= catalog.Administrator,
	}
	if !page.Test {
		page.Username = f.input(syncNames.Name, f.get("username"))
		page.Username.Error = cmp.Or(page.Username.Error, f.faults["username"])
	}
	found, err := s.Directories(ctx, v)
	for _, d := range found {
		page.Directories = append(page.Directories,
			views.Option{Value: d.Key, Text: catalog.Plain(d.Name) + " (…" + run.Tail(d.Key) + ")"})
		if d.Primary && page.DirectoryKey.Value == "" {
			page.DirectoryKey.Value = d.Key
		}
	}
	return page, err
}
