package views

import "strings"

// Sample is one page with canned data, for golden tests and for looking at.
type Sample struct {
	Name  string // of its golden file
	Shell Shell
	Page  Page
}

// Samples lists every page in the states it can be in: empty, full, failing, and with names that mean harm.
func Samples() []Sample {
	var all []Sample
	all = append(all, workspaceSamples()...)
	all = append(all, integrationSamples()...)
	all = append(all, organizationSamples()...)
	all = append(all, connectionSamples()...)
	all = append(all, liveSamples()...)
	all = append(all, organizationFormSamples()...)
	all = append(all, userSamples()...)
	all = append(all, sheetSamples()...)
	all = append(all, settingsSamples()...)
	all = append(all, choiceSamples()...)
	all = append(all, phoneSamples()...)
	all = append(all, phoneFormSamples()...)
	all = append(all, listSamples()...)
	all = append(all, operatorSamples()...)
	all = append(all, accountSamples()...)
	all = append(all, runSamples()...)
	return append(all, errorSamples()...)
}

const (
	sampleWorkspace = "northwind"
	janeID          = "DUJANE00000000000001"
	sampleRun       = "0198f3c2-7b1e-7c43-9a55-2f6d1c0b8e11"
	sampleBound     = "R2V0SGVyZU5vdEJhY2sxMQ"
)

var (
	acme        = OrganizationTag{Slug: "acme-dental", Name: "Acme Dental", Colour: 6}
	bright      = OrganizationTag{Slug: "bright-futures", Name: "Bright Futures Nursery", Colour: 1}
	harbour     = OrganizationTag{Slug: "harbour-legal", Name: "Harbour Legal LLP", Colour: 8}
	lyndon      = OrganizationTag{Slug: "lyndon-partners", Name: "Lyndon & Partners Architects", Colour: 3}
	kestrel     = OrganizationTag{Slug: "kestrel-wren", Name: "Kestrel & Wren Architects", Colour: 4}
	northwindIT = OrganizationTag{Slug: "northwind-it", Name: "Northwind IT", Colour: 2}
	hostile     = OrganizationTag{Slug: "x", Name: `</title><script>alert("x")</script>` + "\u202egnp.exe " + strings.Repeat("Wideword", 16), Colour: 11}

	sampleOnce = Once{RunID: sampleRun, Connection: sampleBound, Connected: "the child account Acme Dental (DAACME00000000000001)"}

	minutesAgo = When{ISO: "2026-08-03T10:01:26Z", Text: "11:01", Ago: "34 s ago"}
	thisMonday = When{ISO: "2026-08-03T08:12:00Z", Text: "09:12", Ago: "2 h ago"}
	lastWeek   = When{ISO: "2026-07-27T15:40:00Z", Text: "27 Jul 2026, 16:40", Ago: "7 days ago"}
	longAgo    = When{ISO: "2023-02-14T09:00:00Z", Text: "14 Feb 2023", Ago: "3 years ago"}
	inAnHour   = When{ISO: "2026-08-03T11:02:00Z", Text: "12:02 today"}
	tomorrow   = When{ISO: "2026-08-04T10:02:00Z", Text: "11:02 tomorrow"}

	active    = Chip{Level: "ok", Text: "Active"}
	locked    = Chip{Level: "bad", Text: "Locked out"}
	bypass    = Chip{Level: "warn", Text: "Bypass"}
	disabled  = Chip{Level: "idle", Text: "Disabled"}
	enrolling = Chip{Level: "info", Text: "Not enrolled"}
)

func aloneShell() Shell { return Shell{Theme: "auto", Here: "/signin"} }

// accountShell is of an operator's own pages, outside of any workspace.
func accountShell() Shell {
	return Shell{Theme: "auto", Density: "compact", Here: "/account", Operator: "ana@northwind.example"}
}

func workspaceShell(section string) Shell {
	return Shell{Theme: "auto", Here: "/w/northwind", Operator: "ana@northwind.example", Role: "admin", Workspace: sampleWorkspace, WorkspaceName: "Northwind IT",
		Section: section, Switcher: []OrganizationTag{acme, harbour, bright, lyndon, hostile}, OrganizationsTotal: 512}
}

func organizationShell(o OrganizationTag, tab string) Shell {
	shell := workspaceShell("organizations")
	shell.Organization, shell.Tab = &o, tab
	return shell
}

func sandboxed(s Shell, flashes ...Flash) Shell {
	s.Sandbox, s.Flash = true, flashes
	return s
}

