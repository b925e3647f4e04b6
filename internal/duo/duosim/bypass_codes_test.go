package duosim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestM14NewBypassCodesWipeOldOnesUnlessPreserved(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	b.AddBypassCode(b.child.AccountID, id, BypassSpec{Code: "111111"})
	path := "/admin/v1/users/" + id + "/bypass_codes"

	b.wantOK(b.asParent("POST", path, "count", "2", "preserve_existing", "true"))
	if codes := b.BypassCodes(b.child.AccountID, id); len(codes) != 3 || codes[0] != "111111" {
		t.Fatalf("preserving: %v", codes)
	}
	b.wantRefusal(b.asParent("POST", path, "codes", "222222,111111", "preserve_existing", "1"), 40002,
		"preserve_existing")
	if codes := b.BypassCodes(b.child.AccountID, id); len(codes) != 3 {
		t.Fatalf("a refused call changed the codes: %v", codes)
	}
	b.wantOK(b.asParent("POST", path, "codes", "222222"))
	if codes := b.BypassCodes(b.child.AccountID, id); !slices.Equal(codes, []string{"222222"}) {
		t.Errorf("not preserving: %v", codes)
	}
	if n := len(b.wantOK(b.asParent("POST", path)).Response.([]any)); n != 10 {
		t.Errorf("%d codes by default, want 10", n)
	}
	for _, e := range b.Ledger() {
		if text := fmt.Sprint(e); strings.Contains(text, "222222") {
			t.Errorf("code in the ledger: %s", text)
		}
	}
}

func TestM14BypassCodeParameters(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	path := "/admin/v1/users/" + id + "/bypass_codes"
	for _, c := range []struct{ detail, name, value string }{
		{"count", "count", "11"}, {"count", "count", "0"}, {"codes", "codes", "12345"}, {"codes", "codes", "abcdef"},
		{"codes", "codes", "123456,123456"}, {"reuse_count", "reuse_count", "-1"}, {"valid_secs", "valid_secs", "soon"},
		{"preserve_existing", "preserve_existing", "maybe"},
	} {
		b.wantRefusal(b.asParent("POST", path, c.name, c.value), 40002, c.detail)
	}
	b.wantRefusal(b.asParent("POST", path, "codes", "123456", "count", "1"), 40002, "codes")
	b.wantRefusal(b.asParent("POST", "/admin/v1/users/DUx/bypass_codes"), 40401, "")

	for range 10 {
		b.wantOK(b.asParent("POST", path, "count", "10", "preserve_existing", "true"))
	}
	b.wantRefusal(b.asParent("POST", path, "count", "1", "preserve_existing", "true"), 40002, "preserve_existing")
}

func TestM14BypassCodeMetadata(t *testing.T) {
	t.Parallel()
	now := noon
	b := newBench(t, Options{Now: func() time.Time { return now }})
	id := b.AddUser(b.child.AccountID, UserSpec{Username: "ada"})
	other := b.AddUser(b.child.AccountID, UserSpec{Username: "bob"})
	kept := b.AddBypassCode(b.child.AccountID, other, BypassSpec{Code: "98765432", Unlimited: true})
	b.wantOK(b.asParent("POST", "/admin/v1/users/"+id+"/bypass_codes", "codes", "123456789", "valid_secs", "3600",
		"reuse_count", "4"))

	all := b.wantOK(b.asParent("GET", "/admin/v1/bypass_codes"))
	if len(all.list()) != 2 || all.Metadata["total_objects"] != 2 || strings.Contains(all.Text, "98765432") ||
		strings.Contains(all.Text, "123456789") {
		t.Fatalf("all codes: %s", all.Text)
	}
	mine := b.wantOK(b.asParent("GET", "/admin/v1/users/"+id+"/bypass_codes")).list()
	if len(mine) != 1 || mine[0]["expiration"] != float64(noon.Unix()+3600) || mine[0]["reuse_count"] != 4.0 {
		t.Fatalf("code of the user: %v", mine)
	}
	one := b.wantOK(b.asParent("GET", "/admin/v1/bypass_codes/"+kept)).object()
	if one["expiration"] != nil || one["reuse_count"] != nil || one["user"].(map[string]any)["username"] != "bob" {
		t.Errorf("unlimited code: %v", one)
	}
	now = now.Add(time.Hour)
	if n := len(b.wantOK(b.asParent("GET", "/admin/v1/bypass_codes")).list()); n != 1 {
		t.Errorf("%d codes after expiry of one", n)
	}
	for range 2 {
		b.wantVoid(b.asParent("DELETE", "/admin/v1/bypass_codes/"+kept))
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/bypass_codes/"+kept), 40401, "")
}
