package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/gallery"
)

// withoutTicket are the addresses of a workspace that take a form without a box for the ticket, and why. Every other
// one has the box and keeps what was typed with what it records.
var withoutTicket = map[string]string{
	"/w/:ws/runs.csv":                      "it reads",
	"/w/:ws/signon/test":                   "it asks the provider, and changes nothing",
	"/w/:ws/o/:org/runs.csv":               "it reads",
	"/w/:ws/export/organizations":          "it reads",
	"/w/:ws/integration/fill":              "it fills in a form, and keeps a draft",
	"/w/:ws/o/:org/connection/own/fill":    "it fills in a form, and keeps a draft",
	"/w/:ws/o/:org/connection/auth/fill":   "it fills in a form, and keeps a draft",
	"/w/:ws/o/import":                      "it leads to a preview, which has the box",
	"/w/:ws/integration/accounts/refresh":  "it reads the accounts again",
	"/w/:ws/o/:org/onboarding/begin":       "it begins a draft: the approval has the box",
	"/w/:ws/o/:org/onboarding/preview":     "it is a preview: the approval has the box",
	"/w/:ws/o/:org/onboarding/settings":    "it keeps a draft: the approval has the box",
	"/w/:ws/o/:org/onboarding/directories": "it keeps a draft: the approval has the box",
	"/w/:ws/o/:org/onboarding/auth":        "it keeps a draft: the approval has the box",
	"/w/:ws/o/:org/onboarding/users":       "it keeps a draft: the approval has the box",
	"/w/:ws/o/:org/onboarding/pause":       "its record has the plan's ticket",
	"/w/:ws/o/:org/onboarding/cancel":      "its record has the plan's ticket",
	"/w/:ws/o/:org/onboarding/finish":      "its record has the plan's ticket",
	"/w/:ws/o/:org/plans/:plan/pause":      "its record has the plan's ticket",
	"/w/:ws/o/:org/plans/:plan/cancel":     "its record has the plan's ticket",
	"/w/:ws/o/:org/plans/:plan/approve":    "the form that began it has the box",
	"/w/:ws/plans/:workplan/approve":       "the form that began it has the box, and approves it",
	"/w/:ws/plans/:workplan/pause":         "it is on record only by its steps",
	"/w/:ws/plans/:workplan/cancel":        "it is on record only by its steps",
}

// onNoSample are the addresses whose forms no sample page has, and where their box is tested.
var onNoSample = map[string]string{
	"/w/:ws/actions/:action":                 "TestTicketOnEveryForm",
	"/w/:ws/actions/:action/form":            "TestTicketOnEveryForm",
	"/w/:ws/o/:org/actions/:action/form":     "TestTicketOnEveryForm",
	"/w/:ws/o/:org/users/:user/revoke-codes": "TestRevokeAllCodes",
	"/w/:ws/o/:org/onboarding/facts":         "the page is that of /w/:ws/onboard",
	"/w/:ws/o/:org/plans/:plan/continue":     "the page is that of /w/:ws/o/:org/onboarding/continue",
	"/w/:ws/plans/:workplan/continue":        "the page is that of /w/:ws/o/:org/onboarding/continue",
}

// byPage are the addresses whose forms in knownRoutes change nothing. TestTicketTypedOnPages sends them, but for those
// of an onboarding's account, which saves keys as /connection/own does, and of a workspace's plan, which records by its
// steps.
var byPage = []string{
	"/account/tokens/:ws/revoke", "/w/:ws/operators/:operator/tokens", "/w/:ws/integration/:api/discard",
	"/w/:ws/integration/mapping", "/w/:ws/o/:org/archive", "/w/:ws/o/:org/connection", "/w/:ws/o/:org/connection/auth",
	"/w/:ws/o/:org/connection/own", "/w/:ws/o/:org/repair", "/w/:ws/o/import/preview", "/w/:ws/tickets",
	"/w/:ws/o/:org/onboarding/account", "/w/:ws/plans/:workplan/continue",
}

// formRoutes are the addresses of a workspace that take forms of an operator.
func formRoutes(on *site.Site) []site.Route {
	return slices.DeleteFunc(routes(on), func(r site.Route) bool {
		return r.Method != http.MethodPost || r.Policy.Token || !strings.Contains(r.Path, "/:ws")
	})
}

