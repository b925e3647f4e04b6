package duosim

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestWrongShapesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	phone := b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS"})
	object, list := map[string]any{"first": "Ada"}, []any{"ada"}
	for name, c := range map[string]struct {
		method, path string
		body         map[string]any
		detail       string
	}{
		"an object as username": {"POST", "/admin/v1/users", map[string]any{"username": object}, "username"},
		"a list as username":    {"POST", "/admin/v1/users", map[string]any{"username": list}, "username"},
		"an object as notes":    {"POST", "/admin/v1/users/" + user, map[string]any{"notes": object}, "notes"},
		"an object as an alias": {"POST", "/admin/v1/users/" + user, map[string]any{"alias1": object}, "alias1"},
		"an object as description": {"POST", "/admin/v1/groups",
			map[string]any{"name": "Pilots", "desc": object}, "desc"},
		"an object as phone name": {"POST", "/admin/v1/phones/" + phone, map[string]any{"name": object}, "name"},
		"an object as setting": {"POST", "/admin/v1/settings", map[string]any{"helpdesk_message": object},
			"helpdesk_message"},
		"an object as account name": {"POST", "/admin/v1/settings", map[string]any{"name": object}, "name"},
		"an object as flag": {"POST", "/admin/v1/settings", map[string]any{"fraud_email_enabled": list},
			"fraud_email_enabled"},
		"an object of an integrator": {"POST", "/admin/v3/integrations",
			map[string]any{"name": object, "type": "websdk"}, "name"},
		"operations as text": {"POST", "/admin/v1/bulk",
			map[string]any{"operations": `[{"method":"POST","path":"/admin/v1/users"}]`}, "operations"},
		"a list of ids to the trash": {"POST", "/admin/v1/users/bulk_send_to_trash",
			map[string]any{"user_id_list": []any{user}}, "user_id_list"},
		"a list of ids to restore": {"POST", "/admin/v1/users/bulk_restore",
			map[string]any{"user_id_list": []any{user}}, "user_id_list"},
		"a list of users": {"POST", "/admin/v1/users/bulk_create",
			map[string]any{"users": []any{map[string]any{"username": "bob"}}}, "users"},
		"attributes as text": {"POST", "/admin/v1/users/" + user,
			map[string]any{"custom_attribute_map": `{"team":"red"}`}, "custom_attribute_map"},
		"an unknown attribute map": {"POST", "/admin/v1/users/" + user,
			map[string]any{"custom_attribute_map": map[string]any{"team": "red"}}, "custom_attribute_map"},
		"an unknown attribute": {"POST", "/admin/v1/users/" + user,
			map[string]any{"custom_attributes.team": "red"}, "custom_attributes.team"},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.on(t)
			b.wantRefusal(b.asParentJSON(c.method, c.path, c.body), 40002, c.detail)
		})
	}
	bulk := b.wantOK(b.asParentJSON("POST", "/admin/v1/bulk", map[string]any{"operations": []any{
		map[string]any{"method": "POST", "path": "/admin/v1/users", "body": map[string]any{"username": object}},
	}})).list()
	if bulk[0]["code"] != 40002.0 || bulk[0]["message_detail"] != "username" {
		t.Errorf("an object as username in a bulk operation: %v", bulk)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/bulk_create", "users", `[{"username":{"first":"Ada"}}]`),
		40002, "username")
	for name, path := range map[string]string{"username_list": "/admin/v1/users", "user_id_list": "/admin/v1/users",
		"group_id_list": "/admin/v1/groups"} {
		b.wantRefusal(b.asParentJSON("GET", path, map[string]any{name: []any{user}}), 40002, name)
	}
	if n := len(b.Ledger()); n != 0 {
		t.Errorf("refused calls had %d effects", n)
	}
	// M4
	b.wantOK(b.asParentJSON("POST", "/admin/v1/users/"+user, map[string]any{"nobody_knows": object, "notes": "kept"}))
}

