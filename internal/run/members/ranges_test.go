package members_test

import (
	"fmt"
	"strings"
	"testing"

	"duodesk/internal/run/members"
)

func TestParseRanges(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":                                    "",
		" \n,\n ":                             "",
		"203.0.113.0/24":                      "203.0.113.0/24",
		"203.0.113.7":                         "203.0.113.7/32",
		"2001:DB8:0:0::/32":                   "2001:db8::/32",
		"2001:db8::7":                         "2001:db8::7/128",
		"::ffff:203.0.113.0/120":              "203.0.113.0/24",
		"::ffff:203.0.113.7":                  "203.0.113.7/32",
		"203.0.113.0/24, 2001:db8::/32":       "203.0.113.0/24, 2001:db8::/32",
		"203.0.113.0/24\r\n198.51.100.0/25\n": "203.0.113.0/24, 198.51.100.0/25",
		"\u200b203.0.113.0/24\u2028 10.0.0.0 / 8": "203.0.113.0/24, 10.0.0.0/8",
	} {
		got, fault := members.ParseRanges(typed)
		if got.String() != want || fault != "" {
			t.Errorf("%q is read as %q (%s), want %q", typed, got, fault, want)
		}
	}
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf("203.0.113.%d", i))
	}
	for typed, want := range map[string]string{
		"office":                          "“office” is not an address range.",
		"203.0.113.0/33":                  "is not an address range",
		"203.0.113":                       "is not an address range",
		"010.0.0.1":                       "is not an address range",
		"203.0.113.0-255":                 "is not an address range",
		"203.0.113.0 255.255.255.0":       "is not an address range",
		"fe80::1%eth0":                    "is not an address range",
		"203.0.113.7/24":                  "The range would be 203.0.113.0/24.",
		"2001:db8::1/32":                  "The range would be 2001:db8::/32.",
		"::ffff:203.0.113.7/120":          "The range would be 203.0.113.0/24.",
		"::ffff:0:0/95":                   "has IPv4 addresses and others",
		"0.0.0.0/0":                       "is every address",
		"::/0":                            "is every address",
		"::ffff:0.0.0.0/96":               "is every address",
		"203.0.113.7, ::ffff:203.0.113.7": "203.0.113.7/32 is listed twice.",
		strings.Join(many, "\n"):          "21 ranges are listed; the limit is 20.",
		strings.Repeat(" ", 4001):         "too long",
		"203.0.113.7\x00":                 "characters that are not text",
	} {
		if got, fault := members.ParseRanges(typed); !strings.Contains(fault, want) || got != nil {
			t.Errorf("%.40q is read as %q (%s), want %q", typed, got, fault, want)
		}
	}
}
