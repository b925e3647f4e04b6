package web

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/store"
)

var bindsTo = regexp.MustCompile(
	`^/w/([^/?]+)(?:/o/([^/?]+))?/(?:actions/|archive|connection|integration/mapping|users/[^/]+/(?:call-back|revoke-codes))`)

// bind adds to a form the connection that its page would carry now, where it has
// none and the address takes one.
func (s *console) bind(t testing.TB, address string, form url.Values) url.Values {
	t.Helper()
	m := bindsTo.FindStringSubmatch(address)
	if m == nil || form.Has("connection") {
		return form
	}
	bound := maps.Clone(form)
	workspace, organization := s.ids(t, m[1], m[2])
	if !strings.Contains(address, "/integration/mapping") {
		bound.Set("connection", s.connectionOf(t, workspace, organization))
		return bound
	}
	for name := range form {
		if id, row := strings.CutPrefix(name, "account."); row && !form.Has("connection."+id) {
			organization, _ := uuid.Parse(id)
			bound.Set("connection."+id, s.connectionOf(t, workspace, organization))
		}
	}
	return bound
}

// connectionOf is the name of a connection as it is now; of the workspace's keys
// where no organization is named.
func (s *console) connectionOf(t testing.TB, workspace, organization uuid.UUID) string {
	t.Helper()
	scope := store.WholeWorkspace(workspace)
	var o store.Organization
	if organization != uuid.Nil {
		err := s.InWorkspace(t.Context(), scope, func(tx *store.Tx) (err error) {
			o, err = tx.Organization(t.Context(), organization)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return "none"
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	name, _, err := s.Desk.Runner.Connection(t.Context(), scope, o)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// ids are those of the slugs of an address; what does not exist has none.
func (s *console) ids(t testing.TB, workspace, organization string) (ws, org uuid.UUID) {
	t.Helper()
	if known, ok := s.known.Load(workspace + "/" + organization); ok {
		return known.([2]uuid.UUID)[0], known.([2]uuid.UUID)[1]
	}
	conn, err := pgx.Connect(t.Context(), s.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var found *uuid.UUID
	err = conn.QueryRow(t.Context(),
		`select w.id, o.id from workspace w left join organization o on o.workspace_id = w.id and o.slug = $2 where w.slug = $1`,
		workspace, organization).Scan(&ws, &found)
	if err != nil || found == nil {
		return ws, uuid.Nil
	}
	s.known.Store(workspace+"/"+organization, [2]uuid.UUID{ws, *found})
	return ws, *found
}
