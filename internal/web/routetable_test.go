package web

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"duodesk/internal/web/site"
)

var update = flag.Bool("update", false, "write the golden file instead of comparing")

// TestRouteTable compares the table with testdata/routes.txt, so that a review sees every
// change of who may use an address.
func TestRouteTable(t *testing.T) {
	t.Parallel()
	const file = "testdata/routes.txt"
	var table strings.Builder
	for _, r := range routes(&site.Site{}) {
		fmt.Fprintln(&table, r)
	}
	if *update {
		if err := os.WriteFile(file, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	now, before := strings.Split(table.String(), "\n"), strings.Split(string(golden), "\n")
	if len(now) != len(before) {
		t.Errorf("%d rows, %d in %s", len(now)-1, len(before)-1, file)
	}
	for i := range min(len(now), len(before)) {
		if now[i] != before[i] {
			t.Errorf("row %d of %s:\n%s\nis now\n%s", i+1, file, before[i], now[i])
		}
	}
}
