package duosim

import (
	"net/http"
	"slices"
	"strings"
)

// Grant is a permission of an Admin API application, by the name Duo gives its flag.
type Grant string

// The permissions of an Admin API application.
const (
	ReadResource  Grant = "adminapi_read_resource"
	WriteResource Grant = "adminapi_write_resource"
	Settings      Grant = "adminapi_settings"
	ReadInfo      Grant = "adminapi_info"
	ReadLog       Grant = "adminapi_read_log"
	Integrations  Grant = "adminapi_integrations"
	Admins        Grant = "adminapi_admins"
)

// AllGrants are what an application gets that is made without naming any.
var AllGrants = []Grant{ReadResource, WriteResource, Settings, ReadInfo, ReadLog, Integrations, Admins}

// route is one API call. The handler runs under the simulator's lock.
type route struct {
	method, pattern string
	grant           Grant  // "": none beyond the right kind of application
	action          string // how the administrator log calls what it does; "": nothing to log
	handle          func(*call) (any, *refusal)
}

// routes holds every call. The first row that fits wins, so fixed names stand before {ids}. It is filled at the start
// since bulk operations look in it themselves.
var routes []route

func init() {
	routes = slices.Concat(accountRoutes, userRoutes, deviceRoutes, accountWideRoutes, authRoutes)
}

var accountRoutes = []route{
	{"POST", "/accounts/v1/account/list", "", "", (*call).listAccounts},
	{"POST", "/accounts/v1/account/create", "", "customer_create", (*call).createAccount},
	{"POST", "/accounts/v1/account/delete", "", "customer_delete", (*call).deleteAccount},
}

var userRoutes = []route{
	{"GET", "/admin/v1/users", ReadResource, "", (*call).listUsers},
	{"POST", "/admin/v1/users", WriteResource, "user_create", (*call).createUser},
	{"POST", "/admin/v1/users/enroll", WriteResource, "user_enroll", (*call).enrollUser},
	{"POST", "/admin/v1/users/bulk_create", WriteResource, "user_create", (*call).bulkCreateUsers},
	{"POST", "/admin/v1/users/bulk_send_to_trash", WriteResource, "user_bulk_send_to_trash", (*call).sendUsersToTrash},
	{"POST", "/admin/v1/users/bulk_restore", WriteResource, "user_bulk_restore", (*call).restoreUsers},
	{"POST", "/admin/v1/users/directorysync/{directory_key}/syncuser", WriteResource, "user_update", (*call).syncUser},
	{"GET", "/admin/v1/users/{user_id}", ReadResource, "", (*call).getUser},
	{"POST", "/admin/v1/users/{user_id}", WriteResource, "user_update", (*call).updateUser},
	{"DELETE", "/admin/v1/users/{user_id}", WriteResource, "user_delete", (*call).deleteUser},
	{"GET", "/admin/v1/users/{user_id}/bypass_codes", ReadResource, "", (*call).listUserBypassCodes},
	{"POST", "/admin/v1/users/{user_id}/bypass_codes", WriteResource, "bypass_create", (*call).createBypassCodes},
	{"GET", "/admin/v1/users/{user_id}/phones", ReadResource, "", (*call).listUserPhones},
	{"POST", "/admin/v1/users/{user_id}/phones", WriteResource, "phone_associate", (*call).assignPhone},
	{"DELETE", "/admin/v1/users/{user_id}/phones/{phone_id}", WriteResource, "phone_disassociate",
		(*call).unassignPhone},
	{"GET", "/admin/v1/users/{user_id}/groups", ReadResource, "", (*call).listUserGroups},
	{"POST", "/admin/v1/users/{user_id}/groups", WriteResource, "user_update", (*call).addUserGroup},
	{"DELETE", "/admin/v1/users/{user_id}/groups/{group_id}", WriteResource, "user_update", (*call).removeUserGroup},
	{"GET", "/admin/v1/users/{user_id}/tokens", ReadResource, "", (*call).listUserTokens},
	{"POST", "/admin/v1/users/{user_id}/tokens", WriteResource, "hardtoken_associate", (*call).assignToken},
	{"DELETE", "/admin/v1/users/{user_id}/tokens/{token_id}", WriteResource, "hardtoken_disassociate",
		(*call).unassignToken},
	{"GET", "/admin/v1/users/{user_id}/webauthncredentials", ReadResource, "", (*call).listUserCredentials},
	{"GET", "/admin/v1/users/{user_id}/desktopauthenticators", ReadResource, "", (*call).nothing},
	{"GET", "/admin/v1/users/{user_id}/u2ftokens", ReadResource, "", (*call).nothing},
	{"POST", "/admin/v1/users/{user_id}/send_verification_push", WriteResource, "user_verification_push",
		(*call).sendVerificationPush},
	{"GET", "/admin/v1/users/{user_id}/verification_push_response", WriteResource, "",
		(*call).verificationPushResponse},
	{"POST", "/admin/v1/bulk", WriteResource, "", (*call).bulkOperations},
}

