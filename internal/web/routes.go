package web

import (
	"fmt"
	"net/http"
	"time"

	"duodesk/internal/duo/catalog"
)

// route is one address: who may use it, for how long, with how much. Its path has :ws
// and :org where the policy resolves a workspace and an organization.
type route struct {
	method, path string
	policy       policy
	deadline     time.Duration
	limit        int64 // bytes of a request
	handle       handler
}

const (
	defaultDeadline = 35 * time.Second // longer than the longest reading from Duo
	saveDeadline    = 60 * time.Second // three APIs are checked
	streamDeadline  = 3 * time.Minute  // as long as a run can be open; it moves the server's WriteTimeout

	// noDeadline is for files of any length. Each of their parts has limits instead:
	// partDeadline to be read, Config.StallTime to be taken.
	noDeadline   = -1
	partDeadline = defaultDeadline
)

// get and post make a row of the table with the deadline and the limit of most addresses.
func get(path string, p policy, h handler) route {
	return route{method: http.MethodGet, path: path, policy: p, deadline: defaultDeadline, limit: maxBody, handle: h}
}

func post(path string, p policy, h handler) route {
	return route{method: http.MethodPost, path: path, policy: p, deadline: defaultDeadline, limit: maxBody, handle: h}
}

// within gives a row another deadline, or noDeadline.
func (r route) within(deadline time.Duration) route {
	r.deadline = deadline
	return r
}

// taking lets a row's requests have more bytes.
func (r route) taking(limit int64) route {
	r.limit = limit
	return r
}

// String is the row as a line: method, path, who may use it, and what is unusual about it.
func (r route) String() string {
	line := fmt.Sprintf("%-4s %-58s %s", r.method, r.path, r.policy)
	switch r.deadline {
	case defaultDeadline:
	case noDeadline:
		line += ", no deadline"
	default:
		line += fmt.Sprintf(", deadline %s", r.deadline)
	}
	if r.limit != maxBody {
		line += fmt.Sprintf(", %d bytes", r.limit)
	}
	return line
}

// Who may use an address.
var (
	public  = policy{reach: anyone}
	signed  = policy{reach: signedIn}
	inWs    = policy{reach: inWorkspace, role: catalog.Auditor}
	inOrg   = policy{reach: inOrganization, role: catalog.Auditor}
	editOrg = policy{reach: inOrganization, role: catalog.Administrator}
	adminWs = policy{reach: inWorkspace, role: catalog.Administrator}
	// Which account an organization is concerns those who see all of them.
	wholeOrg = policy{reach: inOrganization, role: catalog.Administrator, whole: true}
	// The nine fields, the mapping and new organizations concern the whole
	// workspace.
	wholeWs = policy{reach: inWorkspace, role: catalog.Administrator, whole: true}
	owners  = policy{reach: inWorkspace, role: catalog.Owner, whole: true}
	// Programs, with an access token.
	apiWs  = policy{reach: inWorkspace, role: catalog.Auditor, token: true}
	apiOrg = policy{reach: inOrganization, role: catalog.Auditor, token: true}
)
