package views

import "slices"

// Samples lists every page in the states it can be in: empty, full, failing, and with names that mean harm.
func Samples() []Sample {
	return slices.Concat(kitSamples(), errorSamples(), actionsSamples(), estateSamples(), setupSamples(), operatorsSamples(), recordsSamples(), apiSamples())
}

// kitSamples are the pages of no room.
func kitSamples() []Sample {
	return []Sample{
		{Name: "signin", Shell: aloneShell(), Page: SignInPage{Next: "/w/northwind"}},
		{Name: "signin-refused", Shell: aloneShell(), Page: SignInPage{Email: "ana@northwind.example", Error: "E-mail and password do not match."}},
		{Name: "signin-slow", Shell: aloneShell(), Page: SignInPage{Email: "ana@northwind.example", SlowDown: "Too many tries. Wait 40 seconds, then try again."}},
		{Name: "users-asking", Shell: organizationShell(acme, "users"), Page: AskingPage{Heading: "Users"}},
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
