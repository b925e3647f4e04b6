package duosim

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// authBench is a bench whose child has an Auth API application, a user with an activated phone, and a clock that moves.
type authBench struct {
	*bench
	app        Application
	ada, phone string
}

func newAuthBench(t *testing.T, o Options) *authBench {
	t.Helper()
	b := &authBench{bench: newBench(t, o)}
	b.app = b.AddApplication(b.child.AccountID, AuthAPI)
	b.ada = b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	b.phone = b.AddPhone(b.child.AccountID, PhoneSpec{
		Name: "Ada", Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS", Activated: true, UserIDs: []string{b.ada},
	})
	return b
}

func (b *authBench) auth(path string, pairs ...string) reply {
	b.t.Helper()
	return b.call(b.child.APIHostname, b.app, "POST", "/auth/v2/"+path, pairs...)
}

func (b *authBench) status(txid string) map[string]any {
	b.t.Helper()
	return b.wantOK(b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/auth_status", "txid", txid)).object()
}

// begin asks for a factor without waiting and returns the txid.
func (b *authBench) begin(factor string, pairs ...string) string {
	b.t.Helper()
	pairs = append(pairs, "username", "ada", "factor", factor, "async", "1")
	if factor != "passcode" {
		pairs = append(pairs, "device", "auto")
	}
	return b.wantOK(b.auth("auth", pairs...)).object()["txid"].(string)
}

// until waits for something that another goroutine's request brings about.
func (b *authBench) until(happened func() bool) {
	b.t.Helper()
	for {
		b.mu.Lock()
		news, done := b.news, happened()
		b.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-b.t.Context().Done():
			b.t.Fatal("it never happened")
		}
	}
}

func (b *authBench) wantEnd(got map[string]any, result, status, message string) {
	b.t.Helper()
	if got["result"] != result || got["status"] != status || got["status_msg"] != message {
		b.t.Errorf("got %v, want %s, %s, %s", got, result, status, message)
	}
}

func TestM18PushIsAnsweredByATester(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer, result, status, message, logged, reason string
	}{
		{Approve, "allow", "allow", "Success. Logging you in...", "success", "user_approved"},
		{Deny, "deny", "deny", "Login request denied.", "denied", "user_cancelled"},
		{Fraud, "deny", "fraud", "Login request reported as fraudulent.", "fraud", "user_marked_fraud"},
		{"", "deny", "timeout", "Login timed out.", "denied", "no_response"},
	} {
		t.Run("async "+c.answer, func(t *testing.T) {
			t.Parallel()
			b := newAuthBench(t, Options{})
			txid := b.begin("push", "type", "Transfer", "display_username", "Ada L.", "pushinfo", "from=Acme&to=Borealis")
			first := b.status(txid)
			if first["result"] != "waiting" || first["status"] != "pushed" || first["auth_delayed"] != false {
				t.Fatalf("first poll: %v", first)
			}
			shown := b.Pushes(b.child.AccountID)
			if len(shown) != 1 || shown[0].Title != "Transfer" || shown[0].ShownName != "Ada L." || shown[0].Info != "from=Acme&to=Borealis" || shown[0].PhoneID != b.phone {
				t.Fatalf("on the phone: %+v", shown)
			}
			if c.answer == "" {
				b.MoveClock(pushLife)
			} else if err := b.AnswerPush(txid, c.answer, ""); err != nil {
				t.Fatal(err)
			}
			b.wantEnd(b.status(txid), c.result, c.status, c.message)
			b.wantEnd(b.status(txid), c.result, c.status, c.message) // can be asked for again
			if err := b.AnswerPush(txid, Approve, ""); err == nil {
				t.Error("answered twice")
			}
			events := b.account(b.child.AccountID).Logs.Logins
			if len(events) != 1 || events[0].Result != c.logged || events[0].Reason != c.reason || events[0].TxID != txid {
				t.Errorf("log: %+v", events)
			}
			b.MoveClock(pushMemory + pushLife)
			b.wantRefusal(b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/auth_status", "txid", txid), 40002, "txid")
		})
		t.Run("sync "+c.answer, func(t *testing.T) {
			t.Parallel()
			b := newAuthBench(t, Options{})
			ended := make(chan reply)
			go func() { ended <- b.auth("auth", "user_id", b.ada, "factor", "auto", "device", b.phone) }()
			b.until(func() bool { return len(b.account(b.child.AccountID).Pushes) == 1 })
			if c.answer == "" {
				b.MoveClock(pushLife)
			} else if err := b.AnswerPush(b.Pushes(b.child.AccountID)[0].ID, c.answer, ""); err != nil {
				t.Fatal(err)
			}
			b.wantEnd(b.wantOK(<-ended).object(), c.result, c.status, c.message)
		})
	}
}

