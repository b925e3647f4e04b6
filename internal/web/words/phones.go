package words

import (
	"fmt"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

// PhoneKind is a phone's platform and model, or its type.
func PhoneKind(p duo.Phone) string {
	parts := []string{p.Platform}
	if p.Platform == "" || p.Platform == "Unknown" {
		parts[0] = "Unknown platform"
	}
	if p.Type == "Landline" {
		parts[0] = "Landline"
	}
	if p.Model != "" && p.Model != "Unknown" {
		parts = append(parts, p.Model)
	}
	return catalog.Plain(strings.Join(parts, " · "))
}

// PhoneTitle names a phone the way a caller would: its number with the extension,
// else its label.
func PhoneTitle(p duo.Phone) string {
	return catalog.Plain(p.Title())
}

// PhoneLabel is the name beside a phone's number. A phone without both is called
// what else is known of it, so that it differs from others.
func PhoneLabel(p duo.Phone) string {
	if p.FullNumber() == "" {
		return PhoneTitle(p)
	}
	return catalog.Plain(p.Name)
}

// ActivatedChip says whether Duo Mobile is activated on a phone.
func ActivatedChip(p duo.Phone) views.Chip {
	switch {
	case p.Activated:
		return views.Chip{Level: "ok", Text: "Activated"}
	case p.Type == "Landline":
		return views.Chip{Level: "idle", Text: "Calls only"}
	}
	return views.Chip{Level: "warn", Text: "Not activated"}
}

// UserNames lists who has a phone, but for one.
func UserNames(p duo.Phone, except duo.UserID) string {
	var names []string
	for _, u := range p.Users {
		if u.ID != except {
			names = append(names, DisplayName(u))
		}
	}
	return strings.Join(names, ", ")
}

// UsesLeft says how often a bypass code can still be used.
func UsesLeft(b duo.BypassCode) string {
	switch b.ReuseCount {
	case 0:
		return "any number of uses"
	case 1:
		return "1 use left"
	}
	return fmt.Sprintf("%d uses left", b.ReuseCount)
}
