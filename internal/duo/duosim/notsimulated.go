package duosim

import "strings"

// notSimulated are the calls that Duo has and the simulator lacks, each as method and path. All of them answer 40401
// with a detail that says so, to a caller whose signature is good. README.md has the same list. The first row that fits
// wins, so fixed names come before {ids}.
var notSimulated = []string{
	"GET /rest/v1/check",
	"GET /rest/v1/ping",

	"POST /admin/v1/admins",
	"GET /admin/v1/admins/activations",
	"POST /admin/v1/admins/activations",
	"DELETE /admin/v1/admins/activations/{admin_activation_id}",
	"GET /admin/v1/admins/allowed_auth_methods",
	"POST /admin/v1/admins/allowed_auth_methods",
	"POST /admin/v1/admins/directorysync/{directory_key}/syncadmin",
	"GET /admin/v1/admins/password_mgmt",
	"DELETE /admin/v1/admins/{admin_id}",
	"POST /admin/v1/admins/{admin_id}",
	"DELETE /admin/v1/admins/{admin_id}/activation_link",
	"POST /admin/v1/admins/{admin_id}/activation_link",
	"POST /admin/v1/admins/{admin_id}/activation_link/email",
	"POST /admin/v1/admins/{admin_id}/clear_inactivity",
	"GET /admin/v1/admins/{admin_id}/password_mgmt",
	"POST /admin/v1/admins/{admin_id}/password_mgmt",
	"POST /admin/v1/admins/{admin_id}/reset",

	"GET /admin/v1/administrative_units",
	"POST /admin/v1/administrative_units",
	"DELETE /admin/v1/administrative_units/{admin_unit_id}",
	"GET /admin/v1/administrative_units/{admin_unit_id}",
	"POST /admin/v1/administrative_units/{admin_unit_id}",
	"DELETE /admin/v1/administrative_units/{admin_unit_id}/admin/{admin_id}",
	"POST /admin/v1/administrative_units/{admin_unit_id}/admin/{admin_id}",
	"DELETE /admin/v1/administrative_units/{admin_unit_id}/group/{group_id}",
	"POST /admin/v1/administrative_units/{admin_unit_id}/group/{group_id}",
	"DELETE /admin/v1/administrative_units/{admin_unit_id}/integration/{integration_key}",
	"POST /admin/v1/administrative_units/{admin_unit_id}/integration/{integration_key}",

	"GET /admin/v1/desktop_authenticators/shared_device_auth",
	"POST /admin/v1/desktop_authenticators/shared_device_auth",
	"DELETE /admin/v1/desktop_authenticators/shared_device_auth/{key}",
	"GET /admin/v1/desktop_authenticators/shared_device_auth/{key}",
	"PUT /admin/v1/desktop_authenticators/shared_device_auth/{key}",
	"DELETE /admin/v1/desktop_authenticators/{dakey}",
	"GET /admin/v1/desktop_authenticators/{dakey}",
	"GET /admin/v1/desktoptokens",
	"POST /admin/v1/desktoptokens",
	"DELETE /admin/v1/desktoptokens/{desktoptoken_id}",
	"GET /admin/v1/desktoptokens/{desktoptoken_id}",
	"POST /admin/v1/desktoptokens/{desktoptoken_id}",
	"GET /admin/v1/endpoints/{epkey}",
	"DELETE /admin/v1/registered_devices/blocked",
	"GET /admin/v1/registered_devices/blocked",
	"POST /admin/v1/registered_devices/blocked",
	"DELETE /admin/v1/registered_devices/{compkey}",
	"GET /admin/v1/registered_devices/{compkey}",
	"DELETE /admin/v1/u2ftokens/{registration_id}",
	"GET /admin/v1/u2ftokens/{registration_id}",

	"GET /admin/v1/trust_monitor/events",
	"POST /admin/v2/identity_verification/{user_id}/cancel",
	"POST /admin/v2/identity_verification/{user_id}/start",
	"GET /admin/v2/identity_verification/{user_id}/status",
	"GET /admin/v2/integrations/oauth_cc/{integration_key}/client_secret/{client_id}",
	"POST /admin/v2/integrations/oauth_cc/{integration_key}/client_secret/{client_id}",
	"GET /admin/v2/integrations/oidc/{integration_key}/client_secret",
	"POST /admin/v2/integrations/oidc/{integration_key}/client_secret",
	"GET /admin/v2/passport/config",
	"POST /admin/v2/passport/config",
}

// lacking refuses a call that is not simulated; nil for all others.
func lacking(method, path string) *refusal {
	for _, call := range notSimulated {
		itsMethod, pattern, _ := strings.Cut(call, " ")
		if _, fits := matchPattern(pattern, path); fits && itsMethod == method {
			return refuse(40401, "not simulated: "+call)
		}
	}
	return nil
}
