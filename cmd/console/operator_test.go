package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// operator runs one command on the host with something on its standard input,
// and returns what it said and whether it failed.
func (in installation) operator(t *testing.T, stdin string, args ...string) (said string, failed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, append([]string{"operator"}, args...)...)
	command.Env = []string{asCommand + "=1", "CONSOLE_OWNER_DATABASE_URL=" + in.ownerURL}
	command.Stdin = strings.NewReader(stdin)
	out, err := command.CombinedOutput()
	return string(out), err != nil
}

func (in installation) done(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	said, failed := in.operator(t, stdin, args...)
	if failed {
		t.Fatalf("operator %s: %s", strings.Join(args, " "), said)
	}
	return said
}

func (in installation) refused(t *testing.T, words, stdin string, args ...string) {
	t.Helper()
	if said, failed := in.operator(t, stdin, args...); !failed || !strings.Contains(said, words) {
		t.Errorf("operator %s: expected %q, got: %s", strings.Join(args, " "), words, said)
	}
}

func (in installation) fits(t *testing.T, email, password string) bool {
	t.Helper()
	found, err := in.OperatorByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	fits, _, err := secret.CheckPassword(t.Context(), found.PasswordHash, password)
	if err != nil {
		t.Fatal(err)
	}
	return fits
}

// recorded lists the actions that the record of the workspace holds about an
// operator, oldest first.
func (in installation) recorded(t *testing.T, email string) string {
	t.Helper()
	var actions []string
	rows, err := in.Superuser(t).Query(t.Context(),
		`select action from run where workspace_id = $1 and subject = $2 order by started_at`, in.ws.ID, email)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var action string
		if err := rows.Scan(&action); err != nil {
			t.Fatal(err)
		}
		actions = append(actions, action)
	}
	return strings.Join(actions, " ")
}

const bob = "bob@msp.example"

func shown(said string) string {
	_, password, _ := strings.Cut(said, "Password, shown this once: ")
	password, _, _ = strings.Cut(password, "\n")
	return password
}

func TestOperatorIsAddedWithinOrganizations(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	organizations := in.Organizations(t, in.ws, "Acme Dental", "Birch Legal", "Cedar Homes")
	add := []string{"add", "--workspace", in.ws.Slug, "--email", bob, "--role", "technician", "--organizations"}
	in.refused(t, "no organization of that workspace has the address nowhere", "",
		append(add, "acme-dental,nowhere")...)
	in.refused(t, "holds an empty address", "", append(add, "acme-dental,")...)
	in.refused(t, "holds an empty address", "", append(add, "")...)
	in.refused(t, "--role is none of", "", "add", "--workspace", in.ws.Slug, "--email", bob)
	in.refused(t, "an owner reaches all", "", append(add, "acme-dental", "--role", "owner")...)
	if _, err := in.OperatorByEmail(t.Context(), bob); !errors.Is(err, store.ErrNotFound) {
		t.Error("a refused command made an operator: ", err)
	}
	said := in.done(t, "", append(add, "acme-dental, birch-legal,acme-dental")...)
	if !in.fits(t, bob, shown(said)) {
		t.Errorf("the password shown does not fit: %s", said)
	}
	op, err := in.OperatorByEmail(t.Context(), bob)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range organizations {
		_, err := in.Access(t.Context(), op.ID, in.ws.Slug, o.Slug)
		if reached := err == nil; reached != (i < 2) || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is reached: %t (%v)", o.Name, reached, err)
		}
	}
	if got := in.recorded(t, bob); got != "add-operator" {
		t.Errorf("on record: %q", got)
	}
}

