package words

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"duodesk/views"
)

// quietZone is the white border that scanners need, in modules.
const quietZone = 4

// DrawQR draws text as one path of unit squares, with the quiet zone around it.
func DrawQR(text string) (views.QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return views.QR{}, fmt.Errorf("words: draw QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quietZone, y+quietZone)
			}
		}
	}
	return views.QR{Size: size + 2*quietZone, Path: path.String()}, nil
}
