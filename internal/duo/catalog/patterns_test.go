package catalog

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/text"
)

// TestShapesOfTextsAreTheTexts compares what is described to programs with what is
// taken, for every character, alone and inside a word.
func TestShapesOfTextsAreTheTexts(t *testing.T) {
	t.Parallel()
	for _, f := range []Text{{Name: "any"}, {Name: "required", Required: true}, {Name: "block", Multiline: true},
		{Name: "required block", Required: true, Multiline: true}} {
		shape := regexp.MustCompile(f.Spec().Shape())
		for r := range rune(0x10000) {
			if !utf8.ValidRune(r) {
				continue
			}
			for _, text := range []string{string(r), "a" + string(r) + "b"} {
				_, fault := f.normalize(text, true)
				// Blanks around a text are cleaned, whatever they are.
				cleaned := len(text) == utf8.RuneLen(r) && strings.TrimSpace(text) == "" && (r < ' ' || r == 0x85)
				if matches := shape.MatchString(text); matches != (fault == "") && !(cleaned && fault == "") {
					t.Errorf("%s: %U in %q: described as taken: %v, and the field says %q", f.Name, r, text,
						matches, fault)
				}
			}
		}
	}
}

func TestShapesOfEmailsAndAddresses(t *testing.T) {
	t.Parallel()
	f := Email{Required: true}
	email := regexp.MustCompile(f.Spec().Shape())
	for _, typed := range []string{"a@b", "ada.lovelace+x@client.example", "zoë@bücher.example", "a@b.", ".a@b",
		"a..b@c", "a@", "@b", "a b@c", "a@b@c", "a@[1.2.3.4", `"a"@b`, "<a@b>", "Ada <a@b>", "a@b, c@d", "a\u2003b@c",
		"a'b@c", "a@b;", "a(c)@b", "", "a"} {
		_, fault := f.normalize(typed, true)
		if taken := fault == ""; taken != email.MatchString(typed) {
			t.Errorf("%q: taken %v, described %v", typed, taken, !taken)
		}
	}
	// Whatever becomes of a character, what is sent fits what is described, and what is described is taken.
	for r := range rune(unicode.MaxRune + 1) {
		if !utf8.ValidRune(r) || r > 0xffff && text.Visible(string(r)) != "" {
			continue
		}
		for _, typed := range []string{"a" + string(r) + "b@client.example", "a+" + string(r) + "b@client.example",
			"葛" + string(r) + "ب" + string(r) + "ب@client.example", "a@b" + string(r)} {
			sent, fault := f.normalize(typed, true)
			if fault == "" && !email.MatchString(sent) {
				t.Errorf("%U in %q: sent as %q, which is not described", r, typed, sent)
			}
			if fault != "" && r <= 0xffff && email.MatchString(typed) {
				t.Errorf("%U in %q: described as taken, and the field says %q", r, typed, fault)
			}
		}
	}
	address := regexp.MustCompile("^" + addressPattern + "$")
	groups := func(n int) string { return strings.TrimSuffix(strings.Repeat("ab1:", n), ":") }
	texts := []string{"", "1.2.3.4", "255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "::", ":", ":::",
		"::1", "1::", "::ffff:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:7:8:9", "12345::", "g::",
		"1::2::3", "2001:DB8::7", "1.2.3.4:80", "[::1]"}
	for before := range 9 {
		for after := range 9 {
			texts = append(texts, groups(before)+"::"+groups(after))
		}
		texts = append(texts, groups(before))
	}
	for _, text := range texts {
		if _, err := netip.ParseAddr(text); (err == nil) != address.MatchString(text) {
			t.Errorf("%q: taken %v, described %v", text, err == nil, err != nil)
		}
	}
}
