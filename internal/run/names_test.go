package run

import (
	"strings"
	"testing"

	"duodesk/internal/store"
)

// TestConnectionTextIsShort: forms carry these words, of at most 600 bytes.
func TestConnectionTextIsShort(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("漢", 255), strings.Repeat("\u202e", 255), strings.Repeat("x", 255)} {
		o := store.Organization{Kind: store.Child, AccountName: name, AccountID: "DA0000000000000000LONG",
			APIHostname: "api-00000001.duosecurity.com"}
		if words := ConnectionText(o); len(words) > 600 || !strings.Contains(words, o.AccountID) {
			t.Errorf("%d bytes: %s", len(words), words)
		}
	}
}
