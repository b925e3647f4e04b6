package site

import (
	"fmt"
	"net/http"
	"time"

	"duodesk/internal/duo/catalog"
)

// Route is one address: who may use it, for how long, with how much. Its path has :ws
// and :org where the policy resolves a workspace and an organization.
type Route struct {
	Method, Path string
	Policy       Policy
	deadline     time.Duration
	limit        int64 // bytes of a request
	handle       Handler
	tier         catalog.Tier // of a second factor; of asks: the most that it can be
	proves       string       // the act that takes it, in words
	asks         bool         // the handler asks for the factor, once the form has no fault
	free         string       // why a form takes no second factor
}

const (
	defaultDeadline = 35 * time.Second // longer than the longest reading from Duo
	SaveDeadline    = 60 * time.Second // three APIs are checked
	StreamDeadline  = 3 * time.Minute  // as long as a run can be open; it moves the server's WriteTimeout

	// NoDeadline is for files of any length. Each of their parts has limits instead:
	// partDeadline to be read, Config.StallTime to be taken.
	NoDeadline   = -1
	partDeadline = defaultDeadline
)

// Get and post make a row of the table with the deadline and the limit of most addresses.
func Get(path string, p Policy, h Handler) Route {
	return Route{Method: http.MethodGet, Path: path, Policy: p, deadline: defaultDeadline, limit: MaxBody, handle: h}
}

func Post(path string, p Policy, h Handler) Route {
	return Route{Method: http.MethodPost, Path: path, Policy: p, deadline: defaultDeadline, limit: MaxBody, handle: h}
}

// Within gives a row another deadline, or NoDeadline.
func (r Route) Within(deadline time.Duration) Route {
	r.deadline = deadline
	return r
}

// Taking lets a row's requests have more bytes.
func (r Route) Taking(limit int64) Route {
	r.limit = limit
	return r
}

// Proving has a row's requests take a second factor that was proved as lately as the tier
// says. act is what it is taken for, in words.
func (r Route) Proving(tier catalog.Tier, act string) Route {
	r.tier, r.proves = tier, act
	return r
}

// Asking says that the handler has its form's requests take a second factor, by Prove or by
// what it calls, when the form has no fault. tier is the most that it asks for.
func (r Route) Asking(tier catalog.Tier) Route {
	r.tier, r.asks = tier, true
	return r
}

// Unproved says why a row's form takes no second factor. What changes something and neither
// takes one nor says why fails TestEveryFormHasATier.
func (r Route) Unproved(why string) Route {
	r.free = why
	return r
}

// String is the row as a line: method, path, who may use it, and what is unusual about it.
func (r Route) String() string {
	line := fmt.Sprintf("%-4s %-58s %s", r.Method, r.Path, r.Policy)
	switch r.deadline {
	case defaultDeadline:
	case NoDeadline:
		line += ", no deadline"
	default:
		line += fmt.Sprintf(", deadline %s", r.deadline)
	}
	switch {
	case r.asks:
		line += ", up to " + r.tier.String()
	case r.tier > catalog.Unproved:
		line += ", " + r.tier.String()
	case r.free != "":
		line += ", no factor: " + r.free
	}
	if r.limit != MaxBody {
		line += fmt.Sprintf(", %d bytes", r.limit)
	}
	return line
}

// Who may use an address.
var (
	Public         = Policy{reach: anyone}
	SigningIn      = Policy{reach: signingIn}
	Signed         = Policy{reach: signedIn}
	AnySession     = Policy{reach: signedIn, any: true} // also one that only a workspace's provider vouches for
	InWorkspace    = Policy{reach: inWorkspace, Role: catalog.Auditor}
	InOrganization = Policy{reach: inOrganization, Role: catalog.Auditor}
	// What a help desk, and what a technician does about one person.
	HelpdeskOrganization   = Policy{reach: inOrganization, Role: catalog.Helpdesk}
	TechnicianOrganization = Policy{reach: inOrganization, Role: catalog.Technician}

	AdminOrganization = Policy{reach: inOrganization, Role: catalog.Administrator}
	AdminWorkspace    = Policy{reach: inWorkspace, Role: catalog.Administrator}
	// Which account an organization is concerns those who see all of them.
	WholeOrganization = Policy{reach: inOrganization, Role: catalog.Administrator, whole: true}
	// What ends an organization is for owners.
	OwnerOrganization = Policy{reach: inOrganization, Role: catalog.Owner, whole: true}
	// The nine fields, the mapping and new organizations concern the whole
	// workspace.
	WholeWorkspace = Policy{reach: inWorkspace, Role: catalog.Administrator, whole: true}
	Owners         = Policy{reach: inWorkspace, Role: catalog.Owner, whole: true}
	// Programs, with an access token.
	APIWorkspace    = Policy{reach: inWorkspace, Role: catalog.Auditor, Token: true}
	APIOrganization = Policy{reach: inOrganization, Role: catalog.Auditor, Token: true}
)
