package duosim

import (
	"fmt"
	"strings"
	"testing"
)

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
	if shown := b.wantOK(b.asParent("GET", user)).list(); len(shown) != 1 || shown[0]["serial"] != "7001" ||
		shown[0]["totp_step"] != nil {
		t.Fatalf("user's tokens: %v", shown)
	}
	if holders := b.wantOK(b.asParent("GET", "/admin/v1/tokens/"+id)).object()["users"].([]any); len(holders) != 1 {
		t.Errorf("holders: %v", holders)
	}
	use := func(code string) any {
		return b.wantOK(b.auth("auth", "username", "ada", "factor", "passcode", "passcode", code)).object()["result"]
	}
	for i, c := range []struct{ code, want string }{{"755224", "allow"}, {"755224", "deny"}, {"359152", "allow"},
		{"287082", "deny"}} {
		if got := use(c.code); got != c.want {
			t.Errorf("code %d, %s: %v, want %s", i, c.code, got, c.want)
		}
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/tokens/"+id+"/resync", "code1", "1", "code2", "2", "code3", "3"),
		40002, "code1")
	b.wantVoid(b.asParent("POST", "/admin/v1/tokens/"+id+"/resync", "code1", "969429", "code2", "338314",
		"code3", "254676"))
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
	if shown := b.wantOK(b.asParent("GET", "/admin/v1/users/"+b.ada+"/webauthncredentials")).list(); len(shown) != 1 ||
		shown[0]["webauthnkey"] != key {
		t.Fatalf("user's credentials: %v", shown)
	}
	if one := b.wantOK(b.asParent("GET", "/admin/v1/webauthncredentials/"+
		key)).object(); one["user"].(map[string]any)["username"] != "ada" {
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
