package duo

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// form is one call: what has to arrive at Duo, what Duo answers, and what becomes of the answer.
type form struct {
	call     func(context.Context, *Client) (any, error)
	method   string
	target   string // path and query
	body     string // "" without one
	response string // Duo's, without the envelope
	want     any
}

func value[T any](call func(context.Context, *Client) (T, error)) func(context.Context, *Client) (any, error) {
	return func(ctx context.Context, c *Client) (any, error) { return call(ctx, c) }
}

func nothing(call func(context.Context, *Client) error) func(context.Context, *Client) (any, error) {
	return func(ctx context.Context, c *Client) (any, error) { return nil, call(ctx, c) }
}

// testForms makes every call against one server.
func testForms(t *testing.T, forms map[string]form) {
	t.Helper()
	var seen form
	answered := ""
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = form{method: r.Method, target: r.URL.RequestURI(), body: string(body)}
		verify(t, r, string(body))
		ok(answered)(w, r)
	}))
	for name, form := range forms {
		seen.method, answered = "", form.response
		got, err := form.call(t.Context(), c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if seen.method != form.method || seen.target != form.target || seen.body != form.body {
			t.Errorf("%s:\n sent %s %s %s\n want %s %s %s", name, seen.method, seen.target, seen.body, form.method,
				form.target, form.body)
		}
		if !reflect.DeepEqual(got, form.want) {
			t.Errorf("%s:\n  got %s\n want %s", name, bareJSON(got), bareJSON(form.want))
		}
	}
}

var (
	second   = time.Date(2026, 8, 4, 12, 34, 56, 0, time.UTC) // 1785846896
	fraction = second.Add(413200 * time.Microsecond)
)