func workspaceSamples() []Sample {
	steps := []SetupStep{
		{State: "now", Title: "Save the nine fields", Text: "Hosts and keys of three applications in your own Duo account.", Link: Link{Text: "Open Integration", Href: Integration(sampleWorkspace)}},
		{State: "later", Title: "Map your first organization", Text: "Join each client to its Duo account."},
		{State: "later", Title: "Open an organization", Text: "Its users, phones and bypass codes are there."},
	}
	return []Sample{
		{Name: "signin", Shell: aloneShell(), Page: SignInPage{Next: "/w/northwind"}},
		{Name: "signin-refused", Shell: aloneShell(), Page: SignInPage{Email: "ana@northwind.example", Error: "E-mail and password do not match."}},
		{Name: "signin-slow", Shell: aloneShell(), Page: SignInPage{Email: "ana@northwind.example", SlowDown: "Too many tries. Wait 40 seconds, then try again."}},
		{Name: "workspaces", Shell: Shell{Theme: "dark", Here: "/", Operator: "ana@northwind.example"}, Page: WorkspacesPage{Workspaces: []WorkspaceChoice{
			{Slug: "northwind", Name: "Northwind IT", Role: "admin", Organizations: 512}, {Slug: "contoso", Name: "Contoso Managed Services", Role: "auditor", Organizations: 1}}}},
		{Name: "workspaces-none", Shell: Shell{Theme: "auto", Here: "/", Operator: "ana@northwind.example"}, Page: WorkspacesPage{}},
		{Name: "home-setup", Shell: sandboxed(workspaceShell("home")), Page: HomePage{Workspace: sampleWorkspace, WorkspaceName: "Northwind IT", Steps: steps}},
		{Name: "home", Shell: workspaceShell("home"), Page: HomePage{Workspace: sampleWorkspace, WorkspaceName: "Northwind IT", Organizations: sampleOrganizations(), OrganizationsTotal: 512, Runs: sampleRuns()[:4]}},
	}
}

func sampleOrganizations() []OrganizationRow {
	mapped := Chip{Level: "ok", Text: "Mapped"}
	return []OrganizationRow{
		{OrganizationTag: bright, State: Chip{Level: "bad", Text: "Account gone"}, Account: "Bright Futures", Keyed: true},
		{OrganizationTag: lyndon, State: Chip{Level: "warn", Text: "Not mapped"}},
		{OrganizationTag: acme, Aliases: "AD, Acme Smiles", Tags: []string{"dental", "vip"}, State: mapped, Account: "child …8WPL · api-5e6f7a8b", Keyed: true},
		{OrganizationTag: harbour, State: mapped, Account: "child …B3F0 · api-0c1d2e3f"},
		{OrganizationTag: hostile, State: mapped, Account: hostile.Name},
		{OrganizationTag: northwindIT, State: mapped, Account: "parent account · api-0a1b2c3d"},
		{OrganizationTag: kestrel, State: mapped, Account: "own credentials · api-4c5d6e7f", Keyed: true},
	}
}

