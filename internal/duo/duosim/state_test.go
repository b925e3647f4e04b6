package duosim

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "duosim.json")
	b := newBench(t, Options{StateFile: file})
	created := b.wantOK(b.asParent("POST", "/admin/v1/users", "username", "ada", "aliases", "alias3=al")).object()
	path := "/admin/v1/users/" + created["user_id"].(string)
	b.wantOK(b.asParent("POST", path+"/bypass_codes", "codes", "123456", "valid_secs", "60"))
	b.wantOK(b.asParent("POST", "/admin/v1/settings", "pending_deletion_days", "3", "lockout_threshold", "7"))
	b.wantOK(b.asParent("POST", "/admin/v1/users/bulk_send_to_trash", "user_id_list",
		`["`+created["user_id"].(string)+`"]`))
	group := "/admin/v1/groups/" + b.wantOK(b.asParent("POST", "/admin/v1/groups", "name",
		"Pilots")).object()["group_id"].(string)
	b.wantOK(b.asParent("POST", group, "status", "bypass"))
	b.wantVoid(b.asParent("POST", path+"/groups", "group_id", strings.TrimPrefix(group, "/admin/v1/groups/")))
	phone := "/admin/v1/phones/" + b.wantOK(b.asParent("POST", "/admin/v1/phones", "number",
		"+17345551212")).object()["phone_id"].(string)
	b.wantOK(b.asParent("POST", phone, "predelay", "5", "extension", "22"))
	before := b.wantOK(b.asParent("GET", path)).Text + b.wantOK(b.asParent("GET", phone)).Text

	again := newBench(t, Options{StateFile: file, Estate: EstateDemo})
	again.parent, again.child = b.parent, b.child
	if !reflect.DeepEqual(again.Accounts(), b.Accounts()) {
		t.Errorf("accounts after restart: %v", again.Accounts())
	}
	if after := again.wantOK(again.asParent("GET", path)).Text +
		again.wantOK(again.asParent("GET", phone)).Text; after != before {
		t.Errorf("user after restart:\n%s\nwant\n%s", after, before)
	}
	if got := again.wantOK(again.asParent("GET", "/admin/v1/settings")).object()["lockout_threshold"]; got != 7.0 {
		t.Errorf("setting after restart: %v", got)
	}
	again.wantVoid(again.asParent("POST", "/admin/v1/users/bulk_restore", "user_id_list",
		`["`+created["user_id"].(string)+`"]`))

	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("state file mode %v: it holds secret keys", info.Mode())
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUnusableStateFileIsAnErrorAndKept(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{", `{"Version": 99}`} {
		file := filepath.Join(t.TempDir(), "duosim.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{StateFile: file, Estate: EstateDemo}); err == nil ||
			!strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v, want one naming the file", text, err)
		}
		if kept, _ := os.ReadFile(file); string(kept) != text {
			t.Errorf("%s was overwritten", text)
		}
	}
}

func TestParallelRequestsLoseNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{StateFile: filepath.Join(t.TempDir(), "duosim.json")})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 5 {
				b.asParent("POST", "/admin/v1/users", "username", fmt.Sprintf("user-%d-%d", i, k))
				b.asParent("GET", "/admin/v1/users")
				b.AddPhone(b.child.AccountID, PhoneSpec{Name: fmt.Sprint(i, k)})
				b.Ledger()
			}
		})
	}
	all.Wait()
	if n := b.wantOK(b.asParent("GET", "/admin/v1/users")).Metadata["total_objects"]; n != 40 || len(b.Ledger()) != 40 {
		t.Errorf("%d users, %d effects, want 40", n, len(b.Ledger()))
	}
	if n := b.Calls(b.child.AccountID); n != 81 {
		t.Errorf("%d calls counted, want 81", n)
	}
}

// The file was written by the first version of the simulator.
func TestOlderStateFileStillLoads(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/state-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "duosim.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, Options{StateFile: file})
	b.parent, b.child = b.Accounts()[0], b.Accounts()[1]
	b.wantRefusal(b.asParent("GET", "/admin/v1/users"), 42901, "") // its fault, once
	if u := b.wantOK(b.asParent("GET", "/admin/v1/users")).list(); u[0]["username"] != "ada" ||
		u[0]["status"] != PendingDeletion || u[0]["alias1"] != "countess" {
		t.Errorf("users: %v", u)
	}
	full, reading := b.child.Applications[0], b.child.Applications[1]
	for _, path := range []string{"logs/administrator", "admins", "integrations"} {
		b.wantOK(b.call(b.child.APIHostname, full, "GET", "/admin/v1/"+path))
		b.wantRefusal(b.call(b.child.APIHostname, reading, "GET", "/admin/v1/"+path), 40301, "")
	}
}

func TestNewerStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "duosim.json")
	b := newAuthBench(t, Options{StateFile: file})
	b.AddToken(b.child.AccountID, TokenSpec{Serial: "1", Secret: "00", UserIDs: []string{b.ada}})
	b.AddCredential(b.child.AccountID, CredentialSpec{UserID: b.ada, Name: "YubiKey"})
	b.AddAdmin(b.child.AccountID, AdminSpec{Name: "Jane"})
	b.SetLogo(b.child.AccountID, []byte("png"))
	b.SetTelephony(b.child.AccountID, false)
	b.setGlobalPolicy(map[string]any{"authentication_methods": map[string]any{"require_verified_push": true,
		"verified_push_digits": 4}})
	b.MoveClock(time.Hour)
	verified := b.wantOK(b.auth("preauth", "username", "ada", "client_supports_verified_push", "1")).object()
	waiting := b.begin("push")
	b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", "0"))
	enrolling := b.wantOK(b.auth("enroll", "username", "grace")).object()
	b.wantOK(b.asParent("POST", "/admin/v1/integrations", "name", "Desk", "type", "rdp"))

	again := restarted(t, b, Options{StateFile: file})
	if !again.now().Equal(noon.Add(time.Hour)) {
		t.Errorf("clock after a restart: %v", again.now())
	}
	before, after := *b.account(b.child.AccountID), *again.account(b.child.AccountID)
	for name, pair := range map[string][2]any{
		"users": {before.Users, after.Users}, "tokens": {before.Tokens, after.Tokens},
		"credentials":    {before.Credentials, after.Credentials},
		"administrators": {before.Admins, after.Admins}, "logo": {before.Logo, after.Logo},
		"logs":         {before.Logs, after.Logs},
		"applications": {before.Applications, after.Applications}, "telephony": {before.NoTelephony, after.NoTelephony},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s after a restart: %v, want %v", name, pair[1], pair[0])
		}
	}
	if err := again.AnswerPush(waiting, Approve, ""); err != nil {
		t.Error(err)
	}
	again.wantEnd(again.status(waiting), "allow", "allow", "Success. Logging you in...")
	again.begin("push", "txid", verified["txid"].(string))
	if got, _ := again.account(again.child.AccountID).verifiedPush(nil, nil); got != 4 {
		t.Errorf("digits after a restart: %d", got)
	}
	if err := again.Scan(enrolling["activation_code"].(string)); err != nil {
		t.Error(err)
	}
}

// restarted is another simulator on the same state file.
func restarted(t *testing.T, b *authBench, o Options) *authBench {
	t.Helper()
	again := *b
	again.bench = newBench(t, o)
	again.parent, again.child = b.parent, b.child
	return &again
}
