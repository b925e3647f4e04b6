package duo

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

func TestDeviceForms(t *testing.T) {
	t.Parallel()
	const token = `{"admins": [{"admin_id": "DE1", "name": "Jane"}], "serial": 123456, "token_id": "DH1", "totp_step": null, "type": "h6", "users": [{"user_id": "DU1"}]}`
	wantToken := Token{ID: "DH1", Serial: "123456", Type: "h6", Users: []User{{ID: "DU1", EnableAutoPrompt: true}},
		Administrators: []Admin{{ID: "DE1", Name: "Jane"}}}
	testForms(t, map[string]form{
		"tokens": {
			value(func(ctx context.Context, c *Client) ([]Token, error) { return collect(c.Tokens(ctx)) }),
			"GET", "/admin/v1/tokens?limit=500&offset=0", "", `[` + token + `]`, []Token{wantToken},
		},
		"page of tokens": {
			value(func(ctx context.Context, c *Client) (int, error) {
				tokens, _, err := c.TokensPage(ctx, 5, 10)
				return len(tokens), err
			}), "GET", "/admin/v1/tokens?limit=5&offset=10", "", `[` + token + `]`, 1,
		},
		"token": {
			value(func(ctx context.Context, c *Client) (Token, error) { return c.Token(ctx, "DH1") }),
			"GET", "/admin/v1/tokens/DH1", "", token, wantToken,
		},
		"delete token": {
			nothing(func(ctx context.Context, c *Client) error { return c.DeleteToken(ctx, "DH1") }),
			"DELETE", "/admin/v1/tokens/DH1", "", `""`, nil,
		},
		"WebAuthn": {
			value(func(ctx context.Context, c *Client) ([]WebAuthnCredential,
				error) {
				return collect(c.WebAuthn(ctx))
			}),
			"GET", "/admin/v1/webauthncredentials?limit=500&offset=0", "",
			`[{"credential_name": "key", "date_added": 1785846896, "date_last_used": null, "label": "Security Key", "webauthnkey": "WA1", "passwordless_authorized": true,
				"transports": ["usb"], "user": null, "admin": {"admin_id": "DE1"}}]`,
			[]WebAuthnCredential{{Key: "WA1", Name: "key", Label: "Security Key", Added: second, Passwordless: true,
				Admin: Admin{ID: "DE1"}}},
		},
		"page of WebAuthn": {
			value(func(ctx context.Context, c *Client) (Metadata, error) {
				_, metadata, err := c.WebAuthnPage(ctx, 5, 0)
				return metadata, err
			}), "GET", "/admin/v1/webauthncredentials?limit=5&offset=0", "", `[]`, Metadata{},
		},
		"WebAuthn credential": {
			value(func(ctx context.Context, c *Client) (WebAuthnCredential, error) {
				return c.WebAuthnCredential(ctx, "WA1")
			}),
			"GET", "/admin/v1/webauthncredentials/WA1", "",
			`{"credential_name": "key", "webauthnkey": "WA1", "user": {"user_id": "DU1", "username": "ada"}}`,
			WebAuthnCredential{Key: "WA1", Name: "key", User: User{ID: "DU1", Username: "ada", EnableAutoPrompt: true}},
		},
		"delete WebAuthn": {
			nothing(func(ctx context.Context, c *Client) error { return c.DeleteWebAuthn(ctx, "WA1") }),
			"DELETE", "/admin/v1/webauthncredentials/WA1", "", `""`, nil,
		},
		"administrators": {
			value(func(ctx context.Context, c *Client) ([]Admin, error) { return collect(c.Admins(ctx)) }),
			"GET", "/admin/v1/admins?limit=500&offset=0", "",
			`[{"admin_id": "DE1", "admin_units": [], "created": 1785846896, "email": "jane@example.com", "hardtoken": {"token_id": "DH1"}, "last_login": null, "name": "Jane",
				"password_change_required": false, "phone": "+17345551212", "restricted_by_admin_units": 1, "role": "Owner", "status": "Pending Activation", "subaccount_role": "Help Desk"}]`,
			[]Admin{{ID: "DE1", Name: "Jane", Email: "jane@example.com", Phone: "+17345551212", Role: "Owner",
				SubaccountRole: "Help Desk", Status: "Pending Activation",
				RestrictedByAdminUnits: true, Created: second, Token: Token{ID: "DH1"}}},
		},
		"page of administrators": {
			value(func(ctx context.Context, c *Client) (Metadata, error) {
				_, metadata, err := c.AdminsPage(ctx, 5, 5)
				return metadata, err
			}), "GET", "/admin/v1/admins?limit=5&offset=5", "", `[]`, Metadata{},
		},
		"administrator": {
			value(func(ctx context.Context, c *Client) (AdminID, error) {
				admin, err := c.Admin(ctx, "DE1")
				return admin.ID, err
			}), "GET", "/admin/v1/admins/DE1", "", `{"admin_id": "DE1"}`, AdminID("DE1"),
		},
	})
}

