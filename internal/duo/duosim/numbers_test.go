package duosim

import "testing"

// TestNumbersInEveryForm: a number is the same number in E.164, with dashes, blanks or brackets, and without its plus.
func TestNumbersInEveryForm(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	number := b.wantOK(b.asParent("GET", "/admin/v1/phones/"+b.phone)).object()["number"].(string)
	b.wantOK(b.auth("auth", "username", "ada", "factor", "sms", "device", b.phone))
	bare, area, rest := number[2:], number[2:5], number[5:8]+"-"+number[8:]
	for _, form := range []string{number, bare, "1" + bare, area + "-" + rest, "+1-" + area + "-" + rest,
		"+1 (" + area + ") " + rest, area + "." + rest} {
		if got := b.wantOK(b.asParent("POST", "/admin/v1/settings", "caller_id",
			form)).object()["caller_id"]; got != number[1:] {
			t.Errorf("caller_id %q becomes %v, want %s", form, got, number[1:])
		}
		if got := b.wantOK(b.asParent("GET", "/admin/v1/phones", "number", form)).list(); len(got) != 1 ||
			got[0]["phone_id"] != b.phone {
			t.Errorf("the phone is not found by %q: %v", form, got)
		}
		if got := b.wantOK(b.asParent("POST", "/admin/v1/phones/"+b.phone, "number",
			form)).object()["number"]; got != number {
			t.Errorf("number %q becomes %v, want %s", form, got, number)
		}
		log := b.wantOK(b.asParent("GET", "/admin/v2/logs/authentication",
			logWindow("phone_numbers", form)...)).object()
		if n := log["metadata"].(map[string]any)["total_objects"]; n != 1.0 {
			t.Errorf("%v logins by %q, want 1", n, form)
		}
	}
	for form, want := range map[string]string{"+44 20 7946 0123": "442079460123",
		"442079460123": "442079460123", "": ""} {
		if got := b.wantOK(b.asParent("POST", "/admin/v1/settings", "caller_id",
			form)).object()["caller_id"]; got != want {
			t.Errorf("caller_id %q becomes %v, want %q", form, got, want)
		}
	}
	for _, form := range []string{"555-0100", "+1", "12345678901234567", "call me", "+0123456789", "++12485550100",
		"1248+5550100"} {
		b.wantRefusal(b.asParent("POST", "/admin/v1/settings", "caller_id", form), 40002, "caller_id")
		b.wantRefusal(b.asParent("POST", "/admin/v1/phones", "number", form), 40002, "number")
	}
}
