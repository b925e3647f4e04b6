package duosim

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// kinds are the objects of Duo's answers, each with all members that are known of it. "name:kind" is a member that
// holds such an object or a list of them, "name:*" one whose members are free.
var kinds = map[string]string{
	"account": "account_id api_hostname name",
	"reduced user": `alias1 alias2 alias3 alias4 aliases:* created email firstname is_enrolled last_directory_sync last_login lastname notes
		realname status user_id username`,
	"user": `+reduced_user custom_attributes:* date_of_birth desktop_authenticators desktoptokens directory_key enable_auto_prompt
		entra_federated_user_id external_id groups:group has_password lockout_reason password_last_updated phones:phone tokens:user_token
		u2ftokens webauthncredentials:user_credential`,
	"member":           "user_id username",
	"group":            "desc group_id mobile_otp_enabled name push_enabled sms_enabled status voice_enabled",
	"group with users": "+group users:member",
	"phone": `activated app_version capabilities creation_date encrypted extension fingerprint last_activated_date last_seen model name number
		os_version phone_id platform postdelay predelay screenlock sms_passcodes_sent tampered type`,
	"phone with users": "+phone users:reduced_user",
	"user token":       "serial token_id totp_step type",
	"token":            "+user_token admins users:reduced_user",
	"user credential":  "credential_name date_added label webauthnkey",
	"credential": `+user_credential aaguid admin backup_eligible backup_status credential_id date_last_used passwordless_authorized registered_as
		transports user:reduced_user uv_capable`,
	"code": "admin_email bypass_code_id created expiration reuse_count user:reduced_user",
	"admin": `admin_id admin_units created email hardtoken last_login name password_change_required phone restricted_by_admin_units role role_id
		status subaccount_role webauthncredentials`,
	"settings": `name caller_id duo_mobile_otp_type email_activity_notification_enabled push_activity_notification_enabled
		enrollment_universal_prompt_enabled fraud_email fraud_email_enabled global_ssp_policy_enforced helpdesk_bypass
		helpdesk_bypass_expiration helpdesk_can_send_enroll_email helpdesk_message inactive_user_expiration inactive_admin_expiration
		pending_deletion_days keypress_confirm keypress_fraud language lockout_threshold lockout_expire_duration log_retention_days
		minimum_password_length password_requires_lower_alpha password_requires_upper_alpha password_requires_numeric
		password_requires_special security_checkup_enabled sms_batch sms_expiration sms_message sms_refresh telephony_warning_min timezone
		unenrolled_user_lockout_threshold user_managers_can_put_users_in_bypass user_telephony_cost_max push_enabled sms_enabled
		voice_enabled mobile_otp_enabled u2f_enabled req_fips_passcodes_android reactivation_url reactivation_integration_key
		enrollment_module instant_restore_enabled mobile_analytics_disabled`,
	"summary":       "admin_count edition integration_count telephony_credits_remaining user_count user_pending_deletion_count",
	"credits used":  "telephony_credits_used",
	"attempts":      "authentication_attempts:counts maxtime mintime",
	"user attempts": "user_authentication_attempts:counts maxtime mintime",
	"counts":        "ERROR FAILURE FRAUD SUCCESS",
	"edition":       "edition",
	"credits":       "credits",
	"user limit":    "current_user_count user_limit",
	"action":        "action description isotimestamp object timestamp username",
	"charge":        "context credits isotimestamp phone timestamp type",
	"first login": `access_device:* alias device email eventtype factor integration ip isotimestamp location:place new_enrollment reason result
		timestamp txid username`,
	"place":     "city country state",
	"login log": "authlogs:login metadata:paging",
	"paging":    "next_offset total_objects",
	"login": `access_device:access_device adaptive_trust_assessments:* alias application:application auth_device:auth_device email event_type factor
		isotimestamp ood_software reason result timestamp trusted_endpoint_status txid user:login_user`,
	"access device": `browser browser_version epkey flash_version hostname ip is_encryption_enabled is_firewall_enabled is_password_set java_version
		location:place os os_version security_agents`,
	"application":     "key name type",
	"auth device":     "ip key location:place name",
	"login user":      "groups key name",
	"activity log":    "items:activity metadata:paging",
	"activity":        "access_device:activity_device action:activity_action activity_id actor:named akey application:application old_target outcome:outcome target:named ts",
	"activity device": "browser browser_version ip:address location:place os os_version",
	"address":         "address",
	"activity action": "details name",
	"named":           "details key name type",
	"outcome":         "result",
	"telephony log":   "items:telephony metadata:paging",
	"telephony":       "context credits phone telephony_id ts txid type",
	"integration": `adminapi_admins adminapi_info adminapi_integrations adminapi_read_log adminapi_read_resource adminapi_settings
		adminapi_write_resource enroll_policy groups_allowed integration_key name networks_for_api_access notes self_service_allowed type
		username_normalization_policy visual_style`,
	"integration v1": "+integration secret_key",
	"integration v3": "+integration frameless_auth_prompt_enabled policy_key prompt_v4_enabled sso user_access",
	"secret":         "secret_key",
	"policy":         "is_global_policy policy_key policy_name sections:*",
	"policy summary": "policies:policy policy_count response_is_truncated",
	"calculated":     "policy_elements:policy sections:*",
	"branding":       "background_img card_accent_color logo page_background_color powered_by_duo sso_custom_username_label",
	"draft":          "+branding user_ids",
	"messaging":      "help_links help_text locale",
	"activation":     "activation_barcode activation_url installation_url valid_secs",
	"SMS activation": "activation_barcode activation_msg installation_msg valid_secs",
	"SMS install":    "installation_msg",
	"push sent":      "confirmation_code push_id",
	"push answer":    "push_id result",
	"bulk result":    "code message message_detail response:* status_code",
	"time":           "time",
	"enrollment":     "activation_barcode activation_code activation_url bypass_codes expiration user_id username",
	"preauth":        "devices:auth_choice enroll_portal_url expiration prompt:prompt result status_msg txid verification_code",
	"auth choice":    "capabilities device display_name name number sms_nextcode type",
	"prompt":         "factors:* text",
	"auth":           "result status status_msg trusted_device_token txid",
	"auth status":    "auth_delayed result status status_msg trusted_device_token",
	"plain":          "", // texts only
}

