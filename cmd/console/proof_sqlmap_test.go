//go:build proof

package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

const (
	sqlmapTime = 10 * time.Minute // bounds one run of sqlmap, over some probes

	atOnce = 3  // keeps two processors busy: a sqlmap also waits
	shares = 15 // runs of sqlmap: few, since each begins slowly, and enough to end together
)

// TestProofSQLInjection: sqlmap, signed in as an owner, tries every parameter
// that a page offers, every open part of every address, and the cookies. Each
// request comes to its handler. It finds nothing, and it finds a hole that was
// planted for it.
func TestProofSQLInjection(t *testing.T) {
	if _, err := exec.LookPath("sqlmap"); err != nil {
		t.Fatal("sqlmap is missing: run make proof, which installs it where it may (Debian: apt-get install sqlmap)")
	}
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		for _, name := range []string{"Acme Dental", "Borealis Freight"} {
			id := sim.AddChild(parent.AccountID, name).AccountID
			for i, status := range []string{duosim.Active, duosim.LockedOut, duosim.PendingDeletion} {
				// The first is the one of the actions' examples.
				person := duosim.UserSpec{Username: "casey.example", Realname: "Casey Example", Status: status}
				phone := duosim.PhoneSpec{Name: "Work", Number: "+12025550177", Extension: "22", Type: "Mobile",
					Platform: "Apple iOS"}
				if i > 0 {
					person.Username, person.Realname = fmt.Sprint("user", i), "Jane Roe"
					phone.Number, phone.Extension, phone.Activated = fmt.Sprint("+1555010", i), "", true
				}
				user := sim.AddUser(id, person)
				phone.UserIDs = []string{user}
				sim.AddPhone(id, phone)
				sim.AddBypassCode(id, user, duosim.BypassSpec{})
				sim.AddGroup(id, fmt.Sprint("All staff ", i), "", user)
				sim.AddToken(id, duosim.TokenSpec{Serial: fmt.Sprint(220511, i), UserIDs: []string{user}})
				sim.AddCredential(id, duosim.CredentialSpec{UserID: user, Name: "Security key"})
			}
			// of an example, with room for another
			sim.AddGroup(id, "All staff", "")
			// which are left with the console
			for _, key := range []string{"DSPROOFPROOFPROOF001", "DSPROOFPROOFPROOF002"} {
				sim.AddDirectory(id, duosim.DirectorySpec{Key: key,
					People: []duosim.Person{{Username: "casey.example", Realname: "Casey Example"}}})
			}
			sim.AddPhone(id, duosim.PhoneSpec{Name: "Spare", Number: "+15550199"})
		}
		for _, name := range []string{stopped, working} {
			sim.AddChild(parent.AccountID, name)
		}
	})
	t.Setenv("CONSOLE_TRUSTED_PROXIES", "127.0.0.0/8") // the attack is one, with many behind it
	c := s.serve("")
	near := s.organizations()[0]
	token, disabled := s.leaveEverything(near, []string{"Imported"})
	auditor := s.db.Member(s.t, s.ws, catalog.Auditor).ID.String()
	finder := s.findRequests(token, "/o/import/preview", "/integration?cleaned=auth_host", "/auth?checked=1&left=1",
		"/operators/"+disabled.ID.String()+"/enable", "/operators/"+auditor+"/disable", "/operators/"+auditor+"/end",
		"/operators/"+s.owner.ID.String())
	s.leaveCandidates(near) // looking around has put others in their place
	plans := s.leavePlans(s.organizations()[0])
	a := s.newAttack(finder.client)
	finder.lookAgain(token, a.restore, plans.pages...)
	named := slices.Concat(finder.programTargets(a), plans.unlinked(finder))
	targets := slices.Concat(named, finder.targets(named))
	for _, missing := range finder.untried(targets) {
		t.Error("sqlmap was not led to ", missing)
	}
	a.sendAsTheyAre(slices.Concat(named, finder.found))
	began := time.Now()
	tried, found := a.tryAll(targets)
	took := time.Since(began).Round(time.Second)
	for _, hole := range found {
		t.Error("sqlmap found ", hole)
	}
	for _, complaint := range a.unreached() {
		t.Error(complaint)
	}
	if len(c.lines("panic"))+len(c.lines("request failed")) > 0 {
		t.Error("a request broke the console; ", c.tail())
	}
	c.stop()
	requests, answered := a.answered()

	// It finds the hole that is there to be found.
	faulty := s.serve(planted(t))
	hole := probe{method: http.MethodGet, address: "/w/" + s.ws.Slug + plantedSearch + "?q=Acme+Dental",
		places: []place{{inQuery, "q"}}}
	_, holes := a.tryAll([]probe{hole})
	faulty.stop()
	if len(holes) == 0 {
		t.Error("the planted hole was not found")
	}
	tell(t, "%d pages and forms, %d parameters, %d requests in %v, answered %v: nothing; the planted hole: %s",
		len(targets), tried, requests, took, answered, strings.Join(holes, ", "))
}

