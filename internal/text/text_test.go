package text

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"plain", "Ada Lovelace", "Ada Lovelace"},
		{"blanks around and between", "  Ada \t  Lovelace\r\n", "Ada Lovelace"},
		{"blanks that are not spaces", "Ada\u00a0\u3000Lovelace\u2009\u2800", "Ada Lovelace"},
		{"a blank of no width", "jdoe\u200b", "jdoe"},
		{"a byte order mark, twice", "\ufeff\ufeffname", "name"},
		{"directions of writing", "\u202djdoe\u202c\u2066\u2069\u200e\u200f\u061c", "jdoe"},
		{"a soft hyphen and a word joiner", "jd\u00ado\u2060e", "jdoe"},
		{"fillers", "jd\u3164o\uffa0e\u115f\u1160\u034f\u17b4\u180e", "jdoe"},
		{"tags", "jdoe\U000e0041\U000e007f", "jdoe"},
		{"variants of a letter", "j\ufe00doe\U000e0100", "jdoe"},
		{"decomposed", "Zoe\u0308", "Zo\u00eb"},
		{"apart by something invisible", "Zoe\u200b\u0308", "Zo\u00eb"},
		{"a joiner among Latin letters", "jd\u200doe\u200c", "jdoe"},
		{"Persian keeps its non-joiner", "می\u200cخواهم", "می\u200cخواهم"},
		{"and loses it at the end", "می\u200c", "می"},
		{"twice is once", "می\u200c\u200cخواهم", "می\u200cخواهم"},
		{"Sinhala keeps its joiner", "ශ්\u200dරී", "ශ්\u200dරී"},
		{"Malayalam at the end of a word", "അവന്\u200d", "അവന്\u200d"},
		{"a family stays together", "👩\u200d👧", "👩\u200d👧"},
		{"a heart stays red", "❤\ufe0f", "❤\ufe0f"},
		{"and becomes black", "❤\ufe0e", "❤\ufe0e"},
		{"once", "❤\ufe0f\ufe0e\ufe0f", "❤\ufe0f"},
		{"what is a picture anyway", "☕\ufe0f😀\ufe0e", "☕😀"},
		{"a burning heart", "❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"},
		{"an astronaut", "👩🏽\u200d🚀", "👩🏽\u200d🚀"},
		{"a joiner among signs", "a^\u200d^`\u200d`°\u200d°│\u200d│", "a^^``°°││"},
		{"a joiner after half an emoji", "👩\u200dx", "👩x"},
		{"keycaps", "1\ufe0f\u20e3#\ufe0f\u20e3*\ufe0f\u20e3", "1\ufe0f\u20e3#\ufe0f\u20e3*\ufe0f\u20e3"},
		{"digits without a key", "jdoe1\ufe0f 2\ufe0fa #\ufe0f *\ufe0e3\ufe0e\u20e3", "jdoe1 2a # *3\u20e3"},
		{"signs that are no emoji",
			"+\ufe0f=\ufe0f<\ufe0f>\ufe0f|\ufe0f~\ufe0f^\ufe0f$\ufe0f°\ufe0f¬\ufe0f±\ufe00∩\ufe00│\ufe0f",
			"+=<>|~^$°¬±∩│"},
		{"code points without a character", "jdoe\u2065\ufff0\U000e0002\U000e0fff", "jdoe"},
		{"marks of shorthand and of music", "jdoe\U0001bca0\U0001d173", "jdoe"},
		{"variants of a character", "葛\ufe00葛\ufe02葛\ufe03葛\ufe0f葛\U000e0100\U000e0101", "葛\ufe00葛\ufe02葛葛葛\U000e0100"},
		{"variants of what is no character", "々\U000e0100ア\ufe00。\U000e0100", "々ア。"},
		{"Mongolian keeps one variant", "ᠠ\u180b\u180c\u180b", "ᠠ\u180b"},
		{"and its separated vowel", "ᠬ\u180eᠠ ᠬ\u180eᠪ ᠐\u180bᠠ", "ᠬ\u180eᠠ ᠬᠪ ᠐ᠠ"},
		{"Myanmar keeps a dotted form", "\u1000\ufe00 \u1001\ufe00", "\u1000\ufe00 \u1001"},
		{"joiners among letters that do not change", "ب\u200dب क\u200cक ९\u200c९ ،\u200cخ", "بب कक ९९ ،خ"},
		{"Bengali joins before the virama", "র\u200d্য", "র\u200d্য"},
		{"Khmer keeps a shifter above", "ប\u200c៊ី", "ប\u200c៊ី"},
		{"a name's variant of a character", "葛\U000e0100城", "葛\U000e0100城"},
		{"signs that embrace digits", "\u06dd٣", "\u06dd٣"},
		{"compatibility forms are another text", "ﬁ ①", "ﬁ ①"},
		{"controls are left to Bad", "a\x00b", "a\x00b"},
	} {
		if got := Line(test.text); got != test.want {
			t.Errorf("%s: %q became %q, want %q", test.name, test.text, got, test.want)
		}
	}
}

