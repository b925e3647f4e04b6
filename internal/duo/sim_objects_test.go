package duo_test

import (
	"errors"
	"testing"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/duosim"
)

func TestGroupsAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.acme()
	user := duo.UserID(s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "ada"}))
	pilots := duo.GroupID(s.AddGroup(s.child.AccountID, "Pilots", "first to try"))
	s.AddGroup(s.child.AccountID, "Others", "")
	s.SetGroupStatus(s.child.AccountID, string(pilots), "Bypass")
	if group := must[duo.Group](t)(c.Group(ctx, pilots)); group != (duo.Group{ID: pilots, Name: "Pilots",
		Description: "first to try", Status: duo.GroupBypass}) {
		t.Errorf("group %+v", group)
	}
	if groups, metadata, err := c.GroupsPage(ctx, 1, 0); err != nil || len(groups) != 1 ||
		metadata != (duo.Metadata{Total: 2, Next: 1}) {
		t.Errorf("page of groups: %+v, %+v, %v", groups, metadata, err)
	}
	for range 2 {
		if err := c.AssociateGroup(ctx, user, pilots); err != nil {
			t.Fatal(err)
		}
	}
	if u := must[duo.User](t)(c.User(ctx, user)); len(u.Groups) != 1 || u.Groups[0].Status != duo.GroupBypass {
		t.Errorf("the user's groups %+v", u.Groups)
	}
	for range 2 {
		if err := c.DisassociateGroup(ctx, user, pilots); err != nil {
			t.Fatal(err)
		}
	}
	if groups := must[[]duo.Group](t)(c.UserGroups(ctx, user)); len(groups) != 0 {
		t.Errorf("groups after the end: %+v", groups)
	}
	_, err := c.Group(ctx, "DG00000000000000000X")
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeNotFound {
		t.Errorf("an unknown group: %v", err)
	}
}

func TestBypassCodesAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.acme()
	user := duo.UserID(s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "ada"}))
	one := duo.NewBypassCodes{Count: 1, ReuseCount: 1, ValidFor: time.Hour, PreserveExisting: true}
	first := must[[]string](t)(c.CreateBypassCodes(ctx, user, one))
	second := must[[]string](t)(c.CreateBypassCodes(ctx, user, one))
	if kept := s.BypassCodes(s.child.AccountID, string(user)); len(kept) != 2 || kept[0] != first[0] ||
		kept[1] != second[0] {
		t.Errorf("%d codes, want the first and the second", len(kept))
	}
	codes := must[[]duo.BypassCode](t)(c.UserBypassCodes(ctx, user))
	if len(codes) != 2 || codes[0].ReuseCount != 1 || time.Until(codes[0].Expires).Round(time.Minute) != time.Hour {
		t.Errorf("codes %+v", codes)
	}
	if code := must[duo.BypassCode](t)(c.BypassCode(ctx, codes[0].ID)); code.ID != codes[0].ID || code.User.ID != user {
		t.Errorf("code %+v", code)
	}
	if err := c.DeleteBypassCode(ctx, codes[0].ID); err != nil {
		t.Fatal(err)
	}
	unlimited := must[[]string](t)(c.CreateBypassCodes(ctx, user, duo.NewBypassCodes{Count: 3}))
	if kept := s.BypassCodes(s.child.AccountID, string(user)); len(unlimited) != 3 || len(kept) != 3 {
		t.Errorf("%d codes after replacing them by 3", len(kept))
	}
	for _, code := range must[[]duo.BypassCode](t)(c.UserBypassCodes(ctx, user)) {
		if code.ReuseCount != 0 || !code.Expires.IsZero() {
			t.Errorf("a code without limits reads as %+v", code)
		}
	}
}

func TestAccountDataAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "ada"})
	settings := must[duo.Settings](t)(s.acme().Settings(ctx))
	if settings.Name != "Acme Dental" || settings.LockoutThreshold != 10 || settings.Language != "EN" ||
		len(settings.Raw) < 20 {
		t.Errorf("settings %+v", settings)
	}
	if summary := must[duo.InfoSummary](t)(s.acme().InfoSummary(ctx)); summary.Users != 1 || summary.Edition == "" {
		t.Errorf("summary %+v", summary)
	}
}
