package web

import (
	"slices"
	"strings"
	"testing"

	"duodesk/internal/web/site"
	"duodesk/views"
)

// TestPathsLeadSomewhere checks the addresses that pages are built with against
// the route table.
func TestPathsLeadSomewhere(t *testing.T) {
	t.Parallel()
	const w, o, u, p = ":ws", ":org", ":user", ":phone"
	paths := map[string][]string{
		"GET": {
			views.SignIn(), views.SignInAndReturn("/w/x"), views.Workspaces(), views.Workspace(w), views.Integration(w),
			views.Mapping(w, "show", "unmapped"),
			views.AdoptAccounts(w), views.Organizations(w), views.NewOrganization(w), views.Organization(w, o),
			views.Users(w, o), views.User(w, o, u), views.Phones(w, o), views.Phone(w, o, p),
			views.Readings(w), views.Settings(w, o), views.BypassCodes(w, o), views.Runs(w),
			views.OrganizationRuns(w, o), views.With(views.RunsOf(w, o), "outcome", "unknown"),
			views.Run(w, "", ":run"), views.Run(w, o, ":run"), views.RunEvents(w, "", ":run"),
			views.RunEvents(w, o, ":run"),
			views.AuthKeys(w),
			views.EditOrganization(w, o), views.ArchiveOrganization(w, o), views.Connection(w, o),
			views.Actions(w, ""), views.Actions(w, o), views.Action(w, "", ":action"),
			views.Action(w, o, ":action", "user_id", u), views.ActionFields(w, "", ":action"), views.ActionFields(w, o,
				":action"), views.InvitationLink("token"), views.Account(), views.AccountAfter("session"),
			views.Activation(w, o, p, "r"), views.ActivationEvents(w, o, p, "r"), views.CallBack(w, o, u),
			views.RevokeCodes(w, o, u), views.Tickets(w), views.Addresses(w), views.Quotas(w),
			views.NoticesOf(w), views.Operators(w), views.OperatorsAfter(w, "r"), views.Invite(w),
			views.Member(w, ":operator"),
			views.MemberAct(w, ":operator", "disable"), views.MemberAct(w, ":operator", "enable"),
			views.MemberAct(w, ":operator", "end"), views.MemberAct(w, ":operator", "approve"),
			views.ImportOrganizations(w), views.ImportPreview(w), views.ImportFaults(w), views.ImportTemplate(w),
			views.Tokens(), views.TokensAfter("revoked"), views.NewToken(w), views.APIDocs(), views.OpenAPI(),
		},
		"POST": {
			views.Invitation(), views.AcceptInvitation(), views.Password(), views.Sessions(), views.Devices(),
			views.SignOutEverywhere(),
			views.NewToken(w), views.RevokeToken(w), views.MemberTokens(w, ":operator"),
			views.NoticesOf(w), views.Invite(w), views.RevokeInvitation(w, ":invitation"), views.Member(w, ":operator"),
			views.MemberAct(w, ":operator", "disable"), views.MemberAct(w, ":operator", "enable"),
			views.MemberAct(w, ":operator", "end"), views.MemberAct(w, ":operator", "approve"),
			views.SignIn(), views.HeldForm(), views.SignOut(), views.Preferences(), views.Integration(w),
			views.KeysAct(views.Integration(w), "fill"), views.KeysAct(views.Keys(w, ":api"), "check"),
			views.KeysAct(views.Keys(w, ":api"), "activate"), views.KeysAct(views.Keys(w, ":api"), "discard"),
			views.ExportRuns(w, ""), views.ExportRuns(w, o), views.ReadingLimit(w), views.Tickets(w),
			views.Addresses(w), views.Quotas(w),
			views.CallBack(w, o, u), views.RevokeCodes(w, o, u),
			views.SaveMapping(w), views.RefreshAccounts(w), views.AdoptAccounts(w), views.Organizations(w),
			views.Action(w, o, ":action"), views.Action(w, "", ":action"), views.ActionFields(w, o, ":action"),
			views.ActionFields(w, "", ":action"),
			views.RepairOrganization(w, o), views.ExportOrganizations(w), views.ImportOrganizations(w),
			views.ImportPreview(w),
			views.EditOrganization(w, o), views.ArchiveOrganization(w, o), views.Connection(w, o),
			views.OwnKeys(w, o), views.KeysAct(views.OwnKeys(w, o), "fill"),
			views.KeysAct(views.OwnKeys(w, o), "check"),
			views.KeysAct(views.OwnKeys(w, o), "activate"), views.KeysAct(views.OwnKeys(w, o), "discard"),
			views.OwnAuthKeys(w, o), views.KeysAct(views.OwnAuthKeys(w, o), "fill"),
			views.KeysAct(views.OwnAuthKeys(w, o), "check"),
			views.KeysAct(views.OwnAuthKeys(w, o), "activate"), views.KeysAct(views.OwnAuthKeys(w, o), "discard"),
			views.KeysAct(views.OwnAuthKeys(w, o), "provision"),
			views.CheckAuthKeys(w), views.Directories(w, o), views.RenameDirectory(w, o, ":directory"),
			views.MakeDirectoryPrimary(w, o, ":directory"), views.RemoveDirectory(w, o, ":directory"),
		},
	}
	for _, act := range []string{"approve", "pause", "continue", "cancel"} {
		paths["POST"] = append(paths["POST"], views.PlanAct(w, o, ":plan", act), views.PlanAct(w, "", ":workplan", act))
	}
	paths["GET"] = append(paths["GET"], views.Plan(w, o, ":plan"), views.Plan(w, "", ":workplan"),
		views.PlanEvents(w, o, ":plan"), views.PlanEvents(w, "", ":workplan"), views.OnboardingEvents(w, o),
		views.Onboard(w, "x"), views.Onboarding(w, o), views.OnboardingAccount(w, o, "x"))
	paths["POST"] = append(paths["POST"], views.Onboard(w, ""))
	for _, act := range []string{"begin", "preview", "approve", "pause", "continue", "cancel", "finish"} {
		paths["POST"] = append(paths["POST"], views.OnboardingAct(w, o, act))
	}
	for _, screen := range []string{"facts", "account", "settings", "directories", "auth", "users"} {
		paths["GET"] = append(paths["GET"], views.OnboardingScreen(w, o, screen))
		paths["POST"] = append(paths["POST"], views.OnboardingScreen(w, o, screen))
	}
	paths["GET"] = append(paths["GET"], views.SecondFactor(), views.FirstFactor(), views.Factors())
	paths["POST"] = append(paths["POST"], views.SignInPasskey(), views.SignInPasskeyOptions(), views.SecondFactorCode(),
		views.SecondFactorRecovery(), views.SecondFactorPasskey(), views.SecondFactorPasskeyOptions(),
		views.FirstFactorApp(), views.FirstFactorAppCode(), views.FirstFactorPasskey(),
		views.FirstFactorPasskeyOptions(), views.FirstFactorLater(), views.NewApp(), views.NewAppCode(),
		views.NewPasskey(), views.NewPasskeyOptions(), views.RemoveFactor(), views.NewRecoveryCodes(),
		views.ProofOptions(), views.FactorGrace(w), views.LostFactors(), views.LostFactorsReset())
	paths["GET"] = append(paths["GET"], views.SignOnChoice(""), views.SignOn(":workspace"),
		views.SignOnStart(":workspace", ""), signOnBack, views.OwnSignOns(), views.SignOnSettings(w),
		views.ProofBySignOn(w, "t"))
	paths["POST"] = append(paths["POST"], views.LinkSignOn(), views.UnlinkSignOn(), views.SignOnSettings(w),
		views.TestSignOn(w), views.RequireSignOn(w), views.OptionalSignOn(w), views.RemoveSignOn(w))
	var rows, reached []string
	for _, r := range routes(&site.Site{}) {
		if r.Policy.Token {
			continue
		}
		rows = append(rows, r.Method+" "+r.Path)
	}
	for method, all := range paths {
		for _, path := range all {
			path, _, _ = strings.Cut(path, "#")
			path, _, _ = strings.Cut(path, "?")
			reached = append(reached, method+" "+path)
			if !slices.Contains(rows, method+" "+path) {
				t.Errorf("%s %s is not in the route table", method, path)
			}
		}
	}
	for _, row := range rows {
		switch row {
		case "GET /healthz", "GET /readyz", "POST /csp", "GET /static/*": // not for people
		default:
			if !slices.Contains(reached, row) {
				t.Errorf("no page can lead to %s", row)
			}
		}
	}
}

// signOnBack is where providers lead.
const signOnBack = "/signin/sso/:workspace/back"
