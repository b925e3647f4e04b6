//go:build proof

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

const (
	recordRuns = 1_000_000
	runApart   = 45 * time.Second // so that they reach back 17 months
)

// fillRecord writes a million runs, without the indexes and with them afterwards:
// each is then as full as if it had grown.
func (s *proofSite) fillRecord(o store.Organization) {
	s.t.Helper()
	conn := s.db.Superuser(s.t)
	exec := func(sql string, args ...any) {
		s.t.Helper()
		if _, err := conn.Exec(s.t.Context(), sql, args...); err != nil {
			s.t.Fatal(err)
		}
	}
	var indexes []string
	if err := conn.QueryRow(s.t.Context(),
		`select array_agg(pg_get_indexdef(indexrelid)) from pg_index where indrelid = 'run'::regclass and not indisprimary`).Scan(&indexes); err != nil {
		s.t.Fatal(err)
	}
	name := regexp.MustCompile(`INDEX (\w+) ON`)
	for _, index := range indexes {
		exec(`drop index ` + name.FindStringSubmatch(index)[1])
	}
	exec(`set session_replication_role = replica`) // no checks of references
	exec(`
		insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
		select $1, gen_random_uuid(), case when n % 3 = 0 then $2::uuid end, $3, $4, (array['update-user', 'verify-caller', 'create-bypass-code-for-user'])[1 + n % 3],
		       'user' || n % 50000 || '.' || md5(n::text), jsonb_build_object('user_id', 'DU' || n % 50000, 'phone_id', 'DP' || n % 50000), '', 'INC-' || n,
		       case when n % 50 = 0 then 'refused' else 'applied' end, 'Changed email to someone' || n || '@client.example.', at, at
		from generate_series(1, $5::int) n, lateral (select now() - n * make_interval(secs => $6) as at) a`,
		s.ws.ID, o.ID, o.AccountID, s.owner.ID, recordRuns, runApart.Seconds())
	exec(`set maintenance_work_mem = '256MB'`)
	for _, index := range indexes {
		exec(index)
	}
	exec(`vacuum analyze run`)
}

// took is the quickest of three: the first may wait for the disk, and others use the
// machine as well.
func took(t *testing.T, fn func() error) time.Duration {
	t.Helper()
	quickest := time.Hour
	for range 3 {
		began := time.Now()
		if err := fn(); err != nil {
			t.Fatal(err)
		}
		quickest = min(quickest, time.Since(began))
	}
	return quickest
}

// search looks for words as the page of runs does.
func (s *proofSite) search(words string, want int) func() error {
	return func() error {
		return s.db.InWorkspace(s.t.Context(), store.WholeWorkspace(s.ws.ID), func(tx *store.Tx) error {
			f, err := tx.LookUp(s.t.Context(), store.RunFilter{Search: words})
			if err != nil {
				return err
			}
			runs, _, err := tx.FindRuns(s.t.Context(), f, nil, 50)
			if err != nil {
				return err
			}
			if len(runs) != want {
				s.t.Errorf("%q finds %d runs, want %d", words, len(runs), want)
			}
			_, _, err = tx.CountRuns(s.t.Context(), f, nil)
			return err
		})
	}
}