func TestGroupForms(t *testing.T) {
	t.Parallel()
	const group = `{"desc": "Pilot", "group_id": "DG1", "mobile_otp_enabled": false, "name": "Pilots", "status": "Disabled"}`
	want := Group{ID: "DG1", Name: "Pilots", Description: "Pilot", Status: GroupDisabled}
	testForms(t, map[string]form{
		"groups": {
			value(func(ctx context.Context, c *Client) ([]Group, error) { return collect(c.Groups(ctx)) }),
			"GET", "/admin/v1/groups?limit=500&offset=0", "", `[` + group + `]`, []Group{want},
		},
		"members": {
			value(func(ctx context.Context, c *Client) ([]User, error) { return collect(c.GroupMembers(ctx, "DG1")) }),
			"GET", "/admin/v2/groups/DG1/users?limit=500&offset=0", "", `[{"user_id": "DU1", "username": "ada"}]`,
			[]User{{ID: "DU1", Username: "ada", EnableAutoPrompt: true}},
		},
		"page of members": {
			value(func(ctx context.Context, c *Client) (int, error) {
				users, _, err := c.GroupMembersPage(ctx, "DG1", 1, 2)
				return len(users), err
			}), "GET", "/admin/v2/groups/DG1/users?limit=1&offset=2", "", `[{"user_id": "DU1"}]`, 1,
		},
		"create": {
			value(func(ctx context.Context, c *Client) (Group, error) {
				return c.CreateGroup(ctx, GroupFields{Name: new("Pilots"), Status: new(GroupDisabled)})
			}), "POST", "/admin/v1/groups", `{"name":"Pilots","status":"disabled"}`, group, want,
		},
		"modify": {
			value(func(ctx context.Context, c *Client) (Group, error) {
				return c.ModifyGroup(ctx, "DG1", GroupFields{Description: new("")})
			}), "POST", "/admin/v1/groups/DG1", `{"desc":""}`, group, want,
		},
		"delete": {
			nothing(func(ctx context.Context, c *Client) error { return c.DeleteGroup(ctx, "DG1") }),
			"DELETE", "/admin/v1/groups/DG1", "", `""`, nil,
		},
	})
}

func TestBillingForms(t *testing.T) {
	t.Parallel()
	testForms(t, map[string]form{
		"edition": {
			value(func(ctx context.Context, c *Client) (Edition, error) { return c.Edition(ctx) }),
			"GET", "/admin/v1/billing/edition", "", `{"edition": "BEYOND"}`, EditionPremier,
		},
		"set edition": {
			nothing(func(ctx context.Context, c *Client) error { return c.SetEdition(ctx, EditionAdvantage) }),
			"POST", "/admin/v1/billing/edition", `{"edition":"PLATFORM"}`, `""`, nil,
		},
		"credits": {
			value(func(ctx context.Context, c *Client) (int, error) { return c.TelephonyCredits(ctx) }),
			"GET", "/admin/v1/billing/telephony_credits", "", `{"credits": "250"}`, 250,
		},
		"set credits": {
			nothing(func(ctx context.Context, c *Client) error { return c.SetTelephonyCredits(ctx, 300) }),
			"POST", "/admin/v1/billing/telephony_credits", `{"credits":"300"}`, `""`, nil,
		},
		"user limit": {
			value(func(ctx context.Context, c *Client) (UserLimit, error) { return c.UserLimit(ctx) }),
			"GET", "/admin/v1/billing/user_limit", "", `{"user_limit": 50, "current_user_count": 17}`,
			UserLimit{Limit: 50, Current: 17},
		},
	})
}