func TestBlock(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\r\nb\rc\u2028d": "a\nb\nc\nd", "  a  b\n\tc \n": "a  b\n\tc", "a\u00a0\u200bb": "a b",
		"e\u0301\n\u202ex": "é\nx",
	} {
		if got := Block(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"DIWJ8X6AEYOR5OMC6TQ1":                         "DIWJ8X6AEYOR5OMC6TQ1",
		" \ufeffDIWJ 8X6A\u200bEYOR\u00a05OMC6TQ1\r\n": "DIWJ8X6AEYOR5OMC6TQ1",
		"api-1234abcd.duosecurity.com\u200b":           "api-1234abcd.duosecurity.com",
		"\u202d+44 20 7946 0123\u202c":                 "+442079460123", "می\u200cخ": "میخ",
	} {
		if got := Key(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestBad(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Fault{
		"": Fine, "Zoë\tB\r\nC": Fine, "a\x85b": NotUTF8, "\xff": NotUTF8, "half\xed\xa0\x80": NotUTF8,
		"was cut …\ufffd": NotUTF8,
		"a\x00":           Controls, "\x1b[31m": Controls, "a\u0080": Controls, "a\x7f": Controls, "a\u0085b": Fine,
	} {
		if got := Bad(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"jdoe", "JDoe", " jdoe\u200b ", "ｊｄｏｅ", "jd\u00adoe", "jd\ufffdoe", "jdoe\ufffd", "jd\u009boe"},
		{"Łódź", "łódź", "lodz", "Lo\u0301dz\u0301", "LODZ"},
		{"Søren Ærø", "soren aero", "SØREN  ÆRØ", "Søren\u00a0Ærø"},
		{"Straße", "STRASSE", "strasse", "STRAẞE"},
		{"Œuvre", "oeuvre", "ŒUVRE"},
		{"Đurđevac", "durdevac", "ĐURĐEVAC", "Ðurđevac"},
		{"Þór", "thor", "ÞÓR"},
		{"İstanbul", "istanbul", "ISTANBUL", "ıstanbul"},
		{"ﬁne ①", "fine 1"},
		{"Ωμέγα", "ωμεγα", "ΩΜΕΓΑ"},
		{"Σίσυφος", "σισυφοσ", "ΣΙΣΥΦΟΣ"},
		{"Ёлка", "ёлка", "елка"},
		{"ガ", "ｶﾞ", "カ"},
		{"한국", norm.NFD.String("한국"), "한\u3164국"},
		{"葛\U000e0100城", "葛城"},
		{"", "\u200b", " ", "\u0301"},
	} {
		for _, other := range same[1:] {
			if !Same(same[0], other) {
				t.Errorf("%q folds to %q, %q to %q", same[0], Fold(same[0]), other, Fold(other))
			}
		}
	}
	for _, differ := range [][2]string{{"Acme", "Acme Ltd"}, {"O'Neil", "ONeil"}, {"a-b", "ab"}, {"a b", "ab"},
		{"user@a", "user@b"}, {`d\user`, "user"}, {"1", "l"}} {
		if Same(differ[0], differ[1]) {
			t.Errorf("%q and %q are one text", differ[0], differ[1])
		}
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{
		{"Acme", " ACME\u200b"}, {"Zo\u00eb  B", "ZOE\u0308 b"}, {"Globex\u202e\u009b", "globex\ufffd\ufffd"},
		{"a\x1bb", "a\ufffdb"}, {"Андрей", "АНДРЕЙ"}, {"", "\u200b"},
		{norm.NFD.String("パナ"), "パナ"}, {"می\u200cخواهم", "میخواهم"},
	} {
		if !Alike(same[0], same[1]) || !Same(same[0], same[1]) && same[0] != "a\x1bb" {
			t.Errorf("%q and %q are two texts", same[0], same[1])
		}
	}
	for _, differ := range [][2]string{
		{"パナ", "バナ"}, {"Андрей", "Андреи"}, {"Réception", "Reception"}, {"Łódź", "Lodz"}, {"Straße", "Strasse"},
		{"ﬁne", "fine"}, {"ａｃｍｅ", "acme"}, {"a b", "ab"}, {"Acme", "Acme!"},
	} {
		if Alike(differ[0], differ[1]) {
			t.Errorf("%q and %q are one text", differ[0], differ[1])
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, search string
		want         bool
	}{
		{"Zoë Łukasiewicz", "lukas ZOE", true}, {"anything", " \u200b", true}, {"jdoe\u200b", "jdoe\u200b", true},
		{"jdoe", "jdoe\u200b", true},
		{"Ada", "adam", false}, {"Ada Byron", "ada king", false}, {"100%", "%", true}, {"", "x", false},
	} {
		if got := Holds(test.text, test.search); got != test.want {
			t.Errorf("%q holds %q: %t", test.text, test.search, got)
		}
	}
}

var seeds = []string{"e\ufffd\u0301", "Ada", "  a\tb ", "Zoe\u0308", "jdoe\u200b", "می\u200cخواهم", "👩\u200d👧", "İıẞŉ",
	"ﬁﬃ①", "\u3164\u115f", "\x00\xff", "e\u200b\u0301", "ᾳ\u0345", "ﾞ", "葛\U000e0100", "\u1e9e\u0307",
	"jdoe1\ufe0f", "+\ufe0f", "1\ufe0f\u20e3", "❤\ufe0f\u200d🔥", "^\u200d^", "\u2065", "ᠠ\u180b\u180eᠠ", "\u1000\ufe00",
	"র\u200d্য", "ប\u200c៊", "葛\ufe00", "\u0390\u03b0", "\u212b\u2126", "\u0f71\u0f72", "\u1100\u200b\u1161"}

// ignorable is Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt of version 17).
var ignorable = tableOf(`ad 34f 61c 115f-1160 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f 3164 fe00-fe0f feff ffa0
	fff0-fff8 1bca0-1bca3 1d173-1d17a e0000-e0fff`)

// TestNothingIgnorableIsLeft: for every code point that shows nothing, wherever it is beside characters of ASCII, and
// however often.
func TestNothingIgnorableIsLeft(t *testing.T) {
	t.Parallel()
	for r := range unicode.MaxRune + 1 {
		if !unicode.Is(ignorable, r) {
			continue
		}
		x := string(r)
		if got := Visible("jd" + x + "oe"); got != "jdoe" {
			t.Errorf("%U stays in what is visible: %q", r, got)
		}
		if got := Fold("JD" + x + "oe"); got != "jdoe" {
			t.Errorf("%U stays in what is compared: %q", r, got)
		}
		for before := range rune(utf8.RuneSelf) {
			plain := string(before) + "a"
			if got := Line(string(before) + x + x + "a" + x); got != Line(plain) {
				t.Errorf("%U behind %q stays: %q", r, before, got)
			}
			if got := Key(x + string(before) + x + "a"); got != Key(plain) {
				t.Errorf("%U behind %q stays in a key: %q", r, before, got)
			}
		}
	}
}

// effects are the places where what shows nothing changes what is written: the character before it, itself, and the
// one behind it.
var effects = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`[0-9#*]\x{fe0f}\x{20e3}`,
	`[\p{So}\p{Sm}\x{203c}\x{2049}\x{2139}\x{3030}\x{303d}][\x{fe0e}\x{fe0f}].?`,
	`[\p{So}\p{Sm}\x{fe0f}\x{1f3fb}-\x{1f3ff}]\x{200d}[\p{So}\p{Sm}\x{1f3fb}-\x{1f3ff}]`,
	`\p{Han}[\x{fe00}-\x{fe02}\x{e0100}-\x{e01ef}].?`,
	`\p{Myanmar}\x{fe00}.?`,
	`\p{Mongolian}(?:[\x{180b}-\x{180d}\x{180f}].?|\x{180e}\p{Mongolian})`,
	`\p{Mn}[\x{200c}\x{200d}].?`,
	`[\p{L}\p{M}]\x{200d}\p{Mn}`,
	`[\p{L}\p{M}]\x{200c}[\p{L}\p{M}]`,
}, "|") + `)$`)

func FuzzClean(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, form := range map[string]func(string) string{"Line": Line, "Block": Block, "Key": Key} {
			once := form(text)
			if twice := form(once); twice != once {
				t.Errorf("%s of %q is %q, and of that %q", name, text, once, twice)
			}
			if utf8.ValidString(text) && !norm.NFC.IsNormalString(once) {
				t.Errorf("%s of %q is not composed: %q", name, text, once)
			}
			if form(norm.NFD.String(text)) != form(norm.NFC.String(text)) {
				t.Errorf("%s of %q depends on how it was composed", name, text)
			}
		}
		line := []rune(Line(text))
		for i, r := range line {
			if unicode.In(r, unicode.Bidi_Control) || isBlank(r) && r != ' ' {
				t.Errorf("Line of %q holds %U", text, r)
			}
			around := string(line[max(0, i-1):min(len(line), i+2)])
			if unicode.Is(ignorable, r) && (i == 0 || !effects.MatchString(around)) {
				t.Errorf("Line of %q holds %U, which changes nothing in %+q", text, r, around)
			}
		}
		for _, r := range Key(text) + Visible(text) + Fold(text) {
			if unicode.Is(ignorable, r) {
				t.Errorf("%U is left in %q", r, text)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := Fold(text)
		if twice := Fold(once); twice != once {
			t.Errorf("%q folds to %q, and that to %q", text, once, twice)
		}
		if utf8.ValidString(text) && !Same(Line(text), text) {
			t.Errorf("%q folds to %q, and cleaned to %q", text, once, Fold(Line(text)))
		}
		if utf8.ValidString(text) && !Holds(text, text) {
			t.Errorf("%q is not found by itself", text)
		}
	})
}
