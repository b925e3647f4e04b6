package words

import (
	"cmp"
	"regexp"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/views"
)

// checked are the fields that name what a run was about, the one to look at first.
var checked = []struct{ field, of, text string }{
	{"user_id", catalog.OfUser, "Open the user"},
	{"phone_id", catalog.OfPhone, "Open the phone"},
	{"bypass_code_id", catalog.OfBypassCode, "Open bypass codes"},
}

// fieldName stands for the value of a field in [catalog.Action.Unsure].
var fieldName = regexp.MustCompile(`\{\w+\}`)

// Check says what to look at when the outcome of a run is not known, and leads there.
func Check(ws string, r store.Run) (string, views.Link) {
	if r.OrgSlug == nil {
		return "It is not known whether this was done. Look in the Duo Admin Panel.", views.Link{}
	}
	action, _ := actionOf(r.Action)
	text := cmp.Or(action.Unsure, "Check whether the change is in Duo.")
	return fieldName.ReplaceAllStringFunc(text, func(name string) string {
		return catalog.Plain(r.Input[strings.Trim(name, "{}")])
	}), checkAt(ws, r)
}

// checkAt leads to what a run of an organization was about.
func checkAt(ws string, r store.Run) views.Link {
	org := *r.OrgSlug
	if r.Action == catalog.ProvisionAuthAPI {
		return views.Link{Text: "Open the connection", Href: views.Connection(ws, org)}
	}
	for _, c := range checked {
		if id := r.Input[c.field]; id != "" {
			return views.Link{Text: c.text, Href: Objects[c.of].Link(ws, org, id)}
		}
	}
	if name := r.Input["username"]; name != "" {
		return views.Link{Text: "Search users", Href: views.With(views.Users(ws, org), "q", name, "fresh", "1")}
	}
	return views.Link{Text: "Open " + *r.Organization, Href: views.Organization(ws, org)}
}
