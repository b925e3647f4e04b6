package store_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// One who may write to the database, but has no key, must not bring one
// customer's keys to work for another, or an old one back.
func TestSealedSecretOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	a, b := newDesk(t), newDesk(t)
	su := a.Superuser(t)
	type place struct {
		desk    desk
		api     string
		version int
	}
	var places []place
	for _, d := range []desk{a, b} {
		for _, api := range []string{store.AccountsAPI, store.AdminAPI} {
			d.save(t, api, "active "+api)
			if err := d.activate(t, api, 1); err != nil {
				t.Fatal(err)
			}
			d.save(t, api, "candidate "+api)
			places = append(places, place{d, api, 1}, place{d, api, 2})
		}
	}
	sealed := func(p place) []byte {
		return column[[]byte](t, su,
			`select sealed_secret from integration_secret where workspace_id = $1 and api = $2 and version = $3`,
			p.desk.ws.ID, p.api, p.version)[0]
	}
	put := func(p place, b []byte) {
		if _,
			err := su.Exec(t.Context(),
			`update integration_secret set sealed_secret = $4 where workspace_id = $1 and api = $2 and version = $3`,
			p.desk.ws.ID, p.api, p.version, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.in(t, func(tx *store.Tx) error {
		return tx.SaveDraft(t.Context(), a.owner.ID, store.AdminAPI, map[string]string{}, today)
	}); err != nil {
		t.Fatal(err)
	}
	draft := column[[]byte](t, su, `select sealed_input from draft where workspace_id = $1`, a.ws.ID)[0]
	for i, to := range places {
		own := sealed(to)
		changed := append([]byte{}, own...)
		changed[len(changed)-1] ^= 1
		wrong := map[string][]byte{"a draft": draft, "changed bytes": changed, "cut bytes": own[:10], "nothing": {}}
		for j, from := range places {
			if i != j {
				wrong[fmt.Sprintf("%s %s %d", from.desk.ws.Name, from.api, from.version)] = sealed(from)
			}
		}
		for what, b := range wrong {
			put(to, b)
			if key, err := to.desk.opened(t, to.api, to.version); !errors.Is(err, secret.ErrCannotOpen) || key != "" {
				t.Errorf("%s opens as %s %s %d: %v", what, to.desk.ws.Name, to.api, to.version, err)
			}
		}
		put(to, own)
		if _, err := to.desk.opened(t, to.api, to.version); err != nil {
			t.Errorf("in its own place: %v", err)
		}
	}
}

// canary is a value that must be found nowhere, in none of the forms that a
// database shows bytes in.
type canary struct{ name, value string }

func (c canary) forms() []string {
	forms := []string{c.value, hex.EncodeToString([]byte(c.value))}
	// In base64 a text looks differently at each of three offsets; what it shares
	// with its neighbours is cut off.
	for offset := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + c.value))
		inner := encoded[(offset*8+5)/6 : len(encoded)-2]
		forms = append(forms, inner, hex.EncodeToString([]byte(inner)),
			strings.NewReplacer("+", "-", "/", "_").Replace(inner))
	}
	return forms
}

// dump returns every row of every table as text, as one who steals the database
// has it.
func dump(t testing.TB, su *pgx.Conn) string {
	t.Helper()
	var b strings.Builder
	for _, name := range column[string](t, su, `select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`) {
		for _, row := range column[string](t, su, `select x::text from `+name+` x`) {
			b.WriteString(row + "\n")
		}
	}
	return b.String()
}

func TestNoSecretIsStoredInClear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := func(name string) canary { return canary{name, rand.Text()} }
	retired, active, candidate := made("retired key"), made("key in use"), made("candidate's key")
	draft, field, token := made("draft"), made("secret field of a run"), made("session token")
	plain := rand.Text() // stored on purpose: it proves that the search finds what is there

	for i, key := range []canary{retired, active, candidate} {
		version := d.save(t, store.AdminAPI, key.value)
		if i < 2 {
			if err := d.activate(t, store.AdminAPI, version); err != nil {
				t.Fatal(err)
			}
		}
	}
	hash := sha256.Sum256([]byte(token.value))
	if err := d.StartSession(t.Context(), d.Opening(t, d.owner, hash[:], today, today.Add(time.Hour)),
		today); err != nil {
		t.Fatal(err)
	}
	r := newRun(d.owner.ID)
	if err := d.in(t, func(tx *store.Tx) error {
		return errors.Join(
			tx.SaveDraft(t.Context(), d.owner.ID, "integration",
				map[string]string{"admin_secret_key": draft.value}, today),
			tx.StartRun(t.Context(), r, []string{"ada", field.value}),
			tx.FinishRun(t.Context(), r.ID, store.Ending{State: store.Applied, Summary: plain}, today))
	}); err != nil {
		t.Fatal(err)
	}
	text := dump(t, d.Superuser(t))
	for _, c := range []canary{retired, active, candidate, draft, field, token, {"password", storetest.Password}} {
		for _, form := range c.forms() {
			if strings.Contains(text, form) {
				t.Errorf("the %s is stored as %q", c.name, form)
			}
		}
	}
	if !strings.Contains(text, plain) {
		t.Error("the search does not find what is stored as text")
	}
	if !strings.Contains(text, hex.EncodeToString(hash[:])) {
		t.Error("the search does not find what is stored as bytes")
	}
}

// What Postgres refuses is logged: the error must not repeat what was sent.
func TestErrorsRepeatNoValues(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	value := rand.Text()
	for what, fn := range map[string]func(*store.Tx) error{
		"an API that does not exist": func(tx *store.Tx) error {
			_, err := tx.AddCandidate(t.Context(), store.OfWorkspace(value), value, value, secret.Box([]byte(value)),
				d.owner.ID, today)
			return err
		},
		"an operator that does not exist": func(tx *store.Tx) error {
			return tx.SaveDraft(t.Context(), uuid.New(), value, map[string]string{"k": value}, today)
		},
		"a state that does not exist": func(tx *store.Tx) error {
			r := newRun(d.owner.ID)
			return errors.Join(tx.StartRun(t.Context(), r, nil),
				tx.FinishRun(t.Context(), r.ID, store.Ending{State: value, Subject: value, Summary: value}, today))
		},
		"a ticket that is too long": func(tx *store.Tx) error {
			r := newRun(d.owner.ID)
			r.Ticket = strings.Repeat(value, 5)
			return tx.StartRun(t.Context(), r, []string{value})
		},
	} {
		err := d.in(t, fn)
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), value) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
