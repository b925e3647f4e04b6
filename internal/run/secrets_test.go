package run_test

import (
	"encoding/json"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
)

// stored is every row of every table, as text, past row-level security.
func stored(t *testing.T, d *runtest.Desk) map[string]string {
	t.Helper()
	conn := d.Superuser(t)
	rows, err := conn.Query(t.Context(), `select table_schema || '.' || table_name from information_schema.tables
		where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	tables := map[string]string{}
	for _, name := range names {
		var text string
		if err := conn.QueryRow(t.Context(), `select coalesce(jsonb_agg(to_jsonb(r))::text, '') from `+name+
			` r`).Scan(&text); err != nil {
			t.Fatal(name, err)
		}
		tables[name] = text
	}
	return tables
}

// TestSecretsAreStoredNowhere makes every secret that the console handles and
// then looks for them in every column of every table, and in the log.
func TestSecretsAreStoredNowhere(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, phone := addUser(d, "canary.username")
	var secrets []string
	for _, q := range []struct {
		action string
		form   form
	}{
		{"create-bypass-code-for-user", form{"user_id": user, "count": "10"}},
		{"send-activation-url", form{"phone_id": phone, "install": "on"}},
	} {
		done, err := d.Do(t, d.Request(t, catalog.Owner, q.action, q.form))
		if err != nil || len(done.Result.Secrets) == 0 {
			t.Fatal(q.action, err)
		}
		for _, secret := range done.Result.Secrets {
			if secret.Label != catalog.InstallLinkSecret { // the same for everybody
				secrets = append(secrets, secret.Value)
			}
			if _, code, ok := strings.Cut(secret.Value, "/activate/"); ok {
				secrets = append(secrets, code)
			}
		}
	}
	for _, kind := range []string{duosim.AuthAPI, duosim.AccountsAPI, duosim.AdminAPI} {
		secrets = append(secrets, d.Parent.Application(kind).SecretKey)
	}
	// A refused form keeps what was typed as a draft.
	draft := d.NineFields()
	draft["admin_secret_key"], draft["admin_host"] = "CanaryDraftSecret00000000000000000000001", ""
	secrets = append(secrets, draft["admin_secret_key"])
	if refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(),
		draft); err != nil || refused == nil {
		t.Fatal(refused, err)
	}
	// And failures have texts of their own.
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost})
	if _, err := d.Do(t, d.Request(t, catalog.Owner, "create-bypass-code-for-user",
		form{"user_id": user})); err == nil {
		t.Fatal("no failure")
	}
	secrets = append(secrets, d.Sim.BypassCodes(d.Account.AccountID, user)...)

	sinks := stored(t, d)
	sinks["the log"] = d.Log.String()
	if !strings.Contains(sinks["public.run"], "canary.username") ||
		!strings.Contains(sinks["public.integration_secret"], d.Parent.APIHostname) {
		t.Fatal("the search does not see what is there")
	}
	for name, text := range sinks {
		for _, secret := range secrets {
			quoted, _ := json.Marshal(secret)
			if strings.Contains(text, secret) || strings.Contains(text, strings.Trim(string(quoted), `"`)) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

// TestHostileNamesInTheRecord: anyone who can edit a user in a client's Duo chooses
// what the record would say.
func TestHostileNamesInTheRecord(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user := d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada\x00\x1b[2J\u202e\nApplied" +
		strings.Repeat("x", 5000)})
	q := d.Request(t, catalog.Technician, "delete-user", form{"user_id": user})
	if _, err := d.Do(t, q); err != nil {
		t.Fatal(err)
	}
	record := d.Record(t, q.ID)
	for _, text := range []string{record.Subject, record.Summary} {
		if len(text) > 1000 || strings.ContainsAny(text, "\x00\x1b\u202e\n") || !strings.Contains(text, "ada␀") {
			t.Errorf("recorded %q", text)
		}
	}
}
