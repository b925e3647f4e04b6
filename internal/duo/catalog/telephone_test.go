package catalog

import (
	"regexp"
	"strings"
	"testing"
)

func TestParseTelephone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]Telephone{
		"+44 20 7946 0123":                               {"+442079460123", ""},
		"+1 (202) 555-0177":                              {"+12025550177", ""},
		"(+1) 202.555.0177":                              {"+12025550177", ""},
		"+12025550177x3243":                              {"+12025550177", "3243"},
		"+1 202-555-0177 x3243":                          {"+12025550177", "3243"},
		"+1 202 555 0177 Ext. 3243":                      {"+12025550177", "3243"},
		"+1 202 555 0177, extension 12":                  {"+12025550177", "12"},
		"+1 202 555 0177 #12":                            {"+12025550177", "12"},
		"tel:+1-202-555-0177":                            {"+12025550177", ""},
		"TEL:+44-20-7946-0123;ext=22":                    {"+442079460123", "22"},
		"+442079460123 ext. 22":                          {"+442079460123", "22"},
		"+442079460123 ext. 1,,#*":                       {"+442079460123", "1,,#*"},
		"\u202d+1\u00a0202\u2011555\u20110177\u202c":     {"+12025550177", ""},
		"+49\u2009171\u202f392\u20130001":                {"+491713920001", ""},
		"+1\u2212202\u2014555\uff0d0177":                 {"+12025550177", ""},
		"\uff0b\uff14\uff14 20 7946 0123":                {"+442079460123", ""},
		"+\u0664\u0664 \u0662\u0660 7946 0123":           {"+442079460123", ""},
		"+44 (0)20 7946 0123":                            {"+442079460123", ""},
		"+44 20 7946 0123 x\u0662\u0662":                 {"+442079460123", "22"},
		"+44 20 7946 0123;ext=\uff12\u06f2":              {"+442079460123", "22"},
		"+44 20 7946 0123 ext. 1,,\u0662#":               {"+442079460123", "1,,2#"},
		"+\u096a\u096a \u0968\u0966 7946 0123 x\u0968":   {"+442079460123", "2"},
		"+44 7700 900123":                                {"+447700900123", ""},
		"+61 491 570 156":                                {"+61491570156", ""},
		"+39 06 698 12345":                               {"+390669812345", ""},
		"+683 4002":                                      {"+6834002", ""},
		"+800 1234 5678":                                 {"+80012345678", ""},
		"\u200b+44\u200b20 7946 0123\u200b x\u00a022\t ": {"+442079460123", "22"},
	} {
		if got, fault := ParseTelephone(typed); got != want || fault != "" {
			t.Errorf("%q: %+v, %q; want %+v", typed, got, fault, want)
		}
	}
	for typed, want := range map[string]string{
		"": "country code", "020 7946 0123": "country code", "202-555-0177 x12": "country code",
		"00442079460123": "country code", "tel:02079460123": "country code",
		"call +442079460123": "country code", "+44 20": "too short", "+1 555 0177": "too short",
		"+1 202 555 01777": "too long", "+999 123 456 789": "no country",
		"+1202555CALL": "not a telephone number", "+1 800 FLOWERS x22": "not a telephone number",
		"+12025550177 x":            "not a telephone number",
		"+12025550177 +12025550178": "not a telephone number", "+12025550177 <b>": "not a telephone number",
		"+":                    "not a telephone number",
		"+12025550177;isub=12": "not a telephone number", "+12025550177 x1,2 x3": "not a telephone number",
		"+1202555\x000177": "not a telephone number", "+1202555\ufffd0177": "not a telephone number",
	} {
		if got, fault := ParseTelephone(typed); got != (Telephone{}) || !strings.Contains(fault, want) {
			t.Errorf("%q: %+v, %q; want %q", typed, got, fault, want)
		}
	}
}

