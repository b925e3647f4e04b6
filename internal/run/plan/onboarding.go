package plan

import (
	"context"
	"encoding/json"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// OnboardingKind is the plan that sets a new client organization up.
const OnboardingKind = store.OnboardingPlan

// The screens of an onboarding.
const (
	FactsScreen       = "facts"
	AccountScreen     = "account"
	SettingsScreen    = "settings"
	DirectoriesScreen = "directories"
	AuthScreen        = "auth"
	UsersScreen       = "users"
)

// The acts of an onboarding that are no actions of the catalog: run/setup registers them.
const (
	MapAccount    = "map-account"
	AddDirectory  = "add-directory-key"
	ProvisionAuth = catalog.ProvisionAuthAPI
	CheckAuth     = "check-auth-keys"
	EndOnboarding = "end-onboarding"

	CheckWorkspaceAuth = "check-workspace-auth-keys" // those that serve the workspace's own account
)

// The facts and inputs of these acts.
const (
	AccountInput       = "account_id"
	DirectoryNameInput = "name"
	DirectoryKeyInput  = "key"
	createdFact        = "created"
	connectionFact     = "connection"
)

// ConnectedFacts are the facts of an act that connects an organization.
func ConnectedFacts(o store.Organization) json.RawMessage {
	text, err := json.Marshal(map[string]string{connectionFact: o.Connection()})
	if err != nil {
		panic(err) // a text has a JSON
	}
	return text
}

// The ways to a Duo account.
const (
	NewAccount      = "new"
	ExistingAccount = "existing"
	OwnKeys         = "own" // the organization's own Admin API keys, which are kept elsewhere
)

// AccountChoice is which Duo account the organization gets.
type AccountChoice struct {
	How       string `json:"how"`
	Name      string `json:"name,omitempty"`       // of a new one
	AccountID string `json:"account_id,omitempty"` // of an existing one
}

// SettingsChoice are settings of Duo by their names.
type SettingsChoice struct {
	Values map[string]string `json:"values"`
}

// DirectoryChoice is one directory that users come from.
type DirectoryChoice struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// AuthChoice says whether an Auth API application is made.
type AuthChoice struct {
	Provision bool `json:"provision"`
}

// Read reads what was typed on a screen; reports whether anything was.
func Read[T any](p store.Plan, screen string) (typed T, given bool) {
	text, given := p.Input[screen]
	return typed, given && json.Unmarshal(text, &typed) == nil
}

func onboarding() Kind {
	return Kind{
		Slug: OnboardingKind, Title: "Onboard a client", Role: catalog.Administrator,
		Screens: []Screen{{FactsScreen, "Facts"}, {AccountScreen, "Duo account"}, {SettingsScreen, "Settings"},
			{DirectoriesScreen, "Directory keys"}, {AuthScreen, "Auth API"}, {UsersScreen, "First users"}},
		Steps: onboardingSteps,
		Canceled: func(ctx context.Context, tx *store.Tx, p store.Plan) error {
			latest, err := tx.LatestPlan(ctx, p.OrganizationID, OnboardingKind)
			if err != nil || latest.ID != p.ID {
				return err // another one began since, and is marked
			}
			return tx.EndOnboarding(ctx, p.OrganizationID)
		},
	}
}
