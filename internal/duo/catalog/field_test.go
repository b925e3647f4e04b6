package catalog

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const long = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" // 64

var choice = Choice{Name: "f", Options: []Option{{"active", "Active"}, {"apple ios", "Apple iOS"}}, Default: "active"}

func TestFieldKinds(t *testing.T) {
	t.Parallel()
	text, note := Text{Name: "f", Max: 8}, Text{Name: "f", Max: 20, Multiline: true}
	required := Text{Name: "f", Required: true}
	lines := Lines{Name: "f", MaxLines: 2}
	number := Int{Name: "f", Min: 1, Max: 10, Default: 3}
	for _, test := range []struct {
		name  string
		field Field
		typed string
		plain string
		fault string // a part of it; "" for a value that is accepted
	}{
		{"text", text, "Casey", "Casey", ""},
		{"text with blanks around", text, " \t Casey \r\n", "Casey", ""},
		{"text inside other blanks", text, "\u00a0Casey\u2003", "Casey", ""},
		{"text with characters that nobody sees", text, "\u202djd\u200boe\u3164\ufeff", "jdoe", ""},
		{"text that is composed otherwise", text, "Zoe\u0308", "Zo\u00eb", ""},
		{"two blanks", text, "a  \u00a0b", "a b", ""},
		{"no text", text, "", "", ""},
		{"no text where one is needed", required, "", "", "Fill this in"},
		{"blanks where text is needed", required, " \t\n", "", "Fill this in"},
		{"text as long as fits, in characters", text, "ÄÖÜäöüß日", "ÄÖÜäöüß日", ""},
		{"one character too long", text, "ÄÖÜäöüß日本", "", "9 characters; the limit is 8"},
		{"line break", text, "a\nb", "", "a line break, a tab or another control character"},
		{"tab", text, "a\tb", "", "a line break, a tab or another control character"},
		{"NUL", text, "a\x00b", "", "control characters"},
		{"C1 control", text, "a\u009bb", "", "control characters"},
		{"broken UTF-8", text, "a\xffb", "", "not text"},
		{"the usual limit", Text{Name: "f"}, strings.Repeat(long, 4), "", "256 characters; the limit is 255"},
		{"lines of a note", note, "one\r\ntwo\n\nthree", "one\ntwo\n\nthree", ""},
		{"bare carriage return in a note", note, "one\rtwo", "one\ntwo", ""},
		{"tab in a note", note, "one\ttwo", "one\ttwo", ""},
		{"escape in a note", note, "one\n\x1btwo", "", "This holds control characters."},
		{"a name typed again", Text{Name: "f", Again: true}, "jd\u200boe\ufffd \u009b\x00",
			"jdoe\ufffd \ufffd\u2400", ""},

		{"email", Email{Name: "f"}, " Casey@Client.Example ", "Casey@Client.Example", ""},
		{"email with a character that nobody sees", Email{Name: "f"}, "casey\u200b@client.example\ufeff",
			"casey@client.example", ""},
		{"email with a blank in it", Email{Name: "f"}, "ca sey@client.example", "", "not an email"},
		{"no email", Email{Name: "f"}, "", "", ""},
		{"no email where one is needed", Email{Name: "f", Required: true}, "", "", "Fill this in"},
		{"email with a name", Email{Name: "f"}, "Casey <casey@client.example>", "", "not an email"},
		{"two emails", Email{Name: "f"}, "a@client.example, b@client.example", "", "not an email"},
		{"no @", Email{Name: "f"}, "casey", "", "not an email"},
		{"header in an email", Email{Name: "f"}, "a@client.example\r\nBcc: b@client.example", "", "a line break"},

		{"lines", lines, " one \r\n\n two", "one\ntwo", ""},
		{"no lines", lines, "\n\r\n  ", "", ""},
		{"too many lines", lines, "one\ntwo\nthree", "", "3 listed; the limit is 2"},
		{"a line twice, case aside", lines, "one\nONE", "", `"ONE" is listed twice`},
		{"control character in a line", lines, "one\nt\x01wo", "", "control characters"},
		{"a line too long", lines, strings.Repeat(long, 4), "", "256 characters"},

		{"number", number, " 7 ", "7", ""},
		{"number with marks of direction", number, "\u202d7\u202c", "7", ""},
		{"id with a character that nobody sees", ID{Name: "f"}, "DU0000000000000000\u200bEX\u2060",
			"DU0000000000000000EX", ""},
		{"yes with a byte order mark", Bool{Name: "f"}, "\ufeffYes", "true", ""},
		{"choice with a blank of no width", Choice{Name: "f", Options: []Option{{"active", "Active"}}}, "Active\u200b",
			"active", ""},
		{"number with a plus and zeros", number, "+007", "7", ""},
		{"least", number, "1", "1", ""},
		{"below the least", number, "0", "", "from 1 to 10"},
		{"most", number, "10", "10", ""},
		{"above the most", number, "11", "", "from 1 to 10"},
		{"negative", number, "-1", "", "from 1 to 10"},
		{"fraction", number, "1.5", "", "from 1 to 10"},
		{"in words", number, "one", "", "from 1 to 10"},
		{"other digits", number, "٣", "", "from 1 to 10"},
		{"beyond what a machine holds", number, "99999999999999999999", "", "from 1 to 10"},
		{"number box left empty", number, "", "", "from 1 to 10"},

		{"optional number left empty", Int{Name: "f", Max: 9, Optional: true}, " ", "", ""},
		{"optional number that is none", Int{Name: "f", Max: 9, Optional: true}, "x", "", "from 0 to 9"},

		{"0 that means something, below the least", Int{Name: "f", Min: 5, Max: 9, Zero: "never"}, "0", "0", ""},
		{"below the least, beside a 0 that means something", Int{Name: "f", Min: 5, Max: 9, Zero: "never"}, "4", "",
			"from 5 to 9, or 0"},
		{"optional yes or no left empty", Bool{Name: "f", Optional: true}, " ", "", ""},
		{"optional yes or no that is neither", Bool{Name: "f", Optional: true}, "perhaps", "", "yes or no"},

		{"telephone number", PhoneNumber{Name: "f"}, "+442079460123", "+442079460123", ""},
		{"as people write it", PhoneNumber{Name: "f"}, " +1 (202) 555-0177 ", "+12025550177", ""},
		{"as word processors write it", PhoneNumber{Name: "f"}, "+49\u00a0171\u202f392\u20110001", "+491713920001", ""},
		{"no telephone number", PhoneNumber{Name: "f"}, " ", "", ""},
		{"without a country code", PhoneNumber{Name: "f"}, "020 7946 0123", "", "country code"},
		{"of the United States, without a country code", PhoneNumber{Name: "f"}, "202-555-0177", "", "country code"},
		{"with 00 in place of the +", PhoneNumber{Name: "f"}, "00442079460123", "", "country code"},
		{"with a zero that is not dialed", PhoneNumber{Name: "f"}, "+44 (0)20 7946 0123", "",
			"Remove the (0): it is not dialed after"},
		{"with a zero that Italy dials", PhoneNumber{Name: "f"}, "+39 (0)6 698 12345", "",
			"Write the (0) as 0: in this country it is dialed"},
		{"and San Marino", PhoneNumber{Name: "f"}, "+378 (0)549 882 345", "", "Write the (0) as 0"},
		{"and Ivory Coast", PhoneNumber{Name: "f"}, "+225 (0)7 12 34 56 78", "", "Write the (0) as 0"},
		{"with a zero that no mobile of Italy has", PhoneNumber{Name: "f"}, "+39 (0)347 123 4567", "",
			"Remove the (0)"},
		{"with a zero before too few digits", PhoneNumber{Name: "f"}, "+44 (0)20", "", "too short for its country"},
		{"with a zero in digits of another script", PhoneNumber{Name: "f"}, "+٤٤ (٠)٢٠ ٧٩٤٦ ٠١٢٣", "",
			"Remove the (0)"},
		{"too short a number", PhoneNumber{Name: "f"}, "+44 20", "", "not a telephone number"},
		{"too long a number", PhoneNumber{Name: "f"}, "+1234567890123456", "", "not a telephone number"},
		{"number with letters", PhoneNumber{Name: "f"}, "+1202555CALL", "", "not a telephone number"},
		{"number in other digits", PhoneNumber{Name: "f"}, "+٤٤٢٠٧٩٤٦٠١٢٣", "+442079460123", ""},
		{"number with an extension", PhoneNumber{Name: "f"}, "+12025550177x12", "", "has an extension"},

		{"checked box", Bool{Name: "f"}, "on", "true", ""},
		{"yes", Bool{Name: "f"}, " YES ", "true", ""},
		{"no", Bool{Name: "f"}, "No", "false", ""},
		{"box without a value", Bool{Name: "f"}, "", "false", ""},
		{"neither", Bool{Name: "f"}, "perhaps", "", "yes or no"},

		{"choice", choice, "Apple iOS", "apple ios", ""},
		{"no choice", choice, " ", "", ""},
		{"no choice where one is needed", Choice{Name: "f", Required: true}, "", "", "Choose one"},
		{"not on the list", choice, "disabled", "", "Choose an entry of the list"},
		{"part of one on the list", choice, "activ", "", "Choose an entry of the list"},

		{"id", ID{Name: "f"}, " DU1234567890ABCDEFGH ", "DU1234567890ABCDEFGH", ""},
		{"no id", ID{Name: "f"}, "", "", "Fill this in"},
		{"no id where none is needed", ID{Name: "f", Optional: true}, " ", "", ""},
		{"way out of the path", ID{Name: "f"}, "../users", "", "not a Duo id"},
		{"word of Duo's paths", ID{Name: "f"}, "enroll", "", "not a Duo id"},
		{"id with a query", ID{Name: "f"}, "DU1?limit=1", "", "not a Duo id"},
		{"id with a line break inside", ID{Name: "f"}, "DU1\nDU2", "", "not a Duo id"},
		{"id too long", ID{Name: "f"}, long + "x", "", "not a Duo id"},
		{"other letters", ID{Name: "f"}, "DÜ1", "", "not a Duo id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			plain, fault := test.field.normalize(test.typed, true)
			if plain != test.plain || (test.fault == "") != (fault == "") || !strings.Contains(fault, test.fault) {
				t.Errorf("%q became %q with fault %q; want %q, fault %q", test.typed, plain, fault,
					test.plain, test.fault)
			}
		})
	}
}