// TestExtensionOfNumber: an extension typed behind the number goes into its own field,
// and another one there is a fault.
func TestExtensionOfNumber(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"create-phone", "modify-phone", "list-phones"} {
		action, _ := Lookup(slug)
		parse := func(number, extension string) (Values, []FieldError) {
			form := map[string]string{"number": number, "extension": extension, "phone_id": "DP1"}
			return action.Parse(func(name string) (string, bool) {
				text, given := form[name]
				return text, given && (name != "extension" || text != "")
			})
		}
		for _, box := range []string{"", "3243", "\u0663\u0662\u0664\u0663"} {
			in, bad := parse("+1 202 555 0177 x3243", box)
			if len(bad) > 0 || in.given["number"] != "+12025550177" || in.given["extension"] != "3243" {
				t.Errorf("%s, box %q: %v, faults %v", slug, box, in.given, bad)
			}
		}
		if in, bad := parse("+1 202 555 0177", "\u0663\u0662"); len(bad) > 0 || in.given["extension"] != "32" {
			t.Errorf("%s, an extension in other digits: %v, faults %v", slug, in.given, bad)
		}
		if _, bad := parse("+44 (0)20 7946 0123 x3243", ""); len(bad) != 1 || !strings.Contains(bad[0].Message, "(0)") {
			t.Errorf("%s, a zero that is not dialed: %v", slug, bad)
		}
		if _, bad := parse("+1 202 555 0177 x3243", "12"); len(bad) != 1 || bad[0].Field != "extension" ||
			!strings.Contains(bad[0].Message, "3243") {
			t.Errorf("%s, two extensions: %v", slug, bad)
		}
	}
}

func TestDigitsOf(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]Telephone{
		"020 7946 0123": {"02079460123", ""}, "020 7946 0123 x22": {"02079460123", "22"},
		"7946\u20110123 ext 5": {"79460123", "5"}, "946": {"946", ""},
		"+44 20 79": {"442079", ""}, "\u0669\u0664\u0666": {"946", ""},
		"+442079460123 ext. 1,,#*": {"442079460123", "1,,#*"}, "22 22 22 x22": {"222222", "22"},
	} {
		if got, ok := DigitsOf(typed); got != want || !ok {
			t.Errorf("%q: %+v, %t; want %+v", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"", "jane", "flat 22", "a@b.example", "946 & 1"} {
		if got, ok := DigitsOf(typed); ok {
			t.Errorf("%q: %+v", typed, got)
		}
	}
}

func FuzzParseTelephone(f *testing.F) {
	for _, seed := range []string{"", "+", "+44 20 7946 0123", "+1 202 555 0177 x3243", "tel:+1-202-555-0177;ext=12",
		"\uff0b\uff11 202 555 0177",
		"+44 (0)20 7946 0123", "+12025550177 ext. 1,,#*", "020 7946 0123 x22", "+\u0664\u0664207946012", "\xff+1",
		"+1;phone-context=+1", "x", "+39 0669812345"} {
		f.Add(seed)
	}
	whole, dials := regexp.MustCompile(`^\+[1-9][0-9]{4,17}$`), regexp.MustCompile(`^[0-9,#*]*$`)
	f.Fuzz(func(t *testing.T, typed string) {
		got, fault := ParseTelephone(typed)
		if part, _ := DigitsOf(typed); strings.Trim(part.Number, "0123456789") != "" ||
			!dials.MatchString(part.Extension) {
			t.Errorf("%q has the digits %+v", typed, part)
		}
		if fault != "" {
			if got != (Telephone{}) {
				t.Errorf("%q: %+v beside %q", typed, got, fault)
			}
			return
		}
		if !whole.MatchString(got.Number) || !dials.MatchString(got.Extension) {
			t.Errorf("%q: %+v", typed, got)
		}
		again := got.Number
		if got.Extension != "" {
			again += " ext. " + got.Extension
		}
		if twice, fault := ParseTelephone(again); twice != got || fault != "" {
			t.Errorf("%q: %+v, and then %+v, %q", typed, got, twice, fault)
		}
	})
}

// TestPhoneNumberThatNobodySees: a box with invisible characters alone is empty.
func TestPhoneNumberThatNobodySees(t *testing.T) {
	t.Parallel()
	for _, f := range []PhoneNumber{{Name: "f"}, {Name: "f", Digits: true}} {
		for _, typed := range []string{"", " ", "\u200b", "\ufeff\u202d\u202c\u00a0", "\u3164"} {
			if plain, fault := f.normalize(typed, true); plain != "" || fault != "" {
				t.Errorf("%q: %q, %q", typed, plain, fault)
			}
		}
	}
}
