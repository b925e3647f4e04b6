package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
)

// FuzzAPIBody: whatever a program sends is taken as what it plainly says, or
// refused.
func FuzzAPIBody(f *testing.F) {
	for _, a := range catalog.All() {
		body, err := json.Marshal(exampleBody(a))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a.Slug, body)
	}
	for _, body := range []string{"", "null", `{"run_id":"` + exampleID + `","fields":{"aliases":["a",null]}}`,
		`{"run_id":"` + exampleID + `","RUN_ID":1}`, `{"fields":{"count":1e9}}`, "[[[[", `{"a":{"a":"\"}"}}`} {
		f.Add("create-user", []byte(body))
	}
	f.Fuzz(func(t *testing.T, slug string, data []byte) {
		a, known := catalog.Lookup(slug)
		if !known {
			return
		}
		b, err := site.ParseBody(data, a)
		if err != nil {
			return
		}
		var plain struct {
			RunID  string         `json:"run_id"`
			Ticket string         `json:"ticket"`
			Fields map[string]any `json:"fields"`
		}
		if err := json.Unmarshal(bytes.TrimLeft(data, "\ufeff"), &plain); err != nil {
			t.Fatalf("%q was taken: %v", data, err)
		}
		if len(plain.Fields) != len(b.Fields) || plain.Ticket != b.Ticket {
			t.Fatalf("%q was taken as %+v", data, b)
		}
		for name, value := range plain.Fields {
			if text, isText := value.(string); isText && b.Fields[name] != text {
				t.Fatalf("%q: %s was taken as %q", data, name, b.Fields[name])
			}
		}
		a.Parse(b.Get)
	})
}

// TestParametersAsWritten: an object is taken however it is indented, and texts of
// several lines keep line breaks and tabs.
func TestParametersAsWritten(t *testing.T) {
	t.Parallel()
	const indented = "{\r\n\t\"limit\": \"1\",\n\t\"note\": \"a\\tb\"\n}"
	raw, _ := catalog.Lookup("admin-api-action")
	for how, params := range map[string]string{"an object": indented, "a text": string(mustMarshal(t, indented))} {
		b, err := site.ParseBody([]byte("\ufeff\ufeff{\"run_id\": \""+exampleID+
			"\",\n\t\"fields\": {\"method\": \"get\", \"path\": \"/admin/v1/users\", \"params\": "+params+"}}"), raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Fields["params"]; how == "an object" && got != `{"limit":"1","note":"a\tb"}` {
			t.Errorf("an object is taken as %q", got)
		}
		if in, bad := raw.Parse(b.Get); len(bad) > 0 || !strings.Contains(in.Given(raw)["params"], `"limit"`) {
			t.Errorf("%s: %v %v", how, in.Given(raw), bad)
		}
	}
	update, _ := catalog.Lookup("update-user")
	for notes, fault := range map[string]string{"a\tb\nc": "", "a\x1bb": "This holds control characters.",
		"a\ufffdb": "This holds bytes that are not text."} {
		b, err := site.ParseBody(mustMarshal(t, object{"run_id": exampleID,
			"fields": object{"user_id": "DU0000000000000000EX", "notes": notes}}), update)
		if err != nil {
			t.Fatal(err)
		}
		in, bad := update.Parse(b.Get)
		if fault == "" && (len(bad) > 0 || in.Given(update)["notes"] != notes) ||
			fault != "" && (len(bad) != 1 || bad[0].Message != fault) {
			t.Errorf("notes %q are %q: %v", notes, in.Given(update)["notes"], bad)
		}
	}
}

func mustMarshal(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
