package catalog_test

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// TestActionsDescribeThemselves looks for what a form, a help page or an audit
// would miss.
func TestActionsDescribeThemselves(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		if a.Title == "" || a.Category == "" || !strings.HasSuffix(a.Help, ".") || a.API == "" || a.Kind == "" ||
			a.Role < catalog.Auditor || a.Run == nil {
			t.Errorf("%s lacks title, category, help, API, kind, role or the means to run", a.Slug)
		}
		seen := map[string]bool{}
		for _, f := range a.Fields {
			spec := f.Spec()
			if spec.Name == "" || spec.Label == "" || spec.Kind == "" || seen[spec.Name] {
				t.Errorf("%s: field %q lacks a name, a label or a kind, or stands twice", a.Slug, spec.Name)
			}
			if spec.Name == "account_id" && !a.OfWorkspace() || spec.Name == "ticket" {
				t.Errorf("%s: field %q collides with what the console adds", a.Slug, spec.Name)
			}
			seen[spec.Name] = true
		}
	}
}

// seeded is an account of the simulator with one of everything.
type seeded struct {
	sim    *duosim.Sim
	child  string                      // the account
	client *duo.Client                 // of the account
	apis   map[catalog.API]*duo.Client // the clients that actions get
	ids    map[string]string           // by the example that stands for them
}

