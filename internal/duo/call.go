package duo

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Call is one request that was made of Duo, or tried to be, as [Options.Observe] learns of it. A
// call that is repeated is two of them.
type Call struct {
	Endpoint string // method and path as Duo documents them, with {user_id} in place of an id; or "other"
	Err      error  // as the caller gets it; nil if Duo did what was asked
	Took     time.Duration
}

// API is the part of Duo that was called: accounts, admin, auth or other.
func (c Call) API() string {
	_, path, _ := strings.Cut(c.Endpoint, " /")
	if api, _, found := strings.Cut(path, "/"); found {
		return api
	}
	return otherEndpoint
}

// Outcome names in one word what came of the call, for counting.
func (c Call) Outcome() string {
	refused, isRefusal := errors.AsType[*Error](c.Err)
	failed, isFailure := errors.AsType[*TransportError](c.Err)
	switch {
	case c.Err == nil:
		return "ok"
	case isRefusal && refused.Status == http.StatusTooManyRequests:
		return "rate_limited"
	case isRefusal && refused.Status >= 500:
		return "duo_error"
	case isRefusal:
		return "refused"
	case isFailure:
		return outcomes[failed.Failure]
	}
	return "other"
}

var outcomes = map[Failure]string{
	InvalidRequest: "not_sent", Paced: "not_sent", Limited: "not_sent", Silent: "not_sent",
	SecretUnavailable: "not_sent", AddressRefused: "not_sent", HeldBack: "not_sent",
	NameNotResolved: "unreachable", ConnectionRefused: "unreachable", Unreachable: "unreachable",
	TLSFailed: "unreachable",
	TimedOut:  "timeout", Canceled: "canceled", ConnectionLost: "lost",
	Redirected: "not_understood", AnswerTooLarge: "not_understood", NotUnderstood: "not_understood",
	OtherAnswer: "not_understood",
}

const otherEndpoint = "other"

// endpoints are all that this package asks for. What counts calls counts them by these, so that no
// id becomes a name of something counted.
var endpoints = []string{
	"POST /accounts/v1/account/create",
	"POST /accounts/v1/account/delete",
	"POST /accounts/v1/account/list",

	"GET /admin/v1/admins",
	"GET /admin/v1/admins/{admin_id}",

	"GET /admin/v1/billing/edition",
	"POST /admin/v1/billing/edition",
	"GET /admin/v1/billing/telephony_credits",
	"POST /admin/v1/billing/telephony_credits",
	"GET /admin/v1/billing/user_limit",

	"GET /admin/v1/bypass_codes",
	"DELETE /admin/v1/bypass_codes/{bypass_code_id}",
	"GET /admin/v1/bypass_codes/{bypass_code_id}",

	"GET /admin/v1/groups",
	"POST /admin/v1/groups",
	"DELETE /admin/v1/groups/{group_id}",
	"POST /admin/v1/groups/{group_id}",

	"GET /admin/v1/info/summary",

	"GET /admin/v1/integrations/{integration_key}/skey",

	"GET /admin/v1/logs/administrator",

	"GET /admin/v1/phones",
	"POST /admin/v1/phones",
	"DELETE /admin/v1/phones/{phone_id}",
	"GET /admin/v1/phones/{phone_id}",
	"POST /admin/v1/phones/{phone_id}",
	"POST /admin/v1/phones/{phone_id}/activation_url",
	"POST /admin/v1/phones/{phone_id}/send_sms_activation",
	"POST /admin/v1/phones/{phone_id}/send_sms_installation",
	"POST /admin/v1/phones/{phone_id}/send_sms_passcodes",

	"GET /admin/v1/settings",
	"POST /admin/v1/settings",

	"GET /admin/v1/tokens",
	"DELETE /admin/v1/tokens/{token_id}",
	"GET /admin/v1/tokens/{token_id}",

	"GET /admin/v1/users",
	"POST /admin/v1/users",
	"POST /admin/v1/users/bulk_create",
	"POST /admin/v1/users/bulk_restore",
	"POST /admin/v1/users/bulk_send_to_trash",
	"POST /admin/v1/users/directorysync/{directory_key}/syncuser",
	"POST /admin/v1/users/enroll",
	"DELETE /admin/v1/users/{user_id}",
	"GET /admin/v1/users/{user_id}",
	"POST /admin/v1/users/{user_id}",
	"GET /admin/v1/users/{user_id}/bypass_codes",
	"POST /admin/v1/users/{user_id}/bypass_codes",
	"GET /admin/v1/users/{user_id}/groups",
	"POST /admin/v1/users/{user_id}/groups",
	"DELETE /admin/v1/users/{user_id}/groups/{group_id}",
	"GET /admin/v1/users/{user_id}/phones",
	"POST /admin/v1/users/{user_id}/phones",
	"DELETE /admin/v1/users/{user_id}/phones/{phone_id}",
	"POST /admin/v1/users/{user_id}/send_verification_push",
	"GET /admin/v1/users/{user_id}/tokens",
	"POST /admin/v1/users/{user_id}/tokens",
	"DELETE /admin/v1/users/{user_id}/tokens/{token_id}",
	"GET /admin/v1/users/{user_id}/verification_push_response",
	"GET /admin/v1/users/{user_id}/webauthncredentials",

	"GET /admin/v1/webauthncredentials",
	"DELETE /admin/v1/webauthncredentials/{webauthnkey}",
	"GET /admin/v1/webauthncredentials/{webauthnkey}",

	"GET /admin/v2/groups/{group_id}",
	"GET /admin/v2/groups/{group_id}/users",

	"GET /admin/v2/integrations",
	"POST /admin/v2/integrations",
	"DELETE /admin/v2/integrations/{integration_key}",
	"GET /admin/v2/integrations/{integration_key}",

	"GET /admin/v2/logs/activity",
	"GET /admin/v2/logs/authentication",
	"GET /admin/v2/logs/telephony",

	"GET /admin/v2/policies",
	"GET /admin/v2/policies/calculate",
	"GET /admin/v2/policies/summary",
	"GET /admin/v2/policies/{policy_key}",

	"POST /auth/v2/auth",
	"GET /auth/v2/auth_status",
	"GET /auth/v2/check",
	"POST /auth/v2/enroll",
	"POST /auth/v2/enroll_status",
	"GET /auth/v2/ping",
	"POST /auth/v2/preauth",
}

// endpointMux knows which of the endpoints a request is for. Nothing is served by it.
var endpointMux = func() *http.ServeMux {
	mux := http.NewServeMux()
	for _, e := range endpoints {
		mux.Handle(e, http.NotFoundHandler())
	}
	return mux
}()

func endpointOf(method, path string) string {
	_, endpoint := endpointMux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}})
	if endpoint == "" {
		return otherEndpoint
	}
	return endpoint
}