func TestAuthForms(t *testing.T) {
	t.Parallel()
	ada := AuthUser{Username: "ada"}
	testForms(t, map[string]form{
		"preauth": {
			value(func(ctx context.Context, c *Client) (Preauth, error) {
				return c.Preauth(ctx, ada, AccessDevice{Address: netip.MustParseAddr("198.51.100.7"), Hostname: "desk",
					TrustedDeviceToken: "tdt"})
			}), "POST", "/auth/v2/preauth",
			`{"hostname":"desk","ipaddr":"198.51.100.7","trusted_device_token":"tdt","username":"ada"}`,
			`{"devices": [
				{"capabilities": ["auto", "push", "sms", "phone", "mobile_otp"], "device": "DP7G1WX9E4L2V0A6TRMZ", "display_name": "Joe phone (XXX-XXX-1212)", "name": "Joe phone", "number": "XXX-XXX-1212", "sms_nextcode": "1", "type": "phone"},
				{"device": "DH6C3Q9W2E5R8T1Y4U7I", "name": "0", "type": "token"}],
			"result": "auth", "status_msg": "Account is active"}`,
			Preauth{Result: PreauthAuth, Message: "Account is active", Devices: []AuthDevice{
				{ID: "DP7G1WX9E4L2V0A6TRMZ", Type: "phone", Name: "Joe phone", DisplayName: "Joe phone (XXX-XXX-1212)",
					Number:       "XXX-XXX-1212",
					Capabilities: []string{"auto", "push", "sms", "phone", "mobile_otp"}, NextSMSCode: "1"},
				{ID: "DH6C3Q9W2E5R8T1Y4U7I", Type: "token", Name: "0"},
			}},
		},
		"preauth by id, not enrolled": {
			value(func(ctx context.Context, c *Client) (Preauth, error) {
				return c.Preauth(ctx, AuthUser{ID: "DU1"}, AccessDevice{})
			}), "POST", "/auth/v2/preauth", `{"user_id":"DU1"}`,
			`{"result": "enroll", "enroll_portal_url": "https://api-1a2b3c4d.duosecurity.com/portal?code=1", "status_msg": "Enroll an authentication device to proceed"}`,
			Preauth{Result: PreauthEnroll, EnrollURL: "https://api-1a2b3c4d.duosecurity.com/portal?code=1",
				Message: "Enroll an authentication device to proceed"},
		},
		"preauth with a verified push": {
			value(func(ctx context.Context, c *Client) (Preauth, error) { return c.Preauth(ctx, ada, AccessDevice{}) }),
			"POST", "/auth/v2/preauth", `{"username":"ada"}`,
			`{"result": "auth", "status_msg": "", "devices": [], "txid": "tx-1", "verification_code": 824135, "expiration": 1785846896}`,
			Preauth{Result: PreauthAuth, Devices: []AuthDevice{}, Transaction: "tx-1", VerificationCode: "824135",
				Expires: second},
		},
		"push": {
			value(func(ctx context.Context, c *Client) (AuthResult, error) {
				return c.Auth(ctx, AuthRequest{User: ada, Factor: FactorPush, Type: "Help desk",
					DisplayUsername: "Ada L.", Transaction: "tx-1",
					Info: []PushInfo{{"from", "login portal"}, {"domain", "a&b=c"}}})
			}), "POST", "/auth/v2/auth",
			`{"async":"0","device":"auto","display_username":"Ada L.","factor":"push","pushinfo":"from=login+portal&domain=a%26b%3Dc","txid":"tx-1","type":"Help desk","username":"ada"}`,
			`{"result": "allow", "status": "allow", "status_msg": "Success. Logging you in...", "trusted_device_token": "REkx"}`,
			AuthResult{Result: "allow", Status: "allow", Message: "Success. Logging you in...",
				TrustedDeviceToken: "REkx"},
		},
		"passcode": {
			value(func(ctx context.Context, c *Client) (AuthResult, error) {
				return c.Auth(ctx, AuthRequest{User: AuthUser{ID: "DU1"}, Factor: FactorPasscode,
					Passcode: "618204957"})
			}), "POST", "/auth/v2/auth", `{"async":"0","factor":"passcode","passcode":"618204957","user_id":"DU1"}`,
			`{"result": "deny", "status": "deny", "status_msg": "Incorrect passcode. Please try again."}`,
			AuthResult{Result: "deny", Status: "deny", Message: "Incorrect passcode. Please try again."},
		},
		"passcodes by SMS": {
			value(func(ctx context.Context, c *Client) (bool, error) {
				r, err := c.Auth(ctx, AuthRequest{User: ada, Factor: FactorSMS, Device: "DP1"})
				return r.SMSSent() && !r.Allowed() && !r.Waiting(), err
			}), "POST", "/auth/v2/auth", `{"async":"0","device":"DP1","factor":"sms","username":"ada"}`,
			`{"result": "deny", "status": "sent", "status_msg": "New SMS passcodes sent."}`, true,
		},
		"call in the background": {
			value(func(ctx context.Context, c *Client) (TransactionID, error) {
				return c.StartAuth(ctx, AuthRequest{User: ada, Factor: FactorPhone,
					From: AccessDevice{Address: netip.MustParseAddr("2001:db8::1")}})
			}), "POST", "/auth/v2/auth",
			`{"async":"1","device":"auto","factor":"phone","ipaddr":"2001:db8::1","username":"ada"}`,
			`{"txid": "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13"}`, TransactionID("5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13"),
		},
		"how it goes on": {
			value(func(ctx context.Context, c *Client) (AuthResult,
				error) {
				return c.AuthStatus(ctx, "5c1f0e9a-7b24")
			}),
			"GET", "/auth/v2/auth_status?txid=5c1f0e9a-7b24", "",
			`{"auth_delayed": true, "result": "waiting", "status": "pushed", "status_msg": "Pushed a login request to your device..."}`,
			AuthResult{Result: "waiting", Status: "pushed", Message: "Pushed a login request to your device...",
				Delayed: true},
		},
		"enroll": {
			value(func(ctx context.Context, c *Client) (Enrollment, error) {
				return c.Enroll(ctx, NewEnrollment{Username: "ada", ValidFor: time.Hour, BypassCodes: 2})
			}), "POST", "/auth/v2/enroll", `{"bypass_codes":"2","username":"ada","valid_secs":"3600"}`,
			`{"activation_barcode": "https://b", "activation_code": "duo://c", "activation_url": "https://u", "bypass_codes": ["1", "2"],
				"expiration": 1785846896, "user_id": "DU1", "username": "ada"}`,
			Enrollment{UserID: "DU1", Username: "ada", ActivationCode: "duo://c", ActivationURL: "https://u",
				Barcode: "https://b", Expires: second, BypassCodes: Codes{"1", "2"}},
		},
		"enroll somebody": {
			value(func(ctx context.Context, c *Client) (UserID, error) {
				e, err := c.Enroll(ctx, NewEnrollment{})
				return e.UserID, err
			}), "POST", "/auth/v2/enroll", `{}`, `{"user_id": "DU1"}`, UserID("DU1"),
		},
		"enroll status": {
			value(func(ctx context.Context, c *Client) (EnrollState, error) {
				return c.EnrollStatus(ctx, "DU1", "duo://c")
			}),
			"POST", "/auth/v2/enroll_status", `{"activation_code":"duo://c","user_id":"DU1"}`, `"waiting"`,
			EnrollWaiting,
		},
	})
}

