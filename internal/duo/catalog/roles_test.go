package catalog

import (
	"maps"
	"testing"
)

func TestLeastRole(t *testing.T) {
	t.Parallel()
	const bypass, update, remove, create = "create-bypass-code-for-user", "update-user", "delete-user", "create-user"
	type form = map[string]string
	for _, test := range []struct {
		name   string
		action string
		form   form
		want   Role
	}{
		{"bypass: as offered", bypass, form{}, Helpdesk},
		{"bypass: an hour, one use, one code, others kept", bypass,
			form{"valid_secs": "3600", "reuse_count": "1", "count": "1", "preserve_existing": "true"}, Helpdesk},
		{"bypass: a minute", bypass, form{"valid_secs": "60"}, Helpdesk},
		{"bypass: a second over an hour", bypass, form{"valid_secs": "3601"}, Technician},
		{"bypass: two uses", bypass, form{"reuse_count": "2"}, Technician},
		{"bypass: two codes", bypass, form{"count": "2"}, Technician},
		{"bypass: replacing the others", bypass, form{"preserve_existing": "false"}, Technician},
		{"bypass: a day, all else as wide as it goes", bypass,
			form{"valid_secs": "86400", "reuse_count": "100", "count": "10", "preserve_existing": "off"}, Technician},
		{"bypass: a second over a day", bypass, form{"valid_secs": "86401"}, Administrator},
		{"bypass: no expiration", bypass, form{"valid_secs": "0"}, Administrator},
		{"bypass: uses without limit, for a minute", bypass, form{"valid_secs": "60", "reuse_count": "0"},
			Administrator},

		{"update: a name", update, form{"realname": "Ada"}, Technician},
		{"update: enable", update, form{"status": "active"}, Technician},
		{"update: disable", update, form{"status": "disabled"}, Technician},
		{"update: status bypass", update, form{"status": "bypass"}, Administrator},
		{"update: status bypass in capitals", update, form{"status": "BYPASS"}, Administrator},
		{"update: status bypass among other fields", update, form{"status": "bypass", "realname": "Ada"},
			Administrator},
		{"update: nothing", update, form{}, Technician},

		{"create", create, form{"username": "ada"}, Technician},
		{"create disabled", create, form{"username": "ada", "status": "disabled"}, Technician},
		{"create in bypass", create, form{"username": "ada", "status": "bypass"}, Administrator},

		{"delete: to the trash", remove, form{}, Technician},
		{"delete: to the trash, said so", remove, form{"permanent": "no"}, Technician},
		{"delete: to the trash with a name typed", remove, form{"confirm": "ada"}, Technician},
		{"delete: for good", remove, form{"permanent": "on"}, Administrator},
		{"delete: for good with the name typed", remove, form{"permanent": "1", "confirm": "ada"}, Administrator},

		{"unlock", "unlock-user", form{}, Helpdesk},
		{"restore", "restore-user", form{}, Technician},
		{"synchronize", "synchronize-users", form{"directory_key": "DS1", "username": "ada"}, Technician},
		{"activation link", "send-activation-url", form{"phone_id": "DP1"}, Helpdesk},
		{"activation link for a day", "send-activation-url", form{"phone_id": "DP1", "valid_secs": "86400"}, Helpdesk},
		{"activation link for longer", "send-activation-url", form{"phone_id": "DP1", "valid_secs": "86401"},
			Technician},
		{"assign", "assign-phone-to-user", form{"phone_id": "DP1"}, Technician},
		{"un-assign", "un-assign-phone-from-user", form{"phone_id": "DP1"}, Technician},
		{"create a phone", "create-phone", form{"number": "+12025550177"}, Technician},
		{"modify a phone", "modify-phone", form{"phone_id": "DP1", "name": "x"}, Technician},
		{"delete a phone", "delete-phone-by-id", form{"phone_id": "DP1"}, Technician},
		{"into a group", "associate-group-with-user", form{"group_id": "DG1"}, Technician},
		{"into a group, said to be active", "associate-group-with-user",
			form{"group_id": "DG1", "group_status": "Active"}, Technician},
		{"into a group that is disabled", "associate-group-with-user",
			form{"group_id": "DG1", "group_status": "disabled"}, Technician},
		{"into a group in bypass", "associate-group-with-user", form{"group_id": "DG1", "group_status": "bypass"},
			Administrator},
		{"into a group in bypass, in capitals", "associate-group-with-user",
			form{"group_id": "DG1", "group_status": " BYPASS "}, Administrator},
		{"out of a group", "disassociate-group-from-user", form{"group_id": "DG1"}, Technician},
		{"a new group", "create-group", form{"name": "x"}, Technician},
		{"a new group in bypass", "create-group", form{"name": "x", "status": "Bypass"}, Administrator},
		{"a group's name", "modify-group", form{"group_id": "DG1", "name": "x"}, Technician},
		{"a group disabled", "modify-group", form{"group_id": "DG1", "status": "disabled"}, Technician},
		{"a group in bypass", "modify-group", form{"group_id": "DG1", "status": "bypass"}, Administrator},
		{"a group active again", "modify-group", form{"group_id": "DG1", "status": "active"}, Administrator},
		{"delete a group", "delete-group", form{"group_id": "DG1"}, Administrator},
		{"enroll by email", "enroll-user", form{"username": "x", "email": "x@client.example"}, Technician},
		{"enroll by email, for 30 days", "enroll-user",
			form{"username": "x", "email": "x@client.example", "valid_secs": "30 days"}, Technician},
		{"enroll by email, for longer", "enroll-user",
			form{"username": "x", "email": "x@client.example", "valid_secs": "31 days"}, Administrator},
		{"enroll by email, for ever", "enroll-user",
			form{"username": "x", "email": "x@client.example", "valid_secs": "never"}, Administrator},
		{"enroll by Auth API", "auth-enroll-user", form{}, Technician},
		{"enroll by Auth API with codes", "auth-enroll-user", form{"bypass_codes": "1"}, Administrator},
		{"settings", "update-settings", form{"lockout_threshold": "5"}, Administrator},
		{"edition", "set-edition", form{"edition": "beyond"}, Owner},
		{"credits", "set-telephony-credits", form{"credits": "5"}, Owner},
		{"delete a code", "delete-bypass-code", form{"bypass_code_id": "DB1"}, Technician},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			action, found := Lookup(test.action)
			if !found {
				t.Fatal("no such action")
			}
			form := maps.Clone(test.form)
			form["user_id"] = "DU1"
			in, bad := action.Parse(func(name string) (string, bool) { text, given := form[name]; return text, given })
			if len(bad) > 0 {
				t.Fatal(bad)
			}
			if got := action.LeastRole(in); got != test.want {
				t.Errorf("%v may do this, want %v", got, test.want)
			}
		})
	}
}

func TestRoleNames(t *testing.T) {
	t.Parallel()
	for r := Auditor; r <= Owner; r++ {
		if ParseRole(r.String()) != r {
			t.Errorf("%v does not survive being written down", r)
		}
	}
	for _, name := range []string{"", "Owner", "root", "Role(9)", "owner "} {
		if got := ParseRole(name); got != 0 {
			t.Errorf("%q gives the role %v", name, got)
		}
	}
	if Role(9).String() == "" || Role(-1).String() == "" {
		t.Error("an unknown role has no name for the log")
	}
}
