package catalog

import (
	"testing"
	"time"
)

func TestMoments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ typed, plain string }{
		{"", ""},
		{" 2026-08-04 ", "2026-08-04T00:00:00Z"},
		{"2026-08-04 14:30", "2026-08-04T14:30:00Z"},
		{"2026-08-04T14:30", "2026-08-04T14:30:00Z"},
		{"2026-08-04T14:30:05+02:00", "2026-08-04T12:30:05Z"},
		{"2026-08-04T12:34:56.4132Z", "2026-08-04T12:34:56.413Z"},
		{"1785846896", "2026-08-04T12:34:56Z"},
		{"1785846896413", "2026-08-04T12:34:56.413Z"},
	} {
		f := Time{Name: "f"}
		plain, fault := f.normalize(test.typed, true)
		if plain != test.plain || fault != "" {
			t.Errorf("%q became %q, %q; want %q", test.typed, plain, fault, test.plain)
		}
		in, _ := Action{Fields: []Field{f}}.Parse(func(string) (string, bool) { return test.typed, true })
		if got := f.Of(in); (test.plain == "") != got.IsZero() ||
			test.plain != "" && got.Format(time.RFC3339Nano) != test.plain {
			t.Errorf("%q reads as %v", test.typed, got)
		}
	}
	for _, typed := range []string{"yesterday", "2026-13-01", "04.08.2026", "12345", "2026-08-04 25:00", "0001-01-01",
		"9999-01-01"} {
		if plain, fault := (Time{}).normalize(typed, true); fault == "" {
			t.Errorf("%q is taken for %q", typed, plain)
		}
	}
}

func FuzzTime(f *testing.F) { fuzzField(f, Time{Name: "f"}) }
