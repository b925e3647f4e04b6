package words

import "testing"

func TestCodesToReadAndSay(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][2]string{
		"":           {"", ""},
		"407":        {"407", "four zero seven"},
		"123456789":  {"123 456 789", "one two three, four five six, seven eight nine"},
		"0123456789": {"012 345 678 9", "zero one two, three four five, six seven eight, nine"},
	} {
		if got := [2]string{InGroups(code), Spoken(code)}; got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
}