func TestUserForms(t *testing.T) {
	t.Parallel()
	const users, phones = "/admin/v1/users/DU1", "/admin/v1/phones/DP1"
	testForms(t, map[string]form{
		"enroll": {
			value(func(ctx context.Context, c *Client) (Sensitive, error) {
				return c.EnrollUser(ctx, "ada", "ada@acme.example", 0)
			}), "POST", "/admin/v1/users/enroll", `{"email":"ada@acme.example","username":"ada","valid_secs":"0"}`,
			`"1a2b3c4d"`, Sensitive("1a2b3c4d"),
		},
		"synchronize": {
			nothing(func(ctx context.Context, c *Client) error { return c.SyncUser(ctx, "DS1", "ada") }),
			"POST", "/admin/v1/users/directorysync/DS1/syncuser", `{"username":"ada"}`, `{"message": "x"}`, nil,
		},
		"bulk create": {
			value(func(ctx context.Context, c *Client) ([]User, error) {
				return c.BulkCreateUsers(ctx, []UserFields{{Username: new("ada"), Aliases: map[int]string{1: "a"}},
					{Username: new("bob"), EnableAutoPrompt: new(true)}})
			}), "POST", "/admin/v1/users/bulk_create",
			`{"users":"[{\"aliases\":\"alias1=a\",\"username\":\"ada\"},{\"enable_auto_prompt\":true,\"username\":\"bob\"}]"}`,
			`[{"user_id": "DU1"}, {"user_id": "DU2"}]`,
			[]User{{ID: "DU1", EnableAutoPrompt: true}, {ID: "DU2", EnableAutoPrompt: true}},
		},
		"tokens": {
			value(func(ctx context.Context, c *Client) ([]Token, error) { return c.UserTokens(ctx, "DU1") }),
			"GET", users + "/tokens?limit=500&offset=0", "",
			`[{"serial": "123456", "token_id": "DH1", "totp_step": 30, "type": "t6"}]`,
			[]Token{{ID: "DH1", Serial: "123456", Type: "t6", Step: 30 * time.Second}},
		},
		"assign a token": {
			nothing(func(ctx context.Context, c *Client) error { return c.AssignToken(ctx, "DU1", "DH1") }),
			"POST", users + "/tokens", `{"token_id":"DH1"}`, `""`, nil,
		},
		"un-assign a token": {
			nothing(func(ctx context.Context, c *Client) error { return c.UnassignToken(ctx, "DU1", "DH1") }),
			"DELETE", users + "/tokens/DH1", "", `""`, nil,
		},
		"WebAuthn": {
			value(func(ctx context.Context, c *Client) ([]WebAuthnCredential,
				error) {
				return c.UserWebAuthn(ctx, "DU1")
			}),
			"GET", users + "/webauthncredentials?limit=500&offset=0", "",
			`[{"credential_name": "key", "date_added": 1785846896, "label": "Security Key", "webauthnkey": "WA1"}]`,
			[]WebAuthnCredential{{Key: "WA1", Name: "key", Label: "Security Key", Added: second}},
		},
		"verification push": {
			value(func(ctx context.Context, c *Client) (VerificationPush, error) {
				return c.SendVerificationPush(ctx, "DU1", "DP1")
			}),
			"POST", users + "/send_verification_push", `{"phone_id":"DP1"}`,
			`{"confirmation_code": "824135", "push_id": "p-1"}`,
			VerificationPush{ID: "p-1", Code: "824135"},
		},
		"answer to it": {
			value(func(ctx context.Context, c *Client) (VerificationResult, error) {
				return c.VerificationPushResponse(ctx, "DU1", "p-1")
			}), "GET", users + "/verification_push_response?push_id=p-1", "", `{"push_id": "p-1", "result": "waiting"}`,
			VerificationWaiting,
		},
		"users by name": {
			value(func(ctx context.Context, c *Client) ([]User, error) {
				users, _, err := c.UsersMatching(ctx, UserFilter{Usernames: []string{"ada", "bob"}}, 10, 20)
				return users, err
			}), "GET", "/admin/v1/users?limit=10&offset=20&username_list=%5B%22ada%22%2C%22bob%22%5D", "",
			`[{"user_id": "DU1", "username": "Bob"}]`, []User{{ID: "DU1", Username: "Bob", EnableAutoPrompt: true}},
		},
		"users by id and email": {
			value(func(ctx context.Context, c *Client) ([]User, error) {
				users, _, err := c.UsersMatching(ctx,
					UserFilter{IDs: []UserID{"DU1"}, Email: "ada@acme.example"}, 10, 0)
				return users, err
			}), "GET", "/admin/v1/users?email=ada%40acme.example&limit=10&offset=0&user_id_list=%5B%22DU1%22%5D", "",
			`[]`, []User{},
		},
		"phone by number": {
			value(func(ctx context.Context, c *Client) ([]Phone, error) {
				phones, _, err := c.PhonesMatching(ctx, PhoneFilter{Number: "+17345551212", Extension: "12"}, 1, 0)
				return phones, err
			}), "GET", "/admin/v1/phones?extension=12&limit=1&number=%2B17345551212&offset=0", "",
			`[{"phone_id": "DP1", "number": "+17345551212", "extension": "12"}]`,
			[]Phone{{ID: "DP1", Number: "+17345551212", Extension: "12"}},
		},
		"page of a user's phones": {
			value(func(ctx context.Context, c *Client) (Metadata, error) {
				_, metadata, err := c.UserPhonesPage(ctx, "DU1", 3, 6)
				return metadata, err
			}), "GET", users + "/phones?limit=3&offset=6", "", `[]`, Metadata{},
		},
		"page of a user's codes": {
			value(func(ctx context.Context, c *Client) (Metadata, error) {
				_, metadata, err := c.UserBypassCodesPage(ctx, "DU1", 3, 6)
				return metadata, err
			}), "GET", users + "/bypass_codes?limit=3&offset=6", "", `[]`, Metadata{},
		},
		"activation by SMS": {
			value(func(ctx context.Context, c *Client) (SentActivation, error) {
				return c.SendActivation(ctx, "DP1", ActivationSMS{ValidFor: time.Hour, Message: "Tap <acturl>",
					Install: true, InstallText: "Get <insturl>"})
			}), "POST", phones + "/send_sms_activation",
			`{"activation_msg":"Tap <acturl>","install":"1","installation_msg":"Get <insturl>","valid_secs":"3600"}`,
			`{"activation_barcode": "https://b", "activation_msg": "Tap https://u", "installation_msg": "Get https://i", "valid_secs": "3600"}`,
			SentActivation{Message: "Tap https://u", Barcode: "https://b", InstallText: "Get https://i",
				ValidFor: time.Hour},
		},
		"activation by SMS in Duo's words": {
			value(func(ctx context.Context, c *Client) (time.Duration, error) {
				sent, err := c.SendActivation(ctx, "DP1", ActivationSMS{})
				return sent.ValidFor, err
			}), "POST", phones + "/send_sms_activation", `{"install":"0"}`, `{"valid_secs": 86400}`, 24 * time.Hour,
		},
		"installation by SMS": {
			value(func(ctx context.Context, c *Client) (string, error) { return c.SendInstallation(ctx, "DP1", "") }),
			"POST", phones + "/send_sms_installation", `{}`,
			`{"installation_msg": "To install the app, click: https://i"}`, "To install the app, click: https://i",
		},
		"passcodes by SMS": {
			nothing(func(ctx context.Context, c *Client) error { return c.SendPasscodes(ctx, "DP1") }),
			"POST", phones + "/send_sms_passcodes", `{}`, `""`, nil,
		},
	})
}
