package sample

import (
	"strings"

	"duodesk/views"
)

// Sample is one page with canned data, for golden tests and for looking at.
type Sample struct {
	Name  string // of its golden file
	Shell views.Shell
	Page  views.Page
}

const (
	Workspace  = "northwind"
	JaneID     = "DUJANE00000000000001"
	RunID      = "0198f3c2-7b1e-7c43-9a55-2f6d1c0b8e11"
	Connection = "R2V0SGVyZU5vdEJhY2sxMQ"
)

var (
	Acme        = views.OrganizationTag{Slug: "acme-dental", Name: "Acme Dental", Colour: 6}
	Bright      = views.OrganizationTag{Slug: "bright-futures", Name: "Bright Futures Nursery", Colour: 1}
	Harbour     = views.OrganizationTag{Slug: "harbour-legal", Name: "Harbour Legal LLP", Colour: 8}
	Lyndon      = views.OrganizationTag{Slug: "lyndon-partners", Name: "Lyndon & Partners Architects", Colour: 3}
	Kestrel     = views.OrganizationTag{Slug: "kestrel-wren", Name: "Kestrel & Wren Architects", Colour: 4}
	NorthwindIT = views.OrganizationTag{Slug: "northwind-it", Name: "Northwind IT", Colour: 2}
	Hostile     = views.OrganizationTag{Slug: "x",
		Name: `</title><script>alert("x")</script>` + "\u202egnp.exe " + strings.Repeat("Wideword", 16), Colour: 11}

	Once = views.Once{RunID: RunID, Connection: Connection,
		Connected: "the child account Acme Dental (DAACME00000000000001)", AsksTicket: true}

	MinutesAgo = views.When{ISO: "2026-08-03T10:01:26Z", Text: "11:01", Ago: "34 s ago"}
	ThisMonday = views.When{ISO: "2026-08-03T08:12:00Z", Text: "09:12", Ago: "2 h ago"}
	LastWeek   = views.When{ISO: "2026-07-27T15:40:00Z", Text: "27 Jul 2026, 16:40", Ago: "7 days ago"}
	LongAgo    = views.When{ISO: "2023-02-14T09:00:00Z", Text: "14 Feb 2023", Ago: "3 years ago"}
	InAnHour   = views.When{ISO: "2026-08-03T11:02:00Z", Text: "12:02 today"}
	Tomorrow   = views.When{ISO: "2026-08-04T10:02:00Z", Text: "4 Aug, 11:02 BST", Ago: "in 24 h"}

	Active    = views.Chip{Level: "ok", Text: "Active"}
	Locked    = views.Chip{Level: "bad", Text: "Locked Out"}
	Bypass    = views.Chip{Level: "warn", Text: "Bypass"}
	Disabled  = views.Chip{Level: "idle", Text: "Disabled"}
	Enrolling = views.Chip{Level: "info", Text: "Not Enrolled"}
)

func AloneShell() views.Shell { return views.Shell{Theme: "auto", Here: "/signin"} }

// AccountShell is of an operator's own pages, outside of any workspace.
func AccountShell() views.Shell {
	return views.Shell{Theme: "auto", Density: "compact", Here: "/account", Operator: "ana@northwind.example"}
}

func WorkspaceShell(section string) views.Shell {
	return views.Shell{Theme: "auto", Here: "/w/northwind", Operator: "ana@northwind.example", Role: "admin",
		Workspace: Workspace, WorkspaceName: "Northwind IT",
		Section: section, Recent: []views.OrganizationTag{Kestrel, NorthwindIT},
		Switcher: []views.OrganizationTag{Acme, Harbour, Bright, Lyndon, Hostile}, OrganizationsTotal: 512,
		Printed: views.Printed{At: "3 Aug 2026, 11:02:00 BST", Day: "3 Aug 2026", Zone: "Europe/London"}}
}

func OrganizationShell(o views.OrganizationTag, tab string) views.Shell {
	shell := WorkspaceShell("organizations")
	shell.Organization, shell.Tab = &o, tab
	return shell
}

func Sandboxed(s views.Shell, flashes ...views.Flash) views.Shell {
	s.Sandbox, s.Flash = true, flashes
	return s
}

func Organizations() []views.OrganizationRow {
	mapped := views.Chip{Level: "ok", Text: "Mapped"}
	return []views.OrganizationRow{
		{OrganizationTag: Bright, State: views.Chip{Level: "bad", Text: "Account gone"}, Account: "Bright Futures",
			Keyed: true},
		{OrganizationTag: Lyndon, State: views.Chip{Level: "warn", Text: "Not mapped"}},
		{OrganizationTag: Acme, Aliases: "AD, Acme Smiles", Tags: []string{"dental", "vip"}, State: mapped,
			Account: "child …8WPL · api-5e6f7a8b", Keyed: true},
		{OrganizationTag: Harbour, State: mapped, Account: "child …B3F0 · api-0c1d2e3f"},
		{OrganizationTag: Hostile, State: mapped, Account: Hostile.Name},
		{OrganizationTag: NorthwindIT, State: mapped, Account: "parent account · api-0a1b2c3d"},
		{OrganizationTag: Kestrel, State: mapped, Account: "own credentials · api-4c5d6e7f", Keyed: true},
	}
}

func Runs() []views.RunRow {
	applied := views.Chip{Level: "ok", Text: "Applied"}
	return []views.RunRow{
		{ID: "r1", Href: views.Run(Workspace, "", "r1"), At: MinutesAgo, By: "ana@northwind.example",
			Action: "Create Bypass Code for User", Subject: views.Link{Text: "Jane Roe",
				Href: views.User(Workspace, Acme.Slug, "DUJANE00000000000001")}, Organization: &Acme,
			Outcome: applied, Summary: "1 code, 1 use, until 12:02. Older codes kept.", Ticket: "INC-20417"},
		{ID: "r2", Href: views.Run(Workspace, "", "r2"), At: ThisMonday, By: "tom@northwind.example",
			Action: "Update User", Subject: views.Link{Text: "Peter Voss",
				Href: views.User(Workspace, Harbour.Slug, "DUPETER0000000000001")}, Organization: &Harbour,
			Outcome: views.Chip{Level: "warn", Text: "Unknown"}, Summary: "Duo did not answer within 20 s.",
			Note: "May have been done: check the user’s status before you try again."},
		{ID: "r3", Href: views.Run(Workspace, "", "r3"), At: ThisMonday, By: "tom@northwind.example",
			Action: "Delete User", Subject: views.Link{Text: Hostile.Name}, Organization: &Hostile,
			Outcome: views.Chip{Level: "bad", Text: "Refused"}, Summary: "Duo refused: " + Hostile.Name},
		{ID: "r4", Href: views.Run(Workspace, "", "r4"), At: ThisMonday, By: "ana@northwind.example",
			Action: "Send Activation URL", Subject: views.Link{Text: "iPhone 15, +44 20 7946 0123"},
			Organization: &Acme, Outcome: views.Chip{Level: "info", Text: "Sending"}, Summary: "Waiting for Duo."},
		{ID: "r5", Href: views.Run(Workspace, "", "r5"), At: LastWeek, By: "ana@northwind.example",
			Action: "List Accounts", Outcome: applied, Summary: "8 accounts."},
	}
}

func Act(text, slug, key string, values ...string) views.Act {
	return views.Act{Text: text, Key: key, Href: views.Action(Workspace, Acme.Slug, slug, values...)}
}