func TestIntegrationForms(t *testing.T) {
	t.Parallel()
	const integration = `{"adminapi_admins": 1, "adminapi_info": 0, "adminapi_read_log": "1", "groups_allowed": "DG1, DG2", "integration_key": "DI1", "name": "VPN",
		"secret_key": "CanarySecretKeyThatMustNeverBeSeen000001", "type": "authapi", "user_access": "PERMITTED_GROUPS", "policy_key": null}`
	want := Integration{Key: "DI1", Name: "VPN", Type: "authapi", UserAccess: "PERMITTED_GROUPS",
		Groups: []GroupID{"DG1", "DG2"}, Permissions: []string{"adminapi_admins", "adminapi_read_log"}}
	sections := map[string]json.RawMessage{"new_user": json.RawMessage(`{"new_user_behavior": "enroll"}`)}
	const policy = `{"is_global_policy": true, "policy_key": "PO1", "policy_name": "Global Policy", "sections": {"new_user": {"new_user_behavior": "enroll"}}}`
	wantPolicy := Policy{Key: "PO1", Name: "Global Policy", Global: true, Sections: sections}
	testForms(t, map[string]form{
		"integrations": {
			value(func(ctx context.Context, c *Client) ([]Integration, error) { return collect(c.Integrations(ctx)) }),
			"GET", "/admin/v2/integrations?limit=500&offset=0", "", `[` + integration + `]`, []Integration{want},
		},
		"page of integrations": {
			value(func(ctx context.Context, c *Client) (Metadata, error) {
				_, metadata, err := c.IntegrationsPage(ctx, 1, 2)
				return metadata, err
			}), "GET", "/admin/v2/integrations?limit=1&offset=2", "", `[{"groups_allowed": []}]`, Metadata{},
		},
		"integration": {
			value(func(ctx context.Context, c *Client) (Integration, error) { return c.Integration(ctx, "DI1") }),
			"GET", "/admin/v2/integrations/DI1", "", integration, want,
		},
		"create": {
			value(func(ctx context.Context, c *Client) (Integration,
				error) {
				return c.CreateAuthIntegration(ctx, "VPN")
			}),
			"POST", "/admin/v2/integrations", `{"name":"VPN","type":"authapi"}`, integration, want,
		},
		"secret key": {
			value(func(ctx context.Context, c *Client) (Sensitive, error) { return c.IntegrationSecret(ctx, "DI1") }),
			"GET", "/admin/v1/integrations/DI1/skey", "", `{"secret_key": "CanarySecretKeyThatMustNeverBeSeen000001"}`,
			Sensitive(testSecret),
		},
		"delete": {
			nothing(func(ctx context.Context, c *Client) error { return c.DeleteIntegration(ctx, "DI1") }),
			"DELETE", "/admin/v2/integrations/DI1", "", `""`, nil,
		},
		"policies": {
			value(func(ctx context.Context, c *Client) ([]Policy, error) { return collect(c.Policies(ctx)) }),
			"GET", "/admin/v2/policies?limit=100&offset=0", "", `[` + policy + `]`, []Policy{wantPolicy},
		},
		"page of policies": {
			value(func(ctx context.Context, c *Client) (Metadata, error) {
				_, metadata, err := c.PoliciesPage(ctx, 1, 2)
				return metadata, err
			}), "GET", "/admin/v2/policies?limit=1&offset=2", "", `[]`, Metadata{},
		},
		"policy": {
			value(func(ctx context.Context, c *Client) (Policy, error) { return c.Policy(ctx, "PO1") }),
			"GET", "/admin/v2/policies/PO1", "", policy, wantPolicy,
		},
		"summary": {
			value(func(ctx context.Context, c *Client) (PolicySummary, error) { return c.PolicySummary(ctx) }),
			"GET", "/admin/v2/policies/summary", "",
			`{"policies": [` + policy + `], "policy_count": 1, "response_is_truncated": false}`,
			PolicySummary{Policies: []Policy{wantPolicy}, Count: 1},
		},
		"what holds for a user": {
			value(func(ctx context.Context, c *Client) (EffectivePolicy, error) {
				return c.CalculatePolicy(ctx, "DI1", "DU1")
			}),
			"GET", "/admin/v2/policies/calculate?integration_key=DI1&user_id=DU1", "",
			`{"policy_elements": ["x"], "sections": {"new_user": {"new_user_behavior": "enroll"}}}`,
			EffectivePolicy{Elements: json.RawMessage(`["x"]`), Sections: sections},
		},
	})
}