func TestOperatorIsResetAndDisabled(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	first := shown(in.done(t, "", "add", "--workspace", in.ws.Slug, "--email", bob, "--role", "technician"))
	op, err := in.OperatorByEmail(t.Context(), bob)
	if err != nil {
		t.Fatal(err)
	}
	token, now := []byte(strings.Repeat("t", 32)), time.Now()
	signIn := func() {
		t.Helper()
		if op, err = in.OperatorByEmail(t.Context(), bob); err != nil {
			t.Fatal(err)
		}
		if err := in.StartSession(t.Context(), in.Opening(t, op, token, now, now.Add(time.Hour)), now); err != nil {
			t.Fatal(err)
		}
	}
	signedIn := func() bool {
		t.Helper()
		_, err := in.FindSession(t.Context(), token, now, time.Hour)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}

	signIn()
	in.refused(t, "at least 15 are needed", "too short\n", "reset", "--email", bob, "--password-stdin")
	in.refused(t, "easy to guess", strings.Repeat("ab", 10)+"\n", "reset", "--email", bob, "--password-stdin")
	in.refused(t, "easy to guess", bob+"\n", "reset", "--email", bob, "--password-stdin")
	in.refused(t, "there is no operator nobody@msp.example", "", "reset", "--email", "nobody@msp.example")
	in.refused(t, "--email: Fill this in.", "", "reset")
	in.refused(t, "not an email address", "", "reset", "--email", "b\u00f6b@msp.example")
	if !in.fits(t, bob, first) || !signedIn() {
		t.Error("a refused command changed something")
	}
	said := in.done(t, "", "reset", "--email", " BOB@msp.example ")
	second := shown(said)
	if !strings.Contains(said, "Ended sessions: 1, access tokens: 0, invitations: 0. Forgotten devices: 0.") ||
		!strings.Contains(said, "changed no members, access tokens or keys") {
		t.Errorf("the reset says %s", said)
	}
	if in.fits(t, bob, first) || !in.fits(t, bob, second) || len(second) < 15 || signedIn() {
		t.Error("the reset left the old password, or a session")
	}
	const chosen = "fifteen letters at least"
	if said := in.done(t, chosen+"\n", "reset", "--email", bob, "--password-stdin"); strings.Contains(said, chosen) ||
		!in.fits(t, bob, chosen) {
		t.Errorf("the password that was read does not fit, or is shown: %s", said)
	}

	signIn()
	in.done(t, "", "disable", "--email", bob)
	if found, err := in.OperatorByEmail(t.Context(), bob); err != nil || !found.Disabled || signedIn() {
		t.Errorf("after disabling: %+v, signed in %t (%v)", found, signedIn(), err)
	}
	in.done(t, "", "enable", "--email", bob)
	if found, err := in.OperatorByEmail(t.Context(), bob); err != nil || found.Disabled || signedIn() {
		t.Errorf("after enabling: %+v, signed in %t (%v)", found, signedIn(), err)
	}
	if got := in.recorded(t,
		bob); got != "add-operator reset-password reset-password disable-operator enable-operator" {
		t.Errorf("on record: %q", got)
	}

	if said := in.done(t, "", "disable", "--email", in.owner.Email); !strings.Contains(said,
		"/w/"+in.ws.Slug+" is without an owner") {
		t.Errorf("nothing is said of the workspace that lost its owner: %s", said)
	}
	if said := in.done(t, "", "disable", "--email", bob); strings.Contains(said, "without an owner") {
		t.Errorf("a technician was the owner: %s", said)
	}
	for _, args := range [][]string{{}, {"remove"}} {
		in.refused(t, "usage:", "", args...)
	}
}

// The host is told what a stolen account changed, and what the words of others
// hold cannot change the terminal.
func TestResetTellsWhatTheAccountChanged(t *testing.T) {
	t.Parallel()
	in := newInstallation(t)
	scope := store.WholeWorkspace(in.ws.ID)
	err := in.InWorkspace(t.Context(), scope, func(tx *store.Tx) error {
		return errors.Join(
			tx.Invite(t.Context(), store.Invitation{ID: uuid.New(), Email: "thief@msp.example", Role: "owner",
				Every: true, InvitedBy: in.owner.ID, InvitedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)},
				make([]byte, 32)),
			tx.Record(t.Context(),
				store.Record{Event: store.OperatorInvited, Operator: in.owner.ID, Subject: "thief@msp.example",
					Summary: "Invited \x1b[2Jthief@msp.example.", At: time.Now(), Token: "ticket system"},
				store.Record{Event: store.Event{Slug: catalog.ProvisionAuth().Slug}, Operator: in.owner.ID,
					Subject: "new keys", At: time.Now()},
				store.Record{Event: store.MemberChanged, Operator: in.owner.ID, Subject: "last week",
					At: time.Now().Add(-7 * 24 * time.Hour)},
				store.Record{Event: store.MemberChanged, Operator: in.owner.ID, Subject: "refused",
					State: store.Refused, At: time.Now()}))
	})
	if err != nil {
		t.Fatal(err)
	}
	said := in.done(t, "", "reset", "--email", in.owner.Email)
	if disabled := in.done(t, "", "disable", "--email", in.owner.Email); !strings.Contains(disabled,
		"provision-auth-api new keys") {
		t.Errorf("the keys that were made are missing in %s", disabled)
	}
	for _, want := range []string{"provision-auth-api new keys", "invitations: 1",
		"/w/" + in.ws.Slug + "  invite-operator thief@msp.example: Invited", "By the access token ticket system."} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in %s", want, said)
		}
	}
	for _, wrong := range []string{"\x1b", "last week", "refused"} {
		if strings.Contains(said, wrong) {
			t.Errorf("%q is in %s", wrong, said)
		}
	}
}
