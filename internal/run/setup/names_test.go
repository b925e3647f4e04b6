package setup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

// TestOrganizationName: what an organization takes from its account is what a person
// could have typed, and stays as it is when the organization is saved again.
func TestOrganizationName(t *testing.T) {
	t.Parallel()
	for theirs, want := range map[string]string{
		"Acme Dental": "Acme Dental", "Acme\u200b  Dental\u00a0": "Acme Dental", "Bell\x1bTower\u009b": "Bell Tower",
		"Zoe\u0308\ufffd": "Zo\u00eb",
		"a\tb\nc":         "a b c", "می\u200cخواهم": "می\u200cخواهم",
		strings.Repeat("é", 300):                        strings.Repeat("é", store.LongestName),
		strings.Repeat("é", store.LongestName-1) + " x": strings.Repeat("é", store.LongestName-1), "\u200b": "DA1",
		"\x00 \ufffd": "DA1", "": "DA1",
	} {
		got := OrganizationName(store.Account{AccountID: "DA1", Name: theirs})
		if got != want {
			t.Errorf("%q lends the name %q, want %q", theirs, got, want)
		}
		if o, bad := (Details{Name: got}).parse(); o.Name != got || len(bad) > 0 {
			t.Errorf("%q is saved again as %q: %v", got, o.Name, bad)
		}
	}
}

func TestAccountOf(t *testing.T) {
	t.Parallel()
	accounts := []store.Account{
		{AccountID: "DA00000000000000ACME", Name: "Acme"},
		{AccountID: "DA00000000000000EAST", Name: "Acme (East)"},
		{AccountID: "DA0000000000000TWIN1", Name: "Twin"},
		{AccountID: "DA0000000000000TWIN2", Name: "twin"},
		{AccountID: "DA0000000000000TRICK", Name: "Trick (DA00000000000000ACME)"},
		{AccountID: "DA00000000000000PANA", Name: "パナ"},
		{AccountID: "DA00000000000000CAFE", Name: "Café\u200b"}, {AccountID: "DA0000000000000CAFE2", Name: "cafè"},
		{AccountID: "DA0000000000000ROSE1", Name: "Rosé"}, {AccountID: "DA0000000000000ROSE2", Name: "Rosè"},
		{AccountID: "DA00000000000NOWHERE", Name: "Nowhere"}, {AccountID: "DA000000000000TWINS3", Name: "Both"},
		{AccountID: "DA000000000000TWINS4", Name: "both"},
	}
	for i := range accounts {
		accounts[i].APIHostname = "api-0a1b2c3d.duosecurity.com"
		if a := &accounts[i]; a.Name == "Nowhere" || a.Name == "both" {
			a.APIHostname = ""
		}
	}
	const noHost = "Duo lists this account without a usable API host"
	for _, test := range []struct{ text, id, fault string }{
		{"", "", ""},
		{"  ", "", ""},
		{"DA00000000000000ACME", "DA00000000000000ACME", ""},
		{" acme ", "DA00000000000000ACME", ""},
		{"Acme (DA00000000000000ACME)", "DA00000000000000ACME", ""},
		{"renamed meanwhile (DA00000000000000ACME)", "DA00000000000000ACME", ""},
		{AccountText(accounts[1]), "DA00000000000000EAST", ""},
		{"Acme (East)", "DA00000000000000EAST", ""},
		{"Twin", "", "2 accounts match this name: "},
		{AccountText(accounts[3]), "DA0000000000000TWIN2", ""},
		{AccountText(accounts[4]), "DA0000000000000TRICK", ""},
		{"パナ", "DA00000000000000PANA", ""},
		{"バナ", "",
			"No account has exactly this name. 1 is close: DA00000000000000PANA (パナ, api-0a1b2c3d.duosecurity.com)."},
		{"CAFE\u0301", "DA00000000000000CAFE", ""},
		{"Rose", "", "No account has exactly this name. 2 are close: DA0000000000000ROSE1"},
		{"nowhere", "", noHost}, {"DA00000000000NOWHERE", "", noHost}, {"Nowhere (DA00000000000NOWHERE)", "", noHost},
		{"Both", "",
			"2 accounts match this name: DA000000000000TWINS3 (Both, api-0a1b2c3d.duosecurity.com) and DA000000000000TWINS4 (both, no usable API host)"},
		{"Acm", "", "does not list this account"},
		{"Acme (DA0000000000NOTTHERE)", "", "does not list this account"},
		{"da00000000000000acme", "", "does not list this account"},
	} {
		id, fault := accountOf(test.text, accounts)
		if id != test.id || (fault == "") != (test.fault == "") || !strings.Contains(fault, test.fault) {
			t.Errorf("%q means %q, fault %q; want %q, %q", test.text, id, fault, test.id, test.fault)
		}
	}
}

