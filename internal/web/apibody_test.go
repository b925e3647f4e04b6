package web

import (
	"encoding/json"
	"testing"

	"duodesk/internal/duo/catalog"
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
	for _, body := range []string{"", "null", `{"run_id":"` + exampleID + `","fields":{"aliases":["a",null]}}`, `{"run_id":"` + exampleID + `","RUN_ID":1}`, `{"fields":{"count":1e9}}`, "[[[[", `{"a":{"a":"\"}"}}`} {
		f.Add("create-user", []byte(body))
	}
	f.Fuzz(func(t *testing.T, slug string, data []byte) {
		a, known := catalog.Lookup(slug)
		if !known {
			return
		}
		b, err := parseBody(data, a)
		if err != nil {
			return
		}
		var plain struct {
			RunID  string         `json:"run_id"`
			Ticket string         `json:"ticket"`
			Fields map[string]any `json:"fields"`
		}
		if err := json.Unmarshal(data, &plain); err != nil {
			t.Fatalf("%q was taken: %v", data, err)
		}
		if len(plain.Fields) != len(b.fields) || plain.Ticket != b.ticket {
			t.Fatalf("%q was taken as %+v", data, b)
		}
		for name, value := range plain.Fields {
			if text, isText := value.(string); isText && b.fields[name] != text {
				t.Fatalf("%q: %s was taken as %q", data, name, b.fields[name])
			}
		}
		a.Parse(b.get)
	})
}
