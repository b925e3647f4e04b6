package duosim

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestM15PhoneLife(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	p := b.wantOK(b.asParent("POST", "/admin/v1/phones", "number", "734-555-1212", "type", "mobile", "platform",
		"generic smartphone", "predelay", "5")).object()
	id := p["phone_id"].(string)
	if p["number"] != "+17345551212" || p["type"] != "Mobile" || p["platform"] != "Generic Smartphone" ||
		p["predelay"] != "5" ||
		fmt.Sprint(p["capabilities"]) != "[auto sms phone]" || p["activated"] != false || len(p["users"].([]any)) != 0 {
		t.Fatalf("created: %v", p)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/phones", "number", "+1 (734) 555-1212"), 40003, "")
	b.wantOK(b.asParent("POST", "/admin/v1/phones", "number", "+17345551212", "extension", "22"))
	for name, value := range map[string]string{"number": "12", "type": "banana", "platform": "CP/M", "extension": "x"} {
		b.wantRefusal(b.asParent("POST", "/admin/v1/phones", name, value), 40002, name)
	}
	changed := b.wantOK(b.asParent("POST", "/admin/v1/phones/"+id, "name", "Ada's", "platform", "Apple iOS")).object()
	if changed["name"] != "Ada's" || changed["number"] != "+17345551212" || changed["phone_id"] != id {
		t.Errorf("modified: %v", changed)
	}

	for range 2 {
		b.wantVoid(b.asParent("POST", "/admin/v1/users/"+user+"/phones", "phone_id", id))
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+user+"/phones", "phone_id", "DPx"), 40401, "")
	u := b.wantOK(b.asParent("GET", "/admin/v1/users/"+user)).object()
	if u["is_enrolled"] != true || len(u["phones"].([]any)) != 1 {
		t.Errorf("user with a phone: %v", u)
	}
	found := b.wantOK(b.asParent("GET", "/admin/v1/phones", "number", "7345551212", "extension", ""))
	if len(found.list()) != 1 || !strings.Contains(found.Text, `"username": "ada"`) {
		t.Errorf("by number: %s", found.Text)
	}
	for range 2 {
		b.wantVoid(b.asParent("DELETE", "/admin/v1/users/"+user+"/phones/"+id))
	}
	b.wantOK(b.asParent("GET", "/admin/v1/phones/"+id))
	b.wantVoid(b.asParent("POST", "/admin/v1/users/"+user+"/phones", "phone_id", id))
	for range 2 {
		b.wantVoid(b.asParent("DELETE", "/admin/v1/phones/"+id))
	}
	if n := len(b.wantOK(b.asParent("GET", "/admin/v1/users/"+user+"/phones")).list()); n != 0 {
		t.Errorf("%d phones of the user after the phone was deleted", n)
	}
}

func TestM13PhonesOutliveTheirUser(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	phone := b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551212", UserIDs: []string{user}})
	b.wantVoid(b.asParent("DELETE", "/admin/v1/users/"+user))
	if p := b.wantOK(b.asParent("GET", "/admin/v1/phones/"+phone)).object(); len(p["users"].([]any)) != 0 {
		t.Errorf("phone after its user is gone: %v", p)
	}
}

func TestM15Activation(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	unknown := b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551212", Type: "Mobile"})
	iPhone := b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS",
		Activated: true})
	b.wantRefusal(b.asParent("POST", "/admin/v1/phones/"+unknown+"/activation_url"), 40002, "phone_id")
	b.wantRefusal(b.asParent("POST", "/admin/v1/phones/"+iPhone+"/activation_url", "valid_secs", "0"), 40002,
		"valid_secs")
	activated := func() any { return b.wantOK(b.asParent("GET", "/admin/v1/phones/"+iPhone)).object()["activated"] }
	if activated() != true {
		t.Fatal("a refused activation has disconnected the phone")
	}

	r := b.wantOK(b.asParent("POST", "/admin/v1/phones/"+iPhone+"/activation_url", "install", "1")).object()
	links := strings.Replace(b.child.APIHostname, "api-", "https://m-", 1)
	link := r["activation_url"].(string)
	code := strings.TrimPrefix(link, links+"/activate/")
	if len(code) != 20 || r["installation_url"] != links || r["valid_secs"] != 86400.0 {
		t.Fatalf("activation: %v", r)
	}
	deepLink := "duo://" + code + "-" + base64.RawURLEncoding.EncodeToString([]byte(b.child.APIHostname))
	if want := "https://" + b.child.APIHostname + "/frame/qr?value=" +
		url.QueryEscape(deepLink); r["activation_barcode"] != want {
		t.Errorf("barcode %s, want %s", r["activation_barcode"], want)
	}
	if activated() != false {
		t.Error("a new code leaves the old Duo Mobile connected")
	}
	b.ActivatePhone(b.child.AccountID, iPhone)
	if activated() != true {
		t.Error("not activated")
	}
}