func TestDirectoryKeys(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"":                         "",
		"DSABCDEFGHIJKLMNOP12":     "",
		"ABCDEFGHIJKLMNOPQR12":     "", // old accounts hold ids without a prefix
		"DIABCDEFGHIJKLMNOP12":     "integration key",
		"DAABCDEFGHIJKLMNOP12":     "account id",
		"DSABC":                    "5 characters; directory keys have 20",
		"DSABCDEFGHIJKLMNOPÄÖÜ":    "21 characters",
		"dsabcdefghijklmnop12":     "capital letters and digits",
		"DSABCDEFGHIJKLMNOP1-":     "capital letters and digits",
		"DSABCDEFGHIJKLMNOP1\n":    "capital letters and digits",
		strings.Repeat("x", 40):    "40 characters",
		"https://admin.duo/dir/DS": "24 characters",
	} {
		if fault := directoryKeyFault(key); (fault == "") != (want == "") || !strings.Contains(fault, want) {
			t.Errorf("%q: %q, want %q", key, fault, want)
		}
	}
}

func TestSuggestedNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		organization, account string
		same                  bool
	}{
		{"Acme", "ACME", true},
		{"Acme Dental", "Acme Dental, Inc.", true},
		{"Zoë's Café", "ZOES CAFE LLC", true},
		{"St. John's Clinic", "St Johns Clinic", true},
		{"The Bakery", "Bakery", true},
		{"The", "THE", true},
		{"Smith & Co", "Smith", true},
		{"Smith & Co. KG", "Smith and Company", true},
		{"Brown & Smith", "Brown and Smith L.L.P.", true},
		{"Nord-Licht GmbH & Co. KG", "Nord Licht", true},
		{"Ａｃｍｅ", "Acme", true},
		{"Côte d’Azur S.A.R.L.", "Cote d'Azur", true},
		{"Limited", "LIMITED", true},
		{"Łódź Dental", "Lodz Dental", true},
		{"Strauß", "Strauss GmbH", true},
		{"Œuvre", "Oeuvre, Inc.", true},
		{"Đurđevac", "Durdevac", true},
		{"North\u00adshore", "Northshore", true},
		{"Acme\u200b Dental", "Acme\ufffd Dental", true},
		{"Acme East", "Acme West", false},
		{"Acme", "Acme Dental", false},
		{"Co", "Limited", false},
		{"日本", "中国", false},
		{"!!!", "???", false},
		{"Ada & Bob", "Ada", false},
	} {
		o := store.Organization{ID: uuid.New(), Name: test.organization}
		found := Suggest([]store.Organization{o}, []store.Account{{AccountID: "DA1", Name: test.account}})
		if same := found[o.ID].Account.AccountID == "DA1"; same != test.same {
			t.Errorf("%q and %q: suggested %t (%q, %q)", test.organization, test.account, same,
				plainName(test.organization), plainName(test.account))
		}
	}
}

// TestNameBeforeAsAlias: it is listed once, as a person compares names.
func TestNameBeforeAsAlias(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		aliases       []string
		name, instead string
		want          string
	}{
		{nil, "Acme", "Acme Group", "Acme"}, {[]string{"Lodz"}, "Łódź", "Łódź Group", "Lodz"},
		{[]string{"Straße"}, "Acme", "STRASSE", "Acme"},
		{nil, "Œuvre", "Oeuvre", ""}, {[]string{"A", "B"}, "C", "D", "A,B,C"},
	} {
		if got := strings.Join(withAlias(test.aliases, test.name, test.instead), ","); got != test.want {
			t.Errorf("%q, once called %q and now %q, has the aliases %q, want %q", test.aliases, test.name,
				test.instead, got, test.want)
		}
	}
}

