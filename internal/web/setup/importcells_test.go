package setup

import (
	"fmt"
	"strings"
	"testing"
)

// TestNoRowIsSwallowed: a cell that begins with a quotation mark takes no other row
// with it unseen, whatever is between cells.
func TestNoRowIsSwallowed(t *testing.T) {
	t.Parallel()
	rows := func(text string) string {
		found, err := readImport(text)
		if err != nil {
			return "refused: " + err.Error()
		}
		var said []string
		for _, r := range found {
			said = append(said, fmt.Sprintf("%d:%s(%s)", r.Line, r.Name, r.Aliases))
		}
		return strings.Join(said, " ")
	}
	for text, want := range map[string]string{
		"name\taliases\nAcme\t\"The Shop\" Ltd\nNext Co\tx\n":                `2:Acme("The Shop" Ltd) 3:Next Co(x)`,
		"name\taliases\nAcme\t\"The Shop\nNext Co\tx\n":                      `2:Acme("The Shop) 3:Next Co(x)`,
		"name\taliases\nAcme\t\"a\tb\"\nNext Co\tx\n":                        `2:Acme(a	b) 3:Next Co(x)`,
		"name\taliases\nAcme\t\"The Shop\" Ltd\t\nNext Co\t\"x\"":            `2:Acme("The Shop" Ltd) 3:Next Co(x)`,
		"name\taliases\nAcme\t\"Shop|\nThe \"\"S\"\"\"\nNext Co\tx\n":        `2:Acme(Shop| | The "S") 4:Next Co(x)`,
		"name\taliases\n\"A\"\"B\"\t\"\"\n\"\n\"\"\"\t\"x":                   `2:A"B() 3:"("x)`,
		"\"name\"\t\"aliases\"\r\n\r\n\"Acme\"\t19\" rack\r\nNext\t\"\"\r\n": `3:Acme(19" rack) 4:Next()`,
		"name,aliases\nAcme,\"Shop\nThe S\"\nNext Co,x\n":                    `2:Acme(Shop | The S) 4:Next Co(x)`,
		"name;aliases\nAcme;\"Shop, Inc\nThe S, Inc\"\nNext;x\n":             `2:Acme(Shop, Inc | The S, Inc) 4:Next(x)`,
		// One column: each line is a name, unless it is CSV between quotation marks.
		"name\nAcme Dental, Inc.\n\"Foo\" Ltd\n\nBar; Baz\n":         `2:Acme Dental, Inc.() 3:"Foo" Ltd() 5:Bar; Baz()`,
		"\"name\"\n\"Acme Dental, Inc.\"\n\"The \"\"Foo\"\"\"\nNext": `2:Acme Dental, Inc.() 3:The "Foo"() 4:Next()`,
		"name\n\"Open\nNext, \"Inc\"\n\"Last\n\"\n":                  `2:"Open() 3:Next, "Inc"() 4:Last()`,
		"\n name \r\nAcme\r\n":                                       `3:Acme()`,
	} {
		if got := rows(text); got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"name,aliases\nAcme,\"The Shop\" Ltd\nNext Co,x\n":            "Line 2 cannot be read: its quotation marks do not match",
		"name,aliases\nAcme,\"The Shop\nNext Co,x\n":                  "Line 2 cannot be read",
		"name,aliases\nA,\nAcme,\"Shop\nNext Co,Other\"\nLast,\n":     "Line 3 has a quotation mark that is closed in a later line, and what is between them could be rows",
		"name;aliases\nAcme;\"Shop\nNext Co;x\nMore;Other\"\nLast;\n": "Line 2 has a quotation mark that is closed in a later line, and what is between them could be rows",
		"name\taliases\nAcme\t\"Shop\nNext Co\tOther\"\nLast\t\n":     "Line 2 has a quotation mark that is closed in a later line",
		"name\nAcme\n\"Shop\nNext Co\"\nLast\n":                       "Line 3 has a quotation mark that is closed in a later line",
		"name\n\"Acme, Inc.\",vip\n":                                  "Line 2 has more cells",
		"name\nAcme\nNext\tvip\n":                                     "Line 3 has more cells",
	} {
		if got := rows(text); !strings.HasPrefix(got, "refused: "+want) {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

// TestImportKeepsWhatScriptsNeed: the same letters come in by file and by form.
func TestImportKeepsWhatScriptsNeed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cell, want string }{
		{"می\u200cخواهم", "می\u200cخواهم"}, {"ශ්\u200dරී", "ශ්\u200dරී"}, {"\u200cAcme\u200d\u200b", "Acme"},
		{"'=1", "=1"}, {"\ufeff'\u200b=1", "=1"}, {"'\u202d+Plus", "+Plus"},
	} {
		found, err := readImport("name,aliases\n" + test.cell + "," + test.cell + "\n")
		if err != nil || len(found) != 1 || found[0].Name != test.want || found[0].Aliases != test.want {
			t.Errorf("%q is read as %+v, %v", test.cell, found, err)
		}
	}
}