func membersOf(kind string) map[string]string {
	members := map[string]string{}
	for word := range strings.FieldsSeq(kinds[kind]) {
		name, inside, _ := strings.Cut(strings.TrimPrefix(word, "+"), ":")
		if word[0] == '+' {
			maps.Copy(members, membersOf(strings.ReplaceAll(name, "_", " ")))
			continue
		}
		members[name] = strings.ReplaceAll(inside, "_", " ")
	}
	return members
}

// strangers are the members of an answer that its kind does not have.
func strangers(value any, kind string) (found []string) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			found = append(found, strangers(one, kind)...)
		}
	case map[string]any:
		members := membersOf(kind)
		for name, inside := range v {
			itsKind, known := members[name]
			if !known {
				found = append(found, kind+"."+name)
			} else if itsKind != "*" {
				found = append(found, strangers(inside, itsKind)...)
			}
		}
	}
	return found
}

// answers are the kinds of the answers, by method and path. What is missing answers texts only, mostly "".
var answerKinds = map[string]string{
	"POST /accounts/v1/account/list": "account", "POST /accounts/v1/account/create": "account",
	"GET /admin/v1/users": "user", "POST /admin/v1/users": "user", "GET /admin/v1/users/{user_id}": "user",
	"POST /admin/v1/users/{user_id}":   "user",
	"POST /admin/v1/users/bulk_create": "user", "POST /admin/v1/users/directorysync/{directory_key}/syncuser": "user",
	"GET /admin/v1/users/{user_id}/bypass_codes": "code", "GET /admin/v1/users/{user_id}/phones": "phone",
	"GET /admin/v1/users/{user_id}/groups":                     "group",
	"GET /admin/v1/users/{user_id}/tokens":                     "user token",
	"GET /admin/v1/users/{user_id}/webauthncredentials":        "user credential",
	"POST /admin/v1/users/{user_id}/send_verification_push":    "push sent",
	"GET /admin/v1/users/{user_id}/verification_push_response": "push answer",
	"POST /admin/v1/bulk":                                      "bulk result",
	"GET /admin/v1/bypass_codes":                               "code",
	"GET /admin/v1/bypass_codes/{bypass_code_id}":              "code",
	"GET /admin/v1/phones":                                     "phone with users",
	"POST /admin/v1/phones":                                    "phone with users",
	"GET /admin/v1/phones/{phone_id}":                          "phone with users",
	"POST /admin/v1/phones/{phone_id}":                         "phone with users",
	"POST /admin/v1/phones/{phone_id}/activation_url":          "activation",
	"POST /admin/v1/phones/{phone_id}/send_sms_activation":     "SMS activation",
	"POST /admin/v1/phones/{phone_id}/send_sms_installation":   "SMS install",
	"GET /admin/v1/tokens":                                     "token",
	"POST /admin/v1/tokens":                                    "token",
	"GET /admin/v1/tokens/{token_id}":                          "token",
	"POST /admin/v1/tokens/{token_id}":                         "token",
	"GET /admin/v1/webauthncredentials":                        "credential",
	"GET /admin/v1/webauthncredentials/{webauthnkey}":          "credential",
	"GET /admin/v1/groups":                                     "group",
	"POST /admin/v1/groups":                                    "group",
	"GET /admin/v1/groups/{group_id}":                          "group with users",
	"POST /admin/v1/groups/{group_id}":                         "group",
	"GET /admin/v2/groups/{group_id}":                          "group",
	"GET /admin/v2/groups/{group_id}/users":                    "member",
	"GET /admin/v1/settings":                                   "settings",
	"POST /admin/v1/settings":                                  "settings",
	"GET /admin/v1/admins":                                     "admin",
	"GET /admin/v1/admins/{admin_id}":                          "admin",
	"GET /admin/v1/info/summary":                               "summary",
	"GET /admin/v1/info/telephony_credits_used":                "credits used",
	"GET /admin/v1/info/authentication_attempts":               "attempts",
	"GET /admin/v1/info/user_authentication_attempts":          "user attempts",
	"GET /admin/v1/billing/edition":                            "edition",
	"GET /admin/v1/billing/telephony_credits":                  "credits",
	"GET /admin/v1/billing/user_limit":                         "user limit",
	"GET /admin/v1/logs/administrator":                         "action",
	"GET /admin/v1/logs/authentication":                        "first login",
	"GET /admin/v1/logs/telephony":                             "charge",
	"GET /admin/v2/logs/authentication":                        "login log",
	"GET /admin/v2/logs/activity":                              "activity log",
	"GET /admin/v2/logs/telephony":                             "telephony log",
	"GET /admin/v1/integrations":                               "integration v1",
	"POST /admin/v1/integrations":                              "integration v1",
	"GET /admin/v1/integrations/{integration_key}":             "integration v1",
	"POST /admin/v1/integrations/{integration_key}":            "integration v1",
	"GET /admin/v1/integrations/{integration_key}/skey":        "secret",
	"GET /admin/v2/integrations":                               "integration",
	"POST /admin/v2/integrations":                              "integration",
	"GET /admin/v2/integrations/{integration_key}":             "integration",
	"POST /admin/v2/integrations/{integration_key}":            "integration",
	"GET /admin/v3/integrations":                               "integration v3",
	"POST /admin/v3/integrations":                              "integration v3",
	"GET /admin/v3/integrations/{integration_key}":             "integration v3",
	"POST /admin/v3/integrations/{integration_key}":            "integration v3",
	"GET /admin/v2/policies":                                   "policy",
	"POST /admin/v2/policies":                                  "policy",
	"POST /admin/v2/policies/copy":                             "policy",
	"PUT /admin/v2/policies/update":                            "policy",
	"GET /admin/v2/policies/global":                            "policy",
	"GET /admin/v2/policies/summary":                           "policy summary",
	"GET /admin/v2/policies/calculate":                         "calculated",
	"GET /admin/v2/policies/{policy_key}":                      "policy",
	"PUT /admin/v2/policies/{policy_key}":                      "policy",
	"GET /admin/v1/branding":                                   "branding",
	"POST /admin/v1/branding":                                  "branding",
	"GET /admin/v1/branding/draft":                             "draft",
	"POST /admin/v1/branding/draft":                            "draft",
	"GET /admin/v1/branding/custom_messaging":                  "messaging",
	"POST /admin/v1/branding/custom_messaging":                 "messaging",
	"GET /auth/v2/check":                                       "time",
	"POST /auth/v2/enroll":                                     "enrollment",
	"POST /auth/v2/preauth":                                    "preauth",
	"POST /auth/v2/auth":                                       "auth",
	"GET /auth/v2/auth_status":                                 "auth status",
}