func TestSettingsForms(t *testing.T) {
	t.Parallel()
	const settings = `{"sms_refresh": 1, "fraud_email_enabled": "false", "lockout_expire_duration": null, "lockout_threshold": 9, "brand_new": {"x": [1]}, "keypress_confirm": "#"}`
	testForms(t, map[string]form{
		"read": {
			value(func(ctx context.Context, c *Client) (string, error) {
				s, err := c.Settings(ctx)
				if s.Has("caller_id") || !s.Has("brand_new") || !s.SMSRefresh || s.FraudEmailEnabled ||
					s.LockoutMinutes != 0 || s.LockoutThreshold != 9 || s.KeypressConfirm != "#" {
					return "wrong", err
				}
				return string(s.Raw["brand_new"]), err
			}), "GET", "/admin/v1/settings", "", settings, `{"x": [1]}`,
		},
		"change": {
			value(func(ctx context.Context, c *Client) (int, error) {
				s, err := c.UpdateSettings(ctx, SettingsFields{LockoutThreshold: new(9), SMSMinutes: new(0),
					SMSRefresh: new(true), FraudEmail: new(""), LogRetentionDays: new(0)})
				return s.LockoutThreshold, err
			}), "POST", "/admin/v1/settings",
			`{"fraud_email":"","lockout_threshold":"9","log_retention_days":"0","sms_expiration":"","sms_refresh":"1"}`,
			settings, 9,
		},
	})
}

