package setup

import (
	"duodesk/views"
	"duodesk/views/sample"
)

func connectionSamples() []sample.Sample {
	shell := sample.OrganizationShell(sample.Acme, "connection")
	stored := SecretInput{Stored: true, SetOn: "3 Aug 2026", SetBy: "ana@northwind.example"}
	fresh := ConnectionPage{Workspace: sample.Workspace, Organization: sample.Acme, MayChoose: true,
		Accounts: sampleAccounts(),
		Now:      []views.Fact{{Label: "Duo account", Text: "not connected"}}}

	child := fresh
	child.Now = []views.Fact{{Label: "Duo account", Text: "DA7YB2LN6C4D8F0G1H3J", Note: "child of Northwind IT",
		Mono: true}, {Label: "API host", Text: "api-5e6f7a8b.duosecurity.com", Mono: true}}
	child.Kind.Value, child.Account.Value = "child", "Acme Dental (DA7YB2LN6C4D8F0G1H3J)"
	child.Directories = []DirectoryRow{
		{ID: "d1", Name: views.Input{Value: "Head office"}, Key: "DSACME00000000000001", Primary: true,
			SetOn: "3 Aug 2026", SetBy: "ana@northwind.example", Test: views.Action(sample.Workspace, sample.Acme.Slug,
				"synchronize-users", "directory_key", "DSACME00000000000001", "test", "1")},
		{ID: "d2", Name: views.Input{Value: sample.Hostile.Name}, Key: "DSACME00000000000002", SetOn: "3 Aug 2026",
			SetBy: "tom@northwind.example", Test: views.Action(sample.Workspace, sample.Acme.Slug, "synchronize-users",
				"directory_key", "DSACME00000000000002", "test", "1")},
	}
	child.Once, child.AuthHost = sample.Once, "api-5e6f7a8b.duosecurity.com"
	child.Auth = APICard{Host: views.Input{Value: child.AuthHost}}
	refused := child
	refused.Auth.Host = views.Input{Value: "api-0c1d2e3f.duosecurity.com",
		Error: "This is the host of another Duo account. This organization's is api-5e6f7a8b.duosecurity.com."}
	refused.Kind, refused.Account = views.Input{Value: "child"}, views.Input{Value: `"><script>`,
		Error: "The Accounts API does not list this account. Choose an account from the list, or refresh it."}
	refused.DirectoryName, refused.DirectoryKey = views.Input{Value: "Entra"},
		views.Input{Error: "This text holds 2 directory keys. Choose one."}
	refused.Keys = []views.Option{{Value: "DSACME00000000000003", Text: "DSACME00000000000003"},
		{Value: "DSACME00000000000004", Text: "DSACME00000000000004"}}
	refused.Directories = append([]DirectoryRow{}, child.Directories...)
	refused.Directories[1].Name = views.Input{Value: "Head office",
		Error: "This organization already has a directory with this name. Choose another name."}

	own := fresh
	own.OwnInUse = true
	own.Now = []views.Fact{{Label: "Duo account", Text: "own credentials", Note: "no child account"},
		{Label: "Integration key", Text: "DIOWN000000000000001", Mono: true},
		{Label: "API host", Text: "api-4c5d6e7f.duosecurity.com", Mono: true}}
	own.Own = APICard{Host: views.Input{Value: "api-4c5d6e7f.duosecurity.com"},
		IntegrationKey: views.Input{Value: "DIOWN000000000000002"}, SecretKey: stored,
		Verdict: Verdict{State: "works", Headline: "The Admin API accepts these keys",
			IntegrationKey: "DIOWN000000000000001", At: sample.LastWeek, By: "tom@northwind.example",
			Checks: []Check{{State: "ok", Text: "Integration key and secret key belong together."},
				{State: "unknown", Text: "Writing is not checked."}}},
		Candidate: &Verdict{State: "fails", Headline: "The Admin API refuses these keys",
			IntegrationKey: "DIOWN000000000000002", At: sample.MinutesAgo, By: "ana@northwind.example",
			Cause: "These are the keys of an Auth API application, not of an Admin API application.",
			Fix:   "Protect an Admin API application in this organization's own Duo account and enter its keys.",
			Checks: []Check{{State: "bad",
				Text: "These are the keys of an Auth API application, not of an Admin API application."}}}}

	own.Once, own.AuthHost = sample.Once, "api-4c5d6e7f.duosecurity.com"
	own.Auth = APICard{Host: views.Input{Value: own.AuthHost},
		IntegrationKey: views.Input{Value: "DIAUTH00000000000001"}, SecretKey: stored,
		Verdict: Verdict{State: "works", Headline: "The Auth API accepts these keys",
			IntegrationKey: "DIAUTH00000000000001", At: sample.MinutesAgo, By: "ana@northwind.example",
			Checks: []Check{{State: "ok", Text: "Integration key and secret key belong together."}}}}
	waiting := *own.Own.Candidate
	waiting.IntegrationKey = "DIAUTH00000000000002"
	own.Auth.Candidate = &waiting
	scoped := own
	scoped.MayChoose = false
	parent := fresh
	parent.Kind.Value, parent.AuthOfWorkspace = "parent", true
	parent.Now = []views.Fact{{Label: "Duo account", Text: "parent account",
		Note: "of Northwind IT itself, with the workspace's Admin API keys"}}
	return []sample.Sample{
		{Name: "connection-new", Shell: shell, Page: fresh},
		{Name: "connection-child", Shell: shell, Page: child},
		{Name: "connection-refused", Shell: shell, Page: refused},
		{Name: "connection-own", Shell: shell, Page: own},
		{Name: "connection-own-scoped", Shell: shell, Page: scoped},
		{Name: "connection-parent", Shell: shell, Page: parent},
	}
}