// TestAnswersHaveNoMemberThatDuoLacks calls everything that answers an object, and looks at each member of each.
func TestAnswersHaveNoMemberThatDuoLacks(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	child := b.child.AccountID
	b.AddCustomAttribute(child, "team")
	ids := map[string]string{
		"user_id": b.ada, "phone_id": b.phone, "integration_key": b.AddApplication(child, AdminAPI).IntegrationKey,
		"token_id":       b.AddToken(child, TokenSpec{Type: "t6", Serial: "1", Secret: "00", UserIDs: []string{b.ada}}),
		"webauthnkey":    b.AddCredential(child, CredentialSpec{UserID: b.ada, Name: "Key"}),
		"admin_id":       b.AddAdmin(child, AdminSpec{Name: "Eve"}),
		"group_id":       b.AddGroup(child, "Pilots", "", b.ada),
		"bypass_code_id": b.AddBypassCode(child, b.ada, BypassSpec{}),
		"directory_key":  b.AddDirectory(child, DirectorySpec{People: []Person{{Username: "dora"}}}),
	}
	ids["policy_key"] = b.wantOK(b.asParentJSON("POST", "/admin/v2/policies",
		map[string]any{"policy_name": "First"})).object()["policy_key"].(string)
	window := map[string]any{"mintime": "1785700000000", "maxtime": "1785900000000"}
	sections := map[string]any{"new_user": map[string]any{"new_user_behavior": "deny"}}
	pushed := b.wantOK(b.asParent("POST", "/admin/v1/users/"+b.ada+"/send_verification_push", "phone_id",
		b.phone)).object()["push_id"]
	parameters := map[string]map[string]any{
		"POST /accounts/v1/account/create": {"name": "Another"},
		"POST /admin/v1/users": {"username": "bob",
			"custom_attributes.team": "red"},
		"POST /admin/v1/users/bulk_create":                            {"users": `[{"username":"carl"}]`},
		"POST /admin/v1/users/directorysync/{directory_key}/syncuser": {"username": "dora"},
		"POST /admin/v1/users/{user_id}/send_verification_push":       {"phone_id": b.phone},
		"GET /admin/v1/users/{user_id}/verification_push_response":    {"push_id": pushed},
		"POST /admin/v1/bulk": {"operations": []any{map[string]any{"method": "POST",
			"path": "/admin/v1/users", "body": map[string]any{}}}},
		"POST /admin/v1/phones/{phone_id}/activation_url":      {"install": 1},
		"POST /admin/v1/phones/{phone_id}/send_sms_activation": {"install": 1},
		"POST /admin/v1/tokens":                                {"type": "h6", "serial": "2", "secret": "00"},
		"POST /admin/v1/groups":                                {"name": "Crew"},
		"GET /admin/v2/logs/authentication":                    window, "GET /admin/v2/logs/activity": window,
		"GET /admin/v2/logs/telephony": window,
		"POST /admin/v1/integrations":  {"name": "One", "type": "websdk"},
		"POST /admin/v2/integrations":  {"name": "Two", "type": "websdk"},
		"POST /admin/v3/integrations":  {"name": "Three", "type": "adminapi"},
		"POST /admin/v2/policies":      {"policy_name": "Second", "sections": sections},
		"POST /admin/v2/policies/copy": {"policy_key": ids["policy_key"], "new_policy_names_list": []any{"Third"}},
		"PUT /admin/v2/policies/update": {"policies_to_update": map[string]any{"edit_all_policies": true},
			"policy_changes": map[string]any{"sections": sections}},
		"GET /admin/v2/policies/calculate": {"user_id": b.ada, "integration_key": ids["integration_key"]},
		"POST /auth/v2/enroll":             {"bypass_codes": 1},
		"POST /auth/v2/preauth":            {"username": "ada", "text_prompt": 1},
		"POST /auth/v2/auth":               {"username": "ada", "factor": "passcode", "passcode": "000000"},
		"GET /auth/v2/auth_status":         {"txid": b.begin("push")},
	}
	writesFirst := slices.Clone(slices.Collect(maps.Keys(answerKinds)))
	// so that GETs find what was made
	slices.SortFunc(writesFirst, func(a, b string) int { return strings.Compare(b, a) })
	for _, call := range writesFirst {
		kind := answerKinds[call]
		method, path, _ := strings.Cut(call, " ")
		for name, id := range ids {
			path = strings.ReplaceAll(path, "{"+name+"}", id)
		}
		r := b.wantOK(b.anyCall(method, path, parameters[call]))
		if found := strangers(r.Response, kind); len(found) > 0 {
			t.Errorf("%s answers what Duo does not: %s", call, strings.Join(found, ", "))
		}
		if empty, isList := r.Response.([]any); isList && len(empty) == 0 {
			t.Errorf("%s answers an empty list, of which nothing is known", call)
		}
	}
	for _, r := range routes {
		call := r.method + " " + r.pattern
		if _, known := answerKinds[call]; !known && r.method == "GET" && !slices.Contains(answersNoObject, call) {
			t.Errorf("%s: nobody knows what it answers", call)
		}
	}
	if found := strangers(map[string]any{"user": map[string]any{"shoe_size": 44}}, "code"); len(found) != 1 ||
		found[0] != "reduced user.shoe_size" {
		t.Errorf("a strange member is not found: %v", found)
	}
}

