package run_test

import (
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
)

// TestBoxesThatNobodySeesAnythingInAreEmpty: what they hold is cleaned away, so Duo is
// not asked for an account, and no colour is saved as one.
func TestBoxesThatNobodySeesAnythingInAreEmpty(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	owner := d.Actor(catalog.Owner)
	o := d.Organizations(t, d.Workspace, "Beta")[0]
	d.Sim.SetFault(d.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	for _, empty := range []string{" ", "\u200b", "\ufeff\u3164"} {
		if faults := saveRows(t, d, run.MappingRow{Organization: o.ID, Account: empty, DirectoryKey: goodKey}); len(faults) != 0 {
			t.Error(faults)
		}
		if _, bad, err := d.Runner.CreateOrganization(t.Context(), d.Scope(), owner, "New", run.MappingRow{Account: empty}); err != nil || len(bad) > 0 {
			t.Errorf("created with the account %q: %v, %v", empty, bad, err)
		}
		rows := []run.ImportRow{{Line: 2, Details: run.Details{Name: uuid.NewString()}, Account: empty}}
		if changed, err := d.Runner.ImportOrganizations(t.Context(), d.Scope(), owner, uuid.New(), rows, 1); err != nil || changed != nil {
			t.Errorf("imported with the account %q: %+v, %v", empty, changed, err)
		}
		if bad, err := d.Runner.Connect(t.Context(), d.Scope(), owner, o, "child", empty); err != nil || len(bad) != 1 || bad[0].Message != "Choose the child account." {
			t.Errorf("connected with the account %q: %v, %v", empty, bad, err)
		}
		if bad, err := d.Runner.ChangeOrganization(t.Context(), d.Scope(), owner, o.ID, o.Revision, run.Details{Name: "Beta", Colour: empty}); err != nil || len(bad) != 1 || bad[0].Field != run.ColourField {
			t.Errorf("changed with the color %q: %v, %v", empty, bad, err)
		}
	}
}
