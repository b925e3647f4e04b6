package catalog_test

import (
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
)

func TestAuthenticationFields(t *testing.T) {
	t.Parallel()
	action, _ := catalog.Lookup("send-duo-authentication")
	for name, test := range map[string]struct {
		form  map[string]string
		field string // that is at fault; empty: none
	}{
		"push": {map[string]string{"user_id": "DU1",
			"pushinfo": "from=Service desk\nticket=T-1=2", "ipaddr": "2001:db8::7", "type": "Call"}, ""},
		"by name":                {map[string]string{"username": "ada", "factor": "sms"}, ""},
		"nobody":                 {map[string]string{"factor": "push"}, "user_id"},
		"two people":             {map[string]string{"user_id": "DU1", "username": "ada"}, "user_id"},
		"no passcode":            {map[string]string{"user_id": "DU1", "factor": "passcode"}, "passcode"},
		"passcode beside a push": {map[string]string{"user_id": "DU1", "passcode": "123456"}, "passcode"},
		"no address":             {map[string]string{"user_id": "DU1", "ipaddr": "300.1.1.1"}, "ipaddr"},
		"no rows":                {map[string]string{"user_id": "DU1", "pushinfo": "nothing"}, "pushinfo"},
		"a row without a name":   {map[string]string{"user_id": "DU1", "pushinfo": "=x"}, "pushinfo"},
		"rows on a call": {map[string]string{"user_id": "DU1", "factor": "phone", "pushinfo": "a=b"},
			"pushinfo"},
		"another factor": {map[string]string{"user_id": "DU1", "factor": "prompt"}, "factor"},
		"a title of a passcode": {map[string]string{"user_id": "DU1", "factor": "passcode", "passcode": "1",
			"type": "x"}, "type"},
		"another name on an SMS push": {map[string]string{"user_id": "DU1", "factor": "sms", "display_username": "x"},
			"display_username"},
	} {
		in, bad := action.Parse(func(name string) (string, bool) { text, given := test.form[name]; return text, given })
		switch {
		case test.field == "" && len(bad) > 0, test.field != "" && (len(bad) != 1 || bad[0].Field != test.field):
			t.Errorf("%s: %v", name, bad)
		case test.field == "" && action.Question(in) == "":
			t.Errorf("%s: nobody is asked before", name)
		}
	}
	in, _ := action.Parse(func(name string) (string, bool) {
		text, given := map[string]string{"user_id": "DU1", "factor": "passcode", "passcode": "123456"}[name]
		return text, given
	})
	if _, kept := in.Given(action)["passcode"]; kept || !strings.Contains(action.Question(in), "used up") {
		t.Errorf("the record would hold the passcode, or nobody is told that it is used up: %q", action.Question(in))
	}
}