// answersNoObject are the reading calls whose answer is a picture or always empty.
var answersNoObject = []string{
	"GET /admin/v1/logo", "GET /auth/v2/logo", "GET /admin/v1/desktop_authenticators", "GET /admin/v1/u2ftokens",
	"GET /admin/v1/registered_devices",
	"GET /admin/v1/endpoints", "GET /admin/v1/logs/offline_enrollment",
	"GET /admin/v1/users/{user_id}/desktopauthenticators", "GET /admin/v1/users/{user_id}/u2ftokens",
}

// anyCall makes a call with the keys that open its API: JSON where the call has a body, text otherwise.
func (b *authBench) anyCall(method, path string, parameters map[string]any) reply {
	b.t.Helper()
	var pairs []string
	for name, value := range parameters {
		if text, isText := value.(string); isText {
			pairs = append(pairs, name, text)
		} else if value == 1 {
			pairs = append(pairs, name, "1")
		}
	}
	switch {
	case strings.HasPrefix(path, "/auth/"):
		return b.call(b.child.APIHostname, b.app, method, path, pairs...)
	case strings.HasPrefix(path, "/accounts/"):
		return b.call(b.parent.APIHostname, b.parent.Application(AccountsAPI), method, path, pairs...)
	case method == "GET":
		return b.asParent(method, path, pairs...)
	}
	if parameters == nil {
		parameters = map[string]any{}
	}
	return b.asParentJSON(method, path, parameters)
}
