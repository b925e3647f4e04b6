package run_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// TestAccountsWithoutAHost: wherever such an account is named, by its name or its id, the
// reason is that it has no usable host, and not that Duo does not list it.
func TestAccountsWithoutAHost(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	const id = "DA00000000000NOWHERE"
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		answer, err := d.Transport.RoundTrip(r)
		if err == nil && r.URL.Path == "/accounts/v1/account/list" {
			replaceBody(t, answer,
				fmt.Sprintf(`{"stat": "OK", "response": [{"account_id": %q, "name": "good", "api_hostname": %q},
				{"account_id": %q, "name": "Nowhere Ltd", "api_hostname": "evil.example"}]}`, d.Account.AccountID,
					d.Account.APIHostname, id))
		}
		return answer, err
	}))
	actor, o := d.Actor(catalog.Owner), d.Organizations(t, d.Workspace, "Beta")[0]
	for _, typed := range []string{"nowhere ltd", id, "Nowhere Ltd (" + id + ")"} {
		said := map[string]string{"the mapping": saveRows(t, d,
			setup.MappingRow{Organization: o.ID, Account: typed})[o.ID]}
		_, bad, err := d.Setup().CreateOrganization(t.Context(), d.Scope(), actor, "New",
			setup.MappingRow{Account: typed})
		said["a new organization"] = fmt.Sprint(bad, err)
		bad, err = d.Setup().Connect(t.Context(), d.Scope(), actor, o, store.Child, typed)
		said["the connection"] = fmt.Sprint(bad, err)
		judged, err := d.Setup().JudgeImport(t.Context(), d.Scope(),
			[]setup.ImportRow{{Line: 2, Details: setup.Details{Name: "By file"}, Account: typed}})
		if err != nil {
			t.Fatal(err)
		}
		said["a file"] = fmt.Sprint(judged[0].Faults)
		for where, words := range said {
			if !strings.Contains(words, "Duo lists this account without a usable API host") {
				t.Errorf("%s, %q: %s", where, typed, words)
			}
		}
	}
	// It can be deleted by its name, as by its id.
	found, err := d.Runner.Lookup(t.Context(), d.Scope(), store.Organization{}, catalog.OfAccount, "Nowhere Ltd")
	if only, one := found.Only(); err != nil || !one || only.ID != id ||
		only.Words() != "Nowhere Ltd (no usable API host)" {
		t.Errorf("to be deleted: %+v, %v", found, err)
	}
	// None is made for it.
	if err := d.Setup().AdoptAccounts(t.Context(), d.Scope(), actor); err != nil {
		t.Fatal(err)
	}
	for _, made := range organizations(t, d) {
		if made.AccountID == id || made.Name == "Nowhere Ltd" {
			t.Errorf("an organization without a host: %+v", made)
		}
	}
}

// TestImportOfCloseNames: no row is left out, and no account is mapped, for a name that
// is merely close.
func TestImportOfCloseNames(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	account := d.Sim.AddChild(d.Parent.AccountID, "Пана")
	if _, err := d.Setup().RefreshAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err != nil {
		t.Fatal(err)
	}
	d.Organizations(t, d.Workspace, "パナ", "Андрей", "Réception")
	row := func(name, account, slug string) setup.ImportRow {
		return setup.ImportRow{Details: setup.Details{Name: name}, Account: account, Slug: slug}
	}
	rows := []setup.ImportRow{
		row("パナ", "", ""), row("АНДРЕЙ\u200b", "", ""), row("バナ", "", ""), row("Андреи", "", ""),
		row("Reception", "", "reception"),
		row("ハナ", "", setup.NewSlug), row("ﾊﾅ", "", ""), row("ﾊﾅ", "", setup.NewSlug), row("ﾊﾅ", "", setup.NewSlug),
		row("Mapped", "Пана\u0301", ""), row("Taken", "ПАНА", ""),
		row("пaнa", "", setup.NewSlug), row("Réception", "", setup.NewSlug),
	}
	for i := range rows {
		rows[i].Line = i + 2
	}
	judged, err := d.Setup().JudgeImport(t.Context(), d.Scope(), rows)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"exists", "exists", "name: No organization has exactly this name. 1 is close: pana (パナ).",
		"name: No organization has exactly this name. 1 is close: andrei (Андрей).", "exists",
		"create", "name: Line 4 has a name close to this: バナ.", "create", "name: Line 9 has this name too.",
		"account: No account has exactly this name. 1 is close: " + account.AccountID, "create",
		"create", "exists",
	} {
		got := string(judged[i].Status)
		for _, f := range judged[i].Faults {
			got += " " + f.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("line %d, %q: %s; want %s", rows[i].Line, rows[i].Name, got, want)
		}
	}
}

// TestImportForgetsItsFileAlone: a file that took the place of the one that is imported is
// still to be imported.
func TestImportForgetsItsFileAlone(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	owner := d.Actor(catalog.Owner)
	keep := func(name string) uuid.UUID {
		t.Helper()
		if err := d.Setup().KeepImport(t.Context(), d.Scope(), owner, name, "name\n"+name+"\n"); err != nil {
			t.Fatal(err)
		}
		kept, err := d.Setup().KeptImport(t.Context(), d.Scope(), d.Owner.ID)
		if err != nil || kept.Name != name || kept.Text != "name\n"+name+"\n" {
			t.Fatalf("kept %q (%v)", kept, err)
		}
		return uuid.MustParse(kept.ID)
	}
	first, second := keep("First"), keep("Second")
	for _, file := range []struct {
		id         uuid.UUID
		name, left string
	}{{first, "First", "Second"}, {second, "Second", ""}} {
		rows := []setup.ImportRow{{Line: 2, Details: setup.Details{Name: file.name}}}
		if changed, err := d.Setup().ImportOrganizations(t.Context(), d.Scope(), owner, file.id, rows, 1); err != nil ||
			changed != nil {
			t.Fatalf("%s: %v (%v)", file.name, changed, err)
		}
		if kept, err := d.Setup().KeptImport(t.Context(), d.Scope(), d.Owner.ID); err != nil || kept.Name != file.left {
			t.Errorf("after %s, %q is kept (%v)", file.name, kept.Name, err)
		}
	}
	technician := run.Actor{Operator: d.Member(t, d.Workspace, catalog.Technician).ID, Role: catalog.Technician}
	if err := d.Setup().KeepImport(t.Context(), d.Scope(), technician, "x", "name\nX\n"); !errors.Is(err,
		run.ErrForbidden) {
		t.Errorf("kept for a technician: %v", err)
	}
}