// TestTicketIsOnRecord sends every form with a ticket: whatever it puts on record has it.
func TestTicketIsOnRecord(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	routes := formRoutes(e.server)
	slices.SortStableFunc(routes, func(a, b site.Route) int { // keys that do not work close what comes after
		return strings.Count(a.Path, "/activate") - strings.Count(b.Path, "/activate")
	})
	records := map[string]bool{}
	for _, r := range routes {
		if withoutTicket[r.Path] == "it reads" {
			continue
		}
		for _, k := range knownRoutes("POST " + r.Path) {
			if a, is := catalog.Lookup(k.action); is && a.Kind == catalog.Read {
				continue
			}
			at := e.targets(r.Path, nothingOdd)[0]
			form := formWith()(e, at.of, true)
			if k.form != nil {
				form = k.form(e, at.of, true)
			}
			const ticket = "INC-4711"
			form.Set("ticket", ticket)
			address := addressOf(r, k, at)
			before := e.ticketsOnRecord(t)
			p := b.request(http.MethodPost, address, form)
			if p.status != k.ok {
				t.Errorf("%s: status %d, want %d\n%.400s", address, p.status, k.ok, p.text())
			}
			if strings.Contains(p.header.Get("Location"), "/plans/") { // the page executes its steps
				b.get(p.header.Get("Location"))
			}
			for id, got := range e.ticketsOnRecord(t) {
				if _, was := before[id]; was {
					continue
				}
				records[r.Path] = true
				if got.ticket != ticket && withoutTicket[r.Path] == "" {
					t.Errorf("%s %s: %s is on record with the ticket %q", r.Path, k.api+k.action,
						got.action, got.ticket)
				}
			}
		}
	}
	for _, r := range routes {
		if !records[r.Path] && withoutTicket[r.Path] == "" && !slices.Contains(byPage, r.Path) {
			t.Errorf("%s puts nothing on record", r.Path)
		}
	}
}

// TestTicketTypedOnPages types a ticket into the boxes of the pages that set things up, as they are, and finds it with
// what each form put on record.
func TestTicketTypedOnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	spare := s.Organizations(t, s.Workspace, "Borealis")[0]
	account := s.Sim.AddChild(s.Parent.AccountID, "Borealis")
	elsewhere := s.Sim.AddParent("Elsewhere")
	typed := func(f *formOfPage, prefix string, app duosim.Application, secret string) *formOfPage {
		return f.set(prefix+"_host", elsewhere.APIHostname).set(prefix+"_integration_key",
			app.IntegrationKey).set(prefix+"_secret_key", secret)
	}
	wrong := strings.Repeat("W", 40)
	connection := func() *page { return b.get(s.orgOf(spare) + "/connection") }
	colleague := s.Member(t, s.Workspace, catalog.Technician)
	for _, o := range []store.Operator{s.Owner, colleague} {
		s.accessToken(t, s.Workspace, o, store.Grant{Role: "auditor", EveryOrganization: true})
	}
	for i, open := range []func() *formOfPage{
		func() *formOfPage {
			b.get(s.ws("/integration")).form("Refresh").send()
			return b.get(s.ws("/integration")).form("Save all").set("account."+spare.ID.String(), account.AccountID).
				set("directory_key."+spare.ID.String(), "DSBOREALIS0000000001")
		},
		func() *formOfPage {
			s.Sim.RenameAccount(account.AccountID, "Borealis Group")
			return b.get(s.ws("/integration")).form("Refresh").send().form("Keep our name Borealis")
		},
		func() *formOfPage {
			nine := typeNine(b.get(s.ws("/integration")), map[string]string{"admin_secret_key": wrong})
			nine.send()
			return b.get(s.ws("/integration")).form("Discard the newer values: Admin API")
		},
		func() *formOfPage { return b.get(s.ws("/integration")).form("Check again : Accounts API") },
		func() *formOfPage {
			return typed(connection().form("Save Auth API keys"), "ownauth",
				s.Sim.AddApplication(account.AccountID, duosim.AuthAPI), wrong).
				set("ownauth_host", account.APIHostname)
		},
		func() *formOfPage { return connection().form("Discard the newer values: Auth API") },
		func() *formOfPage {
			app := elsewhere.Application(duosim.AdminAPI)
			return typed(connection().form("Save own credentials"), "own", app, app.SecretKey)
		},
		func() *formOfPage { return connection().form("Check again : Own credentials") },
		func() *formOfPage {
			return connection().form("Change connection").set("kind", "child").set("account", account.AccountID)
		},
		func() *formOfPage {
			return connection().form("Add directory key").set("directory_name", "Warehouse").set("directory_key",
				"DSBOREALIS0000000002")
		},
		func() *formOfPage { return connection().form("Remove Warehouse") },
		func() *formOfPage { return b.get(s.orgOf(spare)+"/archive").form("Archive").set("confirm", spare.Name) },
		func() *formOfPage { return b.upload("more.csv", "name\nImported\n").form("Import 1") },
		func() *formOfPage { return b.get("/account/tokens").form("Revoke") },
		func() *formOfPage {
			return b.get(s.ws("/operators/" + colleague.ID.String())).form("Revoke")
		},
		func() *formOfPage {
			b.get(s.ws("/operators/invite")).form("Create invitation").set("email", "new@msp.example").set("role",
				"auditor").send()
			return b.get(s.ws("/operators")).form("Revoke")
		},
		func() *formOfPage {
			return b.get(s.ws("/tickets")).form("Save required tickets").set(catalog.UpdateUser, "true")
		},
	} {
		f := open()
		ticket := fmt.Sprintf("INC-%d-", i)
		before := s.ticketsOnRecord(t)
		if p := f.set("ticket", ticket).send(); p.status >= http.StatusBadRequest {
			t.Fatalf("%s: status %d\n%s", f.action, p.status, p.text())
		}
		n := 0
		for id, got := range s.ticketsOnRecord(t) {
			if _, was := before[id]; !was {
				if n++; got.ticket != ticket {
					t.Errorf("%s: %s is on record with the ticket %q", f.action, got.action, got.ticket)
				}
			}
		}
		if n == 0 {
			t.Errorf("%s puts nothing on record", f.action)
		}
		b.get(s.ws("/runs?q="+ticket)).want(http.StatusOK, ticket)
	}
	if file := b.get(s.ws("/runs?q=INC-")).form("Export").send().body; !strings.Contains(file, ",INC-0-,") {
		t.Error("the file lacks the ticket")
	}
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	if told := s.stranger(t).call(token, http.MethodGet, s.api("/runs?q=INC-0-"), nil); !strings.Contains(told.body,
		`"ticket":"INC-0-"`) {
		t.Error("a program is not told the ticket: ", told.body)
	}
}

