package duosim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestM17AuthEnrollment(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	b.wantRefusal(b.auth("enroll", "username", "Ada"), 40002, "username already exists")
	b.wantRefusal(b.auth("enroll", "valid_secs", "0"), 40002, "valid_secs")
	status := func(id, code any) any {
		return b.wantOK(b.auth("enroll_status", "user_id", id.(string), "activation_code", code.(string))).Response
	}
	made := b.wantOK(b.auth("enroll", "valid_secs", "600", "bypass_codes", "2")).object()
	id, code := made["user_id"], made["activation_code"]
	if len(made["username"].(string)) != 32 || made["expiration"] != float64(noon.Unix()+600) ||
		len(made["bypass_codes"].([]any)) != 2 {
		t.Fatalf("enrolled: %v", made)
	}
	if !strings.HasPrefix(code.(string), "duo://") || !strings.Contains(made["activation_url"].(string), "/activate/") {
		t.Errorf("links: %v", made)
	}
	if got := status(id, code); got != "waiting" {
		t.Errorf("before scanning: %v", got)
	}
	if got := status(b.ada, code); got != "invalid" {
		t.Errorf("somebody else's code: %v", got)
	}
	if err := b.Scan(made["activation_barcode"].(string)); err != nil {
		t.Fatal(err)
	}
	if got := status(id, code); got != "success" {
		t.Errorf("after scanning: %v", got)
	}
	if err := b.Scan(code.(string)); err == nil {
		t.Error("scanned twice")
	}
	devices := b.wantOK(b.auth("preauth", "user_id", id.(string))).object()["devices"].([]any)
	if first := devices[0].(map[string]any); fmt.Sprint(first["capabilities"]) != "[auto push mobile_otp]" ||
		first["number"] != "" {
		t.Errorf("device: %v", first)
	}
	late := b.wantOK(b.auth("enroll", "valid_secs", "60", "username", "late")).object()
	b.MoveClock(time.Minute)
	if got := status(late["user_id"], late["activation_code"]); got != "invalid" {
		t.Errorf("expired: %v", got)
	}
	if err := b.Scan(late["activation_code"].(string)); err == nil {
		t.Error("an expired code was scanned")
	}
}

func TestM17AdminEnrollmentByEmail(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	enroll := func(pairs ...string) reply { return b.asParent("POST", "/admin/v1/users/enroll", pairs...) }
	b.wantRefusal(enroll("username", "grace"), 40001, "email")
	b.wantRefusal(enroll("username", "ada", "email", "ada@acme.example"), 40002, "username")
	first, _ := b.wantOK(enroll("username", "grace", "email", "grace@acme.example")).Response.(string)
	second, _ := b.wantOK(enroll("username", "grace", "email", "grace@acme.example")).Response.(string)
	mails := b.Outbox(b.child.AccountID)
	if len(mails) != 2 || mails[1].Email != "grace@acme.example" ||
		!strings.Contains(mails[1].Text, "/portal?code="+second) || first == second {
		t.Fatalf("codes %q, %q; outbox %+v", first, second, mails)
	}
	portal := b.wantOK(b.auth("preauth", "username", "grace")).object()["enroll_portal_url"].(string)
	if !strings.Contains(mails[1].Text, portal) {
		t.Errorf("preauth leads to %s, the email says %s", portal, mails[1].Text)
	}
	if err := b.Scan(first); err == nil {
		t.Error("the replaced code was scanned")
	}
	if err := b.Scan("https://" + b.child.APIHostname + "/portal?code=" + second); err != nil {
		t.Error(err)
	}
	grace := b.wantOK(b.asParent("GET", "/admin/v1/users", "username", "grace")).list()[0]
	if grace["is_enrolled"] != true || grace["email"] != "grace@acme.example" || len(grace["phones"].([]any)) != 1 {
		t.Errorf("after scanning: %v", grace)
	}
	b.wantRefusal(enroll("username", "grace", "email", "x@acme.example"), 40002, "username")
}
