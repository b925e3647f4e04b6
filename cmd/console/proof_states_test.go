//go:build proof

package main

import (
	"cmp"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// Some pages and forms are there only while something is pending. Proofs that
// walk over all pages need all of it at once.

// newAccount is the name of an account in Duo that no organization has.
const newAccount = `<b>"new"</b>`

var invitationLink = regexp.MustCompile(`/invitation#([\w-]+)`)

// leaveEverything brings the site into every state that has pages or forms of
// its own, with an organization in the middle of them, and returns the token of
// an invitation and a member who is disabled. The texts are in the file that
// waits to be imported.
func (s *proofSite) leaveEverything(o store.Organization, texts []string) (token string, disabled store.Operator) {
	s.t.Helper()
	s.leaveCandidates(o)
	disabled = s.db.Member(s.t, s.ws, catalog.Technician)
	s.db.Exec(s.t, `update membership set disabled_at = now() where operator_id = $1`, disabled.ID)

	client := s.browser(s.owner)
	defer client.CloseIdleConnections()
	at := s.home() + "/o/" + o.Slug
	for key, name := range map[string]string{"DSPROOFPROOFPROOF001": "First", "DSPROOFPROOFPROOF002": "Second"} {
		s.must(client, http.StatusSeeOther, at+"/connection/directories",
			url.Values{"directory_name": {name}, "directory_key": {key}, "connection": {o.Connection()}})
	}
	s.must(client, http.StatusSeeOther, s.home()+"/o/import", url.Values{"text": {fileOf(texts)}})
	for _, email := range []string{"new@msp.example", "other@msp.example"} {
		form := url.Values{"run_id": {uuid.NewString()}, "email": {email}, "role": {"technician"}, "reach": {"all"}}
		// The first is returned: the page of operators offers to revoke the last.
		if m := invitationLink.FindStringSubmatch(s.must(client, http.StatusOK, s.home()+"/operators/invite",
			form)); m != nil {
			token = cmp.Or(token, m[1])
		}
	}
	if token == "" {
		s.t.Fatal("an invitation is answered without its link")
	}
	s.must(client, http.StatusOK, s.url+"/account/tokens/"+s.ws.Slug, url.Values{"run_id": {uuid.NewString()},
		"name": {"program"}, "days": {"7"}, "role": {"auditor"}, "reach": {"all"}, "password": {storetest.Password}})
	// One account is renamed in Duo, one is new there.
	for _, a := range s.duo.Accounts {
		if !a.Parent && a.AccountID != o.AccountID {
			s.sim.RenameAccount(a.AccountID, a.Name+` & "Sons"`)
			break
		}
	}
	s.sim.AddChild(s.duo.Accounts[0].AccountID, newAccount)
	s.must(client, http.StatusSeeOther, s.home()+"/integration/accounts/refresh", url.Values{})
	return token, disabled
}

// fileOf is a file to import, with a row for each text and one that is at fault.
func fileOf(texts []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"name", "aliases"})
	for _, text := range texts {
		_ = w.Write([]string{strings.ReplaceAll(text, "\x00", ""), "alias"})
	}
	_ = w.Write([]string{"", "a row without a name"})
	w.Flush()
	return b.String()
}

// must posts a form of the owner, with a second factor where a page asks, and returns the answer, which has to be of that status.
func (s *proofSite) must(client *http.Client, status int, address string, form url.Values) string {
	s.t.Helper()
	answer, err := s.send(client.Do, s.owner, s.post(s.t.Context(), address, form))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != status {
		s.t.Fatalf("%s is answered with %d, not %d: %.3000s", address, answer.StatusCode, status, body)
	}
	return string(body)
}

// leaveCandidates leaves new keys behind that Duo does not accept, of each API
// of the workspace and of an organization's own.
func (s *proofSite) leaveCandidates(o store.Organization) {
	s.t.Helper()
	runner, sc, actor := s.runner(), store.WholeWorkspace(s.ws.ID), run.Actor{Operator: s.owner.ID, Role: catalog.Owner}
	fields := sandboxValues(s.duo.Accounts)
	for name := range fields {
		if setup.SecretField(name) {
			fields[name] = strings.Repeat("x", 40)
		}
	}
	if refused, _, err := setup.New(runner).SaveKeys(s.t.Context(), sc, actor, setup.Nine(), fields); err != nil ||
		refused != nil {
		s.t.Fatal(err, refused)
	}
	elsewhere := s.sim.AddParent("Elsewhere")
	own := map[string]string{"own_host": elsewhere.APIHostname,
		"own_integration_key": elsewhere.Application(duosim.AdminAPI).IntegrationKey,
		"own_secret_key":      strings.Repeat("x", 40)}
	if refused, _, err := setup.New(runner).SaveKeys(s.t.Context(), sc, actor, setup.OfOrganization(o, store.AdminAPI),
		own); err != nil || refused != nil {
		s.t.Fatal(err, refused)
	}
	// Of the Auth API some are in use besides.
	login, host := s.sim.AddApplication(o.AccountID, duosim.AuthAPI), ""
	for _, a := range s.sim.Accounts() {
		if a.AccountID == o.AccountID {
			host = a.APIHostname
		}
	}
	for _, key := range []string{login.SecretKey, strings.Repeat("x", 40)} {
		typed := map[string]string{"ownauth_host": host, "ownauth_integration_key": login.IntegrationKey,
			"ownauth_secret_key": key}
		if refused, _, err := setup.New(runner).SaveKeys(s.t.Context(), sc, actor,
			setup.OfOrganization(o, store.AuthAPI), typed); err != nil || refused != nil {
			s.t.Fatal(err, refused)
		}
	}
}
