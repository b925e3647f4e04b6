package catalog

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestFactsAreReadAsTheyWereRecorded(t *testing.T) {
	t.Parallel()
	for _, f := range []Facts{{}, {Created: "DU0000000000000000EX"}, {Replaced: 3}, {Phone: `Jo's "work" phone`},
		{Users: []string{"DU1", "DU2"}, Codes: []string{"DB1"}}} {
		if got := RecordedFacts(f.Recorded()); !reflect.DeepEqual(got, f) {
			t.Errorf("%+v is read as %+v", f, got)
		}
	}
	// A user of the client chooses the name of a phone. Postgres takes no NUL in JSON.
	hostile := Facts{Phone: "\x00\u202e" + strings.Repeat("x", 2000)}
	if text := string(hostile.Recorded()); strings.Contains(text, `\u0000`) || strings.Contains(text, "\u202e") ||
		len(text) > 400 {
		t.Errorf("recorded as %q", text)
	}
	for _, text := range []string{"", "{}", "null", `{"phone": 1}`, `{"later": "x"}`} {
		if got := RecordedFacts(json.RawMessage(text)); !reflect.DeepEqual(got, Facts{}) {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}
