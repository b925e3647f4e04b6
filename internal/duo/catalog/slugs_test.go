package catalog

import (
	"slices"
	"testing"

	"duodesk/internal/text"
)

// TestTablesBySlugNameActions: what is told apart by slug is of an action that exists, and each action says what it
// brings back.
func TestTablesBySlugNameActions(t *testing.T) {
	t.Parallel()
	for slug := range brings {
		if _, known := Lookup(slug); !known {
			t.Errorf("%s brings something back and is no action", slug)
		}
	}
	for slug := range readBacks {
		if _, known := Lookup(slug); !known && slug != ProvisionAuthAPI {
			t.Errorf("%s is read back and is no action", slug)
		}
	}
	for slug := range desk {
		if _, known := Lookup(slug); !known {
			t.Errorf("%s is for a job and is no action", slug)
		}
	}
	for _, a := range all {
		if !slices.Contains(Jobs, a.Job) || a.Says == "" {
			t.Errorf("%s is for which job, and what do people call it?", a.Slug)
		}
		if _, known := brings[a.Slug]; !known {
			t.Errorf("%s brings back what?", a.Slug)
		}
	}
}

// TestWhatTechniciansSayFindsActions: the words of a call lead to what is done about it.
func TestWhatTechniciansSayFindsActions(t *testing.T) {
	t.Parallel()
	for said, want := range map[string][]string{
		"reset":       {SendActivationURL, CreateBypassCodes, UnlockUser},
		"reset mfa":   {SendActivationURL, CreateBypassCodes, UnassignPhone},
		"lost phone":  {CreateBypassCodes, UnassignPhone, DeletePhone},
		"new phone":   {SendActivationURL, CreatePhone},
		"locked out":  {UnlockUser, CreateBypassCodes},
		"report":      {"read-authentication-log", "get-account-summary"},
		"mfa":         {VerifyCaller, "preauth-user", UpdateUser},
		"2FA":         {VerifyCaller},
		"bypass":      {CreateBypassCodes, UpdateUser, DeleteBypassCode},
		"offboard":    {DeleteUser, UnassignPhone, DeleteBypassCode, "delete-webauthn-credential"},
		"onboard":     {CreateUser, EnrollUser, "create-account"},
		"leaver":      {DeleteUser},
		"passkey":     {"list-webauthn-credentials"},
		"entra":       {SynchronizeUser},
		"new starter": {CreateUser},
		"stolen":      {CreateBypassCodes, UnassignPhone},
		"csv":         {"list-users", "read-authentication-log"},
	} {
		var found []string
		for _, a := range all {
			if text.Holds(a.Spoken(), said) {
				found = append(found, a.Slug)
			}
		}
		for _, slug := range want {
			if !slices.Contains(found, slug) {
				t.Errorf("%q does not find %s: %q", said, slug, found)
			}
		}
	}
}