// TestProofRecord: at a million runs searches, a phone's runs and the page of runs are
// quick, a slow reader gets all of them as a file, and a month is pruned.
func TestProofRecord(t *testing.T) {
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) { sim.AddChild(parent.AccountID, "Acme Dental") })
	o := s.organizations()[0]
	s.fillRecord(o)
	conn := s.db.Superuser(t)
	scan := took(t, func() error {
		var found int
		return conn.QueryRow(t.Context(), `select count(*) from run r join operator p on p.id = r.operator_id
			where position('zzz-never' in lower(r.subject || ' ' || r.summary || ' ' || r.ticket || ' ' || p.email)) > 0`).Scan(&found)
	})
	miss, hit, common := took(t, s.search("zzz-never", 0)), took(t, s.search("INC-777777", 1)),
		took(t, s.search("someone", 50))
	phone := took(t, func() error {
		return s.db.InWorkspace(t.Context(), store.WholeWorkspace(s.ws.ID), func(tx *store.Tx) error {
			runs, err := tx.RunsOfPhone(t.Context(), o.AccountID, "DP77", 5)
			if err == nil && len(runs) != 5 {
				t.Errorf("%d runs of a phone", len(runs))
			}
			return err
		})
	})
	for what, d := range map[string]time.Duration{"a miss": miss, "a hit": hit, "a phone": phone} {
		if d > scan/10 || d > time.Second {
			t.Errorf("%s takes %v, reading all %v", what, d, scan)
		}
	}
	c := s.serve("")
	client := s.browser(s.owner)
	defer client.CloseIdleConnections()
	page := took(t, func() error {
		if !isOK(client, s.home()+"/runs") {
			t.Error("the page of runs is not drawn")
		}
		return nil
	})
	if common > 2*time.Second || page > 2*time.Second {
		t.Errorf("a common word takes %v, the page of runs %v", common, page)
	}
	file, memory := s.takeFile(c)
	c.stop()
	tell(t,
		"%d runs: a miss %v, a hit %v, a common word %v, a phone %v, reading all %v; page %v; a file of all to a slow reader %v, memory at most %d MB; %s",
		recordRuns, ms(miss), ms(hit), ms(common), ms(phone), ms(scan), ms(page), file.Round(time.Second), memory,
		s.pruneMonth())
}

func ms(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// takeFile reads the file of all runs with pauses that are together longer than any
// deadline of a page or of the server.
func (s *proofSite) takeFile(c *console) (took time.Duration, megabytes int) {
	s.t.Helper()
	s.db.Exec(s.t, `update workspace set rows_a_day = 10000000`)
	client := s.browser(s.owner)
	client.Timeout = 0
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer cancel()
	began := time.Now()
	answer, err := s.send(client.Do, s.owner, s.post(ctx, s.home()+"/runs.csv", url.Values{}))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		s.t.Fatal("the file is answered with ", answer.Status)
	}
	lines, body := 0, bufio.NewReaderSize(answer.Body, 1<<16)
	for {
		if _, err = body.ReadSlice('\n'); err != nil {
			break
		}
		if lines++; lines%(recordRuns/6) == 0 {
			time.Sleep(19 * time.Second)
		}
	}
	if err != io.EOF || lines < recordRuns+1 {
		s.t.Errorf("the file ended after %d lines with %v; %s", lines, err, c.tail())
	}
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/status")
	if m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status); m != nil {
		kilobytes, _ := strconv.Atoi(string(m[1]))
		if megabytes = kilobytes / 1024; megabytes > 300 {
			s.t.Errorf("the console used %d MB", megabytes)
		}
	}
	if took = time.Since(began); took < 90*time.Second {
		s.t.Errorf("the file took %v: no deadline was passed", took)
	}
	return took, megabytes
}

// pruneMonth prunes the oldest month that is whole, and what is before it.
func (s *proofSite) pruneMonth() string {
	s.t.Helper()
	dir := s.t.TempDir()
	oldest := time.Now().UTC().Add(-recordRuns * runApart)
	before := time.Date(oldest.Year(), oldest.Month()+2, 1, 0, 0, 0, 0, time.UTC)
	conn := s.db.Superuser(s.t)
	count := func() (all, old int) {
		if err := conn.QueryRow(s.t.Context(), `select count(*), count(*) filter (where started_at < $1) from run`,
			before).Scan(&all, &old); err != nil {
			s.t.Fatal(err)
		}
		return all, old
	}
	all, old := count()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	command := exec.Command(self, "record", "prune", "--before", before.Format("2006-01"), "--by", s.owner.Email,
		"--to", dir, "--yes")
	command.Env = []string{asCommand + "=1", "CONSOLE_OWNER_DATABASE_URL=" + s.db.OwnerURL}
	said, err := command.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		s.t.Fatal(string(said))
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if left, still := count(); left != all-old+len(files) || still != 0 || old == 0 || len(files) != 2 ||
		strings.Count(string(said), "SHA-256") != 2 {
		s.t.Errorf("%d of %d runs are left, %d of %d old ones, %d files: %s", left, all, still, old, len(files), said)
	}
	return strconv.Itoa(old) + " runs of two months pruned in " + took.Round(100*time.Millisecond).String()
}