var deviceRoutes = []route{
	{"GET", "/admin/v1/bypass_codes", ReadResource, "", (*call).listBypassCodes},
	{"GET", "/admin/v1/bypass_codes/{bypass_code_id}", ReadResource, "", (*call).getBypassCode},
	{"DELETE", "/admin/v1/bypass_codes/{bypass_code_id}", WriteResource, "bypass_delete", (*call).deleteBypassCode},

	{"GET", "/admin/v1/phones", ReadResource, "", (*call).listPhones},
	{"POST", "/admin/v1/phones", WriteResource, "phone_create", (*call).createPhone},
	{"GET", "/admin/v1/phones/{phone_id}", ReadResource, "", (*call).getPhone},
	{"POST", "/admin/v1/phones/{phone_id}", WriteResource, "phone_update", (*call).modifyPhone},
	{"DELETE", "/admin/v1/phones/{phone_id}", WriteResource, "phone_delete", (*call).deletePhone},
	{"POST", "/admin/v1/phones/{phone_id}/activation_url", WriteResource, "phone_activation_code_regenerated",
		(*call).createActivationURL},
	{"POST", "/admin/v1/phones/{phone_id}/send_sms_activation", WriteResource, "phone_sms_activation",
		(*call).sendSMSActivation},
	{"POST", "/admin/v1/phones/{phone_id}/send_sms_installation", WriteResource, "phone_sms_installation",
		(*call).sendSMSInstallation},
	{"POST", "/admin/v1/phones/{phone_id}/send_sms_passcodes", WriteResource, "phone_new_sms_passcode",
		(*call).sendSMSPasscodes},

	{"GET", "/admin/v1/tokens", ReadResource, "", (*call).listTokens},
	{"POST", "/admin/v1/tokens", WriteResource, "hardtoken_create", (*call).createToken},
	{"GET", "/admin/v1/tokens/{token_id}", ReadResource, "", (*call).getToken},
	{"POST", "/admin/v1/tokens/{token_id}", WriteResource, "hardtoken_update", (*call).modifyToken},
	{"POST", "/admin/v1/tokens/{token_id}/resync", WriteResource, "hardtoken_resync", (*call).resyncToken},
	{"DELETE", "/admin/v1/tokens/{token_id}", WriteResource, "hardtoken_delete", (*call).deleteToken},

	{"GET", "/admin/v1/webauthncredentials", ReadResource, "", (*call).listCredentials},
	{"GET", "/admin/v1/webauthncredentials/{webauthnkey}", ReadResource, "", (*call).getCredential},
	{"DELETE", "/admin/v1/webauthncredentials/{webauthnkey}", WriteResource, "webauthncredential_delete",
		(*call).deleteCredential},

	{"GET", "/admin/v1/desktop_authenticators", ReadResource, "", (*call).nothing},
	{"GET", "/admin/v1/u2ftokens", ReadResource, "", (*call).nothing},
	{"GET", "/admin/v1/registered_devices", ReadResource, "", (*call).nothing},
	{"GET", "/admin/v1/endpoints", ReadResource, "", (*call).listEndpoints},

	{"GET", "/admin/v1/groups", ReadResource, "", (*call).listGroups},
	{"POST", "/admin/v1/groups", WriteResource, "group_create", (*call).createGroup},
	{"GET", "/admin/v1/groups/{group_id}", ReadResource, "", (*call).getGroupWithUsers},
	{"POST", "/admin/v1/groups/{group_id}", WriteResource, "group_update", (*call).modifyGroup},
	{"DELETE", "/admin/v1/groups/{group_id}", WriteResource, "group_delete", (*call).deleteGroup},
	{"GET", "/admin/v2/groups/{group_id}", ReadResource, "", (*call).getGroup},
	{"GET", "/admin/v2/groups/{group_id}/users", ReadResource, "", (*call).listGroupUsers},
}

