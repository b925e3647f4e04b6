package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// interrupted records an open run whose process was last heard of a minute ago.
func (s *console) interrupted(t *testing.T, action string, input map[string]string, subject string) (id uuid.UUID) {
	t.Helper()
	process := uuid.New()
	if _, err := s.BeginProcess(t.Context(), process, run.HeartbeatEvery); err != nil {
		t.Fatal(err)
	}
	id = uuid.New()
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		return tx.StartRun(t.Context(), store.Run{ID: id, OrganizationID: &s.Client.ID, AccountID: s.Account.AccountID,
			OperatorID: s.Owner.ID, Action: action,
			Input: input, Subject: subject, StartedAt: s.Clock.Now(), ProcessID: &process,
			Within: 20 * time.Second}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Exec(t, `update process set heartbeat_at = clock_timestamp() - interval '1 minute' where id = $1`, process)
	return id
}

// TestAnInterruptedRunIsToldWhereItMatters: on the page of the run, of the user, in
// front of a form of the same kind, and on Home; and nowhere to others.
func TestAnInterruptedRunIsToldWhereItMatters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	other := s.addUser(t, duosim.UserSpec{Username: "tom"})
	b := s.as(t, s.Owner)
	const told, silent = "the outcome is not known yet", "The process that sent this was last heard of at"
	for _, at := range []string{s.ws(""), s.org("/users/" + user), s.org("/actions/update-user?user_id=" + user),
		s.ws("/runs")} {
		b.get(at).wantNot(told, silent)
	}
	id := s.interrupted(t, "update-user", map[string]string{"user_id": user, "realname": "Jane R"}, "jroe")
	page := s.org("/runs/" + id.String())
	b.get(page).want(http.StatusOK, "Sending", silent, "What Duo did is being looked up.", "Look before you repeat it",
		"Check whether the user's page shows the change.")
	for _, at := range []string{s.ws(""), s.org("/users/" + user), s.org("/actions/update-user?user_id=" + user),
		s.org("/actions/update-user/form")} {
		p := b.get(at).want(http.StatusOK, "Update User, jroe: "+told, silent)
		p.click("Open the run").want(http.StatusOK, "Update User")
	}
	b.get(s.ws("/runs")).want(http.StatusOK, silent)
	b.get(s.org("/users/" + other)).wantNot(told)
	b.get(s.org("/actions/delete-user?user_id=" + other)).wantNot(told)

	// A colleague is told about the same user, and not of other people's runs at home.
	c := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	c.get(s.ws("")).want(http.StatusOK, silent).wantNot(told) // in the list of runs
	c.get(s.org("/actions/update-user?user_id="+user)).want(http.StatusOK, told)
	c.get(s.org("/actions/update-user?user_id=" + other)).wantNot(told)
	elsewhere := s.Organizations(t, s.Workspace, "Elsewhere")[0]
	far := s.as(t, s.Member(t, s.Workspace, catalog.Administrator, elsewhere.ID))
	far.get(s.ws("")).wantNot(told, silent)
	far.get(s.ws("/runs/" + id.String())).want(http.StatusNotFound)

	// What was found when it was looked up.
	looker := uuid.New()
	if _, err := s.BeginProcess(t.Context(), looker, run.HeartbeatEvery); err != nil {
		t.Fatal(err)
	}
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		if _, err := tx.Claim(t.Context(), id, looker); err != nil {
			return err
		}
		_, err := tx.NoteLook(t.Context(), id, looker, "Full name: Jane Roe, as before.", true)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.get(page).want(http.StatusOK, "Not in Duo at "+s.Clock.Now().UTC().Format("15:"), "may still arrive.")
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	recorded := answer[apiRun](s.stranger(t).call(token, http.MethodGet, s.api("/runs/"+id.String()), nil))
	if recorded.State != store.Sending || !strings.Contains(recorded.Summary, "Not in Duo at ") ||
		recorded.Finished != nil {
		t.Errorf("a program reads %+v", recorded)
	}

	// Closed as unknown it is pointed out for a while; closed otherwise it is not.
	close := func(id uuid.UUID, state string) {
		s.Exec(t,
			`update run set state = $2, summary = 'Closed.', finished_at = clock_timestamp() where id = $1`, id, state)
	}
	close(id, store.Unknown)
	b.get(s.ws("")).want(http.StatusOK,
		"Update User, jroe: the outcome is not known. Check in Duo before you repeat it.")
	s.Exec(t, `update run set finished_at = clock_timestamp() - interval '16 minutes' where id = $1`, id)
	b.get(s.ws("")).wantNot("jroe: the outcome is not known")
	second := s.interrupted(t, "update-user", map[string]string{"user_id": user, "realname": "Jane R"}, "jroe")
	close(second, store.Applied)
	b.get(s.ws("")).wantNot(told)
}

// TestManyInterruptedRuns: the home page points out a few of them and says how many more
// there are.
func TestManyInterruptedRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		s.interrupted(t, "create-user", map[string]string{"username": name}, name)
	}
	b := s.as(t, s.Owner)
	b.get(s.ws("")).want(http.StatusOK, "Create User, g: the outcome is not known yet.", "Create User, c:",
		"2 more runs have an unknown outcome.").wantNot("Create User, b: the")
}

// TestALateResultIsShown at the run that it is of, as a record of its own.
func TestALateResultIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.interrupted(t, "create-user", map[string]string{"username": "ada"}, "ada")
	s.Exec(t,
		`update run set state = 'unknown', summary = 'Nobody knows.', finished_at = clock_timestamp() where id = $1`, id)
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		return tx.Record(t.Context(), store.Record{Event: store.LateResult, Operator: s.Owner.ID,
			Organization: s.Client.ID, Subject: "ada", At: s.Clock.Now(),
			Input: map[string]string{"run_id": id.String(), "action": "create-user"}, Summary: "Created user ada."})
	})
	if err != nil {
		t.Fatal(err)
	}
	b := s.as(t, s.Owner)
	b.get(s.org("/runs/"+id.String())).want(http.StatusOK, "Unknown", "Nobody knows.", "Result after the end",
		"Applied: Created user ada.")
	b.get(s.ws("/runs?action=late-result")).want(http.StatusOK, "Late result", "Created user ada.")
}

// TestASilentProcessSaysSo: a console that cannot write to its database answers 503
// in words, also to programs, and keeps out of Duo.
func TestASilentProcessSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Runner = run.New(run.Config{Store: s.Store, HTTP: s.Transport, Now: s.Clock.Now, Sandbox: true})
	b := s.as(t, s.Owner)
	p := b.request(http.MethodPost, s.org("/actions/create-user"),
		url.Values{"run_id": {uuid.NewString()}, "username": {"ada"}, "reviewed": {"1"}}).
		want(http.StatusServiceUnavailable, "Temporarily unavailable", "Nothing was done in Duo.")
	if p.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	got := s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
		map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": "ada"}}).
		wantProblem(http.StatusServiceUnavailable, "unavailable")
	if !strings.Contains(got.Detail, "Nothing was done in Duo.") {
		t.Errorf("a program is told %q", got.Detail)
	}
	if n := len(s.Sim.Ledger()); n != 0 {
		t.Errorf("%d changes in Duo", n)
	}
}