// TestNothingGiven reads every kind from a form that lacks its field.
func TestNothingGiven(t *testing.T) {
	t.Parallel()
	number, yes := Int{Name: "n", Min: 1, Max: 9, Default: 3}, Bool{Name: "b", Default: true}
	text, mail, lines := Text{Name: "t"}, Email{Name: "e"}, Lines{Name: "l", MaxLines: 1}
	a := Action{Fields: []Field{number, yes, text, mail, lines, choice}}
	in, bad := a.Parse(func(string) (string, bool) { return "", false })
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	if number.Of(in) != 3 || !yes.Of(in) || choice.Of(in) != "active" || text.Of(in) != "" || lines.Of(in) != nil {
		t.Errorf("got %d, %t, %q, %q, %q; want the defaults", number.Of(in), yes.Of(in), choice.Of(in), text.Of(in),
			lines.Of(in))
	}
	if text.Given(in) || mail.Given(in) || lines.Given(in) || choice.Given(in) {
		t.Error("a field that was not submitted is said to be given: an update would clear it")
	}
	in, _ = a.Parse(func(name string) (string, bool) { return "", name == "t" || name == "b" })
	if !text.Given(in) || yes.Of(in) {
		t.Error("an empty text or an unchecked box is taken for one that was not submitted")
	}
}

