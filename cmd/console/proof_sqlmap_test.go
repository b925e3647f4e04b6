//go:build proof

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// sqlmapTime bounds one run of sqlmap over one request.
const sqlmapTime = 4 * time.Minute

// TestProofSQLInjection: sqlmap, signed in as an owner, tries every parameter
// that a page offers, every open part of every address, and the cookie. It finds
// nothing, and it finds a hole that was planted for it.
func TestProofSQLInjection(t *testing.T) {
	if _, err := exec.LookPath("sqlmap"); err != nil {
		t.Fatal("sqlmap is missing: run make proof, which installs it where it may (Debian: apt-get install sqlmap)")
	}
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for _, name := range []string{"Acme Dental", "Borealis Freight"} {
			id := sim.AddChild(parent.AccountID, name).AccountID
			for i, status := range []string{duosim.Active, duosim.LockedOut, duosim.PendingDeletion} {
				user := sim.AddUser(id, duosim.UserSpec{Username: fmt.Sprintf("user%d", i), Realname: "Jane Roe", Status: status})
				sim.AddPhone(id, duosim.PhoneSpec{Name: "Work", Number: "+15550100", Type: "Mobile", Platform: "Apple iOS", UserIDs: []string{user}})
				sim.AddBypassCode(id, user, duosim.BypassSpec{})
				sim.AddGroup(id, "All staff", "", user)
				sim.AddToken(id, duosim.TokenSpec{Serial: fmt.Sprint(220511, i), UserIDs: []string{user}})
				sim.AddCredential(id, duosim.CredentialSpec{UserID: user, Name: "Security key"})
			}
			sim.AddPhone(id, duosim.PhoneSpec{Name: "Spare", Number: "+15550199"})
		}
	})
	// First the hole that is there to be found.
	faulty := s.serve(planted(t))
	hole := probe{method: http.MethodGet, address: "/w/" + s.ws.Slug + plantedSearch + "?q=Acme+Dental", cookies: s.signIn(s.owner).Cookies(mustParse(s.url))}
	_, holes, said := s.sqlmap(hole)
	faulty.stop()
	if len(holes) == 0 {
		t.Fatalf("the planted hole was not found; sqlmap said:\n%s", said)
	}

	c := s.serve("")
	near := s.organizations()[0]
	token, disabled := s.leaveEverything(near, []string{"Imported"})
	defer s.forgiveSignIns()()
	finder := s.findRequests(token, "/o/import/preview", "/integration?cleaned=auth_host", "/auth?checked=1&left=1", "/operators/"+disabled.ID.String()+"/enable",
		"/operators/"+s.db.Member(s.t, s.ws, catalog.Auditor).ID.String()+"/disable", "/operators/"+s.owner.ID.String())
	s.leaveCandidates(near) // looking around has put others in their place
	targets := append(finder.programTargets(), finder.targets()...)
	for _, missing := range finder.untried(targets) {
		t.Error("sqlmap was not led to ", missing)
	}
	before := len(c.lines("request"))
	began := time.Now()
	var tried, refused atomic.Int64
	s.each(targets, func(r probe) {
		parameters, found, said := s.sqlmap(r)
		tried.Add(int64(parameters))
		if m := sqlmapRefused.FindStringSubmatch(said); m != nil {
			refused.Add(1)
			t.Logf("%s %s is answered with %s as it is", r.method, r.address, m[1])
		}
		if len(found) > 0 || parameters == 0 {
			t.Errorf("%s %s: tried %d parameters, found %q; sqlmap said:\n%s", r.method, r.address, parameters, found, said[max(0, len(said)-800):])
		}
	})
	took := time.Since(began).Round(time.Second)
	if len(c.lines("panic"))+len(c.lines("request failed")) > 0 {
		t.Error("a request broke the console; ", c.tail())
	}
	requests := c.lines("request")[before:]
	answered := s.reached(finder.rows, targets, requests)
	c.stop()

	tell(t, "%d pages and forms (%d refused as they are), %d parameters, %d requests in %v, answered %v: nothing; the planted hole: %s",
		len(targets), refused.Load(), tried.Load(), len(requests), took, answered, strings.Join(holes, ", "))
}