func TestM18PollWaitsForNews(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	txid := b.begin("phone")
	if first := b.status(txid); first["status"] != "calling" || first["status_msg"] != "Dialing XXX-XXX-1213..." {
		t.Fatalf("first poll: %v", first)
	}
	second := make(chan map[string]any)
	go func() { second <- b.status(txid) }()
	if err := b.AnswerPush(txid, Answer, ""); err != nil {
		t.Fatal(err)
	}
	// Whether the poll came before or after, what it tells is the news.
	if got := <-second; got["result"] != "waiting" || got["status"] != "answered" || got["status_msg"] != "Answered. Press '#' on your phone to log in." {
		t.Fatalf("second poll: %v", got)
	}
	third := make(chan map[string]any)
	go func() { third <- b.status(txid) }()
	if err := b.AnswerPush(txid, Deny, ""); err != nil {
		t.Fatal(err)
	}
	b.wantEnd(<-third, "deny", "deny", "No keypress detected. Please try again.")
	if credits := b.account(b.child.AccountID).TelephonyCredits; credits != 1000-callPrice {
		t.Errorf("credits after a call: %d", credits)
	}
}

func TestM18PollWithoutNewsAnswersAfterTheHold(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{Hold: time.Millisecond})
	txid := b.begin("push")
	for range 3 {
		if got := b.status(txid); got["status"] != "pushed" {
			t.Fatalf("poll: %v", got)
		}
	}
}

func TestM18WhoCannotBeAsked(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	tablet := b.AddUser(b.child.AccountID, UserSpec{Username: "tab"})
	b.AddPhone(b.child.AccountID, PhoneSpec{Type: "Mobile", Platform: "Apple iOS", Activated: true, UserIDs: []string{tablet}})
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

// bAuth is the child's Auth API application.
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
		Bypass: {"allow", "bypass", "Success. Logging you in..."}, Disabled: {"deny", "deny", "Your account is disabled."},
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
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "sms", "device", "auto")).object(), "deny", "sent", "New SMS passcodes sent.")
	sent := b.Outbox(b.child.AccountID)
	if len(sent) != 1 || sent[0].Number != "+17345551213" {
		t.Fatalf("outbox: %v", sent)
	}
	device := b.wantOK(b.auth("preauth", "username", "ada")).object()["devices"].([]any)[0].(map[string]any)
	code := strings.Fields(sent[0].Text)[2]
	if device["sms_nextcode"] != code[:1] {
		t.Errorf("sms_nextcode %v of %s", device["sms_nextcode"], code)
	}
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object(), "allow", "allow", "Success. Logging you in...")
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object(), "deny", "deny", "Incorrect passcode. Please try again.")
	b.wantEnd(b.status(b.begin("sms")), "deny", "sent", "New SMS passcodes sent.")
}

