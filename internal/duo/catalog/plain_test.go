package catalog

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"an ordinary name", "Ada Lovelace", "Ada Lovelace"},
		{"nothing", "", ""},
		{"letters of the world", "Zoë 日本 Ωμέγα عربى", "Zoë 日本 Ωμέγα عربى"},
		{"a family emoji keeps its joiners", "👩\u200d👧", "👩\u200d👧"},
		{"markup is left to the template", `<b onclick="x">&`, `<b onclick="x">&`},
		{"line breaks and tabs", "a\r\nb\tc", "a  b c"},
		{"separators of lines and paragraphs", "a\u2028b\u2029c", "a b c"},
		{"NUL and escape", "a\x00b\x1b[31mc", "a␀b␛[31mc"},
		{"delete", "a\x7fb", "a␡b"},
		{"C1 controls", "a\u009b31mb\u0085c", "a\ufffd31mb\ufffdc"},
		{"writing turned around", "gpj.\u202eexe\u2066x\u2069", "gpj.\ufffdexe\ufffdx\ufffd"},
		{"invisible marks", "ad\u200bmin\ufeff\u00ad", "ad\ufffdmin\ufffd\ufffd"},
		{"bytes that are no text", "a\xff\xc0\xafb", "a\ufffd\ufffd\ufffdb"},
		{"half a surrogate", "a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"},
		{"as long as fits", strings.Repeat("é", 300), strings.Repeat("é", 300)},
		{"too long", strings.Repeat("é", 301), strings.Repeat("é", 300) + "…"},
		{"too long, plain letters", strings.Repeat("e", 100_000), strings.Repeat("e", 300) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := Plain(test.text); got != test.want {
				t.Errorf("%q became %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"Ada", "a\x00b", "\u202e\u2066", "\xff", "\u2028", strings.Repeat("\u0301", 400),
		"\U000e0041", "\u200d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain := Plain(text)
		if !utf8.ValidString(plain) {
			t.Errorf("%q became invalid UTF-8: %q", text, plain)
		}
		if n := utf8.RuneCountInString(plain); n > longestText+1 {
			t.Errorf("%d characters are left", n)
		}
		for _, r := range plain {
			if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
				t.Errorf("%q became %q, which holds %U", text, plain, r)
			}
		}
	})
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{1: "1 second", 90: "90 seconds", 60: "1 minute", 5400: "90 minutes",
		3600:  "1 hour",
		86400: "24 hours", 172800: "2 days", 2592000: "30 days", 3601: "3601 seconds"} {
		if got := Duration(time.Duration(seconds) * time.Second); got != want {
			t.Errorf("%d s: %q, want %q", seconds, got, want)
		}
	}
}

func TestTypedAs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typed, name string
		want        bool
	}{
		{"jdoe", "jdoe", true}, {"jdoe", "jdoe ", true}, {"Acme Dental", "Acme  Dental\t", true},
		{"Zo\u00eb", "Zoe\u0308", true}, {"Zoe\u0308", "Zo\u00eb", true},
		{"jdoe", "jdoe\u200b", true}, {"jdoe\ufffd", "jdoe\u200b", true}, {"jdoe\u200b", "jdoe\u200b", true},
		{strings.Repeat("n", 1000), strings.Repeat("n", 1000), true},
		{strings.Repeat("n", 300) + "…", strings.Repeat("n", 1000), true},
		{"", "", false}, {"", "\u200b", false}, {"Jdoe", "jdoe", false}, {"jdo", "jdoe", false},
		{"j doe", "jdoe", false}, {"Zoe", "Zo\u00eb", false},
	} {
		if got := typedAs(test.typed, test.name); got != test.want {
			t.Errorf("%q for %q: %t", test.typed, test.name, got)
		}
	}
}

// TestNamesAreTypedAsTheyAreShown: whatever a name holds, the text that a page asks for
// passes the field and is the name.
func TestNamesAreTypedAsTheyAreShown(t *testing.T) {
	t.Parallel()
	deleteUser, _ := Lookup("delete-user")
	deleteAccount, _ := Lookup("delete-account")
	for _, name := range []string{"jdoe", "jd\u200boe", "jdoe\ufffd", "jd\u009boe", "jd\x00oe\x1b", "jdoe\x7f", "a\tb",
		"a\u0085b", "a\x0bb", "\u200b", "می\u200cخواهم", "👩\u200d👧", "Zoe\u0308",
		strings.Repeat("n\u009b", 400)} {
		for _, a := range []Action{deleteUser, deleteAccount} {
			form := map[string]string{"user_id": "DU0000000000000000EX", "account_id": "DA0000000000000000EX",
				"permanent": "true"}
			for how, typed := range map[string]string{"as shown": Plain(name), "as it is": name} {
				form["confirm"] = typed
				in, bad := a.Parse(func(field string) (string, bool) { text, given := form[field]; return text, given })
				if how == "as it is" && name == "\u200b" {
					continue // nothing was typed
				}
				confirm := in.given["confirm"]
				// what comes after it cannot be asked for
				cut := how == "as shown" && utf8.RuneCountInString(name) > longestText
				if len(bad) > 0 || !typedAs(confirm, name) || typedAs(confirm, name+"x") && !cut ||
					strings.ContainsRune(confirm, 0) {
					t.Errorf("%s: %q, typed %s, is %q: %v", a.Slug, name, how, confirm, bad)
				}
			}
		}
	}
}
