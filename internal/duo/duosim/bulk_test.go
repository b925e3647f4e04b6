package duosim

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestBulkCreateMakesAllOrNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	create := func(users string) reply { return b.asParent("POST", "/admin/v1/users/bulk_create", "users", users) }
	made := b.wantOK(
		create(
			`[{"username":"Ada","realname":"Ada L.","aliases":"alias1=countess"},{"username":"bob","status":"bypass"}]`)).list()
	if len(made) != 2 || made[0]["alias1"] != "countess" || made[1]["status"] != "bypass" {
		t.Fatalf("made: %v", made)
	}
	b.wantRefusal(create(`[{"username":"carl"},{"username":"countess"}]`), 40003, "")
	b.wantRefusal(create(`{"username":"carl"}`), 40002, "users")
	many := make([]map[string]string, maxBulkUsers+1)
	for i := range many {
		many[i] = map[string]string{"username": fmt.Sprint("user", i)}
	}
	text, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	b.wantRefusal(create(string(text)), 40002, "users")
	if n := b.wantOK(b.asParent("GET", "/admin/v1/users")).Metadata["total_objects"]; n != 2 || len(b.Ledger()) != 2 {
		t.Errorf("%d users, %d effects, want 2", n, len(b.Ledger()))
	}
}

func TestBulkOperationsStandForThemselves(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ada := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	group := b.AddGroup(b.child.AccountID, "Pilots", "")
	operations := []map[string]any{
		{"method": "POST", "path": "/admin/v1/users", "body": map[string]any{"username": "bob"}},
		{"method": "POST", "path": "/admin/v1/users", "body": map[string]any{"username": "ADA"}},
		{"method": "POST", "path": "/admin/v1/users/" + ada, "body": map[string]any{"notes": "hello"}},
		{"method": "POST", "path": "/admin/v1/users/" + ada + "/groups", "body": map[string]any{"group_id": group}},
		{"method": "DELETE", "path": "/admin/v1/users/" + ada + "/groups/" + group},
	}
	results := b.wantOK(b.asParentJSON("POST", "/admin/v1/bulk", map[string]any{"operations": operations})).list()
	var codes []any
	for _, r := range results {
		codes = append(codes, r["status_code"])
	}
	if fmt.Sprint(codes) != "[200 400 200 200 200]" || results[1]["code"] != 40003.0 || results[4]["response"] != "" {
		t.Errorf("results: %v", results)
	}
	if n := len(b.Ledger()); n != 4 {
		t.Errorf("%d effects, want 4", n)
	}
	for _, wrong := range []string{`[]`, `[{"method":"GET","path":"/admin/v1/users"}]`,
		`[{"method":"DELETE","path":"/admin/v1/phones/x"}]`, `[{"method":"POST","path":"/admin/v1/bulk"}]`} {
		b.wantRefusal(b.asParentJSON("POST", "/admin/v1/bulk", map[string]any{"operations": json.RawMessage(wrong)}),
			40002, "operations")
	}
}
