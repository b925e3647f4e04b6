package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// TestStopRequiringSignOnOnTheHost, and what a reset there does to links.
func TestStopRequiringSignOnOnTheHost(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	owner, err := in.OperatorByEmail(t.Context(), in.owner.Email)
	if err != nil {
		t.Fatal(err)
	}
	err = in.InWorkspace(t.Context(), store.WholeWorkspace(in.ws.ID), func(tx *store.Tx) error {
		return tx.SaveSignOn(t.Context(), store.SignOnSettings{Issuer: "https://login.example.com",
			ClientID: "console"},
			new(secret.Box([]byte("k"))), owner.ID,
			store.Record{Event: store.SignOnSaved, Operator: owner.ID, At: time.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	in.Exec(t, `update workspace set sign_on_break_glass = $2 where id = $1`, in.ws.ID, owner.ID)
	in.Exec(t, `insert into sign_on_link (workspace_id, operator_id, issuer, subject, linked_at)
		values ($1, $2, 'https://login.example.com', 'a thief', now())`, in.ws.ID, owner.ID)
	run := func(workspace string) string {
		t.Helper()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		command := exec.Command(self, "sign-on", "stop-requiring", "--workspace", workspace)
		command.Env = []string{asCommand + "=1", "CONSOLE_OWNER_DATABASE_URL=" + in.ownerURL}
		out, _ := command.CombinedOutput()
		return string(out)
	}
	required := func() bool {
		t.Helper()
		access, err := in.Access(t.Context(), owner.ID, in.ws.Slug, "")
		if err != nil {
			t.Fatal(err)
		}
		return access.SignOn.Required()
	}
	if said := run("nowhere"); !strings.Contains(said, `there is no workspace "nowhere"`) || !required() {
		t.Error(said)
	}
	if said := run(in.ws.Slug); !strings.Contains(said, "no longer requires single sign-on") || required() {
		t.Error(said)
	}
	if said := run(in.ws.Slug); !strings.Contains(said, "does not require single sign-on") {
		t.Error(said)
	}
	var recorded int
	if err := in.Superuser(t).QueryRow(t.Context(), `select count(*) from run where workspace_id = $1 and action = $2`,
		in.ws.ID, store.SignOnOptional.Slug).Scan(&recorded); err != nil || recorded != 1 {
		t.Error("on record: ", recorded, err)
	}
	// A thief who linked an account does not come back by it after a reset.
	in.done(t, "", "reset", "--email", owner.Email)
	found, err := in.SignOnsOf(t.Context(), owner.ID)
	if err != nil || len(found) != 1 || found[0].Linked {
		t.Error(found, err)
	}
}
