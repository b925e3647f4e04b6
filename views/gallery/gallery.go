// Package gallery has every page with made-up data, for golden tests, for tests in a browser, and
// for looking at.
package gallery

import (
	"slices"

	"duodesk/views"
	"duodesk/views/actions"
	"duodesk/views/api"
	"duodesk/views/estate"
	"duodesk/views/flows"
	"duodesk/views/operators"
	"duodesk/views/records"
	"duodesk/views/sample"
	"duodesk/views/setup"
	"duodesk/views/signin"
)

// Room is the samples of a folder of pages; the kit's, such as errors, have none.
type Room struct {
	Folder  string
	Samples []sample.Sample
}

// Rooms lists every page in the states it can be in: empty, full, failing, and with names that mean harm.
func Rooms() []Room {
	return []Room{
		{"", slices.Concat(kitSamples(), errorSamples())}, {"actions", actions.Samples()}, {"estate", estate.Samples()},
		{"setup", setup.Samples()}, {"flows", flows.Samples()},
		{"operators", operators.Samples()}, {"records", records.Samples()}, {"api", api.Samples()},
		{"signin", signin.Samples()},
	}
}

// Samples are the samples of all rooms.
func Samples() []sample.Sample {
	var all []sample.Sample
	for _, room := range Rooms() {
		all = append(all, room.Samples...)
	}
	return all
}

// kitSamples are the pages of no room.
func kitSamples() []sample.Sample {
	return []sample.Sample{
		{Name: "signin", Shell: sample.AloneShell(), Page: views.SignInPage{Next: "/w/northwind"}},
		{Name: "signin-refused", Shell: sample.AloneShell(),
			Page: views.SignInPage{Email: "ana@northwind.example", Error: "Email and password do not match."}},
		{Name: "signin-slow", Shell: sample.AloneShell(), Page: views.SignInPage{Email: "ana@northwind.example",
			SlowDown: "Too many tries. Wait 40 seconds, then try again."}},
		{Name: "signin-passkey", Shell: sample.AloneShell(), Page: views.SignInPage{Next: "/", Passkeys: true}},
		{Name: "signin-passkey-refused", Shell: sample.AloneShell(), Page: views.SignInPage{Passkeys: true,
			Refused: "This passkey does not open this console. It may have been removed."}},
		{Name: "users-asking", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: views.AskingPage{Heading: "Users"}},
	}
}

func errorSamples() []sample.Sample {
	home := views.Workspace(sample.Workspace)
	held, lost := views.SessionEnded(views.Workspace(sample.Workspace)),
		views.SessionEnded(views.Workspace(sample.Workspace))
	lost.Lost = true
	held.Held = "AYd3c2VhbGVk"
	away := views.ErrorPage{Status: 503, Headline: "Temporarily unavailable",
		Text:      "The database did not answer in time. Try again in a few seconds.",
		RequestID: "k3v7q2m5x8r4t1wz", Held: held.Held,
		Links: []views.Link{{Text: "Go home", Href: views.Workspace(sample.Workspace)}}}
	return []sample.Sample{
		{Name: "error-held", Shell: sample.OrganizationShell(sample.Acme, "users"), Page: away},
		{Name: "error-session-held", Shell: sample.AloneShell(), Page: held},
		{Name: "error-not-found", Shell: sample.WorkspaceShell(""), Page: views.NotFound(home)},
		{Name: "error-forbidden", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: views.Forbidden("Technician", views.User(sample.Workspace, sample.Acme.Slug,
				"DUJANE00000000000001"))},
		{Name: "error-cross-site", Shell: sample.AloneShell(), Page: views.CrossSite("/")},
		{Name: "error-foreign-host", Shell: sample.AloneShell(),
			Page: views.ForeignHost("https://duo.northwind.example")},
		{Name: "error-method", Shell: sample.WorkspaceShell(""), Page: views.MethodNotAllowed(home)},
		{Name: "error-too-large", Shell: sample.WorkspaceShell(""),
			Page: views.TooLarge(views.Integration(sample.Workspace))},
		{Name: "error-fault", Shell: sample.WorkspaceShell(""), Page: views.ServerFault("0198f3c27b1e7c43", home)},
		{Name: "error-signed-out", Shell: sample.AloneShell(), Page: lost},
		{Name: "error-session", Shell: sample.AloneShell(),
			Page: views.SessionEnded("/w/northwind/o/acme-dental/users?q=jane&status=active")},
		{Name: "already-sent", Shell: sample.OrganizationShell(sample.Acme, "users"),
			Page: views.AlreadySentPage{Sent: "Create Bypass Code for User, for Jane Roe", At: sample.MinutesAgo,
				Outcome: views.Chip{Level: "ok", Text: "Applied"},
				Summary: "1 code, 1 use, until 12:02.", Secret: true, Onward: views.Link{Text: "Back to Jane Roe",
					Href: views.User(sample.Workspace, sample.Acme.Slug, "DUJANE00000000000001")},
				Again: views.Link{Text: "Create another code", Href: views.Action(sample.Workspace, sample.Acme.Slug,
					"create-bypass-code-for-user", "user_id", "DUJANE00000000000001")},
				Run: views.Link{Text: "Open the run",
					Href: views.Run(sample.Workspace, sample.Acme.Slug, sample.RunID)}}},
	}
}
