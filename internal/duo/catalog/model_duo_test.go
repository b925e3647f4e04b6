package catalog_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// modelDuo carries out calls of the model with the console's own actions in a simulator, which is
// reached without a network: requests are signed, checked and parsed all the same.
type modelDuo struct {
	t       testing.TB
	sim     *duosim.Sim
	client  *duo.Client
	now     time.Time
	account string
	group   string
	empty   duosim.Snapshot // the account with the group alone
	carried int             // calls that were carried out
}

type inProcess struct{ sim *duosim.Sim }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	w := httptest.NewRecorder()
	p.sim.ServeHTTP(w, in)
	return w.Result(), nil
}

// modelRecord is the record of one user's move to the trash.
type modelRecord struct{ past *catalog.Past }

func (r modelRecord) Trashed(context.Context, duo.UserID) (*catalog.Past, error)  { return r.past, nil }
func (r modelRecord) Verified(context.Context, duo.UserID) (*catalog.Past, error) { return nil, nil }

func newModelDuo(t testing.TB) *modelDuo {
	m := &modelDuo{t: t, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	var err error
	if m.sim, err = duosim.New(duosim.Options{Now: func() time.Time { return m.now }}); err != nil {
		t.Fatal(err)
	}
	account := m.sim.AddChild(m.sim.AddParent("Parent").AccountID, "Child")
	keys := m.sim.AddApplication(account.AccountID, duosim.AdminAPI)
	lend := func(use func([]byte)) error { use([]byte(keys.SecretKey)); return nil }
	m.client = duo.New(duo.Credentials{Host: account.APIHostname, IntegrationKey: keys.IntegrationKey, Secret: lend},
		duo.Options{Transport: inProcess{m.sim}, Now: func() time.Time { return m.now }})
	m.account, m.group = account.AccountID, m.sim.AddGroup(account.AccountID, "Group", "")
	m.empty = m.sim.Snapshot()
	return m
}

// build makes the simulator hold a state, and returns the ids of its people, with what the record has
// of their moves to the trash.
func (m *modelDuo) build(s modelState) (ids [4]string, past [4]*catalog.Past) {
	m.sim.Revert(m.empty)
	title := map[word]string{active: "Active", bypass: "Bypass", disabled: "Disabled"}
	m.sim.SetGroupStatus(m.account, m.group, title[s.group])
	for at, p := range s.people {
		if p.name == 0 {
			continue
		}
		spec := duosim.UserSpec{Username: p.name.list()[0], Aliases: p.aliases.list(), Status: p.status.String(),
			BeforeTrash: p.hidden.String()}
		if p.member {
			spec.GroupIDs = []string{m.group}
		}
		if p.pastStatus != none {
			spec.Status, spec.BeforeTrash = p.hidden.String(), ""
		}
		ids[at] = m.sim.AddUser(m.account, spec)
		if p.pastStatus == none {
			continue
		}
		if err := m.client.SendToTrash(m.t.Context(), duo.UserID(ids[at])); err != nil {
			m.t.Fatal(err)
		}
		before := map[string]string{"username": spec.Username, "aliases": strings.Join(spec.Aliases, "\n"),
			"status": p.pastStatus.String()}
		if p.pastGroup != none {
			before["groups"] = m.group + " " + title[p.pastGroup]
		}
		past[at] = &catalog.Past{Before: before, From: m.now, To: m.now, Now: m.now.Add(time.Hour)}
	}
	return ids, past
}

// do carries a call out as the console does, from a state to the one it leads to; a refused call
// leaves the state as it is.
func (m *modelDuo) do(s modelState, c modelCall) modelState {
	action, _ := catalog.Lookup(c.slug)
	ids, past := m.build(s)
	form := map[string]string{"group_id": m.group}
	if c.at >= 0 {
		form["user_id"] = ids[c.at]
	}
	for pair := range strings.SplitSeq(c.form, "&") {
		if name, value, given := strings.Cut(pair, "="); given {
			form[name] = value
		}
	}
	in, bad := action.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
	if len(bad) > 0 {
		m.t.Fatal(c, bad)
	}
	if c.role < action.LeastRole(in) {
		return s
	}
	m.carried++
	in = in.By(c.role)
	var before map[string]string
	if c.slug == "delete-user" {
		var err error
		if before, err = action.Before(m.t.Context(), m.client, in); err != nil {
			m.t.Fatal(c, err)
		}
	}
	if c.at >= 0 {
		in = in.Recalling(modelRecord{past[c.at]})
	}
	m.now = m.now.Add(time.Hour)
	defer func() { m.now = m.now.Add(-time.Hour) }()
	_, err := action.Run(context.Background(), m.client, in)
	var fault *catalog.FieldError
	var role *catalog.RoleError
	var refused *duo.Error
	if err != nil && !errors.As(err, &fault) && !errors.As(err, &role) && !errors.As(err, &refused) {
		m.t.Fatal(c, err)
	}
	return m.read(s, c, ids, before)
}

// read is what the simulator holds after a call from s.
func (m *modelDuo) read(s modelState, c modelCall, ids [4]string, before map[string]string) modelState {
	after := modelState{group: wordOf(m.sim.GroupStatus(m.account, m.group))}
	for _, u := range m.sim.UserStates(m.account) {
		at := created
		for i, id := range ids {
			if id == u.UserID {
				at = i
			}
		}
		p := person{
			name: nameSetOf(u.Username), aliases: nameSetOf(u.Aliases...), status: wordOf(u.Status),
			hidden: wordOf(u.BeforeTrash), member: len(u.GroupIDs) > 0,
		}
		switch was := s.people[at]; {
		case p.status != trashed:
		case was.status == trashed:
			p.pastStatus, p.pastGroup = was.pastStatus, was.pastGroup
		case c.at == at && c.slug == "delete-user":
			_, group, _ := strings.Cut(before["groups"], " ")
			p.pastStatus, p.pastGroup = wordOf(before["status"]), wordOf(group)
		}
		after.people[at] = p
		if inForce := after.inForce(p, ways[0]); inForce != wordOf(u.InForce) {
			m.t.Errorf("the model has %v in force and the simulator %s, of %+v", inForce, u.InForce, p)
		}
	}
	return after
}
