package words

import (
	"fmt"
	"strings"

	"duodesk/internal/store"
	"duodesk/views"
)

// FactorsChip says which second factors an operator has, by their kinds.
func FactorsChip(kinds []string) views.Chip {
	var parts []string
	for _, kind := range []struct{ name, one, many string }{
		{store.Passkey, "1 passkey", "%d passkeys"}, {store.TOTP, "1 app", "%d apps"},
	} {
		n := 0
		for _, k := range kinds {
			if k == kind.name {
				n++
			}
		}
		switch {
		case n == 1:
			parts = append(parts, kind.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf(kind.many, n))
		}
	}
	if len(parts) == 0 {
		return views.Chip{Level: "warn", Text: "None"}
	}
	return views.Chip{Level: "ok", Text: strings.Join(parts, ", ")}
}
