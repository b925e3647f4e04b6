package views

import "strings"

// Sample is one page with canned data, for golden tests and for looking at.
type Sample struct {
	Name  string // of its golden file
	Shell Shell
	Page  Page
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
