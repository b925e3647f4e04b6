package catalog

import (
	"encoding/json"
	"testing"

	"duodesk/internal/duo"
)

// TestActivityDetails: the log shows details that are an object like those that are one as text.
func TestActivityDetails(t *testing.T) {
	t.Parallel()
	for details, want := range map[string]string{
		`{"old_status": "Active", "count": 2, "more": {"a": [1]}}`:     `count: 2; more: {"a": [1]}; old status: Active`,
		`"{\"old_status\": \"Active\", \"count\": 2, \"sure\": true}"`: "count: 2; old status: Active; sure: yes",
		`["a", "b"]`: `["a", "b"]`, `"by hand"`: "by hand", `null`: "",
	} {
		for _, event := range []string{
			`{"ts": "2026-08-04T12:00:00+00:00", "action": {"name": "user_update", "details": ` + details + `}}`,
			`{"ts": "2026-08-04T12:00:00+00:00", "action": {"name": "user_update"}, "target": {"key": "DU1", "details": ` + details + `}}`,
		} {
			var e duo.ActivityEvent
			if err := json.Unmarshal([]byte(event), &e); err != nil {
				t.Fatal(err)
			}
			if row := activityRow(e); row[4] != want {
				t.Errorf("%s is shown as %q", event, row[4])
			}
		}
	}
}
