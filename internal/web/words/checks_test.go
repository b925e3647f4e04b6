package words

import (
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// Every action that may be left unknown says what to look at, and leads there.
func TestUnknownRunsSayWhatToCheck(t *testing.T) {
	t.Parallel()
	name, slug := "Acme", "acme"
	for _, a := range append(catalog.All(), catalog.ProvisionAuth()) {
		r := store.Run{Action: a.Slug, Organization: &name, OrgSlug: &slug,
			Input: map[string]string{"user_id": "DU1", "username": "ada"}}
		text, at := Check("ws", r)
		if text == "" || at.Text == "" || !strings.HasPrefix(at.Href, "/w/ws/o/acme") {
			t.Errorf("%s: %q %+v", a.Slug, text, at)
		}
	}
}

// The words name what was typed, and each run leads to what it was about.
func TestUnknownRunsLeadToTheirObject(t *testing.T) {
	t.Parallel()
	name, slug := "Acme", "acme"
	for _, test := range []struct {
		action, field, value, text, at string
	}{
		{catalog.CreateUser, "username", "zo\u0308e\u202e",
			"Search the users for zo\u0308e\ufffd. If the user exists, it was created.", "Search users"},
		{catalog.DeleteBypassCode, "bypass_code_id", "DB1", "Check whether the code is still listed.",
			"Open bypass codes"},
		{catalog.SendActivationURL, "phone_id", "DP1",
			"A link may have been created and lost. It is safe to create another: only the newest works.",
			"Open the phone"},
		{catalog.UnlockUser, "user_id", "DU1", "Check whether the user's page shows the change.", "Open the user"},
		{catalog.ProvisionAuthAPI, "", "", catalog.ProvisionAuth().Unsure, "Open the connection"},
		{catalog.UpdateSettings, "sms_batch", "3", "Check whether the change is in Duo.", "Open Acme"},
	} {
		text, at := Check("ws", store.Run{Action: test.action, Organization: &name, OrgSlug: &slug,
			Input: map[string]string{test.field: test.value}})
		if text != test.text || at.Text != test.at {
			t.Errorf("%s: %q %+v", test.action, text, at)
		}
	}
}

// Each kind of object that a field of the catalog names is in the table, so that forms can offer it.
func TestObjectsAreWhatFieldsName(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		for _, f := range a.Fields {
			if of := f.Spec().Of; of != "" && Objects[of].List == nil {
				t.Errorf("%s: %s names a %s, which is no kind of object", a.Slug, f.Spec().Name, of)
			}
		}
	}
}

// What deletes is marked as dangerous by its action, and nothing else is marked so.
func TestWhatDeletesSaysSo(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		if deletes := strings.HasPrefix(a.Title, "Delete "); a.Deletes != deletes ||
			(KindChip(a).Text == "deletes") != deletes {
			t.Errorf("%s: Deletes is %v, and its chip %+v", a.Slug, a.Deletes, KindChip(a))
		}
		if a.Dangerous() != (a.Kind != catalog.Read && a.Kind != catalog.Write || a.Deletes) {
			t.Errorf("%s: dangerous is %v", a.Slug, a.Dangerous())
		}
	}
}
