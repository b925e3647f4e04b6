package duosim

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func pngText(t *testing.T, width, height int) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

func TestBrandingIsDraftedAndPublished(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	live := func() map[string]any { return b.wantOK(b.asParent("GET", "/admin/v1/branding")).object() }
	if got := live(); got["logo"] != nil || got["powered_by_duo"] != true || got["card_accent_color"] != nil {
		t.Errorf("at first: %v", got)
	}
	for _, c := range [][2]string{{"GET", ""}, {"POST", "/publish"}, {"POST", "/users/" + b.ada},
		{"DELETE", "/users/" + b.ada}} {
		b.wantRefusal(b.asParent(c[0], "/admin/v1/branding/draft"+c[1]), 40401, "")
	}
	first, second := pngText(t, 12, 12), pngText(t, 500, 40)
	b.wantOK(b.asParent("POST", "/admin/v1/branding", "logo", first, "card_accent_color", "#0a1b2C"))
	draft := b.wantOK(b.asParent("POST", "/admin/v1/branding/draft", "logo", second, "powered_by_duo", "0", "user_ids",
		b.ada)).object()
	if draft["logo"] != second || draft["card_accent_color"] != "#0a1b2C" || draft["powered_by_duo"] != false ||
		len(draft["user_ids"].([]any)) != 1 {
		t.Errorf("draft: %v", draft)
	}
	if got := live(); got["logo"] != first || got["powered_by_duo"] != true {
		t.Errorf("a draft changed what is live: %v", got)
	}
	before := b.Snapshot()
	bob := b.AddUser(b.child.AccountID, UserSpec{Username: "bob"})
	b.wantVoid(b.asParent("POST", "/admin/v1/branding/draft/users/"+bob))
	b.wantVoid(b.asParent("DELETE", "/admin/v1/branding/draft/users/"+b.ada))
	b.wantRefusal(b.asParent("POST", "/admin/v1/branding/draft/users/DUx"), 40401, "")
	if got := b.wantOK(b.asParent("GET", "/admin/v1/branding/draft")).object()["user_ids"].([]any); len(got) != 1 ||
		got[0] != bob {
		t.Errorf("who sees the draft: %v", got)
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/branding/draft/publish"))
	if got := live(); got["logo"] != second || got["powered_by_duo"] != false {
		t.Errorf("published: %v", got)
	}
	if _, has := live()["user_ids"]; has {
		t.Error("what is live has the users of a draft")
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/branding/draft"), 40401, "")
	shown := b.call(b.child.APIHostname, b.app, "GET", "/auth/v2/logo")
	if base64.StdEncoding.EncodeToString([]byte(shown.Text)) != second {
		t.Error("the Auth API shows another logo")
	}
	b.wantOK(b.asParent("POST", "/admin/v1/branding", "logo", "", "card_accent_color", ""))
	if got := live(); got["logo"] != nil || got["card_accent_color"] != nil {
		t.Errorf("cleared: %v", got)
	}
	b.Revert(before)
	if got := b.wantOK(b.asParent("GET", "/admin/v1/branding/draft")).object()["user_ids"].([]any); len(got) != 1 ||
		got[0] != b.ada {
		t.Errorf("the draft after going back: %v", got)
	}
}

func TestBrandingRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, path := range []string{"/admin/v1/branding", "/admin/v1/branding/draft"} {
		for name, values := range map[string][]string{
			"card_accent_color": {"red", "#12", "#12345g", "0a1b2c"}, "page_background_color": {"#1234"},
			"powered_by_duo": {"perhaps"},
			"logo": {"not base64!", base64.StdEncoding.EncodeToString([]byte("GIF89a")), pngText(t, 11, 12),
				pngText(t, 12, 501)},
			"background_img": {"x", base64.StdEncoding.EncodeToString([]byte("<svg/>"))},
		} {
			for _, value := range values {
				b.wantRefusal(b.asParent("POST", path, name, value), 40002, name)
			}
		}
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/branding/draft", "user_ids", "DUx"), 40002, "user_ids")
	b.wantRefusal(b.asParent("GET", "/admin/v1/branding/draft"), 40401, "") // a refused change begins no draft
	large := base64.StdEncoding.EncodeToString(append([]byte(mustDecode(t, pngText(t, 12, 12))),
		make([]byte, maxLogo)...))
	b.wantRefusal(b.asParent("POST", "/admin/v1/logo", "logo", large), 40002, "logo")
	b.wantRefusal(b.asParent("POST", "/admin/v1/logo"), 40001, "logo")
	for name, pairs := range map[string][]string{
		"help_text": {"help_text", strings.Repeat("é", 201)}, "locale": {"locale", "../../en", "help_text", "x"},
		"help_links": {"help_links", `["javascript:alert(1)"]`},
	} {
		b.wantRefusal(b.asParent("POST", "/admin/v1/branding/custom_messaging", pairs...), 40002, name)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/branding/custom_messaging", "help_links", "help.example"), 40002,
		"help_links")
	b.wantRefusal(b.asParentJSON("POST", "/admin/v1/branding/custom_messaging",
		map[string]any{"help_text": []any{"x"}}), 40002, "help_text")
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("refused calls had %d effects", n)
	}
}

func mustDecode(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestLogoIsSetAndDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.wantRefusal(b.asParent("GET", "/admin/v1/logo"), 40002, "")
	b.wantVoid(b.asParent("DELETE", "/admin/v1/logo"))
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("deleting no logo had %d effects", n)
	}
	picture := pngText(t, 40, 40)
	b.wantVoid(b.asParent("POST", "/admin/v1/logo", "logo", picture))
	r := b.asParent("GET", "/admin/v1/logo")
	if r.Header.Get("Content-Type") != "image/png" || !bytes.Equal([]byte(r.Text), mustDecode(t, picture)) {
		t.Errorf("logo: %d %s", r.Status, r.Header.Get("Content-Type"))
	}
	if _, kept := b.Ledger()[0].Parameters["logo"]; kept ||
		strings.Contains(b.asParent("GET", "/admin/v1/logs/administrator").Text, picture) {
		t.Error("the picture is in the ledger or the log")
	}
	b.wantVoid(b.asParent("DELETE", "/admin/v1/logo"))
	b.wantRefusal(b.asParent("GET", "/admin/v1/logo"), 40002, "")
}

