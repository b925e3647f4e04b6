package duo_test

import (
	"context"
	"crypto/x509"
	"errors"
	"iter"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/duosim"
)

// simulator is one estate of the simulator, reached over TLS through the guard.
type simulator struct {
	*duosim.Sim
	parent, child duosim.Account
	transport     http.RoundTripper
}

func start(t testing.TB) *simulator {
	t.Helper()
	sim, err := duosim.New(duosim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := duosim.Listen(context.Background(), "127.0.0.1:0", sim, duosim.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	t.Cleanup(func() {
		server.Close(context.Background())
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	pem, err := os.ReadFile(server.Ready().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(pem)
	s := &simulator{
		Sim:       sim,
		parent:    sim.AddParent("Northwind"),
		transport: duo.NewTransport(duo.TransportOptions{SandboxAddress: server.Ready().Address, SandboxCA: ca}),
	}
	s.child = sim.AddChild(s.parent.AccountID, "Acme Dental")
	return s
}

func (s *simulator) client(kind string) *duo.Client {
	keys := s.parent.Application(kind)
	return duo.New(duo.Credentials{
		Host:           s.parent.APIHostname,
		IntegrationKey: keys.IntegrationKey,
		Secret:         func(use func([]byte)) error { use([]byte(keys.SecretKey)); return nil },
	}, duo.Options{Transport: s.transport})
}

// acme is the client of the child account, as the console makes it.
func (s *simulator) acme() *duo.Client {
	return s.client(duosim.AccountsAPI).ForAccount(duo.AccountID(s.child.AccountID), s.child.APIHostname)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func all[T any](t *testing.T, objects iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for object, err := range objects {
		list = append(list, must[T](t)(object, err))
	}
	return list
}

func TestAccountsAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.client(duosim.AccountsAPI)
	made := must[duo.Account](t)(c.CreateAccount(ctx, "Borealis <Freight> & Söhne"))
	accounts := must[[]duo.Account](t)(c.ListAccounts(ctx))
	if len(accounts) != 2 || accounts[1] != made || made.Name != "Borealis <Freight> & Söhne" || made.ID == "" {
		t.Errorf("accounts %+v, made %+v", accounts, made)
	}
	if host, _, err := duo.ParseHost(made.Host, true); err != nil || host != made.Host {
		t.Errorf("host %q: %v", made.Host, err)
	}
	if err := c.DeleteAccount(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if accounts := must[[]duo.Account](t)(c.ListAccounts(ctx)); len(accounts) != 1 {
		t.Errorf("accounts after the deletion %+v", accounts)
	}
}

func TestAuthAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.client(duosim.AuthAPI)
	for name, call := range map[string]func(context.Context) (time.Time, error){"ping": c.Ping, "check": c.Check} {
		if now := must[time.Time](t)(call(ctx)); time.Since(now).Abs() > 5*time.Second {
			t.Errorf("%s says it is %v", name, now)
		}
	}
	_, err := s.client(duosim.AdminAPI).Check(ctx)
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeForbidden {
		t.Errorf("an Admin API application passes as one of the Auth API: %v", err)
	}
}

func TestUsersAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.acme()
	made := must[duo.User](t)(c.CreateUser(ctx, duo.UserFields{
		Username: new("ada"), RealName: new("Ada Lövelace 🔑"), Email: new("ada@acme.example"),
		Aliases: map[int]string{1: "countess+of&lovelace", 3: "ada.l"},
	}))
	if made.ID == "" || made.RealName != "Ada Lövelace 🔑" || made.Status != duo.StatusActive || made.Created.IsZero() ||
		made.Aliases != [8]string{0: "countess+of&lovelace", 2: "ada.l"} {
		t.Errorf("made %+v", made)
	}
	changed := must[duo.User](t)(c.UpdateUser(ctx, made.ID,
		duo.UserFields{Notes: new("on leave"), Status: new(duo.StatusDisabled), Aliases: map[int]string{1: ""}}))
	if changed.RealName != made.RealName || changed.Notes != "on leave" || changed.Status != duo.StatusDisabled ||
		changed.Aliases != [8]string{2: "ada.l"} {
		t.Errorf("changed %+v", changed)
	}
	if changed := must[duo.User](t)(c.UpdateUser(ctx, made.ID,
		duo.UserFields{RealName: new("")})); changed.RealName != "" || changed.Email == "" {
		t.Errorf("cleared %+v", changed)
	}
	for by, find := range map[string]func() (duo.User, bool, error){
		"username": func() (duo.User, bool, error) { return c.UserByUsername(ctx, "ADA") },
		"alias":    func() (duo.User, bool, error) { return c.UserByUsername(ctx, "ada.l") },
		"email": func() (duo.User, bool, error) {
			users, err := c.UsersByEmail(ctx, "ADA@acme.example")
			return users[0], len(users) == 1, err
		},
	} {
		if user, found, err := find(); err != nil || !found || user.ID != made.ID {
			t.Errorf("by %s: %+v, %t, %v", by, user, found, err)
		}
	}
	if _, found, err := c.UserByUsername(ctx, "nobody"); found || err != nil {
		t.Errorf("nobody: %t, %v", found, err)
	}

	if err := c.SendToTrash(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if user := must[duo.User](t)(c.User(ctx, made.ID)); user.Status != duo.StatusPendingDeletion {
		t.Errorf("in the trash %+v", user)
	}
	if err := c.Restore(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if user := must[duo.User](t)(c.User(ctx, made.ID)); user.Status != duo.StatusDisabled {
		t.Errorf("restored %+v", user)
	}

	s.AddGroup(s.child.AccountID, "Pilots", "first to try", string(made.ID))
	if groups := must[[]duo.Group](t)(c.UserGroups(ctx, made.ID)); len(groups) != 1 || groups[0].Name != "Pilots" ||
		groups[0].Status != duo.GroupActive {
		t.Errorf("groups %+v", groups)
	}
	if err := c.DeleteUser(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	_, err := c.User(ctx, made.ID)
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeNotFound ||
		duo.MayHaveBeenApplied(err) {
		t.Errorf("after the deletion: %v", err)
	}
}

func TestPagesAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.acme()
	for i := range 301 {
		id := s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "user" + strings.Repeat("x", i)})
		if i < 2 {
			s.AddPhone(s.child.AccountID, duosim.PhoneSpec{Name: "phone", UserIDs: []string{id}})
			s.AddBypassCode(s.child.AccountID, id, duosim.BypassSpec{Uses: 3, Expires: time.Now().Add(time.Hour)})
		}
	}
	if users := all(t, c.Users(ctx)); len(users) != 301 {
		t.Errorf("%d users", len(users))
	}
	users, metadata, err := c.UsersPage(ctx, 10, 295)
	if err != nil || len(users) != 6 || metadata != (duo.Metadata{Total: 301}) {
		t.Errorf("last page: %d, %+v, %v", len(users), metadata, err)
	}
	phones := all(t, c.Phones(ctx))
	if len(phones) != 2 || len(phones[0].Users) != 1 || phones[0].Users[0].Username != "user" {
		t.Errorf("phones %+v", phones)
	}
	if _, metadata, err := c.PhonesPage(ctx, 1, 0); err != nil || metadata != (duo.Metadata{Total: 2, Next: 1}) {
		t.Errorf("page of phones: %+v, %v", metadata, err)
	}
	codes := all(t, c.BypassCodes(ctx))
	if len(codes) != 2 || codes[0].ReuseCount != 3 || codes[0].Expires.Before(time.Now()) ||
		codes[0].User.Username != "user" {
		t.Errorf("codes %+v", codes)
	}
	if _, metadata, err := c.BypassCodesPage(ctx, 1, 1); err != nil || metadata != (duo.Metadata{Total: 2}) {
		t.Errorf("page of codes: %+v, %v", metadata, err)
	}
}

func TestPhonesAgainstSimulator(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.acme()
	user := duo.UserID(s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "ada"}))
	made := must[duo.Phone](t)(c.CreatePhone(ctx, duo.PhoneFields{Number: new("+17345551212"), Name: new("Ada's")}))
	if made.Number != "+17345551212" || made.Name != "Ada's" || made.Type != "Unknown" {
		t.Errorf("made %+v", made)
	}
	_, err := c.CreateActivationURL(ctx, made.ID, time.Hour, true)
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeInvalidParameter {
		t.Errorf("activation of an unknown platform: %v", err)
	}
	_, err = c.CreatePhone(ctx, duo.PhoneFields{Number: new("+17345551212")})
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeDuplicate {
		t.Errorf("the same number again: %v", err)
	}
	changed := must[duo.Phone](t)(c.ModifyPhone(ctx, made.ID,
		duo.PhoneFields{Type: new("mobile"), Platform: new("apple ios"), Name: new("")}))
	if changed.Type != "Mobile" || changed.Platform != "Apple iOS" || changed.Name != "" ||
		changed.Number != made.Number {
		t.Errorf("changed %+v", changed)
	}
	activation := must[duo.Activation](t)(c.CreateActivationURL(ctx, made.ID, time.Hour, true))
	if !strings.Contains(activation.URL, "/activate/") || activation.Barcode == "" ||
		activation.InstallationURL == "" || activation.ValidFor != time.Hour {
		t.Errorf("activation %+v", activation)
	}
	if day := must[duo.Activation](t)(c.CreateActivationURL(ctx, made.ID, 0, false)); day.ValidFor != 24*time.Hour ||
		day.InstallationURL != "" {
		t.Errorf("activation by default %+v", day)
	}
	for range 2 {
		if err := c.AssignPhone(ctx, user, made.ID); err != nil {
			t.Fatal(err)
		}
	}
	if phones := must[[]duo.Phone](t)(c.UserPhones(ctx, user)); len(phones) != 1 || phones[0].ID != made.ID {
		t.Errorf("the user's phones %+v", phones)
	}
	if phone := must[duo.Phone](t)(c.Phone(ctx, made.ID)); len(phone.Users) != 1 || phone.Users[0].ID != user {
		t.Errorf("the phone's users %+v", phone.Users)
	}
	if err := c.UnassignPhone(ctx, user, made.ID); err != nil {
		t.Fatal(err)
	}
	if phones := must[[]duo.Phone](t)(c.UserPhones(ctx, user)); len(phones) != 0 {
		t.Errorf("phones after un-assigning %+v", phones)
	}
}

func TestPhoneIsDeletedWhoeverHasIt(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := s.acme()
	ada := duo.UserID(s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "ada"}))
	bob := duo.UserID(s.AddUser(s.child.AccountID, duosim.UserSpec{Username: "bob"}))
	shared := duo.PhoneID(s.AddPhone(s.child.AccountID,
		duosim.PhoneSpec{Number: "+17345551212", Activated: true, UserIDs: []string{string(ada), string(bob)}}))
	kept := s.AddPhone(s.child.AccountID, duosim.PhoneSpec{Number: "+17345551213", UserIDs: []string{string(bob)}})
	if phone := must[duo.Phone](t)(c.Phone(ctx, shared)); phone.Created.IsZero() || phone.LastActivated.IsZero() ||
		phone.AppVersion == "" || !phone.LastSeen.IsZero() {
		t.Errorf("the phone %+v", phone)
	}
	for range 2 {
		if err := c.DeletePhone(ctx, shared); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Phone(ctx, shared)
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeNotFound {
		t.Errorf("after the deletion: %v", err)
	}
	users := must[[]duo.User](t)(c.UsersByID(ctx, bob, ada, "DU00000000000000000X"))
	if len(users) != 2 || users[0].ID != bob || len(users[0].Phones) != 1 || string(users[0].Phones[0].ID) != kept ||
		len(users[1].Phones) != 0 {
		t.Errorf("its users %+v", users)
	}
	if n := len(s.Ledger()); n != 1 {
		t.Errorf("%d effects, want one deletion", n)
	}
}

// TestFaults makes the same write under every fault and compares what the client says of it with
// what really happened.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault   duosim.Fault
		says    bool // may have been applied
		effects int
	}{
		{duosim.Fault{Kind: duosim.RateLimited, RetryAfter: time.Second}, false, 0},
		{duosim.Fault{Kind: duosim.Revoked}, false, 0},
		{duosim.Fault{Kind: duosim.PermissionRemoved}, false, 0},
		{duosim.Fault{Kind: duosim.ClockOff, Delay: time.Hour}, false, 1}, // learned, then applied
		{duosim.Fault{Kind: duosim.ErrorBeforeApplying}, true, 0},
		{duosim.Fault{Kind: duosim.ErrorAfterApplying}, true, 1},
		{duosim.Fault{Kind: duosim.AnswerLost}, true, 1},
		{duosim.Fault{Kind: duosim.Down}, true, 0},
		{duosim.Fault{Kind: duosim.Unavailable}, true, 0},
	} {
		t.Run(string(test.fault.Kind), func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.SetFault(s.child.AccountID, test.fault)
			_, err := s.acme().CreateUser(t.Context(), duo.UserFields{Username: new("ada")})
			if effects := len(s.Ledger()); effects != test.effects {
				t.Errorf("%d effects, want %d (%v)", effects, test.effects, err)
			}
			if got := duo.MayHaveBeenApplied(err); got != test.says {
				t.Errorf("may have been applied: %t, of %v", got, err)
			}
		})
	}
}

func TestWrongSecretAgainstSimulator(t *testing.T) {
	t.Parallel()
	s := start(t)
	wrong := duo.New(duo.Credentials{
		Host:           s.parent.APIHostname,
		IntegrationKey: s.parent.Application(duosim.AdminAPI).IntegrationKey,
		Secret: func(use func([]byte)) error {
			use([]byte(s.parent.Application(duosim.AuthAPI).SecretKey))
			return nil
		},
	}, duo.Options{Transport: s.transport})
	_, err := wrong.Settings(t.Context())
	if refused, ok := errors.AsType[*duo.Error](err); !ok || refused.Code != duo.CodeBadSignature {
		t.Errorf("with another application's secret: %v", err)
	}
}
