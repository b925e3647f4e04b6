package run_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
)

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for _, test := range []struct {
		name   string
		row    setup.MappingRow
		faults string
	}{
		{"", setup.MappingRow{}, "name"},
		{"  ", setup.MappingRow{Account: "nobody", DirectoryKey: "x"}, "name account directory_key"},
		{strings.Repeat("x", 201), setup.MappingRow{}, "name"},
		{"a\x00b", setup.MappingRow{}, "name"},
		{"Taken", setup.MappingRow{Account: d.Account.AccountID}, "account"},
	} {
		_, bad, err := d.Setup().CreateOrganization(t.Context(), d.Scope(), d.Actor(catalog.Owner), test.name, test.row)
		var fields []string
		for _, f := range bad {
			fields = append(fields, f.Field)
		}
		if err != nil || strings.Join(fields, " ") != test.faults {
			t.Errorf("%.10q: faults at %q, %v; want %q", test.name, fields, err, test.faults)
		}
	}
	if n := len(organizations(t, d)); n != 1 {
		t.Errorf("%d organizations, none should have been added", n)
	}
}

// TestAdoptTwiceAtOnce: every account gets one organization, no matter who presses the
// button how often.
func TestAdoptTwiceAtOnce(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for _, name := range []string{"Beta", "Beta", "BETA", "new", "", "日本", strings.Repeat("Long ", 50),
		"Evil\x00\u202e<b>"} {
		d.Sim.AddChild(d.Parent.AccountID, name)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := d.Setup().AdoptAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	after := organizations(t, d)
	if len(after) != 9 {
		t.Errorf("%d organizations for 9 accounts", len(after))
	}
	for _, slug := range []string{"beta", "beta-2", "beta-3"} {
		if !strings.EqualFold(after[slug].Name, "beta") {
			t.Errorf("no organization has the slug %s", slug)
		}
	}
	accounts := map[string]bool{}
	for slug, o := range after {
		if !o.Mapped() || accounts[o.AccountID] || strings.ContainsAny(o.Name, "\x00\u202e") || o.Name == "" {
			t.Errorf("%s: %+v", slug, o)
		}
		accounts[o.AccountID] = true
	}
}

func TestAdoptAllOrNone(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for i := range 5 {
		d.Sim.AddChild(d.Parent.AccountID, fmt.Sprint("Client ", i))
	}
	// A name that the database refuses makes the third fail.
	d.Exec(t,
		fmt.Sprintf(`alter table organization add constraint %s check (workspace_id <> '%s' or name <> 'Client 2')`,
			`"refuse `+d.Workspace.ID.String()+`"`, d.Workspace.ID))
	if err := d.Setup().AdoptAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err == nil {
		t.Fatal("adopted")
	}
	if n := len(organizations(t, d)); n != 1 {
		t.Errorf("%d organizations, some were adopted before the failure", n)
	}
}
