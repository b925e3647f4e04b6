package duosim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestM10Paging(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for i := range 650 {
		b.AddUser(b.child.AccountID, UserSpec{Username: fmt.Sprintf("user%03d", i)})
	}
	for _, c := range []struct {
		limit, offset string
		count         int
		metadata      map[string]int
	}{
		{"", "", 100, map[string]int{"total_objects": 650, "next_offset": 100}},
		{"1000", "0", 300, map[string]int{"total_objects": 650, "next_offset": 300}},
		{"300", "300", 300, map[string]int{"total_objects": 650, "prev_offset": 0, "next_offset": 600}},
		{"300", "600", 50, map[string]int{"total_objects": 650, "prev_offset": 300}},
		{"50", "600", 50, map[string]int{"total_objects": 650, "prev_offset": 550}},
		{"300", "9000", 0, map[string]int{"total_objects": 650, "prev_offset": 8700}},
	} {
		r := b.wantOK(b.asParent("GET", "/admin/v1/users", "limit", c.limit, "offset", c.offset))
		if len(r.list()) != c.count || fmt.Sprint(r.Metadata) != fmt.Sprint(c.metadata) {
			t.Errorf("limit %q offset %q: %d users, %v; want %d, %v", c.limit, c.offset, len(r.list()), r.Metadata,
				c.count, c.metadata)
		}
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/users", "limit", "0"), 40002, "limit")
	b.wantRefusal(b.asParent("GET", "/admin/v1/users", "offset", "x"), 40002, "offset")
	empty := b.wantOK(b.asParent("GET", "/admin/v1/phones"))
	if !strings.Contains(empty.Text, `"response": []`) || empty.Metadata["total_objects"] != 0 {
		t.Errorf("an empty list: %s", empty.Text)
	}
}

func TestM10LookUps(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ada := b.AddUser(b.child.AccountID, UserSpec{Username: "ada", Email: "ada@acme.example",
		Aliases: []string{"countess"}})
	bob := b.AddUser(b.child.AccountID, UserSpec{Username: "bob"})
	for _, c := range []struct{ name, value, want string }{
		{"username", "ADA", ada}, {"username", "countess", ada}, {"username", "nobody", ""},
		{"email", "Ada@acme.example", ada}, {"email", "", ""},
		{"username_list", `["bob","nobody"]`, bob}, {"user_id_list", `["DU00000000000000000X","` + ada + `"]`, ada},
	} {
		r := b.wantOK(b.asParent("GET", "/admin/v1/users", c.name, c.value, "limit", "1", "offset", "1"))
		got := ""
		for _, u := range r.list() {
			got += u["user_id"].(string)
		}
		if got != c.want || r.Metadata != nil {
			t.Errorf("%s=%s: %q with %v, want %q without paging", c.name, c.value, got, r.Metadata, c.want)
		}
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/users", "user_id_list", ada), 40002, "user_id_list")
	b.wantRefusal(b.asParent("GET", "/admin/v1/users", "username", "ada", "email", "x"), 40002, "email")
}

func TestM13UserLife(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.wantRefusal(b.asParent("POST", "/admin/v1/users", "realname", "Ada"), 40001, "username")
	made := b.wantOK(b.asParent("POST", "/admin/v1/users", "username", "Ada", "realname", "Ada L.", "aliases",
		"alias1=countess&alias5=al%40acme.example")).object()
	path := "/admin/v1/users/" + made["user_id"].(string)
	if made["username"] != "ada" || made["status"] != "active" || made["is_enrolled"] != false ||
		made["alias1"] != "countess" || made["last_login"] != nil {
		t.Fatalf("created: %v", made)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/users", "username", "COUNTESS"), 40003, "")
	b.wantRefusal(b.asParent("POST", path, "aliases", "alias9=x"), 40002, "aliases")
	b.wantRefusal(b.asParent("POST", path, "status", "locked out"), 40002, "status")

	changed := b.wantOK(b.asParent("POST", path, "aliases", "alias1=&alias2=lovelace", "realname", "", "status",
		"disabled")).object()
	if fmt.Sprint(changed["aliases"]) != "map[alias2:lovelace alias5:al@acme.example]" || changed["realname"] != "" ||
		changed["lockout_reason"] != "Admin API disabled" {
		t.Errorf("updated: %v", changed)
	}
	b.wantVoid(b.asParent("DELETE", path))
	b.wantVoid(b.asParent("DELETE", path))
	b.wantRefusal(b.asParent("GET", path), 40401, "")
	b.wantRefusal(b.asParent("POST", path, "notes", "x"), 40401, "")
	if n := len(b.Ledger()); n != 3 {
		t.Errorf("%d effects, want create, update and one delete", n)
	}
}

func TestM16UnlockByStatusActive(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.AddUser(b.child.AccountID, UserSpec{Username: "ada", Status: LockedOut, LockoutReason: "Failed Attempts"})
	u := b.wantOK(b.asParent("POST", "/admin/v1/users/"+id, "status", "active")).object()
	if u["status"] != "active" || u["lockout_reason"] != nil {
		t.Errorf("unlocked user: %v", u)
	}
}

func TestTrash(t *testing.T) {
	t.Parallel()
	now := noon
	b := newBench(t, Options{Now: func() time.Time { return now }})
	id := b.AddUser(b.child.AccountID, UserSpec{Username: "ada", Status: Bypass})
	list := `["` + id + `", "DU00000000000000000X"]`
	status := func() any { return b.wantOK(b.asParent("GET", "/admin/v1/users/"+id)).object()["status"] }

	b.wantRefusal(b.asParent("POST", "/admin/v1/users/bulk_send_to_trash", "user_id_list", id), 40002, "user_id_list")
	b.wantVoid(b.asParent("POST", "/admin/v1/users/bulk_send_to_trash", "user_id_list", list))
	if status() != PendingDeletion {
		t.Fatalf("status in the trash: %v", status())
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+id, "status", "active"), 40002, "status")
	b.wantVoid(b.asParent("POST", "/admin/v1/users/bulk_restore", "user_id_list", list))
	if status() != Bypass {
		t.Fatalf("status after restore: %v", status())
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/users/bulk_send_to_trash", "user_id_list", list))
	now = now.Add(7*24*time.Hour - time.Second)
	if status() != PendingDeletion {
		t.Errorf("a second before its end: %v", status())
	}
	now = now.Add(time.Second)
	b.wantRefusal(b.asParent("GET", "/admin/v1/users/"+id), 40401, "")
}

func TestM13Groups(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	g := b.wantOK(b.asParent("POST", "/admin/v1/groups", "name", "Pilots", "status", "bypass")).object()
	groupID := g["group_id"].(string)
	if g["status"] != "Bypass" {
		t.Errorf("created: %v", g)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/groups", "name", "pilots"), 40003, "")
	b.wantVoid(b.asParent("POST", "/admin/v1/users/"+id+"/groups", "group_id", groupID))
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+id+"/groups", "group_id", "DGx"), 40401, "")
	if u := b.asParent("GET", "/admin/v1/users/"+id); !strings.Contains(u.Text, `"name": "Pilots"`) {
		t.Errorf("group not shown in the user: %s", u.Text)
	}
	for path, members := range map[string]string{"/admin/v2/groups/" + groupID: "",
		"/admin/v1/groups/" + groupID: "ada", "/admin/v2/groups/" + groupID + "/users": "ada"} {
		if r := b.wantOK(b.asParent("GET", path)); strings.Contains(r.Text, `"username"`) != (members != "") {
			t.Errorf("%s: %s", path, r.Text)
		}
	}
	for range 2 {
		b.wantVoid(b.asParent("DELETE", "/admin/v1/users/"+id+"/groups/"+groupID))
	}
	if n := len(b.wantOK(b.asParent("GET", "/admin/v1/users/"+id+"/groups")).list()); n != 0 {
		t.Errorf("%d groups after removal", n)
	}
	if n := len(b.wantOK(b.asParent("GET", "/admin/v1/groups")).list()); n != 1 {
		t.Errorf("%d groups in the account", n)
	}

	changed := b.wantOK(b.asParent("POST", "/admin/v1/groups/"+groupID, "status", "DISABLED", "desc",
		"grounded")).object()
	if changed["status"] != "Disabled" || changed["desc"] != "grounded" || changed["name"] != "Pilots" {
		t.Errorf("modified: %v", changed)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/groups/"+groupID, "status", "off"), 40002, "status")
	b.wantVoid(b.asParent("POST", "/admin/v1/users/"+id+"/groups", "group_id", groupID))
	for range 2 {
		b.wantVoid(b.asParent("DELETE", "/admin/v1/groups/"+groupID))
	}
	b.wantRefusal(b.asParent("GET", "/admin/v2/groups/"+groupID), 40401, "")
	if n := len(b.wantOK(b.asParent("GET", "/admin/v1/users/"+id+"/groups")).list()); n != 0 {
		t.Errorf("%d groups of the user after the group was deleted", n)
	}
}

// TestM18GroupStatusCounts: what a group says goes before what is set on the user.
func TestM18GroupStatusCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.parent.AccountID
	auth := b.parent.Application(AuthAPI)
	group, other := b.AddGroup(id, "Pilots", ""), b.AddGroup(id, "Others", "")
	user := b.AddUser(id, UserSpec{Username: "ada", GroupIDs: []string{group, other}})
	b.AddPhone(id, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS", Activated: true,
		UserIDs: []string{user}})
	for _, c := range []struct{ status, other, want string }{
		{"Active", "Active", "auth"}, {"Bypass", "Active", "allow"}, {"Disabled", "Active", "deny"},
		{"Bypass", "Disabled", "deny"}, {"Disabled", "Bypass", "deny"},
	} {
		b.SetGroupStatus(id, group, c.status)
		b.SetGroupStatus(id, other, c.other)
		if got := b.wantOK(b.call(b.parent.APIHostname, auth, "POST", "/auth/v2/preauth", "username",
			"ada")).object()["result"]; got != c.want {
			t.Errorf("in groups that are %s and %s: %v, want %s", c.status, c.other, got, c.want)
		}
	}
}

// TestM13RelationLimits: Duo answers more than 100 of a kind with a bare error.
func TestM13RelationLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	var phones, groups, users []string
	for i := range 100 {
		phones = append(phones, b.AddPhone(b.child.AccountID, PhoneSpec{Name: fmt.Sprint(i)}))
		groups = append(groups, b.AddGroup(b.child.AccountID, fmt.Sprint(i), ""))
		users = append(users, b.AddUser(b.child.AccountID, UserSpec{Username: fmt.Sprint(i)}))
	}
	full := b.AddUser(b.child.AccountID, UserSpec{Username: "full", PhoneIDs: phones, GroupIDs: groups})
	shared := b.AddPhone(b.child.AccountID, PhoneSpec{Name: "shared", UserIDs: users})
	spare, group := b.AddPhone(b.child.AccountID, PhoneSpec{}), b.AddGroup(b.child.AccountID, "one more", "")
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+full+"/phones", "phone_id", spare), 50001, "")
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+full+"/phones", "phone_id", shared), 50001, "")
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+full+"/groups", "group_id", group), 50001, "")
	b.wantVoid(b.asParent("POST", "/admin/v1/users/"+full+"/groups", "group_id", groups[7]))
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("%d effects of refused calls", n)
	}
}
