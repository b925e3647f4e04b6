package duosim

import (
	"fmt"
	"testing"
)

func TestM12Billing(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetCredits(b.parent.AccountID, 100)
	b.SetCredits(b.child.AccountID, 50)
	edition := func() any {
		return b.wantOK(b.asParent("GET", "/admin/v1/billing/edition")).object()["edition"]
	}
	credits := func() [2]any {
		mine := b.wantOK(b.asParent("GET", "/admin/v1/billing/telephony_credits")).object()["credits"]
		pool := b.wantOK(b.call(b.parent.APIHostname, b.parent.Application(AdminAPI), "GET",
			"/admin/v1/info/summary")).object()["telephony_credits_remaining"]
		return [2]any{mine, pool}
	}
	if edition() != "PLATFORM" {
		t.Errorf("initial edition: %v", edition())
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/edition", "edition", "ENTERPRISE"))
	if got := b.wantOK(b.asParent("GET", "/admin/v1/info/summary")).object()["edition"]; edition() != "ENTERPRISE" ||
		got != "Duo Essentials" {
		t.Errorf("edition %v, in the summary %v", edition(), got)
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/endpoints"), 40301, "") // not in Essentials
	for _, wrong := range []string{"PERSONAL", "GOLD"} {
		b.wantRefusal(b.asParent("POST", "/admin/v1/billing/edition", "edition", wrong), 40002, "edition")
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "130"))
	if credits() != [2]any{130.0, 20.0} {
		t.Errorf("after adding 80: %v", credits())
	}
	b.wantRefusal(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "151"), 40002, "credits")
	b.wantRefusal(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "-1"), 40002, "credits")
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/telephony_credits", "credits", "0"))
	if credits() != [2]any{0.0, 150.0} {
		t.Errorf("after giving all back: %v", credits())
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/billing/user_limit", "user_limit", "5"))
	if got := b.wantOK(b.asParent("GET",
		"/admin/v1/billing/user_limit")).object(); fmt.Sprint(got) != "map[current_user_count:0 user_limit:5]" {
		t.Errorf("user limit: %v", got)
	}
	own := b.AddApplication(b.child.AccountID, AdminAPI)
	b.wantRefusal(b.call(b.child.APIHostname, own, "GET", "/admin/v1/billing/edition"), 40301, "")
	b.SetBilling(b.parent.AccountID, false)
	for _, path := range []string{"edition", "telephony_credits", "user_limit"} {
		b.wantRefusal(b.asParent("GET", "/admin/v1/billing/"+path), 40301, "")
		b.wantRefusal(b.asParent("POST", "/admin/v1/billing/"+path, "edition", "BEYOND", "credits", "1", "user_limit",
			"1"), 40301, "")
	}
}

func TestAdministrators(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	id := b.AddAdmin(b.child.AccountID, AdminSpec{Name: "Jane", Email: "jane@acme.example", Role: "Help Desk",
		LastLogin: noon})
	b.AddAdmin(b.child.AccountID, AdminSpec{Name: "Joe", Email: "joe@acme.example", Status: "Pending Activation"})
	listed := b.wantOK(b.asParent("GET", "/admin/v1/admins"))
	if listed.Metadata["total_objects"] != 2 || listed.list()[1]["role"] != "Owner" ||
		listed.list()[1]["last_login"] != nil {
		t.Errorf("list: %s", listed.Text)
	}
	if one := b.wantOK(b.asParent("GET", "/admin/v1/admins/"+id)).object(); one["role"] != "Help Desk" ||
		one["last_login"] != float64(noon.Unix()) {
		t.Errorf("get: %v", one)
	}
	b.wantRefusal(b.asParent("GET", "/admin/v1/admins/DE00000000000000000X"), 40401, "")
	if n := b.wantOK(b.asParent("GET", "/admin/v1/info/summary")).object()["admin_count"]; n != 2.0 {
		t.Errorf("admin_count: %v", n)
	}
}