var accountWideRoutes = []route{
	{"GET", "/admin/v1/settings", Settings, "", (*call).getSettings},
	{"POST", "/admin/v1/settings", Settings, "customer_update", (*call).updateSettings},

	{"GET", "/admin/v1/admins", Admins, "", (*call).listAdmins},
	{"GET", "/admin/v1/admins/{admin_id}", Admins, "", (*call).getAdmin},

	{"GET", "/admin/v1/info/summary", ReadInfo, "", (*call).infoSummary},
	{"GET", "/admin/v1/info/telephony_credits_used", ReadInfo, "", (*call).infoCredits},
	{"GET", "/admin/v1/info/authentication_attempts", ReadInfo, "", (*call).infoAttempts},
	{"GET", "/admin/v1/info/user_authentication_attempts", ReadInfo, "", (*call).infoUserAttempts},

	{"GET", "/admin/v1/billing/edition", "", "", (*call).getEdition},
	{"POST", "/admin/v1/billing/edition", "", "edition_update", (*call).setEdition},
	{"GET", "/admin/v1/billing/telephony_credits", "", "", (*call).getCredits},
	{"POST", "/admin/v1/billing/telephony_credits", "", "credits_update", (*call).setCredits},
	{"GET", "/admin/v1/billing/user_limit", "", "", (*call).getUserLimit},
	{"POST", "/admin/v1/billing/user_limit", "", "user_limit_update", (*call).setUserLimit},

	{"GET", "/admin/v1/logs/administrator", ReadLog, "", (*call).firstAdminLog},
	{"GET", "/admin/v1/logs/authentication", ReadLog, "", (*call).firstLoginLog},
	{"GET", "/admin/v1/logs/telephony", ReadLog, "", (*call).firstTelephonyLog},
	{"GET", "/admin/v1/logs/offline_enrollment", ReadLog, "", (*call).firstOfflineLog},
	{"GET", "/admin/v2/logs/authentication", ReadLog, "", (*call).loginLog},
	{"GET", "/admin/v2/logs/activity", ReadLog, "", (*call).activityLog},
	{"GET", "/admin/v2/logs/telephony", ReadLog, "", (*call).telephonyLog},

	{"GET", "/admin/v1/integrations", Integrations, "", (*call).listIntegrations},
	{"POST", "/admin/v1/integrations", Integrations, "integration_create", (*call).createIntegration},
	{"GET", "/admin/v1/integrations/{integration_key}", Integrations, "", (*call).getIntegration},
	{"POST", "/admin/v1/integrations/{integration_key}", Integrations, "integration_update", (*call).modifyIntegration},
	{"DELETE", "/admin/v1/integrations/{integration_key}", Integrations, "integration_delete",
		(*call).deleteIntegration},
	{"GET", "/admin/v1/integrations/{integration_key}/skey", Integrations, "", (*call).showSecretKey},
	{"GET", "/admin/v2/integrations", Integrations, "", (*call).listIntegrations},
	{"POST", "/admin/v2/integrations", Integrations, "integration_create", (*call).createIntegration},
	{"GET", "/admin/v2/integrations/{integration_key}", Integrations, "", (*call).getIntegration},
	{"POST", "/admin/v2/integrations/{integration_key}", Integrations, "integration_update", (*call).modifyIntegration},
	{"DELETE", "/admin/v2/integrations/{integration_key}", Integrations, "integration_delete",
		(*call).deleteIntegration},
	{"GET", "/admin/v3/integrations", Integrations, "", (*call).listIntegrations},
	{"POST", "/admin/v3/integrations", Integrations, "integration_create", (*call).createIntegration},
	{"GET", "/admin/v3/integrations/{integration_key}", Integrations, "", (*call).getIntegration},
	{"POST", "/admin/v3/integrations/{integration_key}", Integrations, "integration_update", (*call).modifyIntegration},
	{"DELETE", "/admin/v3/integrations/{integration_key}", Integrations, "integration_delete",
		(*call).deleteIntegration},

	{"GET", "/admin/v2/policies", Integrations, "", (*call).listPolicies},
	{"GET", "/admin/v2/policies/global", Integrations, "", (*call).globalPolicy},
	{"GET", "/admin/v2/policies/summary", Integrations, "", (*call).policySummary},
	{"GET", "/admin/v2/policies/calculate", Integrations, "", (*call).calculatePolicy},
	{"GET", "/admin/v2/policies/{policy_key}", Integrations, "", (*call).getPolicy},
	{"POST", "/admin/v2/policies", Integrations, "policy_create", (*call).createPolicy},
	{"POST", "/admin/v2/policies/copy", Integrations, "policy_create", (*call).copyPolicy},
	{"PUT", "/admin/v2/policies/update", Integrations, "policy_update", (*call).updatePolicies},
	{"PUT", "/admin/v2/policies/{policy_key}", Integrations, "policy_update", (*call).updatePolicy},
	{"DELETE", "/admin/v2/policies/{policy_key}", Integrations, "policy_delete", (*call).deletePolicy},

	{"GET", "/admin/v1/logo", Settings, "", (*call).logo},
	{"POST", "/admin/v1/logo", Settings, "logo_update", (*call).setLogo},
	{"DELETE", "/admin/v1/logo", Settings, "logo_delete", (*call).deleteLogo},
	{"GET", "/admin/v1/branding", Settings, "", (*call).getBranding},
	{"POST", "/admin/v1/branding", Settings, "branding_update", (*call).updateBranding},
	{"GET", "/admin/v1/branding/draft", Settings, "", (*call).getBrandingDraft},
	{"POST", "/admin/v1/branding/draft", Settings, "branding_draft_update", (*call).updateBrandingDraft},
	{"POST", "/admin/v1/branding/draft/publish", Settings, "branding_publish", (*call).publishBranding},
	{"POST", "/admin/v1/branding/draft/users/{user_id}", Settings, "branding_draft_update", (*call).addDraftUser},
	{"DELETE", "/admin/v1/branding/draft/users/{user_id}", Settings, "branding_draft_update", (*call).removeDraftUser},
	{"GET", "/admin/v1/branding/custom_messaging", Settings, "", (*call).getMessaging},
	{"POST", "/admin/v1/branding/custom_messaging", Settings, "custom_messaging_update", (*call).updateMessaging},
}

// GET /auth/v2/ping is answered before any credentials are looked at.
var authRoutes = []route{
	{"GET", "/auth/v2/check", "", "", (*call).checkAuth},
	{"GET", "/auth/v2/logo", "", "", (*call).logo},
	{"POST", "/auth/v2/enroll", "", "", (*call).enroll},
	{"POST", "/auth/v2/enroll_status", "", "", (*call).enrollStatus},
	{"POST", "/auth/v2/preauth", "", "", (*call).preauth},
	{"POST", "/auth/v2/auth", "", "", (*call).auth},
	{"GET", "/auth/v2/auth_status", "", "", (*call).authStatus},
}

// readingPosts are the calls that only read although they are POSTs.
var readingPosts = []string{"/accounts/v1/account/list", "/auth/v2/preauth", "/auth/v2/enroll_status"}

// changes tells whether the call may change or send something.
func (r *route) changes() bool {
	return r.method != http.MethodGet && !slices.Contains(readingPosts, r.pattern)
}

// parts are the words of the path, as in admin, v1, users, {user_id}.
func (r *route) parts() []string { return strings.Split(r.pattern[1:], "/") }

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
