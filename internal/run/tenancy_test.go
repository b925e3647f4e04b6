package run_test

import (
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// What one workspace's keys have read is not shown to another that has none: not
// even when it gives an organization the same id and maps the same account.
func TestListsBelongToTheirWorkspace(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	other, owner := d.DB.Workspace(t)
	scope, actor := store.WholeWorkspace(other.ID), run.Actor{Operator: owner.ID, Role: catalog.Owner}
	if refused, _, err := d.Setup().SaveKeys(t.Context(), scope, actor, setup.Nine(), d.NineFields()); err != nil ||
		refused != nil {
		t.Fatal(err, refused)
	}
	twin, bad, err := d.Setup().CreateOrganization(t.Context(), scope, actor, "Twin",
		setup.MappingRow{Organization: d.Client.ID, Account: d.Account.AccountID})
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	access, err := d.Access(t.Context(), owner.ID, other.Slug, twin.Slug)
	if err != nil {
		t.Fatal(err)
	}
	worthless := d.NineFields()
	worthless["accounts_secret_key"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	if _, _, err := d.Setup().SaveKeys(t.Context(), scope, actor, setup.Nine(), worthless); err != nil {
		t.Fatal(err)
	}
	if err := d.Setup().ActivateKeys(t.Context(), scope, actor, setup.OfWorkspace(store.AccountsAPI)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, false); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Runner.Users(t.Context(), access.Scope, access.Organization, false); err == nil {
		t.Errorf("a workspace with worthless keys reads %d users", len(list.Items))
	}
}