func TestAmbiguousNamesAreLeftToAPerson(t *testing.T) {
	t.Parallel()
	organization := func(name, account string) store.Organization {
		o := store.Organization{ID: uuid.New(), Name: name, AccountID: account}
		if account != "" {
			o.Kind = store.Child
		}
		return o
	}
	holder := uuid.New()
	accounts := []store.Account{{AccountID: "A1", Name: "Alpha"}, {AccountID: "A2", Name: "Alpha Inc"},
		{AccountID: "B", Name: "Beta"},
		{AccountID: "C", Name: "Gamma", MappedTo: &holder}, {AccountID: "C2", Name: "Gamma Ltd"},
		{AccountID: "D", Name: "Delta"}}
	alpha, beta, beta2, gamma, mapped := organization("alpha", ""), organization("Beta", ""),
		organization("The Beta", ""),
		organization("Gamma", ""), organization("Delta", "X")
	found := Suggest([]store.Organization{alpha, beta, beta2, gamma, mapped}, accounts)
	if s := found[alpha.ID]; s.Ambiguous != 2 || s.Account.AccountID != "" {
		t.Errorf("two accounts of one name: %+v", s)
	}
	for _, o := range []store.Organization{beta, beta2} {
		if s := found[o.ID]; s.Ambiguous != 2 || s.Account.AccountID != "" {
			t.Errorf("two organizations of one name: %+v", s)
		}
	}
	if s := found[gamma.ID]; s.Account.AccountID != "C2" {
		t.Errorf("an account that is taken stands in the way of a free one: %+v", s)
	}
	if s, any := found[mapped.ID]; any {
		t.Errorf("an organization with an account gets another: %+v", s)
	}
}

func TestSuggestForFiveHundred(t *testing.T) {
	t.Parallel()
	var organizations []store.Organization
	var accounts []store.Account
	for i := range 500 {
		organizations = append(organizations, store.Organization{ID: uuid.New(), Name: fmt.Sprintf("Client %d", i)})
		accounts = append(accounts, store.Account{AccountID: fmt.Sprint("DA", i),
			Name: fmt.Sprintf("CLIENT-%d, Inc.", 499-i)})
	}
	found := Suggest(organizations, accounts)
	for i, o := range organizations {
		if got, want := found[o.ID].Account.AccountID, fmt.Sprint("DA", 499-i); got != want {
			t.Fatalf("%s gets %q, want %q", o.Name, got, want)
		}
	}
}

// An alias is asked where the name finds nothing, and is as unclear as a name
// when two have it.
func TestSuggestByAlias(t *testing.T) {
	t.Parallel()
	org := func(name string, aliases ...string) store.Organization {
		return store.Organization{ID: uuid.New(), Name: name, Aliases: aliases}
	}
	smiles, named, twin := org("Acme Smiles", "ACME Dental, Inc.", "AD"), org("Birch", "Cedar"), org("Dune", "Elm")
	elm := org("ELM")
	accounts := []store.Account{{AccountID: "DA1", Name: "Acme Dental"}, {AccountID: "DA2", Name: "Birch Ltd"},
		{AccountID: "DA3", Name: "Cedar"}, {AccountID: "DA4", Name: "Elm"}}
	found := Suggest([]store.Organization{smiles, named, twin, elm}, accounts)
	for _, c := range []struct {
		o       store.Organization
		account string
		unclear int
	}{{smiles, "DA1", 0}, {named, "DA2", 0}, {twin, "", 2}, {elm, "", 2}} {
		if got := found[c.o.ID]; got.Account.AccountID != c.account || got.Ambiguous != c.unclear {
			t.Errorf("%s: %+v, want %q, %d", c.o.Name, got, c.account, c.unclear)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for phrase, want := range map[string]string{"": "", "éa": "Éa.", "done.": "Done.", "x": "X."} {
		if got := Sentence(phrase); got != want {
			t.Errorf("%q became %q", phrase, got)
		}
	}
}
