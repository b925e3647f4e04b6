package duosim

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestM18WhoCannotBeAsked(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	tablet := b.AddUser(b.child.AccountID, UserSpec{Username: "tab"})
	b.AddPhone(b.child.AccountID, PhoneSpec{Type: "Mobile", Platform: "Apple iOS", Activated: true,
		UserIDs: []string{tablet}})
	b.AddUser(b.child.AccountID, UserSpec{Username: "new"})
	for _, c := range []struct {
		pairs  string
		code   int
		detail string
	}{
		{"factor=push", 40001, "username"},
		{"username=ada&user_id=x&factor=push", 40002, "username"},
		{"username=nobody&factor=push&device=auto", 40002, "username"},
		{"user_id=DU00000000000000000X&factor=push&device=auto", 40002, "user_id"},
		{"username=ada", 40001, "factor"},
		{"username=ada&factor=smoke", 40002, "factor"},
		{"username=ada&factor=push", 40001, "device"},
		{"username=ada&factor=push&device=DP00000000000000000X", 40002, "device"},
		{"username=ada&factor=passcode", 40001, "passcode"},
		{"username=ada&factor=push&device=auto&async=maybe", 40002, "async"},
		{"username=tab&factor=phone&device=auto", 40002, "no capable device"},
		{"username=new&factor=auto&device=auto", 40002, "no capable device"},
	} {
		var pairs []string
		for _, p := range parsePairs(c.pairs) {
			pairs = append(pairs, p.key, p.value)
		}
		t.Run(c.pairs, func(t *testing.T) {
			b := b.on(t)
			b.wantRefusal(b.call(b.child.APIHostname, bAuth(b), "POST", "/auth/v2/auth", pairs...), c.code, c.detail)
		})
	}
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("refused calls left %d effects", n)
	}
}

func bAuth(b *bench) Application {
	for _, a := range b.Accounts() {
		if a.AccountID == b.child.AccountID {
			return a.Application(AuthAPI)
		}
	}
	return Application{}
}

func TestM18StatesThatDecideByThemselves(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	for status, want := range map[string][3]string{
		Bypass:    {"allow", "bypass", "Success. Logging you in..."},
		Disabled:  {"deny", "deny", "Your account is disabled."},
		LockedOut: {"deny", "locked_out", "Your account is locked out."},
	} {
		id := b.AddUser(b.child.AccountID, UserSpec{Username: "is-" + status, Status: status})
		got := b.wantOK(b.auth("auth", "user_id", id, "factor", "auto", "device", "auto")).object()
		b.wantEnd(got, want[0], want[1], want[2])
	}
}

func TestM18SMSIsSentAlthoughTheAnswerIsDeny(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "sms", "device", "auto")).object(), "deny", "sent",
		"New SMS passcodes sent.")
	sent := b.Outbox(b.child.AccountID)
	if len(sent) != 1 || sent[0].Number != "+17345551213" {
		t.Fatalf("outbox: %v", sent)
	}
	device := b.wantOK(b.auth("preauth", "username", "ada")).object()["devices"].([]any)[0].(map[string]any)
	code := strings.Fields(sent[0].Text)[2]
	if device["sms_nextcode"] != code[:1] {
		t.Errorf("sms_nextcode %v of %s", device["sms_nextcode"], code)
	}
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object(), "allow",
		"allow", "Success. Logging you in...")
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object(), "deny",
		"deny", "Incorrect passcode. Please try again.")
	b.wantEnd(b.status(b.begin("sms")), "deny", "sent", "New SMS passcodes sent.")

	b.wantOK(b.asParent("POST", "/admin/v1/settings", "sms_expiration", "5", "sms_batch", "2", "sms_message",
		"Your codes"))
	b.begin("sms")
	outbox := b.Outbox(b.child.AccountID)
	codes := strings.Fields(strings.TrimPrefix(outbox[2].Text, "Your codes: "))
	if len(codes) != 2 {
		t.Fatalf("a batch of two: %v", outbox[2])
	}
	for i, want := range []string{"allow", "deny"} {
		if got := b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode",
			codes[i])).object()["result"]; got != want {
			t.Errorf("code %d: %v, want %s", i, got, want)
		}
		b.MoveClock(5 * time.Minute)
	}
}