// forgiveSignIns takes the pace out of signing in until the returned function is
// called: sqlmap would be told to wait and learn nothing.
func (s *site) forgiveSignIns() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	conn := s.db.Superuser(s.t)
	var forgiving sync.WaitGroup
	forgiving.Go(func() {
		for ctx.Err() == nil {
			if _, err := conn.Exec(ctx, `delete from login_attempt`); err != nil && ctx.Err() == nil {
				s.t.Error(err)
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return func() {
		cancel()
		forgiving.Wait()
	}
}

// each runs do for all probes, three at a time, which keeps two processors busy:
// a sqlmap also waits.
func (s *site) each(all []probe, do func(probe)) {
	var working sync.WaitGroup
	next := make(chan probe)
	for range 3 {
		working.Go(func() {
			for r := range next {
				do(r)
			}
		})
	}
	for _, r := range all {
		next <- r
	}
	close(next)
	working.Wait()
}

// probe is one request whose parameters are tried. A * in the address marks the
// places to try; without one it is the parameters.
type probe struct {
	method, address string // the address is a path and a query
	form            url.Values
	cookies         []*http.Cookie
	row             row
	only            []string // the parameters to try; none: what is marked
	origin, body    string   // of a program: where it asks, and the JSON that it sends
}

var (
	sqlmapTried   = regexp.MustCompile(`(?m)(?:parameter|header) '[^\n]*' does not seem to be injectable|(?:parameter|header) '[^\n]*' is vulnerable`)
	sqlmapRefused = regexp.MustCompile(`the web server responded with an HTTP error code \((\d+)\)`)
	sqlmapFound   = regexp.MustCompile(`(?m)^Parameter: (.*)$`)

	sqlmapTakenBack = regexp.MustCompile(`false positive or unexploitable injection point detected`)
)

// techniques are those that sqlmap has for PostgreSQL by which a hole shows: telling pages apart, errors, several
// statements, delays. UNION and inline queries are ways of using one.
const techniques = "BEST"

// sqlmap tries a request and returns how many parameters it tried and in which
// it found a hole.
func (s *site) sqlmap(r probe) (tried int, found []string, said string) {
	s.t.Helper()
	tried, found, said = s.sqlmapBy(techniques, r)
	// Where it takes back what it found by telling pages apart, that may be the names in the frame of an error's page,
	// which it took for an answer to its liking. The clock is not misled.
	if sqlmapTakenBack.MatchString(said) {
		var more string
		_, found, more = s.sqlmapBy(strings.Trim(techniques, "B"), r)
		said += more
	}
	return tried, found, said
}

func (s *site) sqlmapBy(technique string, r probe) (tried int, found []string, said string) {
	s.t.Helper()
	dir, err := os.MkdirTemp(s.dir, "sqlmap-")
	if err != nil {
		s.t.Error(err)
		return 0, nil, ""
	}
	file := filepath.Join(dir, "request")
	if err := os.WriteFile(file, []byte(r.text(s.url)), 0o600); err != nil {
		s.t.Error(err)
		return 0, nil, ""
	}
	args := []string{"-r", file, "--ignore-stdin", "--batch", "--flush-session", "--disable-coloring", "--output-dir", dir, "--dbms", "PostgreSQL", "--level", "1", "--risk", "1",
		"--technique", technique, "--time-sec", "3", "--ignore-redirects", "--skip-waf", "--timeout", "30", "--retries", "1",
		"--answers", "sqlmap could have problems=Y", // an id that begins with 999 looks like an attack to it
		"--ignore-code", "404"} // what works once is not there afterwards
	switch {
	case len(r.only) > 0:
		args = append(args, "-p", strings.Join(r.only, ","))
	case len(r.form) > 0: // its turn comes
		args = append(args, "--skip", strings.Join(r.parameters(), ","))
	}
	// A form acts once under its id: without a new one each time, only the first request would get past that.
	for _, id := range formIDs {
		if r.form.Has(id) && !slices.Contains(r.only, id) {
			args = append(args, "--eval", "import uuid; "+id+" = str(uuid.uuid4())")
		}
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), sqlmapTime)
	defer cancel()
	command := exec.CommandContext(ctx, "sqlmap", args...)
	command.Env = append(os.Environ(), "HOME="+dir, "TERM=dumb")
	out, err := command.CombinedOutput()
	said = string(out)
	tail := said[max(0, len(said)-800):]
	if err != nil {
		s.t.Errorf("sqlmap for %s %s: %v\n%s", r.method, r.address, err, tail)
	}
	for _, m := range sqlmapFound.FindAllStringSubmatch(said, -1) {
		found = append(found, m[1])
	}
	return len(sqlmapTried.FindAllString(said, -1)), found, said
}

// text is the request as it goes over the wire.
func (r probe) text(origin string) string {
	origin = cmp.Or(r.origin, origin)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0\r\n", r.method, r.address, strings.TrimPrefix(origin, "http://"))
	var cookies []string
	for _, c := range r.cookies {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if len(cookies) > 0 {
		fmt.Fprintf(&b, "Cookie: %s\r\n", strings.Join(cookies, "; "))
	}
	switch {
	case r.body != "":
		fmt.Fprintf(&b, "Content-Type: application/json\r\n\r\n%s", r.body)
	case r.method == http.MethodPost:
		fmt.Fprintf(&b, "Origin: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n%s", origin, r.form.Encode())
	default:
		b.WriteString("\r\n")
	}
	return b.String()
}

// reached counts the answers by status, and complains of rows that never
// answered like to a visitor who is known and understood.
func (s *site) reached(rows []row, targets []probe, requests []line) map[int]int {
	s.t.Helper()
	count, good, of := map[int]int{}, map[row]bool{}, map[row]map[int]int{}
	for _, l := range requests {
		r := row{l.Method, l.Route}
		count[l.Status]++
		if of[r] == nil {
			of[r] = map[int]int{}
		}
		of[r][l.Status]++
		if slices.Contains(rows, r) && (l.Status == http.StatusOK || l.Status == http.StatusSeeOther || l.Status == http.StatusUnprocessableEntity) {
			good[r] = true
		}
	}
	for _, r := range targets {
		if r.row != (row{}) && !good[r.row] { // one address is a constant in the table, and has no row here
			s.t.Errorf("%s %s was never answered by its handler: %v", r.row.method, r.row.pattern, of[r.row])
			good[r.row] = true
		}
	}
	if count[http.StatusOK] < len(requests)/10 {
		s.t.Errorf("hardly a request was understood: %v", count)
	}
	return count
}