// TestAllFaultsAtOnce has a form with three faults: each is told, in order, and
// the check of fields together waits for sound ones.
func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	a := Action{
		Fields: []Field{ID{Name: "one"}, Text{Name: "two"}, Int{Name: "three", Max: 1}, Email{Name: "four"}},
		Check:  func(Values) []FieldError { panic("checked together although fields are bad") },
	}
	_, bad := a.Parse(func(string) (string, bool) { return "no\x00", true })
	var named []string
	for _, b := range bad {
		named = append(named, b.Field)
	}
	if got := strings.Join(named, " "); got != "one two three four" {
		t.Errorf("faults at %q", got)
	}
}

func TestSecretFieldsStayOutOfTheRecord(t *testing.T) {
	t.Parallel()
	a := Action{Fields: []Field{Text{Name: "open"}, Text{Name: "hidden", Secret: true}}}
	in, _ := a.Parse(func(name string) (string, bool) { return "value of " + name, true })
	if given := in.Given(a); len(given) != 1 || given["open"] == "" {
		t.Errorf("recorded %v", given)
	}
	if all := strings.Join(in.Ordered(a), "|"); all != "open|value of open|hidden|value of hidden" {
		t.Errorf("compared %q: two submissions with other secrets would be the same", all)
	}
}

func FuzzText(f *testing.F) {
	fuzzField(f, Text{Name: "f", Max: 40}, Text{Name: "f", Max: 40, Required: true},
		Text{Name: "f", Max: 40, Multiline: true})
}
func FuzzEmail(f *testing.F) { fuzzField(f, Email{Name: "f"}, Email{Name: "f", Required: true}) }
func FuzzLines(f *testing.F) { fuzzField(f, Lines{Name: "f", MaxLines: 3}) }
func FuzzInt(f *testing.F) {
	fuzzField(f, Int{Name: "f", Min: -3, Max: 1000, Default: 1}, Int{Name: "f", Min: 5, Max: 9, Zero: "never"})
}
func FuzzBool(f *testing.F) {
	fuzzField(f, Bool{Name: "f"}, Bool{Name: "f", Default: true}, Bool{Name: "f", Optional: true})
}
func FuzzChoice(f *testing.F) { fuzzField(f, choice, phonePlatform) }
func FuzzID(f *testing.F)     { fuzzField(f, ID{Name: "f"}, ID{Name: "f", Optional: true}) }
func FuzzNumber(f *testing.F) { fuzzField(f, PhoneNumber{Name: "f"}) }

