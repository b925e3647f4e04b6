package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"duodesk/deploy"
	"duodesk/internal/run/factors"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// What decides a drill, without the tools of Postgres that make and restore the
// dump: make drill and make proof go the whole way.
func TestDrillOpensEverySecret(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := store.CreateDatabase(t.Context(), db.OwnerURL, "drilled"); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(url string) string { return strings.Replace(url, "/console?", "/drilled?", 1) }
	superURL, appURL := elsewhere(db.OwnerURL), elsewhere(db.AppURL)
	key, other := filepath.Join(t.TempDir(), "key.json"), filepath.Join(t.TempDir(), "key.json")
	for _, path := range []string{key, other} {
		if err := secret.Create(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := fillSample(t.Context(), superURL, appURL, key); err != nil {
		t.Fatal(err)
	}
	check := func(keyFile, fault, said string) {
		t.Helper()
		var out bytes.Buffer
		err := checkRestored(t.Context(), superURL, appURL, keyFile, &out)
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) ||
			!strings.Contains(out.String(), said) {
			t.Errorf("expected %q and %q, got %v and %q", fault, said, err, out.String())
		}
	}
	check(key, "", "All 8 sealed values open.")
	check(other, store.ErrOtherKeyFile.Error(), "")
	check(other+".not", "is missing", "")

	db = storetest.DB{OwnerURL: superURL}
	db.Exec(t, `update integration_secret a set sealed_secret = b.sealed_secret from integration_secret b
		where a.workspace_id = b.workspace_id and a.api = 'admin' and b.api = 'accounts' and a.organization_id is null`)
	check(key, "2 sealed values do not open", "")
	check(key, "admin version 1", "")
	// A key file that the database knows, and a value of before another one's time.
	db.Exec(t, `delete from sealing_key`)
	check(other, "values sealed with the key", "")
}

// What a dump brings back to life ends before serve starts.
func TestRestoredEndsWhatWasOpen(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := store.CreateDatabase(t.Context(), db.OwnerURL, "restored"); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(url string) string { return strings.Replace(url, "/console?", "/restored?", 1) }
	superURL, key := elsewhere(db.OwnerURL), filepath.Join(t.TempDir(), "key.json")
	if err := secret.Create(key); err != nil {
		t.Fatal(err)
	}
	if err := fillSample(t.Context(), superURL, elsewhere(db.AppURL), key); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	const counts = `
		select (select count(*) from session) || ' ' || (select count(*) from api_token) || ' ' || (select count(*) from invitation) || ' ' || (select count(*) from draft) || ' ' || (select count(*) from device)`
	count := func(want string) {
		t.Helper()
		var got string
		if err := conn.QueryRow(t.Context(), counts).Scan(&got); err != nil || got != want {
			t.Errorf("sessions, tokens, invitations, drafts, devices: %s, want %s (%v)", got, want, err)
		}
	}
	_, err = conn.Exec(t.Context(), `
		insert into session (token_hash, operator_id, created_at, seen_at, ends_at)
			select sha256(id::text::bytea), id, now(), now(), now() + interval '1 hour' from operator;
		insert into device (operator_id, token_hash, address, agent, created_at, seen_at, ends_at) select id, sha256('d'), '', '', now(), now(), now() + interval '1 day' from operator;
		insert into api_token (workspace_id, id, operator_id, name, role, every_organization, token_hash, created_at, expires_at)
			select workspace_id, gen_random_uuid(), operator_id, 'billing', 'auditor', true, sha256('t'), now(), now() + interval '1 hour' from membership;
		insert into invitation (workspace_id, id, email, role, every_organization, token_hash, invited_by, invited_at, expires_at)
			select workspace_id, gen_random_uuid(), 'new@msp.example', 'owner', true, sha256('i'), operator_id, now(), now() + interval '1 hour' from membership`)
	if err != nil {
		t.Fatal(err)
	}
	count("1 2 2 2 1")
	if _, err := conn.Exec(t.Context(), deploy.Restored); err != nil {
		t.Fatal(err)
	}
	count("0 0 0 0 0")
	s, err := open(t.Context(), config{databaseURL: elsewhere(db.AppURL), keyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o, err := s.OperatorByEmail(t.Context(), "ana@northwind.example")
	if err != nil || o.Epoch != 1 {
		t.Errorf("%+v (%v)", o, err)
	}
	if _, err := factors.NewTrialApp(t.Context(), s, o, time.Now()); err != nil {
		t.Fatal(err)
	}
	proved, err := s.Factors(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StartSession(t.Context(), store.Opening{TokenHash: make([]byte, 32), Operator: o,
		Proof:  store.Proof{Factor: proved[0].ID, Kind: proved[0].Kind, At: time.Now()},
		EndsAt: time.Now().Add(time.Hour)}, time.Now()); err != nil {
		t.Error("nobody can sign in: ", err)
	}
}
