package site

import (
	"strconv"
	"testing"
	"time"
)

// TestGenerationsAreBounded: strangers of ever more addresses do not fill the
// memory, and a key in use stays.
func TestGenerationsAreBounded(t *testing.T) {
	t.Parallel()
	var b generations[int]
	now := time.Now()
	for n := range 3 * mostGeneration {
		b.put(strconv.Itoa(n), n, now)
		b.Get("0", now)
	}
	if n := len(b.this) + len(b.before); n > 2*mostGeneration {
		t.Error(n, " keys are kept")
	}
	if _, found := b.Get("0", now); !found {
		t.Error("a key in use was forgotten")
	}
	if _, found := b.Get("1", now); found {
		t.Error("a key of long ago is kept")
	}
	b.put("later", 1, now.Add(generation))
	b.put("much later", 1, now.Add(2*generation))
	if _, found := b.Get("0", now.Add(2*generation)); found {
		t.Error("a key that was not used for two generations is kept")
	}
}