func TestLogForms(t *testing.T) {
	t.Parallel()
	window := LogWindow{From: second.Add(-time.Hour), To: second.Add(time.Millisecond)}
	const asked = "maxtime=1785846896001&mintime=1785843296000"
	testForms(t, map[string]form{
		"authentication": {
			value(func(ctx context.Context, c *Client) ([]AuthenticationEvent, error) {
				return collect(c.AuthenticationLog(ctx, window, 1))
			}), "GET", "/admin/v2/logs/authentication?limit=1000&" + asked + "&sort=ts%3Adesc", "",
			`{"authlogs": [{
				"access_device": {"browser": "Chrome", "browser_version": "138.0.0.0", "epkey": null, "hostname": null, "ip": "198.51.100.7", "is_encryption_enabled": "unknown",
					"location": {"city": "Detroit", "country": "United States", "state": "Michigan"}, "os": "Mac OS X", "os_version": "10.15.7", "security_agents": "unknown"},
				"adaptive_trust_assessments": {}, "alias": "unknown", "application": {"key": "DI0A1B2C3D4E5F6G7H8J", "name": "VPN"},
				"auth_device": {"ip": null, "key": "DP7G1WX9E4L2V0A6TRMZ", "location": {"city": null, "country": null, "state": null}, "name": "Joe phone (+17345551212)"},
				"email": "jsmith@example.com", "event_type": "authentication", "factor": "duo_push", "isotimestamp": "2026-08-04T12:34:56.413200+00:00", "ood_software": null,
				"reason": "user_approved", "result": "success", "timestamp": 1785846896, "trusted_endpoint_status": "unknown", "txid": "5c1f0e9a",
				"user": {"groups": ["Pilot"], "key": "DU4N8YC2H6J0F5S3KBQD", "name": "jsmith"}}], "metadata": {"next_offset": null, "total_objects": 1}}`,
			[]AuthenticationEvent{{
				Transaction: "5c1f0e9a", Time: fraction, Type: "authentication", Result: "success",
				Reason: "user_approved", Factor: "duo_push",
				User: LogParty{Key: "DU4N8YC2H6J0F5S3KBQD", Name: "jsmith"}, Groups: []string{"Pilot"},
				Email:       "jsmith@example.com",
				Application: LogParty{Key: "DI0A1B2C3D4E5F6G7H8J", Name: "VPN"},
				AccessDevice: LogDevice{Address: "198.51.100.7", Browser: "Chrome 138.0.0.0", OS: "Mac OS X 10.15.7",
					City: "Detroit", State: "Michigan", Country: "United States"},
				AuthDevice: LogDevice{Key: "DP7G1WX9E4L2V0A6TRMZ", Name: "Joe phone (+17345551212)"},
			}},
		},
		"authentication, second page": {
			value(func(ctx context.Context, c *Client) (string, error) {
				_, next, err := c.AuthenticationLogPage(ctx, window, 5, "1785846896413,9de5069c")
				return next, err
			}), "GET", "/admin/v2/logs/authentication?limit=5&" + asked +
				"&next_offset=1785846896413%2C9de5069c&sort=ts%3Adesc", "",
			`{"authlogs": [{}], "metadata": {"next_offset": ["1785846896412", "5c1f"], "total_objects": {"relation": "eq", "value": 7}}}`, "1785846896412,5c1f",
		},
		"authentication of some": {
			value(func(ctx context.Context, c *Client) (string, error) {
				only := window
				only.Users, only.Results, only.Factors = []UserID{"DU1"}, []string{"denied", "fraud"},
					[]string{"duo_push"}
				_, next, err := c.AuthenticationLogPage(ctx, only, 5, "")
				return next, err
			}), "GET", "/admin/v2/logs/authentication?factors=duo_push&limit=5&" + asked +
				"&results=denied&results=fraud&sort=ts%3Adesc&users=DU1", "",
			`{"authlogs": [], "metadata": {}}`, "",
		},
		"behind the last": {
			value(func(ctx context.Context, c *Client) (string, error) {
				_, next, err := c.AuthenticationLogPage(ctx, window, 5, "")
				return next, err
			}), "GET", "/admin/v2/logs/authentication?limit=5&" + asked + "&sort=ts%3Adesc", "",
			`{"authlogs": [], "metadata": {"next_offset": ["1785846896412", "5c1f"], "total_objects": 0}}`, "",
		},
		"activity": {
			value(func(ctx context.Context, c *Client) ([]ActivityEvent, error) {
				return collect(c.ActivityLog(ctx, LogWindow{From: window.From, To: window.To, OldestFirst: true}, 1))
			}), "GET", "/admin/v2/logs/activity?limit=1000&" + asked + "&sort=ts%3Aasc", "",
			`{"items": [{"access_device": {"browser": "Chrome", "browser_version": "138", "ip": {"address": "198.51.100.7"}, "location": {"city": "Detroit"}, "os": "Windows", "os_version": null},
				"action": {"details": null, "name": "user_update"}, "activity_id": "a-1", "actor": {"details": "{}", "key": "DE1", "name": "Jane Admin", "type": "admin"}, "akey": "DA1",
				"application": {"key": "DI1", "name": "Panel", "type": "admin"}, "old_target": null, "outcome": {"result": "SUCCESS"},
				"target": {"details": "{\"status\": \"active\"}", "key": "DU1", "name": "jsmith", "type": "user"}, "ts": "2026-08-04T12:34:56.413200+00:00"},
				{"action": "user_delete", "ts": "?", "timestamp": 1785846896}], "metadata": {"total_objects": 1}}`,
			[]ActivityEvent{{
				ID: "a-1", Time: fraction, Action: "user_update", Actor: LogParty{"DE1", "Jane Admin", "admin", "{}"},
				Target:      LogParty{"DU1", "jsmith", "user", `{"status": "active"}`},
				Application: LogParty{Key: "DI1", Name: "Panel", Type: "admin"}, Outcome: "SUCCESS", Account: "DA1",
				AccessDevice: LogDevice{Address: "198.51.100.7", Browser: "Chrome 138", OS: "Windows", City: "Detroit"},
			}, {Time: second, Action: "user_delete"}},
		},
		"telephony": {
			value(func(ctx context.Context, c *Client) ([]TelephonyEvent, error) {
				return collect(c.TelephonyLog(ctx, window, 1))
			}), "GET", "/admin/v2/logs/telephony?limit=1000&" + asked + "&sort=ts%3Adesc", "",
			`{"items": [{"context": "administrator login", "credits": "2", "phone": "+17345551212", "telephony_id": "t-1", "ts": "2026-08-04T12:34:56.413200+00:00", "txid": "x-1", "type": "sms"}], "metadata": {}}`,
			[]TelephonyEvent{{ID: "t-1", Time: fraction, Context: "administrator login", Type: "sms",
				Phone: "+17345551212", Credits: 2, Transaction: "x-1"}},
		},
		"administrator": {
			value(func(ctx context.Context, c *Client) ([]AdministratorEvent, error) {
				return collect(c.AdministratorLog(ctx, second, 1))
			}), "GET", "/admin/v1/logs/administrator?mintime=1785846895", "",
			`[{"timestamp": 1785846895, "action": "too_early"},
				{"action": "user_create", "description": "{\"status\": \"Active\"}", "isotimestamp": "2026-08-04T12:34:56+00:00", "object": "jsmith", "timestamp": 1785846896, "username": "API (Provisioning)"},
				{"action": "admin_login", "description": {"ip": "::1"}, "isotimestamp": "2026-08-04T12:34:57+00:00", "object": null, "username": "Jane"}]`,
			[]AdministratorEvent{
				{Time: second, Actor: "API (Provisioning)", Action: "user_create", Object: "jsmith",
					Description: `{"status": "Active"}`},
				{Time: second.Add(time.Second), Actor: "Jane", Action: "admin_login", Description: `{"ip": "::1"}`},
			},
		},
	})
}