func TestM14BypassCodesAreUsedUp(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	path := "/admin/v1/users/" + b.ada + "/bypass_codes"
	use := func(code string) any {
		return b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object()["status"]
	}
	b.wantOK(b.asParent("POST", path, "codes", "111111", "reuse_count", "2", "valid_secs", "60"))
	b.wantOK(b.asParent("POST", path, "codes", "222222", "reuse_count", "0", "preserve_existing", "1"))
	b.wantOK(b.asParent("POST", path, "codes", "333333", "preserve_existing", "1"))
	for i, c := range []struct{ code, want string }{
		{"111111", "bypass"}, {"222222", "bypass"}, {"222222", "bypass"}, {"333333", "bypass"}, {"333333", "deny"},
		{"999999", "deny"},
	} {
		if got := use(c.code); got != c.want {
			t.Errorf("use %d, of %s: %v, want %s", i, c.code, got, c.want)
		}
	}
	left := b.wantOK(b.asParent("GET", path)).list()
	if len(left) != 2 || left[0]["reuse_count"] != 1.0 || left[1]["reuse_count"] != nil {
		t.Errorf("left: %v", left)
	}
	b.MoveClock(time.Minute)
	if got := use("111111"); got != "deny" {
		t.Errorf("an expired code: %v", got)
	}
}

func TestM16LockoutByFailuresAndItsEnd(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.wantOK(b.asParent("POST", "/admin/v1/settings", "lockout_threshold", "3", "lockout_expire_duration", "5"))
	guess := func() any {
		return b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode",
			"000000")).object()["status"]
	}
	user := func() map[string]any { return b.wantOK(b.asParent("GET", "/admin/v1/users/"+b.ada)).object() }
	guess()
	guess()
	// A success in between starts the count again.
	if err := b.AnswerPush(b.begin("push"), Approve, ""); err != nil {
		t.Fatal(err)
	}
	if u := user(); u["last_login"] != float64(noon.Unix()) {
		t.Errorf("last_login after a success: %v", u["last_login"])
	}
	guess()
	guess()
	if got := user()["status"]; got != Active {
		t.Fatalf("after two failures: %v", got)
	}
	guess()
	if u := user(); u["status"] != LockedOut || u["lockout_reason"] != "Failed Attempts" {
		t.Fatalf("after three failures: %v, %v", u["status"], u["lockout_reason"])
	}
	if got := guess(); got != "locked_out" {
		t.Errorf("auth when locked out: %v", got)
	}
	b.MoveClock(5*time.Minute - time.Second)
	if got := user()["status"]; got != LockedOut {
		t.Errorf("a second too early: %v", got)
	}
	b.MoveClock(time.Second)
	if u := user(); u["status"] != Active || u["lockout_reason"] != nil {
		t.Errorf("after lockout_expire_duration: %v", u)
	}
	for range 3 {
		guess()
	}
	b.wantOK(b.asParent("POST", "/admin/v1/users/"+b.ada, "status", "active"))
	if got := guess(); got != "deny" {
		t.Errorf("after unlocking by hand: %v", got)
	}
}

func TestPreauthFollowsPolicyAndDuoUnixPrompts(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	pre := b.wantOK(b.auth("preauth", "username", "ada", "text_prompt", "1")).object()
	prompt := pre["prompt"].(map[string]any)
	if fmt.Sprint(prompt["factors"]) != "map[1:push1 2:voice1 3:smsrefresh1 default:push1]" ||
		!strings.Contains(prompt["text"].(string), " 2. Phone call to Ada (XXX-XXX-1213)") {
		t.Errorf("prompt: %v", prompt)
	}
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "prompt", "prompt", "smsrefresh1")).object(), "deny",
		"sent", "New SMS passcodes sent.")
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "prompt", "prompt", "123")).object(), "deny", "deny",
		"Incorrect passcode. Please try again.")

	for behavior, want := range map[string]string{"enroll": "enroll", "no-mfa": "allow", "deny": "deny"} {
		b.setGlobalPolicy(map[string]any{"new_user": map[string]any{"new_user_behavior": behavior}})
		if got := b.wantOK(b.auth("preauth", "username", "stranger")).object()["result"]; got != want {
			t.Errorf("new users %s: %v", behavior, got)
		}
	}
}

func TestLogo(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	get := func() reply { return b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/logo") }
	if r := get(); r.Status != http.StatusBadRequest || r.Code != 40002 || r.Message != "Logo not found" {
		t.Errorf("without logo: %d %s", r.Status, r.Text)
	}
	picture := []byte("\x89PNG\r\n\x1a\n…")
	b.SetLogo(b.child.AccountID, picture)
	if r := get(); r.Header.Get("Content-Type") != "image/png" || !bytes.Equal([]byte(r.Text), picture) {
		t.Errorf("logo: %d %v %q", r.Status, r.Header, r.Text)
	}
}
