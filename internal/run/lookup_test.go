package run_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	folding "duodesk/internal/text"
)

// lookUp returns the names of all matches, and the one that is taken.
func lookUp(t *testing.T, d *runtest.Desk, of, typed string) (names, only string, found run.Found) {
	t.Helper()
	found, err := d.Runner.Lookup(t.Context(), d.Scope(), d.Client, of, typed)
	if err != nil {
		t.Fatal(typed, ": ", err)
	}
	var all []string
	for _, m := range found.Matches {
		all = append(all, m.Name)
	}
	if m, one := found.Only(); one {
		only = m.Name
	}
	return strings.Join(all, " | "), only, found
}

func TestLookupOfUsers(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	for _, u := range []duosim.UserSpec{
		{Username: "a-maria", Email: "m@client.example"},
		{Username: "maria.lund", Realname: "Maria Lund", Email: "M@client.example", Aliases: []string{"mlund"}},
		{Username: "boss@client.example", Firstname: "Bo", Lastname: "Åkesson Smith"},
		{Username: "thief", Email: "boss@client.example"},
		{Username: "jdoe"}, {Username: "jdoe\u200b"}, {Username: "seen\u200b"},
		{Username: norm.NFD.String("zoë")},
		{Username: `acme\kim`, Email: "kim@client.example"}, {Username: "kim@acme.example"},
		{Username: "søren", Realname: "Søren Ærø"},
	} {
		d.Sim.AddUser(id, u)
	}
	anna := d.Sim.AddUser(id, duosim.UserSpec{Username: "anna", Realname: "Maria  Lund"})
	for _, test := range []struct{ typed, matches, only string }{
		{"maria.lund", "maria.lund", "maria.lund"},
		{" MARIA.Lund\u200b", "maria.lund", "maria.lund"},
		{"MLUND", "maria.lund", "maria.lund"},
		{"m@client.example", "a-maria | maria.lund", ""},
		{"M@CLIENT.example ", "a-maria | maria.lund", ""},
		{"boss@client.example", "boss@client.example | thief", ""},
		{"kim@client.example", `acme\kim`, `acme\kim`},
		{anna, "anna", "anna"},
		// A person cannot see which of the two is meant, and which one was found.
		{"jdoe", "jdoe | jdoe\u200b", ""},
		{"seen", "seen\u200b", ""},
		{"zoë", norm.NFD.String("zoë"), ""},
		// Close is not exact, also where it is the only one.
		{"Maria Lund", "anna | maria.lund", ""},
		{"Lund, Maria", "anna | maria.lund", ""},
		{"smith, bo", "boss@client.example", ""},
		{"Akesson Smith, Bo", "boss@client.example", ""},
		{`CORP\maria.lund`, "maria.lund", ""},
		{"maria.lund@other.example", "maria.lund", ""},
		{"kim", `acme\kim | kim@acme.example`, ""},
		{`acme\KIM`, `acme\kim`, `acme\kim`},
		{"soren", "søren", ""},
		{"Aero, Soren", "søren", ""}, {"Soren Aro", "", ""},
		{"Maria", "", ""}, {"lund", "", ""}, {"nobody.at.all", "", ""}, {"@", "", ""}, {`\`, "", ""}, {"", "", ""},
		{"\u200b", "", ""},
	} {
		if matches, only, _ := lookUp(t, d, catalog.OfUser, test.typed); matches != test.matches || only != test.only {
			t.Errorf("%q: %q, taken %q; want %q, taken %q", test.typed, matches, only, test.matches, test.only)
		}
	}
}

// What Duo said a moment ago is not what it says now.
func TestLookupAsksDuo(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	d.Sim.AddUser(id, duosim.UserSpec{Username: "ada", Email: "ada@client.example"})
	if _, only, _ := lookUp(t, d, catalog.OfUser, "ada@client.example"); only != "ada" {
		t.Fatal("found ", only)
	}
	d.Sim.AddUser(id, duosim.UserSpec{Username: "a-ada", Email: "ada@client.example"})
	if matches, only, _ := lookUp(t, d, catalog.OfUser, "ada@client.example"); matches != "a-ada | ada" || only != "" {
		t.Errorf("a twin since then: %q, taken %q", matches, only)
	}
	d.Sim.SetFault(id, duosim.Fault{Kind: duosim.FiltersIgnored})
	if matches, only, _ := lookUp(t, d, catalog.OfUser, "nobody.at.all"); matches != "" || only != "" {
		t.Errorf("an ignored filter found %q, taken %q", matches, only)
	}
}

func TestLookupInLargeAccounts(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	for i := range run.ListLimit {
		d.Sim.AddUser(id, duosim.UserSpec{Username: fmt.Sprint("user", i)})
	}
	d.Sim.AddUser(id, duosim.UserSpec{Username: "one more", Email: "one@client.example"})
	d.Sim.AddUser(id, duosim.UserSpec{Username: "two", Email: "shared@client.example"})
	d.Sim.AddUser(id, duosim.UserSpec{Username: "three", Email: "shared@client.example"})
	for _, test := range []struct{ typed, matches, only string }{
		{"ONE MORE", "one more", "one more"}, {"user7", "user7", "user7"},
		// Duo does not say that an email address finds everyone who has it.
		{"one@client.example", "one more", ""}, {"shared@client.example", "three | two", ""},
		{`CORP\user7`, "user7", ""}, {"user7@client.example", "user7", ""}, {"nobody", "", ""},
	} {
		matches, only, found := lookUp(t, d, catalog.OfUser, test.typed)
		if matches != test.matches || only != test.only || !found.TooMany {
			t.Errorf("%q: %q, taken %q, too many %t; want %q, taken %q", test.typed, matches, only, found.TooMany,
				test.matches, test.only)
		}
	}
	d.Sim.SetFault(id, duosim.Fault{Kind: duosim.FiltersIgnored})
	if found, err := d.Runner.Lookup(t.Context(), d.Scope(), d.Client, catalog.OfUser, "nobody.at.all"); err == nil {
		t.Errorf("one of eight pages of everybody says who nobody.at.all is: %+v", found)
	}
}

func TestLookupOfThings(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	user := d.Sim.AddUser(id, duosim.UserSpec{Username: "ada"})
	for _, p := range []duosim.PhoneSpec{
		{Number: "+442079460123", UserIDs: []string{user}}, {Number: "+442079460123", Extension: "22"},
		{Number: "+442079460123", Extension: "23", Name: "Desk"},
		{Name: "Tablet"}, {Name: "tablet"}, {Number: "+12025550143", Name: "Work"},
	} {
		d.Sim.AddPhone(id, p)
	}
	d.Sim.AddGroup(id, "Staff", "")
	d.Sim.AddGroup(id, "Réception", "")
	d.Sim.AddToken(id, duosim.TokenSpec{Type: "h6", Serial: "7", Secret: "00"})
	d.Sim.AddToken(id, duosim.TokenSpec{Type: "h8", Serial: "7", Secret: "00"})
	d.Sim.AddToken(id, duosim.TokenSpec{Type: "h8", Serial: "8", Secret: "00"})
	d.Sim.AddCredential(id, duosim.CredentialSpec{UserID: user, Name: "Blue"})
	d.Sim.AddCredential(id, duosim.CredentialSpec{UserID: user, Name: "BLUE"})
	all := "+442079460123 | +442079460123 ext. 22 | +442079460123 ext. 23, Desk"
	for _, test := range []struct{ of, typed, matches, only string }{
		{catalog.OfPhone, "+44 20 7946 0123", all, ""},
		{catalog.OfPhone, "+44 20 7946 0123 x22", "+442079460123 ext. 22", "+442079460123 ext. 22"},
		{catalog.OfPhone, "tel:+44-20-7946-0123;ext=23", "+442079460123 ext. 23, Desk", "+442079460123 ext. 23, Desk"},
		{catalog.OfPhone, "+442079460123 ext 24", "", ""},
		{catalog.OfPhone, "020 7946 0123 ext. 22", "+442079460123 ext. 22", ""},
		{catalog.OfPhone, "00442079460123", all, ""}, {catalog.OfPhone, "0123", "", ""},
		{catalog.OfPhone, "\u202d+1\u00a0(202)\u2011555\u20110143\u202c", "+12025550143, Work", "+12025550143, Work"},
		{catalog.OfPhone, "tel:+44-20-7946-0123;ext=24", "", ""}, {catalog.OfPhone,
			"+44 (0)20\u20137946\u20090123 Ext. 22", "+442079460123 ext. 22", "+442079460123 ext. 22"},
		{catalog.OfPhone, "+44 20 7946 0123 #23", "+442079460123 ext. 23, Desk", "+442079460123 ext. 23, Desk"},
		{catalog.OfPhone, "442079460123 x22", "+442079460123 ext. 22", "+442079460123 ext. 22"},
		{catalog.OfPhone, "Tablet", "Tablet | tablet", ""},
		{catalog.OfPhone, "desk", "+442079460123 ext. 23, Desk", "+442079460123 ext. 23, Desk"},
		{catalog.OfGroup, "staff", "Staff", "Staff"}, {catalog.OfGroup, "reception", "Réception", ""},
		{catalog.OfGroup, "sta", "", ""},
		{catalog.OfToken, "7", "7 | 7", ""}, {catalog.OfToken, "8", "8", "8"},
		{catalog.OfCredential, "blue", "BLUE | Blue", ""},
		{catalog.OfAccount, "acme dental, inc.", "Acme Dental, Inc.", "Acme Dental, Inc."},
		{catalog.OfDirectory, "any", "", ""}, {catalog.OfBypassCode, "any", "", ""},
	} {
		matches, only, _ := lookUp(t, d, test.of, test.typed)
		got, want := strings.Split(strings.ToLower(matches), " | "), strings.Split(strings.ToLower(test.matches), " | ")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || only != test.only {
			t.Errorf("%s %q: %q, taken %q; want %q, taken %q", test.of, test.typed, matches, only,
				test.matches, test.only)
		}
	}
}

// FuzzCanMean: a user is meant by each of their own names, in another case and with
// something invisible too, and by nothing that is empty to the eye.
func FuzzCanMean(f *testing.F) {
	for _, seed := range []string{"ada", `acme\ada`, "ada@acme.example", "Lund, Maria", "Zoe\u0308", "jdoe\u200b",
		"\u3164", ",", `\@`, "İ", "ﬁ", "\x00\xff", "@", "a,b;c"} {
		f.Add(seed, "Maria Lund")
		f.Add("maria", seed)
	}
	f.Fuzz(func(t *testing.T, username, name string) {
		u := duo.User{ID: "DU1", Username: username, RealName: name}
		for _, own := range []string{username, name} {
			if !utf8.ValidString(own) || folding.Line(own) == "" {
				continue
			}
			for _, typed := range []string{own, norm.NFD.String(own), norm.NFC.String(own), " " + own + "\u200b"} {
				if !run.CanMean(u, typed) {
					t.Errorf("%q does not mean %q, %q", typed, username, name)
				}
			}
		}
		for _, empty := range []string{"", " ", "\u200b", "\ufeff"} {
			if run.CanMean(u, empty) {
				t.Errorf("%q means %q, %q", empty, username, name)
			}
		}
	})
}

// TestLookupAsksDuoAboutThings: the only match in a list that is held is taken as Duo has it
// now, not as it was.
func TestLookupAsksDuoAboutThings(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	user := d.Sim.AddUser(id, duosim.UserSpec{Username: "ada"})
	phone := d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550143", Name: "Work"})
	gonePhone := d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550144", Name: "Gone"})
	d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550145", Name: "Spare"})
	group, goneGroup := d.Sim.AddGroup(id, "Staff", ""), d.Sim.AddGroup(id, "Interns", "")
	accented := d.Sim.AddGroup(id, "Reception", "")
	token := d.Sim.AddToken(id, duosim.TokenSpec{Type: "h6", Serial: "7", Secret: "00"})
	key := d.Sim.AddCredential(id, duosim.CredentialSpec{UserID: user, Name: "Blue"})
	cases := []struct{ of, typed, only string }{
		{catalog.OfPhone, "+1 202 555 0143", "+12025550143, Work"}, {catalog.OfPhone, phone, "+12025550143, Work"},
		{catalog.OfPhone, "gone", "+12025550144, Gone"},
		{catalog.OfGroup, "staff", "Staff"}, {catalog.OfGroup, group, "Staff"}, {catalog.OfGroup, "Interns", "Interns"},
		{catalog.OfGroup, "Reception", "Reception"},
		{catalog.OfToken, "7", "7"}, {catalog.OfCredential, "blue", "Blue"},
	}
	for _, test := range cases {
		if _, only, _ := lookUp(t, d, test.of, test.typed); only != test.only {
			t.Fatalf("%s %q: taken %q", test.of, test.typed, only)
		}
	}
	// Another process changes them, so the lists that are held here are older.
	other := d.Process(t, run.Config{})
	for slug, fields := range map[string][]form{
		"modify-phone":       {{"phone_id": phone, "number": "+12025550199", "name": "Home"}},
		"delete-phone-by-id": {{"phone_id": gonePhone}},
		"modify-group": {{"group_id": group, "name": "Former staff"},
			{"group_id": accented, "name": "Réception"}},
		"delete-group":               {{"group_id": goneGroup}},
		"delete-hardware-token":      {{"token_id": token}},
		"delete-webauthn-credential": {{"webauthnkey": key}},
	} {
		for _, f := range fields {
			if _, err := d.DoBy(t, other, d.Request(t, catalog.Owner, slug, f)); err != nil {
				t.Fatal(slug, ": ", err)
			}
		}
	}
	for _, test := range []struct{ of, typed, matches, only string }{
		{catalog.OfPhone, "+1 202 555 0143", "", ""},
		{catalog.OfPhone, phone, "+12025550199, Home", "+12025550199, Home"}, {catalog.OfPhone, "gone", "", ""},
		{catalog.OfGroup, "staff", "", ""}, {catalog.OfGroup, group, "Former staff", "Former staff"},
		{catalog.OfGroup, "Interns", "", ""},
		{catalog.OfGroup, "Reception", "Réception", ""}, {catalog.OfToken, "7", "", ""},
		{catalog.OfCredential, "blue", "", ""},
	} {
		if matches, only, _ := lookUp(t, d, test.of, test.typed); matches != test.matches || only != test.only {
			t.Errorf("%s %q: %q, taken %q; want %q, taken %q", test.of, test.typed, matches, only,
				test.matches, test.only)
		}
	}
	// What was made in the Admin Panel a moment ago is seen: a second one of the name, and the first.
	d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550146", Name: "Spare"})
	d.Sim.AddPhone(id, duosim.PhoneSpec{Name: "Brand new"})
	d.Sim.AddGroup(id, "Pilots", "")
	d.Sim.AddToken(id, duosim.TokenSpec{Type: "h6", Serial: "9", Secret: "00"})
	d.Sim.AddCredential(id, duosim.CredentialSpec{UserID: user, Name: "Red"})
	d.Sim.AddChild(d.Parent.AccountID, d.Account.Name)
	d.Sim.AddChild(d.Parent.AccountID, "Brand New, Inc.")
	for _, test := range []struct{ of, typed, matches, only string }{
		{catalog.OfPhone, "spare", "+12025550145, Spare | +12025550146, Spare", ""},
		{catalog.OfPhone, "brand new", "Brand new", "Brand new"},
		{catalog.OfGroup, "pilots", "Pilots", "Pilots"}, {catalog.OfToken, "9", "9", "9"},
		{catalog.OfCredential, "red", "Red", "Red"},
		{catalog.OfAccount, d.Account.Name, d.Account.Name + " | " + d.Account.Name, ""},
		{catalog.OfAccount, "brand new, inc.", "Brand New, Inc.", "Brand New, Inc."},
	} {
		if matches, only, _ := lookUp(t, d, test.of, test.typed); matches != test.matches || only != test.only {
			t.Errorf("%s %q: %q, taken %q; want %q, taken %q", test.of, test.typed, matches, only,
				test.matches, test.only)
		}
	}
}

// TestLookupReadsAgainAfterAReadingBefore: a list that was being read when somebody asked can be from before.
func TestLookupReadsAgainAfterAReadingBefore(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550145", Name: "Spare"})
	read, joined := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		answer, err := d.Transport.RoundTrip(r)
		if held.CompareAndSwap(false, true) {
			close(read)
			<-joined // Duo has answered; the answer is on its way
		}
		return answer, err
	}))
	before := make(chan error)
	go func() {
		_, err := d.Runner.Phones(t.Context(), d.Scope(), d.Client, true)
		before <- err
	}()
	<-read
	d.Sim.AddPhone(id, duosim.PhoneSpec{Number: "+12025550146", Name: "Spare"})
	patience := run.NewPatience(time.Minute)
	patience.After, patience.Asking = time.Millisecond, sync.OnceFunc(func() { close(joined) })
	found, err := d.Runner.Lookup(run.WithPatience(t.Context(), patience), d.Scope(), d.Client,
		catalog.OfPhone, "spare")
	if _, one := found.Only(); err != nil || one || len(found.Matches) != 2 {
		t.Errorf("found %+v, %v", found.Matches, err)
	}
	if err := <-before; err != nil {
		t.Error(err)
	}
}

// TestLookupWhereFiltersAreIgnored: of an account with several pages of users, which answers every question with the
// first, who is meant is found in the whole list, as it is now.
func TestLookupWhereFiltersAreIgnored(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	id := d.Account.AccountID
	for i := range 699 {
		d.Sim.AddUser(id, duosim.UserSpec{Username: fmt.Sprint("user", i)})
	}
	d.Sim.AddUser(id, duosim.UserSpec{Username: "zoe", Email: "zoe@client.example"})
	if _, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, true); err != nil {
		t.Fatal(err)
	}
	d.Sim.SetFault(id, duosim.Fault{Kind: duosim.FiltersIgnored})
	for _, test := range []struct{ typed, matches, only string }{
		{"zoe@client.example", "zoe", "zoe"}, {"ZOE", "zoe", "zoe"}, {"user7", "user7", "user7"},
		{"nobody.at.all", "", ""}, {`CORP\zoe`, "zoe", ""},
	} {
		if matches, only, _ := lookUp(t, d, catalog.OfUser, test.typed); matches != test.matches || only != test.only {
			t.Errorf("%q: %q, taken %q; want %q, taken %q", test.typed, matches, only, test.matches, test.only)
		}
	}
	d.Sim.AddUser(id, duosim.UserSpec{Username: "a-zoe", Email: "zoe@client.example"})
	if matches, only, _ := lookUp(t, d, catalog.OfUser, "zoe@client.example"); matches != "a-zoe | zoe" || only != "" {
		t.Errorf("a twin since then: %q, taken %q", matches, only)
	}
}
