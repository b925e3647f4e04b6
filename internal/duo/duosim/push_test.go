package duosim

import (
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
		Name: "Ada", Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS", Activated: true,
		UserIDs: []string{b.ada},
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
		case <-time.After(20 * time.Second):
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
			txid := b.begin("push", "type", "Transfer", "display_username", "Ada L.", "pushinfo",
				"from=Acme&to=Borealis")
			first := b.status(txid)
			if first["result"] != "waiting" || first["status"] != "pushed" || first["auth_delayed"] != false {
				t.Fatalf("first poll: %v", first)
			}
			shown := b.Pushes(b.child.AccountID)
			if len(shown) != 1 || shown[0].Title != "Transfer" || shown[0].ShownName != "Ada L." ||
				shown[0].Info != "from=Acme&to=Borealis" || shown[0].PhoneID != b.phone {
				t.Fatalf("on the phone: %+v", shown)
			}
			if c.answer == "" {
				b.MoveClock(pushLife)
			} else if err := b.AnswerPush(txid, c.answer, ""); err != nil {
				t.Fatal(err)
			}
			b.wantEnd(b.status(txid), c.result, c.status, c.message)
			b.wantEnd(b.status(txid), c.result, c.status, c.message) // can be asked for again
			other := b.AddApplication(b.child.AccountID, AuthAPI)
			b.wantRefusal(b.call(b.child.APIHostname, other, "GET", "/auth/v2/auth_status", "txid", txid),
				40002, "txid")
			if err := b.AnswerPush(txid, Approve, ""); err == nil {
				t.Error("answered twice")
			}
			events := b.account(b.child.AccountID).Logs.Logins
			if len(events) != 1 || events[0].Result != c.logged || events[0].Reason != c.reason ||
				events[0].TxID != txid {
				t.Errorf("log: %+v", events)
			}
			b.MoveClock(pushMemory + pushLife)
			b.wantRefusal(b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/auth_status", "txid", txid),
				40002, "txid")
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
	b.until(func() bool { return b.waiting == 1 })
	if err := b.AnswerPush(txid, Answer, ""); err != nil {
		t.Fatal(err)
	}
	if got := <-second; got["result"] != "waiting" || got["status"] != "answered" ||
		got["status_msg"] != "Answered. Press '#' on your phone to log in." {
		t.Fatalf("second poll: %v", got)
	}
	third := make(chan map[string]any)
	go func() { third <- b.status(txid) }()
	b.until(func() bool { return b.waiting == 1 })
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

// bAuth is the child's Auth API application.
func TestM18VerifiedPushWantsItsCode(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.setGlobalPolicy(map[string]any{"authentication_methods": map[string]any{"require_verified_push": true,
		"verified_push_digits": 3}})
	if plain := b.wantOK(b.auth("preauth", "username", "ada")).object(); plain["txid"] != nil {
		t.Errorf("a client that does not know verified pushes got %v", plain)
	}
	pre := b.wantOK(b.auth("preauth", "username", "ada", "client_supports_verified_push", "1")).object()
	code, txid := pre["verification_code"].(string), pre["txid"].(string)
	if len(code) != 3 || pre["expiration"] != float64(noon.Add(pushLife).Unix()) {
		t.Fatalf("preauth: %v", pre)
	}
	// nothing is sent yet
	b.wantRefusal(b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/auth_status", "txid", txid), 40002, "txid")
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