func seed(t *testing.T) seeded {
	t.Helper()
	sim, err := duosim.New(duosim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := duosim.Listen(t.Context(), "127.0.0.1:0", sim, duosim.ListenOptions{CADir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve()
	t.Cleanup(func() { server.Close(t.Context()) })
	pem, err := os.ReadFile(server.Ready().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(pem)
	parent := sim.AddParent("Parent")
	child := sim.AddChild(parent.AccountID, "Child")
	transport := duo.NewTransport(duo.TransportOptions{SandboxAddress: server.Ready().Address, SandboxCA: ca})
	clientOf := func(host string, keys duosim.Application) *duo.Client {
		lend := func(use func([]byte)) error { use([]byte(keys.SecretKey)); return nil }
		return duo.New(duo.Credentials{Host: host, IntegrationKey: keys.IntegrationKey, Secret: lend},
			duo.Options{Transport: transport, Observe: func(_ context.Context, call duo.Call) {
				if call.API() == "other" {
					t.Error("a call of an endpoint that is not listed in duo/call.go")
				}
			}})
	}
	accounts := clientOf(parent.APIHostname, parent.Application(duosim.AccountsAPI))
	auth := clientOf(child.APIHostname, sim.AddApplication(child.AccountID, duosim.AuthAPI))
	client := accounts.ForAccount(duo.AccountID(child.AccountID), child.APIHostname)
	owned := sim.AddPhone(child.AccountID, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile",
		Platform: "Apple iOS", Activated: true})
	user := sim.AddUser(child.AccountID, duosim.UserSpec{Username: "ada", PhoneIDs: []string{owned}})
	sim.AddAdmin(child.AccountID, duosim.AdminSpec{Name: "Grace", Email: "grace@client.example"})
	return seeded{sim: sim, child: child.AccountID, client: client,
		apis: map[catalog.API]*duo.Client{catalog.Accounts: accounts, catalog.Admin: client, catalog.Auth: auth},
		ids: map[string]string{
			"DA0000000000000000EX": sim.AddChild(parent.AccountID, "Client").AccountID,
			"DU0000000000000000EX": user, "DP0000000000000000EX": owned,
			"DB0000000000000000EX": sim.AddBypassCode(child.AccountID, user, duosim.BypassSpec{}),
			"DG0000000000000000EX": sim.AddGroup(child.AccountID, "Pilots", ""),
			"joined group":         sim.AddGroup(child.AccountID, "Staff", "", user),
			"DS0000000000000000EX": sim.AddDirectory(child.AccountID, duosim.DirectorySpec{Name: "AD",
				People: []duosim.Person{{Username: "casey.example", Realname: "Casey Example"}}}),
			"DH0000000000000000EX": sim.AddToken(child.AccountID, duosim.TokenSpec{Serial: "100200"}),
			"joined token": sim.AddToken(child.AccountID,
				duosim.TokenSpec{Serial: "100201", UserIDs: []string{user}}),
			"WA0000000000000000EX": sim.AddCredential(child.AccountID,
				duosim.CredentialSpec{UserID: user, Name: "Key", Label: "Security Key"}),
			"free phone": sim.AddPhone(child.AccountID, duosim.PhoneSpec{Number: "+12025550199"}),
			"locked out": sim.AddUser(child.AccountID,
				duosim.UserSpec{Username: "eve", Status: duosim.LockedOut}),
			"trashed": sim.AddUser(child.AccountID,
				duosim.UserSpec{Username: "bob", Status: duosim.PendingDeletion}),
		}}
}

// host is where an account is reached.
func (s seeded) host(account string) string {
	for _, a := range s.sim.Accounts() {
		if a.AccountID == account {
			return a.APIHostname
		}
	}
	return ""
}

// examples are an action's own, with the ids of things that are really there.
func (s seeded) examples(a catalog.Action) map[string]string {
	form := map[string]string{}
	for _, f := range a.Fields {
		spec := f.Spec()
		if spec.Example != "" {
			form[spec.Name] = spec.Example
		}
		if id := s.ids[spec.Example]; id != "" {
			form[spec.Name] = id
		}
	}
	switch a.Slug { // these need a thing in another state
	case "accounts-api-action":
		form["method"] = "post"
	case "assign-phone-to-user":
		form["phone_id"] = s.ids["free phone"]
	case "set-edition":
		form["edition"] = "beyond"
	case "un-assign-hardware-token-from-user":
		form["token_id"] = s.ids["joined token"]
	case "disassociate-group-from-user":
		form["group_id"] = s.ids["joined group"]
	case "restore-user":
		form["user_id"] = s.ids["trashed"]
	case "unlock-user":
		form["user_id"] = s.ids["locked out"]
	}
	return form
}

func parse(t *testing.T, a catalog.Action, form map[string]string) catalog.Values {
	t.Helper()
	in, bad := a.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
	if len(bad) > 0 {
		t.Fatalf("%s refuses its own examples: %v", a.Slug, bad)
	}
	return in
}

// TestConformance carries out every action with its own examples: what the
// catalogue offers, Duo takes, and a write really changes something.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		t.Run(a.Slug, func(t *testing.T) {
			t.Parallel()
			s := seed(t)
			result, err := a.Run(t.Context(), s.apis[a.API], parse(t, a, s.examples(a)).By(catalog.Owner))
			if err != nil {
				t.Fatal(err)
			}
			if effects := len(s.sim.Ledger()); (a.Kind == catalog.Read || a.Kind == catalog.Generic) != (effects == 0) {
				t.Errorf("an action of kind %q had %d effects", a.Kind, effects)
			}
			if result.Subject == "" || !strings.HasSuffix(result.Summary, ".") {
				t.Errorf("the record would say %q of %q", result.Summary, result.Subject)
			}
			if (result.Pending != "") != (a.Follow != nil) || a.Follow != nil && a.Patience < time.Minute {
				t.Errorf("a person is asked, or not, as %q, and has %v", result.Pending, a.Patience)
			}
			if (len(result.Secrets) > 0) != a.Reveals {
				t.Errorf("it brought %d secrets, and says Reveals: %v", len(result.Secrets), a.Reveals)
			}
			if a.Follow != nil {
				if p, err := a.Follow(t.Context(), s.apis[a.API], parse(t, a, s.examples(a)), result); err != nil ||
					p.Answer != "" || p.Text == "" {
					t.Errorf("nobody has answered, and it stands at %+v %v", p, err)
				}
			}
			for _, secret := range result.Secrets {
				if secret.Label == "" || secret.Value == "" ||
					strings.Contains(result.Subject+result.Summary, secret.Value) {
					t.Errorf("secret %q is empty, or told in the record: %q", secret.Label, result.Summary)
				}
			}
		})
	}
}

// bad is a value that a field cannot take, whatever its action.
func bad(spec catalog.Spec) string {
	if spec.Kind == "lines" {
		return "one\nt\x01wo"
	}
	if spec.Name == "confirm" { // whatever a name can hold
		return strings.Repeat("x", spec.Max+1)
	}
	return "no\x01ne" // no number, id, moment or choice, and no text either
}

// TestBadInputIsNamed gives each field of each action a value that it cannot
// take: the fault stands beside that field, in a sentence, and beside no other.
func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	s := seed(t)
	for _, a := range catalog.All() {
		for _, f := range a.Fields {
			form := s.examples(a)
			form[f.Spec().Name] = bad(f.Spec())
			_, faults := a.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
			if len(faults) != 1 || faults[0].Field != f.Spec().Name || !strings.HasSuffix(faults[0].Message, ".") {
				t.Errorf("%s: bad %s gives %v", a.Slug, f.Spec().Name, faults)
			}
		}
	}
}

