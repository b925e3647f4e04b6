package signin

import (
	"duodesk/views"
	"duodesk/views/sample"
)

func signOnSamples() []sample.Sample {
	alone, signedIn := sample.AloneShell(), sample.AccountShell()
	rows := []OwnSignOn{
		{Workspace: "northwind", Name: "Northwind IT", Provider: "login.northwind.example", Required: true,
			Linked:  true,
			Account: sampleEmail, Since: sample.LastWeek, Used: sample.MinutesAgo},
		{Workspace: "other", Name: sample.Hostile.Name, Provider: "idp.other.example"},
	}
	return []sample.Sample{
		{Name: "sign-in-single-sign-on-only", Shell: alone, Page: views.SignInPage{Next: "/account", Passkeys: true,
			Borrowed: true}},
		{Name: "sign-on-choice", Shell: alone, Page: SignOnChoicePage{Next: "/"}},
		{Name: "sign-on-choice-refused", Shell: alone, Page: SignOnChoicePage{Next: "/", Workspace: views.Input{
			Value: "nowhere", Error: "No workspace with this name has single sign-on."}}},
		{Name: "sign-on", Shell: alone, Page: SignOnPage{Workspace: "northwind", Name: "Northwind IT", Next: "/"}},
		{Name: "sign-on-signed-in", Shell: alone, Page: SignOnPage{Workspace: "northwind", Name: sample.Hostile.Name,
			Next: "/", SignedIn: hostileEmail}},
		{Name: "sign-on-refused", Shell: alone, Page: SignOnPage{Workspace: "northwind",
			Name: "Northwind IT", Next: "/",
			Problem: "Single sign-on did not let you in. Start again. If it goes on, ask an owner of the workspace: " +
				"the reason is on the workspace's page of single sign-on."}},
		{Name: "sign-on-none", Shell: alone, Page: SignOnPage{Workspace: "nowhere", Next: "/",
			Problem: "No workspace with this name has single sign-on."}},
		{Name: "own-sign-ons", Shell: signedIn, Page: OwnSignOnsPage{Rows: rows}},
		{Name: "own-sign-ons-fresh", Shell: signedIn, Page: OwnSignOnsPage{Rows: rows, Said: "linked"}},
		{Name: "own-sign-ons-none", Shell: signedIn, Page: OwnSignOnsPage{Said: "unlinked"}},
		{Name: "link-sign-on", Shell: signedIn, Page: LinkSignOnPage{Name: "Northwind IT",
			Provider: "login.northwind.example", Address: "https://login.northwind.example/authorize?state=sample"}},
	}
}
