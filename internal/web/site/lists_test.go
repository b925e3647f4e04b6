package site

import (
	"fmt"
	"testing"
)

func TestPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, total, from, to int
		previous, next     string
		items              int
	}{
		{1, 0, 0, 0, "", "", 0}, {1, 1, 1, 1, "", "", 1}, {1, 50, 1, 50, "", "", 50}, {1, 51, 1, 50, "", "2", 50}, {2, 51, 51, 51, "1", "", 1},
		{2, 150, 51, 100, "1", "3", 50}, {3, 150, 101, 150, "2", "", 50}, {9, 10, 10, 10, "8", "", 0}, {1_000_000, 3, 3, 3, "999999", "", 0},
	} {
		p := PagerOf(c.n, 50, c.total, "users", func(n int) string { return fmt.Sprint(n) })
		if p.From != c.from || p.To != c.to || p.Previous != c.previous || p.Next != c.next || p.Total != c.total {
			t.Errorf("page %d of %d: %+v", c.n, c.total, p)
		}
		if got := len(Slice(make([]int, c.total), c.n, 50)); got != c.items {
			t.Errorf("page %d of %d: %d items", c.n, c.total, got)
		}
	}
}
