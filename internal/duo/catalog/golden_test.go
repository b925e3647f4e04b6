package catalog_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
)

// The actions of the source document, in its order.
var documented = strings.Fields(`
	list-accounts create-account delete-account accounts-api-action
	list-bypass-codes get-bypass-code delete-bypass-code list-bypass-codes-by-user create-bypass-code-for-user retrieve-bypass-codes-for-user
	auth-api-action admin-api-action
	list-phones get-phone delete-phone-by-id send-activation-url send-activation-by-sms send-installation-by-sms send-passcode-by-sms
	get-users-phones assign-phone-to-user un-assign-phone-from-user create-phone
	retrieve-settings update-settings
	list-users get-user-by-username create-user get-user update-user delete-user enroll-user synchronize-users
	check-auth-api-credentials ping-auth-api send-duo-authentication`)

// neighbours are actions that the document does not have; they follow the others.
var neighbours = strings.Fields(`
	restore-user unlock-user modify-phone associate-group-with-user disassociate-group-from-user
	list-groups get-group list-group-members create-group modify-group delete-group
	list-hardware-tokens assign-hardware-token-to-user un-assign-hardware-token-from-user delete-hardware-token
	list-webauthn-credentials delete-webauthn-credential list-administrators get-account-summary
	get-edition set-edition get-telephony-credits set-telephony-credits get-user-limit
	read-authentication-log read-activity-log read-telephony-log read-administrator-log
	list-integrations create-auth-api-integration preauth-user auth-enroll-user auth-enroll-status verify-caller`)

// TestGoldenCatalogue holds the catalogue against the document's list: these
// actions, in this order, before any other.
func TestGoldenCatalogue(t *testing.T) {
	t.Parallel()
	missing := []string{}
	var slugs []string
	for _, a := range catalog.All() {
		slugs = append(slugs, a.Slug)
	}
	want := slices.DeleteFunc(slices.Clone(documented),
		func(slug string) bool { return slices.Contains(missing, slug) })
	if len(documented) != 36 || len(slugs) < len(want) || !slices.Equal(slugs[:len(want)], want) {
		t.Errorf("the catalogue begins with %d actions %v", len(slugs), slugs)
	}
}

// TestReadmeHasTheActions: README.md lists the document's actions, in its order
// within each category, and counts the others.
func TestReadmeHasTheActions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := func(category string, n int) string {
		for line := range strings.Lines(string(text)) {
			if cells := strings.Split(line, " | "); len(cells) == 3 && cells[0] == "| "+category {
				return strings.Trim(cells[n], " |\n")
			}
		}
		return ""
	}
	listed, besides := map[string][]string{}, map[string][]string{}
	for i, a := range catalog.All() {
		if i < len(documented) {
			listed[a.Category] = append(listed[a.Category], a.Title)
		} else {
			besides[a.Category] = append(besides[a.Category], a.Title)
		}
	}
	more := 0
	for category, titles := range besides {
		if listed[category] == nil {
			more += len(titles)
		} else if got := row(category, 2); got != strings.Join(titles, ", ") {
			t.Errorf("besides in %s: README.md has %q", category, got)
		}
	}
	for category, titles := range listed {
		if got := row(category, 1); got != strings.Join(titles, ", ") {
			t.Errorf("%s: README.md has %q", category, got)
		}
	}
	if !strings.Contains(string(text), fmt.Sprintf("| %d more |", more)) {
		t.Errorf("README.md does not count the other %d", more)
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	names := slices.Concat(documented, neighbours)
	last := -1
	for _, action := range catalog.All() {
		at := slices.Index(names, action.Slug)
		switch {
		case at < 0:
			t.Errorf("%q is no action of the document, nor a known neighbour", action.Slug)
		case at <= last:
			t.Errorf("%q stands twice or out of order: after %q", action.Slug, names[last])
		}
		last = max(last, at)
		if found, ok := catalog.Lookup(action.Slug); !ok || found.Title != action.Title {
			t.Errorf("%q is not found by its slug", action.Slug)
		}
	}
	if _, ok := catalog.Lookup(""); ok {
		t.Error("an action without a name is found")
	}
}