// fuzzField holds for any input: a value is refused in words or brought into a
// form that holds text only and does not change when it is sent again.
func fuzzField(f *testing.F, fields ...Field) {
	for _, seed := range []string{"", " ", "on", "active", "APPLE IOS", "-1", "+007", "a@b.example", `"a b"@c.example`,
		"a\r\nb\n\nA", "a\r\r\nb",
		"\u0085x\u2028y", "a\x00", "\xff\xfe", "DU1234567890ABCDEFGH", "İ", "\u212a", strings.Repeat("é", 41),
		"a\u202eb", "0000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, field := range fields {
			for _, given := range []bool{true, false} {
				plain, fault := field.normalize(typed, given)
				if fault != "" {
					if plain != "" || strings.TrimSpace(fault) == "" || !strings.HasSuffix(fault, ".") {
						t.Errorf("%#v refuses %q with %q and keeps %q", field, typed, fault, plain)
					}
					continue
				}
				if again, fault := field.normalize(plain, given); again != plain || fault != "" {
					t.Errorf("%#v: %q became %q, and that %q %q", field, typed, plain, again, fault)
				}
				oneLine := strings.ReplaceAll(plain, "\n", "")
				if !utf8.ValidString(plain) || strings.ContainsFunc(oneLine, unicode.IsControl) {
					t.Errorf("%#v lets %q through as %q", field, typed, plain)
				}
			}
		}
	})
}
