package run

import (
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
)

// leastDigits of a number's end are close to the number.
const leastDigits = 6

// numberFit compares a text with the number of a phone. A number without its
// extension means every phone with the number; one without its country is close.
func numberFit(p duo.Phone, typed string) fit {
	if whole, fault := catalog.ParseTelephone(typed); fault == "" && whole.Number == p.Number {
		return extensionFit(p, whole.Extension, exactFit)
	}
	part, ok := catalog.DigitsOf(typed)
	has, known := catalog.DigitsOf(p.Number)
	if !ok || !known || part.Number == "" {
		return noFit
	}
	if part.Number == has.Number {
		return extensionFit(p, part.Extension, exactFit)
	}
	local := strings.TrimLeft(part.Number, "0") // also of 00 before a country
	if !strings.Contains(typed, "+") && len(local) >= leastDigits && strings.HasSuffix(has.Number, local) {
		return extensionFit(p, part.Extension, closeFit)
	}
	return noFit
}

func extensionFit(p duo.Phone, extension string, how fit) fit {
	if extension != "" && extension != p.Extension {
		return noFit
	}
	return how
}