func TestCustomMessaging(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	path := "/admin/v1/branding/custom_messaging"
	if got := b.wantOK(b.asParent("GET", path)).object(); got["help_text"] != "" ||
		len(got["help_links"].([]any)) != 0 || got["locale"] != "en_US" {
		t.Errorf("at first: %v", got)
	}
	b.wantOK(b.asParent("POST", path, "help_text", "Call 555-0100", "help_links", `["https://help.example/duo"]`))
	b.wantOK(b.asParentJSON("POST", path, map[string]any{"locale": "de_DE", "help_text": strings.Repeat("ä", 200),
		"help_links": []any{"https://hilfe.example"}}))
	got := b.wantOK(b.asParent("POST", path, "help_text", "Call the help desk")).object() // the links stay
	if got["help_text"] != "Call the help desk" || got["help_links"].([]any)[0] != "https://help.example/duo" {
		t.Errorf("English: %v", got)
	}
	if got := b.wantOK(b.asParent("GET", path, "locale",
		"de_DE")).object(); got["help_links"].([]any)[0] != "https://hilfe.example" {
		t.Errorf("German: %v", got)
	}
	before := b.Snapshot()
	b.wantOK(b.asParent("POST", path, "help_text", "", "help_links", ""))
	b.Revert(before)
	if got := b.wantOK(b.asParent("GET", path)).object(); got["help_text"] != "Call the help desk" {
		t.Errorf("after going back: %v", got)
	}
}

// TestBrandingAndPoliciesFail: the newer calls meet the faults as all others do.
func TestBrandingAndPoliciesFail(t *testing.T) {
	t.Parallel()
	type change struct {
		method, path string
		body         map[string]any
	}
	changes := func(b *bench, own string) []change {
		return []change{
			{"POST", "/admin/v1/branding", map[string]any{"card_accent_color": "#123456"}},
			{"POST", "/admin/v1/branding/draft", map[string]any{"card_accent_color": "#123456"}},
			{"POST", "/admin/v1/branding/draft/publish", map[string]any{}},
			{"POST", "/admin/v1/branding/custom_messaging", map[string]any{"help_text": "x"}},
			{"POST", "/admin/v1/logo", map[string]any{"logo": pngText(b.t, 12, 12)}},
			{"POST", "/admin/v2/policies", map[string]any{"policy_name": "Another"}},
			{"POST", "/admin/v2/policies/copy", map[string]any{"policy_key": own,
				"new_policy_names_list": []any{"Copy"}}},
			{"PUT", "/admin/v2/policies/" + own, map[string]any{"policy_name": "Renamed"}},
		}
	}
	for _, c := range []struct {
		fault   Fault
		status  int
		applied bool
	}{
		{Fault{Kind: AnswerLost}, 0, true}, {Fault{Kind: ErrorAfterApplying}, 500, true},
		{Fault{Kind: ErrorBeforeApplying}, 500, false},
		{Fault{Kind: PermissionRemoved}, 403, false}, {Fault{Kind: RateLimited}, 429, false},
		{Fault{Kind: Down}, 0, false},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{})
			own := b.wantOK(b.asParentJSON("POST", "/admin/v2/policies",
				map[string]any{"policy_name": "Own"})).object()["policy_key"].(string)
			b.wantOK(b.asParent("POST", "/admin/v1/branding/draft"))
			start := b.Snapshot()
			for _, one := range changes(b, own) {
				b.Revert(start)
				b.SetFault(b.child.AccountID, c.fault)
				r := b.asParentJSON(one.method, one.path, one.body)
				if applied := len(b.Ledger()) == 1; r.Status != c.status || applied != c.applied {
					t.Errorf("%s %s: HTTP %d, applied %t", one.method, one.path, r.Status, applied)
				}
			}
			b.Revert(start)
		})
	}
	b := newBench(t, Options{})
	b.wantOK(b.asParentJSON("POST", "/admin/v2/policies", map[string]any{"policy_name": "Own"}))
	global := b.wantOK(b.asParent("GET", "/admin/v2/policies/global")).object()["policy_key"].(string)
	b.SetFault(b.child.AccountID, Fault{Kind: OtherObject})
	if got := b.wantOK(b.asParent("GET", "/admin/v2/policies/"+global)).object()["policy_key"]; got == global {
		t.Error("another policy was to be answered")
	}
	limited := b.AddApplication(b.child.AccountID, AdminAPI,
		slices.DeleteFunc(slices.Clone(AllGrants), func(g Grant) bool { return g == Settings || g == Integrations })...)
	b.SetFault(b.child.AccountID, Fault{})
	for _, path := range []string{"/admin/v1/branding", "/admin/v1/branding/draft",
		"/admin/v1/branding/custom_messaging", "/admin/v1/logo", "/admin/v2/policies"} {
		if r := b.call(b.child.APIHostname, limited, http.MethodGet, path); r.Code != 40301 {
			t.Errorf("%s without the permission: %d %s", path, r.Status, r.Text)
		}
	}
}
