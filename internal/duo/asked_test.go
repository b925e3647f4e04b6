package duo_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"duodesk/internal/duo"
	"duodesk/internal/duo/duosim"
)

// crowd is an account with several objects of every kind.
type crowd struct {
	*simulator
	c                                                     *duo.Client
	ada, bob, cell, desk, pilots, token, key, admin, code string
	push                                                  duo.PushID
	application                                           duo.IntegrationKey
}

func crowded(t *testing.T) crowd {
	t.Helper()
	s := crowd{simulator: start(t)}
	id := s.child.AccountID
	s.c = s.acme()
	s.ada = s.AddUser(id, duosim.UserSpec{Username: "ada", Email: "shared@acme.example",
		Aliases: []string{"a.lovelace"}})
	s.bob = s.AddUser(id, duosim.UserSpec{Username: "bob", Email: "Shared@acme.example"})
	s.cell = s.AddPhone(id, duosim.PhoneSpec{Number: "+17345551212", UserIDs: []string{s.ada}})
	s.desk = s.AddPhone(id, duosim.PhoneSpec{Number: "+17345551212", Extension: "22", UserIDs: []string{s.bob}})
	s.AddPhone(id, duosim.PhoneSpec{Number: "+442079460123", Extension: "22"})
	s.pilots = s.AddGroup(id, "Pilots", "", s.ada)
	s.AddGroup(id, "Rest", "", s.bob)
	s.token = s.AddToken(id, duosim.TokenSpec{Type: "h6", Serial: "1", Secret: "00", UserIDs: []string{s.ada}})
	s.AddToken(id, duosim.TokenSpec{Type: "h8", Serial: "1", Secret: "00", UserIDs: []string{s.bob}})
	s.key = s.AddCredential(id, duosim.CredentialSpec{UserID: s.ada, Name: "blue"})
	s.AddCredential(id, duosim.CredentialSpec{UserID: s.bob, Name: "blue"})
	s.admin = s.AddAdmin(id, duosim.AdminSpec{Name: "Jane", Email: "jane@acme.example"})
	s.AddAdmin(id, duosim.AdminSpec{Name: "Joe", Email: "joe@acme.example"})
	s.AddBypassCode(id, s.ada, duosim.BypassSpec{})
	s.AddBypassCode(id, s.bob, duosim.BypassSpec{})
	codes := must[[]duo.BypassCode](t)(s.c.UserBypassCodes(t.Context(), duo.UserID(s.ada)))
	s.code = string(codes[0].ID)
	for _, user := range []string{s.ada, s.bob} {
		phone := s.AddPhone(id, duosim.PhoneSpec{Name: "Activated", Type: "Mobile", Platform: "Apple iOS",
			Activated: true, UserIDs: []string{user}})
		sent := must[duo.VerificationPush](t)(s.c.SendVerificationPush(t.Context(), duo.UserID(user),
			duo.PhoneID(phone)))
		s.push = cmp.Or(s.push, sent.ID) // of ada
	}
	for _, name := range []string{"One", "Two"} {
		made := must[duo.Integration](t)(s.c.CreateAuthIntegration(t.Context(), name))
		s.application = made.Key
	}
	return s
}

// chosen are calls that a filter narrows, each with what it finds.
func (s crowd) chosen() map[string]struct {
	path   string
	params duo.Params
	want   []string
} {
	text := func(values ...string) string {
		list, _ := json.Marshal(values)
		return string(list)
	}
	return map[string]struct {
		path   string
		params duo.Params
		want   []string
	}{
		"username":           {"users", duo.Params{"username": "ADA"}, []string{s.ada}},
		"alias":              {"users", duo.Params{"username": "a.lovelace"}, []string{s.ada}},
		"no username":        {"users", duo.Params{"username": "nobody.at.all"}, nil},
		"part of a username": {"users", duo.Params{"username": "ad"}, nil},
		"email of two":       {"users", duo.Params{"email": "shared@ACME.example"}, []string{s.ada, s.bob}},
		"no email":           {"users", duo.Params{"email": "ada"}, nil},
		"ids": {"users", duo.Params{"user_id_list": text(s.bob, "DU00000000000000NONE")},
			[]string{s.bob}},
		"usernames":             {"users", duo.Params{"username_list": text("a.lovelace", "nobody")}, []string{s.ada}},
		"number":                {"phones", duo.Params{"number": "+17345551212"}, []string{s.cell, s.desk}},
		"number of our country": {"phones", duo.Params{"number": "(734) 555-1212"}, []string{s.cell, s.desk}},
		"number and extension":  {"phones", duo.Params{"number": "+17345551212", "extension": "22"}, []string{s.desk}},
		"no number":             {"phones", duo.Params{"number": "+17345551213"}, nil},
		"group ids":             {"groups", duo.Params{"group_id_list": text(s.pilots)}, []string{s.pilots}},
		"type and serial":       {"tokens", duo.Params{"type": "h6", "serial": "1"}, []string{s.token}},
	}
}

