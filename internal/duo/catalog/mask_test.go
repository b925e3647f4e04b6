package catalog

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestMasked covers answers of actions: their own secrets, members by name in any spelling, links, and JSON in texts.
func TestMasked(t *testing.T) {
	t.Parallel()
	secrets := []Secret{{"Bypass code", "618204957"}}
	for raw, want := range map[string]string{
		`["618204957", "094713526"]`:                           `["(masked)","094713526"]`,
		`{"secret_key":"x","name":"n"}`:                        `{"secret_key":"(masked)","name":"n"}`,
		`[{"a":{"activation_url":"https://m/activate/x"}}]`:    `[{"a":{"activation_url":"(masked)"}}]`,
		`{"secret_key":null,"codes":[],"n":12345678901234567}`: `{"secret_key":null,"codes":"(masked)","n":12345678901234567}`,
		`{"text":"your code is 618204957."}`:                   `{"text":"(masked)"}`,
		`{"skey":"","b":[true,false,null,1.50,{}]}`:            `{"skey":"","b":[true,false,null,1.50,{}]}`,
		`{"a":1,"a":{"skey":"x"}}`:                             `{"a":1,"a":{"skey":"(masked)"}}`,
		`{"a":"<b>\u00e9\""}`:                                  `{"a":"<b>é\""}`,
		`no json`:                                              ``,
		`{"a":`:                                                ``,
		`{"a" 1}`:                                              ``,
		``:                                                     ``,
		strings.Repeat("[", 2000) + strings.Repeat("]", 2000): ``,
	} {
		got := string(Masked([]byte(raw), secrets))
		if got != want || got != "" && !json.Valid([]byte(got)) {
			t.Errorf("%.80s became %.80s, want %s", raw, got, want)
		}
	}
}

// unmaskable are answers that a read could bring back, of paths that nobody knows. CANARY is the secret.
var unmaskable = []string{
	// Integrations, in all versions.
	`[{"integration_key":"DI0","secret_key":"CANARY"}]`,
	`{"secretKey":"CANARY"}`, `{"SECRET_KEY":"CANARY"}`, `{"Secret-Key":"CANARY"}`, `{"secret key":"CANARY"}`,
	`{"secret.key":"CANARY"}`,
	`{"skey":"CANARY"}`, `{"new_skey":"CANARY"}`, `{"skey_next":"CANARY"}`,
	`{"sso":{"oauth_config":{"clients":[{"client_id":"x","client_secret":"CANARY"}]}}}`,
	`{"sso":{"oauth_config":{"clients":[{"client_secrets":["CANARY",{"value":"CANARY"}]}]}}}`,
	`{"idp":{"oidc":{"clientSecret":{"current":"CANARY"}}}}`,
	// Bare values: the answer is the secret.
	`"CANARY"`, `["CANARY","b"]`, `[["CANARY"]]`,
	// Bypass codes.
	`{"codes":["CANARY"]}`, `{"bypass_codes":[{"code":"CANARY"}]}`, `{"bypassCode":"CANARY"}`,
	`[{"user_id":"DU0","new_bypass_codes":["CANARY"]}]`,
	// Activation and enrollment.
	`{"activation_url":"https://m-x.duosecurity.com/activate/CANARY"}`, `{"activationUrl":"CANARY"}`,
	`{"activation_barcode":"CANARY"}`,
	`{"phone":{"activation_code":"CANARY","activation_msg":"CANARY"}}`, `[{"enroll_portal_url":"CANARY"}]`,
	`{"enrollment_code_v2":"CANARY"}`,
	`{"note":"open https://m-x.duosecurity.com/activate/CANARY"}`, `{"x":"duo://CANARY-YXBp"}`,
	`{"x":"https://m-x.duosecurity.com/iphone/CANARY"}`,
	`{"x":"https://api-x.duosecurity.com/frame/qr?value=CANARY"}`,
	`{"x":"https://api-x.duosecurity.com/portal?code=CANARY&akey=DA0"}`,
	// Administrators.
	`{"admin":{"password":"CANARY"}}`, `{"link":"CANARY","message":"CANARY"}`, `{"temporary_password":"CANARY"}`,
	// Tokens, devices, passports.
	`{"tokens":[{"secret":"CANARY","aes_key":"CANARY","private_id":"CANARY"}]}`, `{"totp":{"seed":"CANARY"}}`,
	`{"trusted_device_token":"CANARY"}`,
	`{"oauth":{"access_token":"CANARY","refresh_token":"CANARY","id_token":"CANARY"}}`, `{"passcodes":["CANARY"]}`,
	`{"verification_code":"CANARY"}`,
	`{"saml":{"private_key":"CANARY"}}`, `{"hooks":[{"signing_key":"CANARY"}]}`, `{"recoveryCodes":["CANARY"]}`,
	// JSON in a text, also twice, and members that are there twice.
	`{"detail":"{\"skey\": \"CANARY\"}"}`, `{"detail":"[{\"a\": \"{\\\"secret_key\\\": \\\"CANARY\\\"}\"}]"}`,
	`{"skey":"","skey":"CANARY"}`,
	`[{"method":"GET","path":"/admin/v1/x","response":{"secret_key":"CANARY"}}]`,
}

func TestReadsAreMaskedBelowOwner(t *testing.T) {
	t.Parallel()
	for _, raw := range unmaskable {
		if !json.Valid([]byte(raw)) {
			t.Fatal(raw)
		}
		answer := Result{Raw: json.RawMessage(raw), Plain: true, Least: Owner}
		for role := Auditor; role <= Owner; role++ {
			got := string(answer.Answer(role))
			if strings.Contains(got, "CANARY") != (role == Owner) || !json.Valid([]byte(got)) {
				t.Errorf("%s is shown to %s as %s", raw, role, got)
			}
		}
	}
	// What is no secret stays, or nothing could be read.
	for _, raw := range []string{
		`{"minimum_password_length":12,"password_requires_numbers":true,"bypass_code_id":"DB0","activation_code_expiration":"1"}`,
		`[{"user_id":"DU0","username":"ada","email":"ada@x.example","phones":[{"number":"+442079460123"}],"notes":"a [b]"}]`,
		`{"helpdesk_bypass":"limit","tokens":[],"token_type":"h6","url":"https://duo.com/docs"}`,
		`{"events":[{"factor":"duo_push","result":"success"}]}`,
	} {
		if got := string(Result{Raw: json.RawMessage(raw), Plain: true,
			Least: Owner}.Answer(Administrator)); got != raw {
			t.Errorf("%s is shown as %s", raw, got)
		}
	}
}

func TestRecordedParametersAreMasked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name=n\nclientSecret=x\n\nskey=y": "name=n\nclientSecret=(masked)\nskey=(masked)",
		"minimum_password_length=12":       "minimum_password_length=12",
		"new_password=hunter2":             "new_password=(masked)",
		`a={"skey": "x", "b": 1}`:          `a={"skey":"(masked)","b":1}`,
		`{"a": [{"secretKey": "x"}]}`:      `{"a":[{"secretKey":"(masked)"}]}`,
		`a={"skey": "x"} {"b": 1}`:         `a=(masked)`,
		`a=[{"b": 1}] [`:                   `a=[{"b": 1}] [`,
		"a={no json":                       "a={no json",
		"a=" + strings.Repeat("[", 2000) + strings.Repeat("]", 2000): "a=(masked)",
	} {
		if got := maskedParams(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
