package words

import (
	"fmt"
	"strings"
	"testing"
)

// TestDrawQR checks the drawing against what every scanner looks for: the three
// finders in the corners, the timing lines between them, and the quiet zone.
func TestDrawQR(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "duo://ABCDEFGHIJKLMNOPQRST-YXBpLTBhMWIyYzNkLmR1b3NlY3VyaXR5LmNvbQ",
		strings.Repeat("long ", 200)} {
		code, err := DrawQR(text)
		if err != nil {
			t.Fatal(err)
		}
		modules := code.Size - 2*quietZone
		if modules < 21 || (modules-17)%4 != 0 {
			t.Fatalf("%d modules are no QR code", modules)
		}
		dark := map[[2]int]bool{}
		for part := range strings.SplitSeq(strings.TrimPrefix(code.Path, "M"), "M") {
			var x, y int
			if _, err := fmt.Sscanf(part, "%d %dh1v1h-1z", &x, &y); err != nil {
				t.Fatal(part, err)
			}
			x, y = x-quietZone, y-quietZone
			if x < 0 || y < 0 || x >= modules || y >= modules {
				t.Fatalf("a module in the quiet zone: %d %d", x, y)
			}
			dark[[2]int{x, y}] = true
		}
		for _, corner := range [][2]int{{0, 0}, {modules - 7, 0}, {0, modules - 7}} {
			for y := range 7 {
				for x := range 7 {
					ring := max(max(x, 6-x), max(y, 6-y)) - 3 // 3 outside … 0 in the middle
					if dark[[2]int{corner[0] + x, corner[1] + y}] != (ring != 2) {
						t.Fatalf("no finder at %v", corner)
					}
				}
			}
		}
		for i := 8; i < modules-8; i++ {
			if dark[[2]int{i, 6}] != (i%2 == 0) || dark[[2]int{6, i}] != (i%2 == 0) {
				t.Fatal("no timing line")
			}
		}
	}
	if _, err := DrawQR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that no QR code holds is drawn")
	}
}
