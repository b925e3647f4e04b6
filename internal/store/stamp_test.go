package store_test

import (
	"slices"
	"testing"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestStamps(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	body := []byte("thirty-two bytes, of any content")
	stamped, err := db.Stamp("session", body)
	if err != nil || len(stamped) != len(body)+store.StampBytes || !slices.Equal(stamped[:len(body)], body) {
		t.Fatal(len(stamped), err)
	}
	if db.Judge("session", stamped, len(body)) != store.Proved {
		t.Error("what was stamped is not proved")
	}
	if db.Judge("session", body, len(body)) != store.Unproved {
		t.Error("what has no stamp is not unproved")
	}
	for n := range stamped {
		bad := slices.Clone(stamped)
		bad[n] ^= 1
		if db.Judge("session", bad, len(body)) != store.MadeUp {
			t.Errorf("with byte %d changed it is not made up", n)
		}
	}
	for what, got := range map[string]store.Trust{
		"another kind":   db.Judge("device", stamped, len(body)),
		"another length": db.Judge("session", stamped, len(body)-1),
		"nothing":        db.Judge("session", nil, len(body)),
		"shortened":      db.Judge("session", stamped[:len(stamped)-1], len(body)),
		"without a body": db.Judge("session", stamped[len(body):], len(body)),
	} {
		if got != store.MadeUp {
			t.Errorf("%s: %v", what, got)
		}
	}
}
