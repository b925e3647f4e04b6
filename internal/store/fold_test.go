package store_test

import (
	"strings"
	"testing"
	"unicode"

	"duodesk/internal/store/storetest"
	"duodesk/internal/text"
)

// TestFoldInSQL: a search in the database finds what one in memory finds, whatever
// character is in it.
func TestFoldInSQL(t *testing.T) {
	t.Parallel()
	conn := storetest.Open(t).Superuser(t)
	fold := func(texts []string) (folded []string) {
		t.Helper()
		if err := conn.QueryRow(t.Context(),
			`select array_agg(app.fold(x) order by n) from unnest($1::text[]) with ordinality u(x, n)`,
			texts).Scan(&folded); err != nil {
			t.Fatal(err)
		}
		return folded
	}
	words := []string{"jd\u2065oe", "", "  Ada \t Lovelace ", "Łódź", "STRAẞE straße", "Œuvre ÆRØ Þór Đurđevac",
		"Zoe\u0308\u200b", "Σίσυφος", "İıI", "葛\U000e0100城", "ｊｄｏｅ ﬁ", "ガ ｶﾞ 한국", "a\u00a0\u3000b\u2800",
		"jd\ufffdoe \ufffd", "e\ufffd\u0301"}
	var runes []string
	for r := rune(' '); r <= unicode.MaxRune; r++ {
		known := unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cf,
			unicode.Cc) && !unicode.Is(unicode.Han, r) && !unicode.Is(unicode.Hangul, r)
		if known || text.Visible(string(r)) == "" {
			runes = append(runes, "a"+string(r)+"b")
		}
	}
	differ := 0
	for _, texts := range [][]string{words, runes} {
		for i, got := range fold(texts) {
			if want := text.Fold(texts[i]); got != want && !newer(texts[i]) {
				if differ++; differ < 40 {
					t.Errorf("%q (%U) folds to %q in SQL, to %q in Go", texts[i],
						[]rune(texts[i])[min(1, len([]rune(texts[i]))-1)], got, want)
				}
			}
		}
	}
	if differ > 0 {
		t.Errorf("%d of %d differ", differ, len(runes))
	}
}

// newer reports whether a text has a character of a block that Postgres 15 does not
// know yet.
func newer(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= 0x1e030 && r <= 0x1e08f })
}
