package run_test

import (
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
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
		if faults := saveRows(t, d, setup.MappingRow{Organization: o.ID, Account: empty,
			DirectoryKey: goodKey}); len(faults) != 0 {
			t.Error(faults)
		}
		if _, bad, err := d.Setup().CreateOrganization(t.Context(), d.Scope(), owner, "New",
			setup.MappingRow{Account: empty}); err != nil || len(bad) > 0 {
			t.Errorf("created with the account %q: %v, %v", empty, bad, err)
		}
		rows := []setup.ImportRow{{Line: 2, Details: setup.Details{Name: uuid.NewString()}, Account: empty}}
		if changed, err := d.Setup().ImportOrganizations(t.Context(), d.Scope(), owner, uuid.New(), rows,
			1); err != nil || changed != nil {
			t.Errorf("imported with the account %q: %+v, %v", empty, changed, err)
		}
		if bad, err := d.Setup().Connect(t.Context(), d.Scope(), owner, o, "child", empty); err != nil ||
			len(bad) != 1 || bad[0].Message != "Choose the child account." {
			t.Errorf("connected with the account %q: %v, %v", empty, bad, err)
		}
		if bad, err := d.Setup().ChangeOrganization(t.Context(), d.Scope(), owner, o.ID, o.Revision,
			setup.Details{Name: "Beta", Colour: empty}); err != nil || len(bad) != 1 ||
			bad[0].Field != setup.ColourField {
			t.Errorf("changed with the color %q: %v, %v", empty, bad, err)
		}
	}
}