// tryAll has sqlmap try all places of the probes, and returns how many it tried and in which it found a hole.
func (a *attack) tryAll(probes []probe) (tried int, found []string) {
	var running sync.WaitGroup
	var mu sync.Mutex
	turns, shared := make(chan struct{}, atOnce), make([][]string, min(shares, len(probes)))
	for i, address := range a.add(probes...) {
		shared[i%len(shared)] = append(shared[i%len(shared)], address)
	}
	for _, share := range shared {
		running.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			results := a.sqlmap(techniques, share)
			// Where it takes back what it found by telling pages apart, that may be the names in the frame of an
			// error's page, which it took for an answer to its liking. The clock is not misled.
			var takenBack []string
			for address, said := range results {
				if sqlmapTakenBack.MatchString(said) {
					takenBack = append(takenBack, address)
				}
			}
			if len(takenBack) > 0 {
				maps.Copy(results, a.sqlmap(strings.Trim(techniques, "B"), takenBack))
			}
			mu.Lock()
			defer mu.Unlock()
			for _, address := range share {
				p, said := a.probes[a.number(mustParse(address).Path)], results[address]
				n := len(sqlmapTried.FindAllString(said, -1))
				tried += n
				for _, m := range sqlmapFound.FindAllStringSubmatch(said, -1) {
					found = append(found, fmt.Sprintf("%s of %s %s %v", m[1], p.method, p.address, p.places))
				}
				if n != len(p.places) {
					a.s.t.Errorf("%s %s: tried %d of %v; sqlmap said:\n%s", p.method, p.address, n, p.places,
						said[max(0, len(said)-800):])
				}
			}
		})
	}
	running.Wait()
	return tried, found
}

var (
	sqlmapTried = regexp.MustCompile(
		`(?m)parameter '[^\n]*' does not seem to be injectable|parameter '[^\n]*' is vulnerable`)
	sqlmapFound     = regexp.MustCompile(`(?m)^Parameter: (\S+)`)
	sqlmapTakenBack = regexp.MustCompile(`false positive or unexploitable injection point detected`)
	sqlmapNext      = regexp.MustCompile(`testing URL '(.*)'`)
)

// techniques are those that sqlmap has for PostgreSQL by which a hole shows: telling pages apart, errors, several
// statements, delays. UNION and inline queries are ways of using one.
const techniques = "BEST"

// sqlmap tries all parameters of some addresses, and returns what it said of each.
func (a *attack) sqlmap(technique string, addresses []string) (said map[string]string) {
	said = map[string]string{}
	dir, err := os.MkdirTemp(a.s.dir, "sqlmap-")
	if err != nil {
		a.s.t.Error(err)
		return said
	}
	file := filepath.Join(dir, "addresses")
	if err := os.WriteFile(file, []byte(strings.Join(addresses, "\n")), 0o600); err != nil {
		a.s.t.Error(err)
		return said
	}
	ctx, cancel := context.WithTimeout(a.s.t.Context(), sqlmapTime)
	defer cancel()
	command := exec.CommandContext(ctx, "sqlmap", "-m", file, "--ignore-stdin", "--batch", "--flush-session",
		"--disable-coloring",
		"--output-dir", dir, "--dbms", "PostgreSQL", "--level", "1", "--risk", "1", "--technique", technique,
		"--time-sec", "3",
		"--ignore-redirects", "--skip-waf", "--timeout", "30", "--retries", "1",
		"--ignore-code", "404", // another value in an address is not there
		"--answers", "do you want to skip=N,exploit=N")
	command.Env = append(os.Environ(), "HOME="+dir, "TERM=dumb")
	out, err := command.CombinedOutput()
	if err != nil {
		a.s.t.Errorf("sqlmap: %v\n%s", err, out[max(0, len(out)-800):])
	}
	starts := sqlmapNext.FindAllSubmatchIndex(out, -1)
	for i, at := range starts {
		end := len(out)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		said[string(out[at[2]:at[3]])] = string(out[at[0]:end])
	}
	return said
}