func TestNamesHaveDuosLength(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	phone := b.AddPhone(b.child.AccountID, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS"})
	for _, c := range []struct {
		path, name string
		most       int
		pairs      []string
	}{
		{"/admin/v1/users/" + user, "username", 255, nil}, {"/admin/v1/users/" + user, "realname", 255, nil},
		{"/admin/v1/users/" + user, "firstname", 255, nil},
		{"/admin/v1/users/" + user, "lastname", 255, nil}, {"/admin/v1/users/" + user, "alias3", 255, nil},
		{"/admin/v1/groups", "name", 255, nil},
		{"/admin/v1/phones/" + phone, "name", 255, nil}, {"/admin/v1/settings", "name", 255, nil},
		{"/admin/v1/settings", "helpdesk_message", 200, nil},
		{"/admin/v2/integrations", "name", 255, []string{"type", "websdk"}},
		{"/admin/v1/tokens", "serial", 128, []string{"type", "h6", "secret", "00"}},
	} {
		// characters, not bytes
		b.wantOK(b.asParent("POST", c.path, append([]string{c.name, strings.Repeat("ø", c.most)}, c.pairs...)...))
		b.wantRefusal(b.asParent("POST", c.path, append([]string{c.name, strings.Repeat("a", c.most+1)},
			c.pairs...)...), 40002, c.name)
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/"+user, "aliases", "alias2="+strings.Repeat("a", 256)),
		40002, "aliases")
	long := strings.Repeat("a", 256)
	b.wantRefusal(b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), "POST", "/accounts/v1/account/create",
		"name", long), 40002, "name")
}

func TestCustomAttributesThatTheAccountHas(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.AddCustomAttribute(b.child.AccountID, "team")
	b.AddCustomAttribute(b.child.AccountID, "floor")
	user := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	attributes := func() map[string]any {
		return b.wantOK(b.asParent("GET", "/admin/v1/users/"+user)).object()["custom_attributes"].(map[string]any)
	}
	b.wantOK(b.asParent("POST", "/admin/v1/users/"+user, "custom_attributes.team", "red",
		"custom_attributes.floor", "3"))
	if got := attributes(); len(got) != 2 || got["team"] != "red" || got["floor"] != "3" {
		t.Errorf("set one by one: %v", got)
	}
	before := b.Snapshot()
	b.wantOK(b.asParentJSON("POST", "/admin/v1/users/"+user,
		map[string]any{"custom_attribute_map": map[string]any{"team": "blue"}, "custom_attributes.floor": ""}))
	if got := attributes(); len(got) != 1 || got["team"] != "blue" {
		t.Errorf("set by a map, and one cleared: %v", got)
	}
	b.wantRefusal(b.asParentJSON("POST", "/admin/v1/users/"+user,
		map[string]any{"custom_attribute_map": map[string]any{"team": "x", "desk": "y"}}), 40002,
		"custom_attribute_map")
	b.wantRefusal(b.asParentJSON("POST", "/admin/v1/users/"+user,
		map[string]any{"custom_attribute_map": map[string]any{"team": 7}}), 40002, "custom_attribute_map")
	b.Revert(before)
	if got := attributes(); got["team"] != "red" || got["floor"] != "3" {
		t.Errorf("after going back: %v", got)
	}
}

// either are the lists that may be sent as a text or as a list, since Duo documents neither.
var either = []string{"user_ids", "help_links"}

// TestEveryParameterHasAShape: what the handlers read by a name of its own is known to be one value, a
// structure, or a text with one in it.
func TestEveryParameterHasAShape(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	readers, read := []string{"param", "given", "required", "integer", "boolean", "choose", "hexadecimal",
		"messageText", "list", "all"}, 0
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			called, isCall := n.(*ast.CallExpr)
			if !isCall || len(called.Args) == 0 {
				return true
			}
			selector, isMethod := called.Fun.(*ast.SelectorExpr)
			literal, isLiteral := called.Args[0].(*ast.BasicLit)
			if !isMethod || !isLiteral || !slices.Contains(readers, selector.Sel.Name) {
				return true
			}
			name, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			read++
			if !oneValue(name) && !slices.Contains(slices.Concat(structures, encoded, either), name) {
				t.Errorf("%s: %s of %q, which shape.go does not know", file.Name(), selector.Sel.Name, name)
			}
			return true
		})
	}
	if read < 50 {
		t.Errorf("only %d readings were found", read)
	}
}