type ticketOfRun struct{ action, ticket string }

// ticketsOnRecord are the tickets of all runs and events of the workspace, by id.
func (s *console) ticketsOnRecord(t testing.TB) map[string]ticketOfRun {
	t.Helper()
	all := map[string]ticketOfRun{}
	conn, err := pgx.Connect(t.Context(), s.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := queryAll[[]string](t, conn, `select array[id::text, action, ticket] from run where workspace_id = $1`,
		s.Workspace.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		all[row[0]] = ticketOfRun{row[1], row[2]}
	}
	return all
}

// TestTicketBoxOnEveryForm reads the forms of all sample pages: each has one box for the ticket, unless withoutTicket
// says why not, and each address that needs one is on a sample page.
func TestTicketBoxOnEveryForm(t *testing.T) {
	t.Parallel()
	paths, seen := map[string]*regexp.Regexp{}, map[string]bool{}
	for _, r := range formRoutes(&site.Site{}) {
		paths[r.Path] = regexp.MustCompile("^" + slotName.ReplaceAllString(r.Path, "[^/]+") + "$")
	}
	for path := range withoutTicket {
		if paths[path] == nil {
			t.Errorf("%s takes no form", path)
		}
	}
	for _, s := range gallery.Samples() {
		var page bytes.Buffer
		if err := views.Layout(s.Shell, s.Page).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(&page)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range sentForms(doc) {
			path := ""
			for p, is := range paths { // of two, the one with fewer slots
				if is.MatchString(f.address) && (path == "" || strings.Count(p, ":") < strings.Count(path, ":")) {
					path = p
				}
			}
			seen[path] = true
			if boxes := f.count("ticket"); path != "" && withoutTicket[path] == "" && boxes != 1 && !f.needsNone() {
				t.Errorf("%s: the form of %s has %d boxes for a ticket", s.Name, f.address, boxes)
			}
		}
	}
	for path := range paths {
		if seen[path] == (onNoSample[path] != "") && withoutTicket[path] == "" {
			t.Errorf("on a sample page: %t, the form of %s", seen[path], path)
		}
	}
}

// needsNone reports whether a form of an address that records has nothing to record: it tries a step of a plan again,
// which has the plan's ticket; it opens another form with what was typed; it asks which user an action is for; or
// its action reads.
func (f sentForm) needsNone() bool {
	_, after, is := strings.Cut(f.address, "/actions/")
	slug, _, _ := strings.Cut(after, "/")
	a, _ := catalog.Lookup(slug)
	return f.count("retry")+f.count("reopened") > 0 || is && (f.count("run_id") == 0 || a.Kind == catalog.Read)
}