func TestM15TextMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	mobile := "/admin/v1/phones/" + b.AddPhone(b.child.AccountID,
		PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS"})
	tablet := "/admin/v1/phones/" + b.AddPhone(b.child.AccountID, PhoneSpec{Type: "Mobile", Platform: "Apple iOS"})

	b.wantRefusal(b.asParent("POST", tablet+"/send_sms_activation"), 40002, "phone_id")
	b.wantRefusal(b.asParent("POST", mobile+"/send_sms_activation", "activation_msg", "no link"), 40002,
		"activation_msg")
	if n := len(b.Outbox(b.child.AccountID)); n != 0 {
		t.Fatalf("%d messages sent by refused calls", n)
	}
	sent := b.wantOK(b.asParent("POST", mobile+"/send_sms_activation", "install", "1", "activation_msg",
		"Tap <acturl>")).object()
	b.wantOK(b.asParent("POST", mobile+"/send_sms_installation"))
	b.wantVoid(b.asParent("POST", mobile+"/send_sms_passcodes"))

	outbox := b.Outbox(b.child.AccountID)
	if len(outbox) != 4 || outbox[1].Text != sent["activation_msg"] ||
		!strings.HasPrefix(outbox[1].Text, "Tap https://m-") || outbox[1].Number != "+17345551213" {
		t.Fatalf("outbox: %v", outbox)
	}
	if n := len(b.Outbox(b.parent.AccountID)); n != 0 {
		t.Errorf("%d messages in another account's outbox", n)
	}
	for _, e := range b.Ledger() {
		if e.Kind != Sent {
			t.Errorf("effect %+v, want a send", e)
		}
	}
	info := b.wantOK(b.asParent("GET", "/admin/v1/info/summary")).object()
	if info["telephony_credits_remaining"] != 996.0 {
		t.Errorf("credits after four messages: %v", info["telephony_credits_remaining"])
	}
}

func TestM18Preauth(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	auth := b.parent.Application(AuthAPI)
	ada := b.AddUser(b.parent.AccountID, UserSpec{Username: "ada"})
	b.AddPhone(b.parent.AccountID, PhoneSpec{Name: "Ada", Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS",
		Activated: true, UserIDs: []string{ada}})
	for status, name := range map[string]string{Bypass: "bea", Disabled: "dan", LockedOut: "lou", Active: "new"} {
		b.AddUser(b.parent.AccountID, UserSpec{Username: name, Status: status})
	}
	preauth := func(pairs ...string) reply {
		return b.call(b.parent.APIHostname, auth, "POST", "/auth/v2/preauth", pairs...)
	}
	for name, want := range map[string]string{"ada": "auth", "bea": "allow", "dan": "deny", "lou": "deny",
		"new": "enroll", "who": "enroll"} {
		if got := b.wantOK(preauth("username", name)).object()["result"]; got != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	devices := b.wantOK(preauth("user_id", ada)).object()["devices"].([]any)
	if first := devices[0].(map[string]any); first["number"] != "XXX-XXX-1213" ||
		first["display_name"] != "Ada (XXX-XXX-1213)" {
		t.Errorf("device: %v", first)
	}
	b.wantRefusal(preauth(), 40001, "username")
	b.wantRefusal(preauth("user_id", ada, "username", "ada"), 40002, "username")
}
