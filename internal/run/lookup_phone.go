package run

import (
	"regexp"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/text"
)

// extended splits an extension off a number, in the ways that people write it.
var extended = regexp.MustCompile(`^(.*?)\s*[,;]?\s*(?:ext(?:ension)?[.:=]?|x|#)\s*([0-9*#,]+)$`)

// dashes are written between the digits of a number.
var dashes = regexp.MustCompile(`[\p{Pd}\x{2212}/.()\s]`)

// leastDigits of a number's end are close to the number.
const leastDigits = 6

// numberFit compares a text with the number of a phone. A number without its
// extension means every phone with the number; one without its country is close.
func numberFit(p duo.Phone, typed string) fit {
	number, extension := strings.TrimPrefix(text.Fold(typed), "tel:"), ""
	if parts := extended.FindStringSubmatch(number); parts != nil {
		number, extension = parts[1], parts[2]
	}
	digits := dashes.ReplaceAllString(number, "")
	international := strings.HasPrefix(digits, "+")
	digits = strings.TrimPrefix(digits, "+")
	has := digitsOf(p.Number)
	if digits == "" || digitsOf(digits) != digits || has == "" || extension != "" && extension != p.Extension {
		return noFit
	}
	if digits == has {
		return exactFit
	}
	local := strings.TrimLeft(digits, "0") // also of 00 before a country
	if !international && len(local) >= leastDigits && strings.HasSuffix(has, local) {
		return closeFit
	}
	return noFit
}

func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}
