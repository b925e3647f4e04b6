package catalog

import (
	"strings"
	"testing"
)

// TestNewPhones: what would only fail later, with a caller waiting, is refused
// when the phone is made.
func TestNewPhones(t *testing.T) {
	t.Parallel()
	create, _ := Lookup("create-phone")
	type form = map[string]string
	for _, test := range []struct {
		name  string
		form  form
		fault string // the field at fault; "" if the phone can be made
	}{
		{"a number without a unit", form{"number": "+12025550177"}, ""},
		{"a tablet", form{"name": "Reception iPad", "platform": "apple ios"}, ""},
		{"a landline", form{"number": "+12025550177", "type": "landline", "extension": "1,,#*", "predelay": "2",
			"postdelay": ""}, ""},
		{"nothing at all", form{}, "number"},
		{"a landline without a number", form{"name": "Desk", "type": "landline"}, "number"},
		{"a landline with an app", form{"number": "+12025550177", "type": "landline", "platform": "apple ios"},
			"platform"},
		{"an extension in words", form{"number": "+12025550177", "extension": "twelve"}, "extension"},
		{"waiting for ever", form{"number": "+12025550177", "predelay": "3601"}, "predelay"},
		{"of a kind that Duo does not know", form{"number": "+12025550177", "type": "unknown"}, "type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, bad := create.Parse(func(name string) (string,
				bool) {
				text, given := test.form[name]
				return text, given
			})
			if test.fault == "" && len(bad) > 0 || test.fault != "" && (len(bad) != 1 || bad[0].Field != test.fault) {
				t.Errorf("faults %v, want one of %q", bad, test.fault)
			}
		})
	}
	modify, _ := Lookup("modify-phone")
	_, bad := modify.Parse(func(name string) (string, bool) {
		return map[string]string{"phone_id": "DP1"}[name], name != "number" && name != "name" && name != "extension"
	})
	var named []string
	for _, b := range bad {
		named = append(named, b.Field)
	}
	if got := strings.Join(named, " "); got != "predelay postdelay" {
		t.Errorf("emptied, faults at %q", got)
	}
	_, bad = modify.Parse(func(name string) (string, bool) {
		return map[string]string{"phone_id": "DP1"}[name], name == "phone_id" || name == "type" || name == "platform"
	})
	if len(bad) != 2 || bad[0].Field != "type" || bad[1].Field != "platform" {
		t.Errorf("type and platform taken away: %v", bad)
	}
}

func TestListed(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]string{"": "", "a": "a", "a b": "a and b", "a b c": "a, b and c",
		"a b c d e": "a, b, c and 2 more"} {
		if got := Listed(strings.Fields(names), 3); got != want {
			t.Errorf("%q: %q", names, got)
		}
	}
}
