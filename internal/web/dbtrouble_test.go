package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// refuse makes the database refuse new rows of a table, or changes of them, with a
// condition of Postgres, until allow is called.
func (s *console) refuse(t testing.TB, what, table, condition string) (allow func()) {
	t.Helper()
	name := "trouble_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	s.Exec(t, `create function `+name+`() returns trigger language plpgsql set search_path = pg_catalog as
		$$ begin raise exception 'canary %', current_user using errcode = '`+condition+`'; end $$`)
	s.Exec(t, `create trigger `+name+` before `+what+` on `+table+` for each row execute function `+name+`()`)
	return func() {
		t.Helper()
		s.Exec(t, `drop function `+name+` cascade`)
	}
}

// await reads an address until it is answered with a status and words.
func (b *browser) await(address string, status int, words string) {
	b.t.Helper()
	for until := time.Now().Add(20 * time.Second); ; {
		p := b.get(address)
		if p.status == status && strings.Contains(p.body, words) || time.Now().After(until) {
			p.want(status, words)
			return
		}
	}
}

// What troubles the database is said in words that are true of it, to persons and
// to programs, and so is that nothing was sent to Duo.
func TestTroubleIsSaidAsWhatItIs(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Apart(t))
	b := s.as(t, s.Owner)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	for condition, want := range map[string]store.Trouble{
		"disk_full": store.DiskFull, "too_many_connections": store.NoConnections, "out_of_memory": store.NoMemory,
		"configuration_limit_exceeded": store.AtItsLimit,
		"admin_shutdown":               store.Restarting, "cannot_connect_now": store.Restarting,
		"read_only_sql_transaction": store.ReadOnly, "query_canceled": store.TooSlow,
		"lock_not_available": store.Contended, "deadlock_detected": store.Contended, "io_error": store.Faulty,
		"data_corrupted": store.Faulty,
	} {
		form := s.typedUser(b)
		allow := s.refuse(t, "insert", "run", condition)
		p := form.post("Referer", s.url+s.org("/actions/create-user")).
			want(http.StatusServiceUnavailable, "Temporarily unavailable", want.Text(),
				"Nothing was done in Duo.").wantNot("canary", "in time").fine()
		if p.header.Get("Retry-After") == "" {
			t.Error(condition, ": no Retry-After")
		}
		program := s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
			map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": "ada"}})
		got := program.wantProblem(http.StatusServiceUnavailable, "unavailable")
		if !strings.Contains(got.Detail, want.Text()+" Nothing was done in Duo.") ||
			program.header.Get("Retry-After") == "" {
			t.Errorf("%s: a program gets %q", condition, got.Detail)
		}
		allow()
	}
	if n := len(s.Sim.Ledger()); n != 0 {
		t.Errorf("%d changes in Duo", n)
	}
	if !strings.Contains(s.Log.String(), `trouble="disk full"`) {
		t.Error("the log does not name the trouble")
	}
	// Of a change without Duo no more is said than is known.
	allow := s.refuse(t, "update", "operator", "disk_full")
	b.request(http.MethodPost, "/preferences", url.Values{"theme": {"dark"}}).want(http.StatusServiceUnavailable,
		store.DiskFull.Text(), "may have been done in part").wantNot("Nothing was sent")
	allow()
}

// TestNotReadyWhileWritesFail: a probe that asks whether the console is ready learns that
// it cannot write, in a word, and that it can again.
func TestNotReadyWhileWritesFail(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Apart(t))
	s.Process(t, run.Config{Heartbeat: 100 * time.Millisecond})
	anyone := s.stranger(t)
	anyone.await("/readyz", http.StatusOK, "ready")
	for condition, word := range map[string]store.Trouble{"disk_full": store.DiskFull,
		"raise_exception": store.NotWriting} {
		allow := s.refuse(t, "update", "process", condition)
		anyone.await("/readyz", http.StatusServiceUnavailable, string(word))
		anyone.get("/readyz").wantNot("canary", "console_app")
		anyone.get("/healthz").want(http.StatusOK)
		allow()
		anyone.await("/readyz", http.StatusOK, "ready")
	}
	// A change of somebody counts as well.
	form := s.typedUser(s.as(t, s.Owner))
	allow := s.refuse(t, "insert", "run", "disk_full")
	form.post().want(http.StatusServiceUnavailable)
	anyone.await("/readyz", http.StatusServiceUnavailable, string(store.DiskFull))
	allow()
}

// TestTwoConnectionsServePages: Postgres lets the console have two connections.
func TestTwoConnectionsServePages(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Apart(t))
	b := s.as(t, s.Owner)
	form := s.typedUser(b)
	su := s.Superuser(t)
	allow := func(connections int) {
		t.Helper()
		var others int // count as well, though nothing limits them
		if err := su.QueryRow(t.Context(),
			`select count(*) from pg_stat_activity where datname = current_database() and usename <> 'console_app'`).Scan(&others); err != nil {
			t.Fatal(err)
		}
		if _, err := su.Exec(t.Context(), fmt.Sprintf(`alter database %s connection limit %d`, su.Config().Database,
			others+connections)); err != nil {
			t.Fatal(err)
		}
	}
	end := func() {
		t.Helper()
		if _,
			err := su.Exec(t.Context(),
			`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and usename = 'console_app'`); err != nil {
			t.Fatal(err)
		}
	}
	allow(2)
	end()
	b.await(s.ws(""), http.StatusOK, "Organizations")
	var crowd sync.WaitGroup
	for range 30 {
		crowd.Go(func() {
			for _, page := range []string{s.ws(""), s.ws("/runs"), s.org("/users")} {
				b.get(page).want(http.StatusOK)
			}
		})
	}
	crowd.Go(func() { form.send().want(http.StatusOK, "amara") })
	crowd.Wait()
	b.get("/readyz").want(http.StatusOK)

	allow(0)
	end()
	began := time.Now()
	b.await(s.ws(""), http.StatusServiceUnavailable, store.NoConnections.Text())
	for range 20 {
		crowd.Go(func() { b.get(s.ws("")).want(http.StatusServiceUnavailable, store.NoConnections.Text()) })
	}
	crowd.Wait()
	if took := time.Since(began); took > 9*time.Second {
		t.Errorf("said after %v", took)
	}
	b.await("/readyz", http.StatusServiceUnavailable, string(store.NoConnections))
	allow(100)
	b.await(s.ws(""), http.StatusOK, "Organizations")
	b.await("/readyz", http.StatusOK, "ready")
}