func TestM18VerifiedPushWantsItsCode(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.setGlobalPolicy(map[string]any{"authentication_methods": map[string]any{"require_verified_push": true, "verified_push_digits": 3}})
	if plain := b.wantOK(b.auth("preauth", "username", "ada")).object(); plain["txid"] != nil {
		t.Errorf("a client that does not know verified pushes got %v", plain)
	}
	pre := b.wantOK(b.auth("preauth", "username", "ada", "client_supports_verified_push", "1")).object()
	code, txid := pre["verification_code"].(string), pre["txid"].(string)
	if len(code) != 3 || pre["expiration"] != float64(noon.Add(pushLife).Unix()) {
		t.Fatalf("preauth: %v", pre)
	}
	b.wantRefusal(b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/auth_status", "txid", txid), 40002, "txid") // nothing is sent yet
	if got := b.begin("push", "txid", txid); got != txid {
		t.Errorf("auth with the txid of preauth answered %s", got)
	}
	if err := b.AnswerPush(txid, Approve, code+"0"); err == nil {
		t.Error("approved with a wrong code")
	}
	if err := b.AnswerPush(txid, Approve, code); err != nil {
		t.Error(err)
	}
	b.wantEnd(b.status(txid), "allow", "allow", "Success. Logging you in...")
	if events := b.account(b.child.AccountID).Logs.Logins; events[0].Factor != "verified_duo_push" {
		t.Errorf("log: %+v", events[0])
	}
}

// setGlobalPolicy changes the child's global policy as an API client does.
func (b *bench) setGlobalPolicy(sections map[string]any) {
	a := b.account(b.child.AccountID)
	b.mu.Lock()
	defer b.mu.Unlock()
	a.GlobalPolicy = sections
}

func TestM18VerificationPushLivesTwoMinutes(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	path := "/admin/v1/users/" + b.ada
	loose := b.AddPhone(b.child.AccountID, PhoneSpec{Type: "Mobile", Platform: "Apple iOS", Activated: true})
	b.wantRefusal(b.asParent("POST", path+"/send_verification_push"), 40001, "phone_id")
	b.wantRefusal(b.asParent("POST", path+"/send_verification_push", "phone_id", loose), 40002, "phone_id")

	for _, answer := range []string{Approve, Deny, Fraud} {
		sent := b.wantOK(b.asParent("POST", path+"/send_verification_push", "phone_id", b.phone)).object()
		id := sent["push_id"].(string)
		ask := func() reply { return b.asParent("GET", path+"/verification_push_response", "push_id", id) }
		if len(sent["confirmation_code"].(string)) != 6 || b.wantOK(ask()).object()["result"] != "waiting" {
			t.Fatalf("sent: %v", sent)
		}
		if err := b.AnswerPush(id, answer, ""); err != nil {
			t.Fatal(err)
		}
		if got := b.wantOK(ask()).object(); got["result"] != answer || got["push_id"] != id {
			t.Errorf("after %s: %v", answer, got)
		}
		b.MoveClock(verificationLife - time.Second)
		b.wantOK(ask())
		b.MoveClock(time.Second)
		b.wantRefusal(ask(), 40401, "")
	}
	b.wantRefusal(b.asParent("GET", path+"/verification_push_response", "push_id", "other"), 40401, "")
	if logged := b.account(b.child.AccountID).Logs.Logins; len(logged) != 0 {
		t.Errorf("a verification was logged as a login: %v", logged)
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
		{"111111", "bypass"}, {"222222", "bypass"}, {"222222", "bypass"}, {"333333", "bypass"}, {"333333", "deny"}, {"999999", "deny"},
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
		return b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", "000000")).object()["status"]
	}
	user := func() map[string]any { return b.wantOK(b.asParent("GET", "/admin/v1/users/"+b.ada)).object() }
	guess()
	guess()
	// A success in between starts the count anew.
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

func TestM13TokensAndTheirCodes(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	create := func(pairs ...string) reply { return b.asParent("POST", "/admin/v1/tokens", pairs...) }
	b.wantRefusal(create("serial", "1"), 40001, "type")
	b.wantRefusal(create("type", "d1", "serial", "1"), 40002, "type")
	b.wantRefusal(create("type", "h6", "serial", "1"), 40001, "secret")
	b.wantRefusal(create("type", "h6", "serial", "1", "secret", "xyz"), 40002, "secret")
	b.wantRefusal(create("type", "yk", "serial", "1", "private_id", "0102"), 40002, "private_id")
	// The secret and first codes of RFC 4226's appendix.
	const secret = "3132333435363738393031323334353637383930"
	made := b.wantOK(create("type", "h6", "serial", "7001", "secret", secret)).object()
	id := made["token_id"].(string)
	b.wantRefusal(create("type", "h6", "serial", "7001", "secret", secret), 40003, "")
	b.wantOK(create("type", "t8", "serial", "7001", "secret", secret))

	user := "/admin/v1/users/" + b.ada + "/tokens"
	b.wantVoid(b.asParent("POST", user, "token_id", id))
	b.wantVoid(b.asParent("POST", user, "token_id", id))
	b.wantRefusal(b.asParent("POST", user, "token_id", "DH00000000000000000X"), 40401, "")
	if shown := b.wantOK(b.asParent("GET", user)).list(); len(shown) != 1 || shown[0]["serial"] != "7001" || shown[0]["totp_step"] != nil {
		t.Fatalf("user's tokens: %v", shown)
	}
	if holders := b.wantOK(b.asParent("GET", "/admin/v1/tokens/"+id)).object()["users"].([]any); len(holders) != 1 {
		t.Errorf("holders: %v", holders)
	}
	use := func(code string) any {
		return b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object()["result"]
	}
	for i, c := range []struct{ code, want string }{{"755224", "allow"}, {"755224", "deny"}, {"359152", "allow"}, {"287082", "deny"}} {
		if got := use(c.code); got != c.want {
			t.Errorf("code %d, %s: %v, want %s", i, c.code, got, c.want)
		}
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/tokens/"+id+"/resync", "code1", "1", "code2", "2", "code3", "3"), 40002, "code1")
	b.wantVoid(b.asParent("POST", "/admin/v1/tokens/"+id+"/resync", "code1", "969429", "code2", "338314", "code3", "254676"))
	if got := use("287922"); got != "allow" {
		t.Errorf("the code after a resynchronization: %v", got)
	}
	found := b.wantOK(b.asParent("GET", "/admin/v1/tokens", "type", "t8", "serial", "7001")).list()
	if len(found) != 1 || found[0]["totp_step"] != 30.0 {
		t.Errorf("by type and serial: %v", found)
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/tokens", "serial", "7001"), 40002, "serial")
	mobile := b.Passcodes(b.child.AccountID, b.ada)[b.phone]
	if use(mobile[0]) != "allow" || use(mobile[0]) != "deny" {
		t.Error("a Duo Mobile passcode is not good exactly once")
	}
	b.wantVoid(b.asParent("DELETE", user+"/"+id))
	b.wantVoid(b.asParent("DELETE", user+"/"+id))
	b.wantVoid(b.asParent("DELETE", "/admin/v1/tokens/"+id))
	b.wantVoid(b.asParent("DELETE", "/admin/v1/tokens/"+id))
	b.wantRefusal(b.asParent("GET", "/admin/v1/tokens/"+id), 40401, "")
	for _, e := range b.Ledger() {
		if strings.Contains(fmt.Sprint(e.Parameters), secret) {
			t.Errorf("the ledger shows a token's secret: %v", e)
		}
	}
}

func TestM13UserDeleteKeepsPhonesAndTokensOnly(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.AddToken(b.child.AccountID, TokenSpec{Serial: "1", UserIDs: []string{b.ada}})
	key := b.AddCredential(b.child.AccountID, CredentialSpec{UserID: b.ada, Name: "YubiKey", Label: "Security Key"})
	if shown := b.wantOK(b.asParent("GET", "/admin/v1/users/"+b.ada+"/webauthncredentials")).list(); len(shown) != 1 || shown[0]["webauthnkey"] != key {
		t.Fatalf("user's credentials: %v", shown)
	}
	if one := b.wantOK(b.asParent("GET", "/admin/v1/webauthncredentials/"+key)).object(); one["user"].(map[string]any)["username"] != "ada" {
		t.Errorf("credential: %v", one)
	}
	b.wantVoid(b.asParent("DELETE", "/admin/v1/users/"+b.ada))
	for path, want := range map[string]int{"phones": 1, "tokens": 1, "webauthncredentials": 0} {
		if got := b.wantOK(b.asParent("GET", "/admin/v1/"+path)).Metadata["total_objects"]; got != want {
			t.Errorf("%d %s left, want %d", got, path, want)
		}
	}
	b.wantVoid(b.asParent("DELETE", "/admin/v1/webauthncredentials/"+key))
}

func TestM17AuthEnrollment(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.wantRefusal(b.auth("enroll", "username", "Ada"), 40002, "username already exists")
	b.wantRefusal(b.auth("enroll", "valid_secs", "0"), 40002, "valid_secs")
	status := func(id, code any) any {
		return b.wantOK(b.auth("enroll_status", "user_id", id.(string), "activation_code", code.(string))).Response
	}
	made := b.wantOK(b.auth("enroll", "valid_secs", "600", "bypass_codes", "2")).object()
	id, code := made["user_id"], made["activation_code"]
	if len(made["username"].(string)) != 32 || made["expiration"] != float64(noon.Unix()+600) || len(made["bypass_codes"].([]any)) != 2 {
		t.Fatalf("enrolled: %v", made)
	}
	if !strings.HasPrefix(code.(string), "duo://") || !strings.Contains(made["activation_url"].(string), "/activate/") {
		t.Errorf("links: %v", made)
	}
	if got := status(id, code); got != "waiting" {
		t.Errorf("before scanning: %v", got)
	}
	if got := status(b.ada, code); got != "invalid" {
		t.Errorf("somebody else's code: %v", got)
	}
	if err := b.Scan(made["activation_barcode"].(string)); err != nil {
		t.Fatal(err)
	}
	if got := status(id, code); got != "success" {
		t.Errorf("after scanning: %v", got)
	}
	if err := b.Scan(code.(string)); err == nil {
		t.Error("scanned twice")
	}
	devices := b.wantOK(b.auth("preauth", "user_id", id.(string))).object()["devices"].([]any)
	if first := devices[0].(map[string]any); fmt.Sprint(first["capabilities"]) != "[auto push mobile_otp]" || first["number"] != "" {
		t.Errorf("device: %v", first)
	}
	late := b.wantOK(b.auth("enroll", "valid_secs", "60", "username", "late")).object()
	b.MoveClock(time.Minute)
	if got := status(late["user_id"], late["activation_code"]); got != "invalid" {
		t.Errorf("expired: %v", got)
	}
	if err := b.Scan(late["activation_code"].(string)); err == nil {
		t.Error("an expired code was scanned")
	}
}

func TestM17AdminEnrollmentByEmail(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	enroll := func(pairs ...string) reply { return b.asParent("POST", "/admin/v1/users/enroll", pairs...) }
	b.wantRefusal(enroll("username", "grace"), 40001, "email")
	b.wantRefusal(enroll("username", "ada", "email", "ada@acme.example"), 40002, "username")
	first, _ := b.wantOK(enroll("username", "grace", "email", "grace@acme.example")).Response.(string)
	second, _ := b.wantOK(enroll("username", "grace", "email", "grace@acme.example")).Response.(string)
	mails := b.Outbox(b.child.AccountID)
	if len(mails) != 2 || mails[1].Email != "grace@acme.example" || !strings.Contains(mails[1].Text, "/portal?code="+second) || first == second {
		t.Fatalf("codes %q, %q; outbox %+v", first, second, mails)
	}
	if err := b.Scan(first); err == nil {
		t.Error("the replaced code was scanned")
	}
	if err := b.Scan("https://" + b.child.APIHostname + "/portal?code=" + second); err != nil {
		t.Error(err)
	}
	grace := b.wantOK(b.asParent("GET", "/admin/v1/users", "username", "grace")).list()[0]
	if grace["is_enrolled"] != true || grace["email"] != "grace@acme.example" || len(grace["phones"].([]any)) != 1 {
		t.Errorf("after scanning: %v", grace)
	}
	b.wantRefusal(enroll("username", "grace", "email", "x@acme.example"), 40002, "username")
}

func TestPreauthFollowsPolicyAndDuoUnixPrompts(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	pre := b.wantOK(b.auth("preauth", "username", "ada", "text_prompt", "1")).object()
	prompt := pre["prompt"].(map[string]any)
	if fmt.Sprint(prompt["factors"]) != "map[1:push1 2:voice1 3:smsrefresh1 default:push1]" || !strings.Contains(prompt["text"].(string), " 2. Phone call to Ada (XXX-XXX-1213)") {
		t.Errorf("prompt: %v", prompt)
	}
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "prompt", "prompt", "smsrefresh1")).object(), "deny", "sent", "New SMS passcodes sent.")
	b.wantEnd(b.wantOK(b.auth("auth", "username", "ada", "factor", "prompt", "prompt", "123")).object(), "deny", "deny", "Incorrect passcode. Please try again.")

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
