package duosim

import (
	"net/http"
	"strings"
)

// Grant is a permission of an Admin API application, by the name Duo gives its flag.
type Grant string

// The permissions that the simulated calls ask for.
const (
	ReadResource  Grant = "adminapi_read_resource"
	WriteResource Grant = "adminapi_write_resource"
	Settings      Grant = "adminapi_settings"
	ReadInfo      Grant = "adminapi_info"
)

// AllGrants are what an application gets that is made without naming any.
var AllGrants = []Grant{ReadResource, WriteResource, Settings, ReadInfo}

// route is one API call. The handler runs under the simulator's lock.
type route struct {
	method, pattern string
	grant           Grant // "": none beyond the right kind of application
	handle          func(*call) (any, *refusal)
}

// The first row that fits wins, so fixed names stand before {ids}.
var routes = []route{
	{"POST", "/accounts/v1/account/list", "", (*call).listAccounts},
	{"POST", "/accounts/v1/account/create", "", (*call).createAccount},
	{"POST", "/accounts/v1/account/delete", "", (*call).deleteAccount},

	{"GET", "/admin/v1/users", ReadResource, (*call).listUsers},
	{"POST", "/admin/v1/users", WriteResource, (*call).createUser},
	{"POST", "/admin/v1/users/bulk_send_to_trash", WriteResource, (*call).sendUsersToTrash},
	{"POST", "/admin/v1/users/bulk_restore", WriteResource, (*call).restoreUsers},
	{"POST", "/admin/v1/users/directorysync/{directory_key}/syncuser", WriteResource, (*call).syncUser},
	{"GET", "/admin/v1/users/{user_id}", ReadResource, (*call).getUser},
	{"POST", "/admin/v1/users/{user_id}", WriteResource, (*call).updateUser},
	{"DELETE", "/admin/v1/users/{user_id}", WriteResource, (*call).deleteUser},
	{"GET", "/admin/v1/users/{user_id}/bypass_codes", ReadResource, (*call).listUserBypassCodes},
	{"POST", "/admin/v1/users/{user_id}/bypass_codes", WriteResource, (*call).createBypassCodes},
	{"GET", "/admin/v1/users/{user_id}/phones", ReadResource, (*call).listUserPhones},
	{"POST", "/admin/v1/users/{user_id}/phones", WriteResource, (*call).assignPhone},
	{"DELETE", "/admin/v1/users/{user_id}/phones/{phone_id}", WriteResource, (*call).unassignPhone},
	{"GET", "/admin/v1/users/{user_id}/groups", ReadResource, (*call).listUserGroups},
	{"POST", "/admin/v1/users/{user_id}/groups", WriteResource, (*call).addUserGroup},
	{"DELETE", "/admin/v1/users/{user_id}/groups/{group_id}", WriteResource, (*call).removeUserGroup},

	{"GET", "/admin/v1/bypass_codes", ReadResource, (*call).listBypassCodes},
	{"GET", "/admin/v1/bypass_codes/{bypass_code_id}", ReadResource, (*call).getBypassCode},
	{"DELETE", "/admin/v1/bypass_codes/{bypass_code_id}", WriteResource, (*call).deleteBypassCode},

	{"GET", "/admin/v1/phones", ReadResource, (*call).listPhones},
	{"POST", "/admin/v1/phones", WriteResource, (*call).createPhone},
	{"GET", "/admin/v1/phones/{phone_id}", ReadResource, (*call).getPhone},
	{"POST", "/admin/v1/phones/{phone_id}", WriteResource, (*call).modifyPhone},
	{"DELETE", "/admin/v1/phones/{phone_id}", WriteResource, (*call).deletePhone},
	{"POST", "/admin/v1/phones/{phone_id}/activation_url", WriteResource, (*call).createActivationURL},
	{"POST", "/admin/v1/phones/{phone_id}/send_sms_activation", WriteResource, (*call).sendSMSActivation},
	{"POST", "/admin/v1/phones/{phone_id}/send_sms_installation", WriteResource, (*call).sendSMSInstallation},
	{"POST", "/admin/v1/phones/{phone_id}/send_sms_passcodes", WriteResource, (*call).sendSMSPasscodes},

	{"GET", "/admin/v1/groups", ReadResource, (*call).listGroups},
	{"POST", "/admin/v1/groups", WriteResource, (*call).createGroup},
	{"GET", "/admin/v1/groups/{group_id}", ReadResource, (*call).getGroupWithUsers},
	{"POST", "/admin/v1/groups/{group_id}", WriteResource, (*call).modifyGroup},
	{"DELETE", "/admin/v1/groups/{group_id}", WriteResource, (*call).deleteGroup},
	{"GET", "/admin/v2/groups/{group_id}", ReadResource, (*call).getGroup},
	{"GET", "/admin/v2/groups/{group_id}/users", ReadResource, (*call).listGroupUsers},

	{"GET", "/admin/v1/settings", Settings, (*call).getSettings},
	{"POST", "/admin/v1/settings", Settings, (*call).updateSettings},
	{"GET", "/admin/v1/info/summary", ReadInfo, (*call).infoSummary},

	// GET /auth/v2/ping is answered before any credentials are looked at.
	{"GET", "/auth/v2/check", "", (*call).checkAuth},
	{"POST", "/auth/v2/preauth", "", (*call).preauth},
}

// changes tells whether the call may change or send something.
func (r *route) changes() bool {
	return r.method != http.MethodGet && r.pattern != "/accounts/v1/account/list" && r.pattern != "/auth/v2/preauth"
}

// findRoute returns the row for a request and the values of its {names}; known tells whether the path exists for some
// other method.
func findRoute(method, path string) (found *route, known bool, values map[string]string) {
	for i := range routes {
		r := &routes[i]
		values, ok := matchPattern(r.pattern, path)
		if !ok {
			continue
		}
		if r.method == method {
			return r, true, values
		}
		known = true
	}
	return nil, known, nil
}

func matchPattern(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range want {
		name, isName := strings.CutPrefix(part, "{")
		switch {
		case isName && got[i] != "":
			values[strings.TrimSuffix(name, "}")] = got[i]
		case part != got[i]:
			return nil, false
		}
	}
	return values, true
}