// find makes a call and returns the ids of its rows.
func (s crowd) find(ctx context.Context, path string, params duo.Params) ([]string, error) {
	answer, err := s.c.Do(ctx, duo.Request{Method: http.MethodGet, Path: "/admin/v1/" + path, Params: params})
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	if err := json.Unmarshal(answer.Response, &rows); err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range rows {
		for _, name := range []string{"user_id", "phone_id", "group_id", "token_id"} {
			if id, is := row[name].(string); is {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids, nil
}

func TestIgnoredFiltersFindNobodyElse(t *testing.T) {
	t.Parallel()
	s, ctx := crowded(t), t.Context()
	for _, kind := range []duosim.FaultKind{duosim.NoFault, duosim.FiltersIgnored} {
		s.SetFault(s.child.AccountID, duosim.Fault{Kind: kind})
		for name, test := range s.chosen() {
			found, err := s.find(ctx, test.path, test.params)
			slices.Sort(test.want)
			if slices.Sort(found); err != nil || !slices.Equal(found, test.want) {
				t.Errorf("%q, %s: found %v, %v, want %v", kind, name, found, err, test.want)
			}
		}
		if user, found, err := s.c.UserByUsername(ctx, "nobody.at.all"); found || err != nil {
			t.Errorf("%q: nobody.at.all is %q, %v", kind, user.Username, err)
		}
		if users, err := s.c.UsersByID(ctx, duo.UserID(s.bob)); err != nil || len(users) != 1 ||
			users[0].Username != "bob" {
			t.Errorf("%q: by id %v, %v", kind, users, err)
		}
		if users, meta, err := s.c.UsersMatching(ctx, duo.UserFilter{Username: "bob"}, 100, 0); err != nil ||
			len(users) != 1 || meta.Next != 0 || meta.Total > 1 {
			t.Errorf("%q: matching %v, %v, %v", kind, users, meta, err)
		}
	}
}

// What is left out of one page of many can be on the others.
func TestIgnoredFiltersOfLargeAccounts(t *testing.T) {
	t.Parallel()
	s, ctx := crowded(t), t.Context()
	for i := range 600 {
		n := fmt.Sprint(i)
		s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "user" + n, Email: n + "@acme.example"})
		s.AddPhone(s.child.AccountID, duosim.PhoneSpec{Number: "+1202555" + fmt.Sprintf("%04d", i)})
		s.AddGroup(s.child.AccountID, "Group "+n, "")
		s.AddToken(s.child.AccountID, duosim.TokenSpec{Type: "h6", Serial: "s" + n, Secret: "00"})
	}
	for name, test := range s.chosen() {
		s.SetFault(s.child.AccountID, duosim.Fault{})
		if found, err := s.find(ctx, test.path, test.params); err != nil || len(found) != len(test.want) {
			t.Errorf("%s: found %v, %v", name, found, err)
		}
		s.SetFault(s.child.AccountID, duosim.Fault{Kind: duosim.FiltersIgnored})
		found, err := s.find(ctx, test.path, test.params)
		if failed, is := errors.AsType[*duo.TransportError](err); !is || failed.Failure != duo.OtherAnswer ||
			duo.MayHaveBeenApplied(err) {
			t.Errorf("%s, ignored: found %v, %v", name, found, err)
		}
	}
}

func TestAnotherObjectIsNotTaken(t *testing.T) {
	t.Parallel()
	s, ctx := crowded(t), t.Context()
	c, name := s.c, "same"
	raw := func(path string) func() error {
		return func() error {
			_, err := c.Do(ctx, duo.Request{Method: http.MethodGet, Path: path})
			return err
		}
	}
	reads := map[string]func() error{
		"user":         func() error { _, err := c.User(ctx, duo.UserID(s.ada)); return err },
		"phone":        func() error { _, err := c.Phone(ctx, duo.PhoneID(s.cell)); return err },
		"group":        func() error { _, err := c.Group(ctx, duo.GroupID(s.pilots)); return err },
		"token":        func() error { _, err := c.Token(ctx, duo.TokenID(s.token)); return err },
		"security key": func() error { _, err := c.WebAuthnCredential(ctx, duo.WebAuthnKey(s.key)); return err },
		"admin":        func() error { _, err := c.Admin(ctx, duo.AdminID(s.admin)); return err },
		"bypass code":  func() error { _, err := c.BypassCode(ctx, duo.BypassCodeID(s.code)); return err },
		"application":  func() error { _, err := c.Integration(ctx, s.application); return err },
		"answer to a push": func() error {
			_, err := c.VerificationPushResponse(ctx, duo.UserID(s.ada), s.push)
			return err
		},
		"older group":       raw("/admin/v1/groups/" + s.pilots),
		"newer application": raw("/admin/v3/integrations/" + string(s.application)),
		"codes of a user":   raw("/admin/v1/users/" + s.ada + "/bypass_codes"),
	}
	writes := map[string]func() error{
		"change of a user": func() error {
			_, err := c.UpdateUser(ctx, duo.UserID(s.ada), duo.UserFields{Notes: &name})
			return err
		},
		"change of a phone": func() error {
			_, err := c.ModifyPhone(ctx, duo.PhoneID(s.cell), duo.PhoneFields{Name: &name})
			return err
		},
		"change of a group": func() error {
			_, err := c.ModifyGroup(ctx, duo.GroupID(s.pilots), duo.GroupFields{Name: &name})
			return err
		},
	}
	for _, calls := range []map[string]func() error{reads, writes} {
		for what, call := range calls {
			if err := call(); err != nil {
				t.Errorf("%s, without a fault: %v", what, err)
			}
		}
	}
	s.SetFault(s.child.AccountID, duosim.Fault{Kind: duosim.OtherObject})
	for applied, calls := range map[bool]map[string]func() error{false: reads, true: writes} {
		for what, call := range calls {
			err := call()
			failed, is := errors.AsType[*duo.TransportError](err)
			if !is || failed.Failure != duo.OtherAnswer || duo.MayHaveBeenApplied(err) != applied {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
}
