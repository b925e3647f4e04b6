package catalog

import (
	"testing"

	"duodesk/internal/duo"
)

// TestConcerns: an event is on a user if it names the user in any way in which a person
// would see it. In doubt it is: a technician restores nobody then.
func TestConcerns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		text string
		want bool
	}{
		{"jdoe", "jdoe", true}, {"jdoe", "JDoe", true}, {"jdoe", "bob, jdoe, tom", true},
		{"jdoe", `{"users": ["bob", "jdoe"]}`, true}, {"jdoe", "Moved jdoe.", true},
		{"Jane Doe", "jane doe", true}, {"Jane Doe", "bob, Jane Doe, tom", true},
		{"Jane Doe", `{"users": "bob, Jane  Doe"}`, true}, {"Jane Doe", "Jane\u00a0Doe", true},
		{"jd\u200boe", "jdoe", true}, {"jdoe", "bob jd\u200boe", true}, {"jdoe\ufffd", "jdoe", true},
		{"Zo\u00eb", "bob, ZOE\u0308", true}, {"Łukasz", "lukasz", true}, {"stra\u00dfe", "STRASSE", true},
		{"zo\u00eb", `{"user": "zo\u00eb"}`, true}, {`O"Neil`, `{"user": "O\"Neil"}`, true},
		{"jdoe", `{"details": "{\"user\": \"\\u006adoe\"}"}`, true},
		{"jdoe", `ACME\jdoe`, true}, {"jdoe", "jdoe@client.example", true}, {"jdoe", "bob/jdoe|tom", true},
		{"doe", "jdoe, doe", true}, {"jdoe-", "x jdoe- y", true},
		{"\u200b", "\u200b", true},

		{"maria", "a-maria", false}, {"maria", "maria.lund", false}, {"maria", "marias", false},
		{"maria", "María2", false}, {"maria", "maria_x", false}, {"Jane Doe", "Jane Doering", false},
		{"Jane Doe", "Jane, Doe", false}, {"jdoe", "bob", false}, {"jdoe", "", false}, {"", "bob", false},
		{"\u200b", "bob", false}, {"日本", "日本人", false},
	} {
		for where, e := range map[string]duo.ActivityEvent{
			"details": {ActionDetails: test.text}, "target": {Target: duo.LogParty{Name: test.text}},
			"old target": {OldTarget: duo.LogParty{Details: test.text}},
		} {
			if got := concerns(e, []string{"DU0000000000000000EX", test.name}); got != test.want {
				t.Errorf("%q concerns %q in the %s: %t", test.text, test.name, where, got)
			}
		}
	}
}

func FuzzMentions(f *testing.F) {
	for _, seed := range [][2]string{{"bob, jdoe", "jdoe"}, {"\xff", "\xff"}, {"aaa", "aa"}, {"\u0301", "\u200b"},
		{"ﬁx", "fi"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, in, name string) {
		mentions(in, name)
		if name != "" && !mentions(name, name) || name != "" && !mentions("bob, "+name+", tom", name) {
			t.Errorf("%q is not found in a list that has it", name)
		}
	})
}