func errorSamples() []Sample {
	home := Workspace(sampleWorkspace)
	held, lost := SessionEnded(Workspace(sampleWorkspace)), SessionEnded(Workspace(sampleWorkspace))
	lost.Lost = true
	held.Held = "AYd3c2VhbGVk"
	away := ErrorPage{Status: 503, Headline: "Temporarily unavailable", Text: "The database did not answer in time. Try again in a few seconds.",
		RequestID: "k3v7q2m5x8r4t1wz", Held: held.Held, Links: []Link{{Text: "Go home", Href: Workspace(sampleWorkspace)}}}
	return []Sample{
		{Name: "error-held", Shell: organizationShell(acme, "users"), Page: away},
		{Name: "error-session-held", Shell: aloneShell(), Page: held},
		{Name: "error-not-found", Shell: workspaceShell(""), Page: NotFound(home)},
		{Name: "error-forbidden", Shell: organizationShell(acme, "users"), Page: Forbidden("technician", User(sampleWorkspace, acme.Slug, "DUJANE00000000000001"))},
		{Name: "error-cross-site", Shell: aloneShell(), Page: CrossSite("/")},
		{Name: "error-foreign-host", Shell: aloneShell(), Page: ForeignHost("https://duo.northwind.example")},
		{Name: "error-method", Shell: workspaceShell(""), Page: MethodNotAllowed(home)},
		{Name: "error-too-large", Shell: workspaceShell(""), Page: TooLarge(Integration(sampleWorkspace))},
		{Name: "error-fault", Shell: workspaceShell(""), Page: ServerFault("0198f3c27b1e7c43", home)},
		{Name: "error-signed-out", Shell: aloneShell(), Page: lost},
		{Name: "error-session", Shell: aloneShell(), Page: SessionEnded("/w/northwind/o/acme-dental/users?q=jane&status=active")},
		{Name: "error-duo", Shell: organizationShell(acme, "users"), Page: DuoTroublePage{Headline: "Duo did not answer", What: "No answer from api-0a1b2c3d.duosecurity.com within 20 seconds.",
			Unknown: true, Happened: "The code may have been made: look at the user’s bypass codes before you try again.", Do: "Wait a minute. If it goes on, look at status.duo.com.",
			Code: "no answer", Back: Link{Text: "Back to Jane Roe", Href: User(sampleWorkspace, acme.Slug, "DUJANE00000000000001")}}},
		{Name: "error-duo-busy", Shell: organizationShell(acme, "users"), Page: DuoTroublePage{Headline: "Duo is busy", What: "Duo takes no more requests for this account for the moment.", Happened: "Nothing was changed.",
			Do: "Try again in 30 seconds.", Code: "42901 Too many requests " + hostile.Name, Retry: Users(sampleWorkspace, acme.Slug), Back: Link{Text: "Back to Users", Href: Users(sampleWorkspace, acme.Slug)}}},
		{Name: "already-sent", Shell: organizationShell(acme, "users"), Page: AlreadySentPage{Sent: "Create Bypass Code for User, for Jane Roe", At: minutesAgo, Outcome: Chip{Level: "ok", Text: "Applied"},
			Summary: "1 code, 1 use, until 12:02.", Secret: true, Onward: Link{Text: "Back to Jane Roe", Href: User(sampleWorkspace, acme.Slug, "DUJANE00000000000001")},
			Again: Link{Text: "Create another code", Href: Action(sampleWorkspace, acme.Slug, "create-bypass-code-for-user", "user_id", "DUJANE00000000000001")},
			Run:   Link{Text: "Open the run", Href: Run(sampleWorkspace, acme.Slug, sampleRun)}}},
	}
}

func sampleRuns() []RunRow {
	applied := Chip{Level: "ok", Text: "Applied"}
	return []RunRow{
		{ID: "r1", Href: Run(sampleWorkspace, "", "r1"), At: minutesAgo, By: "ana@northwind.example", Action: "Create Bypass Code for User", Subject: Link{Text: "Jane Roe", Href: User(sampleWorkspace, acme.Slug, "DUJANE00000000000001")}, Organization: &acme,
			Outcome: applied, Summary: "1 code, 1 use, until 12:02. Older codes kept.", Ticket: "INC-20417"},
		{ID: "r2", Href: Run(sampleWorkspace, "", "r2"), At: thisMonday, By: "tom@northwind.example", Action: "Update User", Subject: Link{Text: "Peter Voss", Href: User(sampleWorkspace, harbour.Slug, "DUPETER0000000000001")}, Organization: &harbour,
			Outcome: Chip{Level: "warn", Text: "Unknown"}, Summary: "Duo did not answer within 20 s.", Note: "May have happened: look at the user’s status before you try again."},
		{ID: "r3", Href: Run(sampleWorkspace, "", "r3"), At: thisMonday, By: "tom@northwind.example", Action: "Delete User", Subject: Link{Text: hostile.Name}, Organization: &hostile,
			Outcome: Chip{Level: "bad", Text: "Refused"}, Summary: "Duo refused: " + hostile.Name},
		{ID: "r4", Href: Run(sampleWorkspace, "", "r4"), At: thisMonday, By: "ana@northwind.example", Action: "Send Activation URL", Subject: Link{Text: "iPhone 15, +44 20 7946 0123"}, Organization: &acme, Outcome: Chip{Level: "info", Text: "Sending"}, Summary: "Waiting for Duo."},
		{ID: "r5", Href: Run(sampleWorkspace, "", "r5"), At: lastWeek, By: "ana@northwind.example", Action: "List Accounts", Outcome: applied, Summary: "8 accounts."},
	}
}

func sampleAct(text, slug, key string, values ...string) Act {
	return Act{Text: text, Key: key, Href: Action(sampleWorkspace, acme.Slug, slug, values...)}
}
