package run_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// TestKeysOfNoOrganization: what names no organization, or an API that has no such keys,
// is nobody's keys. It must not end in the slots of the workspace.
func TestKeysOfNoOrganization(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	actor, before := d.Actor(catalog.Owner), len(recorded(t, d))
	for what, keys := range map[string]setup.Keys{
		"no organization":                setup.OfOrganization(store.Organization{}, store.AdminAPI),
		"an API for the workspace alone": setup.OfOrganization(d.Client, store.AccountsAPI),
		"an unknown API":                 setup.OfWorkspace("sso"),
	} {
		_, filling := d.Setup().FillKeys(t.Context(), d.Scope(), actor, keys, "text", nil)
		_, _, saving := d.Setup().SaveKeys(t.Context(), d.Scope(), actor, keys, d.NineFields())
		for act, err := range map[string]error{
			"filled in": filling,
			"saved":     saving,
			"checked":   d.Setup().CheckKeys(t.Context(), d.Scope(), actor, keys),
			"activated": d.Setup().ActivateKeys(t.Context(), d.Scope(), actor, keys),
			"discarded": d.Setup().DiscardKeys(t.Context(), d.Scope(), actor, keys),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %s: %v", what, act, err)
			}
		}
	}
	if now := len(recorded(t, d)); now != before {
		t.Errorf("%d records were made", now-before)
	}
}

// TestTheWholeFormIsSaved: keys of one API are saved with those that share their form, and
// all are checked.
func TestTheWholeFormIsSaved(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AuthAPI), d.NineFields())
	if err != nil || refused != nil {
		t.Fatal(refused, err)
	}
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		if v, inUse := state(t, d).Version(api, store.Active); !inUse || *v.Finding != setup.Works {
			t.Errorf("%s: %+v", api, v)
		}
	}
}

func TestFillIn(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	nine := d.NineFields()
	text := "Admin API\r\nIntegration key\u00a0" + nine["admin_integration_key"] + " Copy\r\nSecret key\u00a0" +
		nine["admin_secret_key"] + "Copy\r\nAPI hostname " + nine["admin_host"]
	did, err := d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), text,
		map[string]string{"auth_host": "typed before"})
	if err != nil || len(did.Found) != 3 || len(did.Missing)+len(did.Faults) != 0 {
		t.Fatalf("%+v (%v)", did, err)
	}
	found := state(t, d)
	if len(found.Versions) != 0 || found.Draft["admin_secret_key"] != nine["admin_secret_key"] ||
		found.Draft["admin_host"] != nine["admin_host"] || found.Draft["auth_host"] != "typed before" {
		t.Errorf("the draft is %q", slices.Sorted(maps.Keys(found.Draft)))
	}
	for name, value := range found.Draft {
		if strings.Contains(value, "Copy") {
			t.Errorf("the pasted text is kept as %s", name)
		}
	}
	// Filling in another API keeps the first one's secret, which no page shows.
	two := "Auth API " + nine["auth_integration_key"] + " " + nine["accounts_integration_key"] + " " + nine["auth_host"]
	did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), two,
		map[string]string{"admin_host": nine["admin_host"]})
	if err != nil || !slices.Equal(did.Found, []string{"auth_host"}) || !slices.Equal(did.Missing,
		[]string{"auth_secret_key"}) || len(did.Faults) != 1 || did.Faults[0].Field != "auth_integration_key" {
		t.Errorf("%+v (%v)", did, err)
	}
	if found := state(t, d); found.Draft["admin_secret_key"] != nine["admin_secret_key"] ||
		found.Draft["auth_integration_key"] != "" {
		t.Error("the draft has lost a secret, or guessed a key")
	}
	did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), "nothing of use", nil)
	if err != nil || len(did.Found)+len(did.Missing)+len(did.Faults) != 0 {
		t.Errorf("%+v (%v)", did, err)
	}
	// A host that is the only one serves all that the text is about. Without a name, nothing is guessed.
	did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(),
		"Admin API "+nine["admin_integration_key"]+" Accounts API "+nine["accounts_integration_key"]+" Account Host "+
			nine["account_host"], nil)
	if found := state(t, d); err != nil || found.Draft["admin_host"] != nine["admin_host"] ||
		found.Draft["account_host"] != nine["account_host"] || found.Draft["auth_host"] != "" {
		t.Errorf("%+v (%v): %v", did, err, found.Draft)
	}
	for _, text := range []string{nine["admin_host"], nine["admin_integration_key"],
		"Duo Admin Panel " + nine["admin_secret_key"]} {
		did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), text, nil)
		if err != nil || len(did.Found) != 0 || len(did.Faults) != 1 || did.Faults[0].Field != "paste" {
			t.Errorf("%+v (%v)", did, err)
		}
	}
}