// TestUserFieldsArrive gives each field of a user alone: it is changed, and
// nothing else is.
func TestUserFieldsArrive(t *testing.T) {
	t.Parallel()
	update, _ := catalog.Lookup("update-user")
	s := seed(t)
	values := map[string]string{"username": "ada.new", "realname": "Ada L", "firstname": "Ada", "lastname": "Lovelace",
		"email": "ada@client.example", "status": "disabled", "notes": "one\ntwo", "aliases": "countess"}
	for _, f := range update.Fields[1:] {
		name := f.Spec().Name
		if values[name] == "" {
			t.Fatalf("this test knows no value of %q", name)
		}
		before := len(s.sim.Ledger())
		result, err := update.Run(t.Context(), s.client,
			parse(t, update, map[string]string{"user_id": s.ids["DU0000000000000000EX"], name: values[name]}))
		if err != nil {
			t.Fatal(name, err)
		}
		sent := s.sim.Ledger()[before].Parameters
		want := values[name]
		if name == "aliases" { // a list that is given replaces all positions
			want = "alias1=countess&alias2=&alias3=&alias4=&alias5=&alias6=&alias7=&alias8="
		}
		if len(sent) != 1 || sent[name] != want {
			t.Errorf("%s: Duo got %q", name, sent)
		}
		if result.Summary == "Changed ." {
			t.Errorf("the record does not tell that %s was changed", name)
		}
	}
}

// TestNamesOfUsersInBypass: nobody comes to be without a second factor by being
// called like a user in bypass.
func TestNamesOfUsersInBypass(t *testing.T) {
	t.Parallel()
	update, _ := catalog.Lookup("update-user")
	s := seed(t)
	bypassed := s.sim.AddUser(s.child, duosim.UserSpec{Username: "spare", Status: "bypass"})
	grouped := s.sim.AddUser(s.child, duosim.UserSpec{Username: "grouped"})
	s.sim.SetGroupStatus(s.child, s.sim.AddGroup(s.child, "Let in", "", grouped), "Bypass")
	for _, id := range []string{bypassed, grouped} {
		for field, value := range map[string]string{"username": "boss", "aliases": "boss"} {
			_, err := update.Run(t.Context(), s.client,
				parse(t, update, map[string]string{"user_id": id, field: value}))
			var fault *catalog.FieldError
			if !errors.As(err, &fault) || fault.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	if done := s.sim.Ledger(); len(done) > 0 {
		t.Errorf("done: %+v", done)
	}
	if _, err := update.Run(t.Context(), s.client,
		parse(t, update, map[string]string{"user_id": bypassed, "username": "boss", "status": "active"})); err != nil {
		t.Error("with the end of the bypass: ", err)
	}
}

// TestPhoneFieldsArrive does the same with each field of a phone, and clears
// those that can be empty.
func TestPhoneFieldsArrive(t *testing.T) {
	t.Parallel()
	modify, _ := catalog.Lookup("modify-phone")
	s := seed(t)
	change := func(name, value string) map[string]string {
		t.Helper()
		before := len(s.sim.Ledger())
		result, err := modify.Run(t.Context(), s.client,
			parse(t, modify, map[string]string{"phone_id": s.ids["DP0000000000000000EX"], name: value}))
		if err != nil {
			t.Fatal(name, err)
		}
		if result.Summary != "Changed "+name+"." {
			t.Errorf("%s: the record says %q", name, result.Summary)
		}
		return s.sim.Ledger()[before].Parameters
	}
	values := map[string]string{"number": "+44 20 7946 0123", "name": "Desk", "extension": "12,#", "type": "landline",
		"platform": "google android", "predelay": "5", "postdelay": "0"}
	for _, f := range modify.Fields[1:] {
		name := f.Spec().Name
		sent := change(name, values[name])
		if want := strings.ReplaceAll(values[name], " ", ""); len(sent) != 1 ||
			name != "platform" && name != "type" && sent[name] != want || sent[name] == "" {
			t.Errorf("%s: Duo got %q", name, sent)
		}
	}
	for _, name := range []string{"name", "extension", "number"} {
		if sent := change(name, ""); len(sent) != 1 || sent[name] != "" {
			t.Errorf("clearing %s: Duo got %q", name, sent)
		}
	}
}
