package api

import (
	"encoding/json"
	"strings"
)

// duoObject describes an object of Duo's as its API documents it and as
// internal/duo reads it. Each row of members has a type and names: string, integer,
// number, boolean, seconds (since 1970), time (ISO 8601), any, map (of texts), object,
// or another of these objects; with ? it may be null, with [] it is a list. Every
// member may be absent, and Duo may add others.
type duoObject struct {
	name, help, members, example string
}

var duoObjects = []duoObject{
	{"DuoAccount", "A child account.", `
		string account_id api_hostname name`,
		`{"account_id": "DA0000000000000000EX", "api_hostname": "api-1a2b3c4d.duosecurity.com", "name": "Casey Dental"}`},
	{"DuoUser",
		"A user. status is active, bypass, disabled, locked out or pending deletion; Duo may add others. Within a phone, a code or a token it is a short copy.", `
		string user_id username email status notes directory_key external_id
		string? realname firstname lastname alias1 alias2 alias3 alias4 lockout_reason date_of_birth entra_federated_user_id
		seconds created
		seconds? last_login last_directory_sync password_last_updated
		boolean is_enrolled enable_auto_prompt
		boolean? has_password
		map aliases
		object custom_attributes
		DuoGroup[] groups
		DuoPhone[] phones
		DuoToken[] tokens
		DuoCredential[] webauthncredentials
		object[] desktop_authenticators desktoptokens u2ftokens`,
		`{"user_id": "DU0000000000000000EX", "username": "casey.example", "realname": "Casey Example", "firstname": "Casey", "lastname": "Example", "email": "casey@client.example", "status": "active",
		"alias1": "cexample", "alias2": null, "alias3": null, "alias4": null, "aliases": {"alias1": "cexample"}, "notes": "", "created": 1785846896, "last_login": null, "last_directory_sync": null,
		"is_enrolled": false, "enable_auto_prompt": true, "lockout_reason": null, "custom_attributes": {}, "groups": [], "phones": [], "tokens": [], "webauthncredentials": [],
		"desktop_authenticators": [], "desktoptokens": [], "u2ftokens": []}`},
	{"DuoPhone",
		"A phone or a tablet. type is Mobile, Landline or Unknown. users is present when the phone itself was asked for.", `
		string phone_id number extension name type platform model os_version app_version encrypted fingerprint screenlock tampered creation_date last_activated_date last_seen
		string? predelay postdelay
		boolean activated sms_passcodes_sent
		string[] capabilities
		DuoUser[] users`,
		`{"phone_id": "DP0000000000000000EX", "number": "+12025550177", "extension": "", "name": "Reception", "type": "Mobile", "platform": "Apple iOS", "model": "Unknown", "os_version": "", "app_version": "",
		"activated": false, "capabilities": ["auto", "sms", "phone"], "encrypted": "", "fingerprint": "", "screenlock": "", "tampered": "", "predelay": "", "postdelay": "", "sms_passcodes_sent": false,
		"creation_date": "2026-08-04T12:34:56", "last_activated_date": "", "last_seen": "", "users": []}`},
	{"DuoBypassCode",
		"A bypass code without the code itself, which Duo never shows again. expiration null: it never expires. reuse_count null: any number of uses is left.", `
		string bypass_code_id admin_email
		seconds created
		seconds? expiration
		integer? reuse_count
		DuoUser user`,
		`{"bypass_code_id": "DB0000000000000000EX", "admin_email": "", "created": 1785846896, "expiration": 1785850496, "reuse_count": 1, "user": {"user_id": "DU0000000000000000EX", "username": "casey.example"}}`},
	{"DuoGroup", "A group. status is Active, Bypass or Disabled.", `
		string group_id name desc status
		boolean push_enabled sms_enabled voice_enabled mobile_otp_enabled`,
		`{"group_id": "DG0000000000000000EX", "name": "Front desk", "desc": "Reception staff", "status": "Active", "push_enabled": false, "sms_enabled": false, "voice_enabled": false, "mobile_otp_enabled": false}`},
	{"DuoToken", "A hardware token. type is h6 or h8 (HOTP), t6 or t8 (TOTP), yk (YubiKey) or d1 (Duo's own).", `
		string token_id serial type
		integer? totp_step
		DuoUser[] users
		DuoAdministrator[] admins`,
		`{"token_id": "DH0000000000000000EX", "serial": "100200", "type": "d1", "totp_step": null, "users": [], "admins": []}`},
	{"DuoCredential", "A WebAuthn credential, such as a security key.", `
		string webauthnkey credential_name label
		string? aaguid credential_id registered_as
		seconds date_added
		seconds? date_last_used
		boolean? passwordless_authorized uv_capable backup_eligible backup_status
		string[] transports
		DuoUser? user
		DuoAdministrator? admin`,
		`{"webauthnkey": "WA0000000000000000EX", "credential_name": "Key", "label": "Security Key", "date_added": 1785846896, "date_last_used": null, "passwordless_authorized": false, "user": {"user_id": "DU0000000000000000EX", "username": "casey.example"}, "admin": null}`},
	{"DuoAdministrator", "An administrator of the Duo Admin Panel.", `
		string admin_id name email role role_id status
		string? phone subaccount_role
		seconds? created last_login
		boolean restricted_by_admin_units password_change_required
		any[] admin_units
		DuoToken? hardtoken
		object[] webauthncredentials`,
		`{"admin_id": "DE0000000000000000EX", "name": "Grace Example", "email": "grace@client.example", "role": "Owner", "status": "Active", "phone": "+12025550143", "created": 1785846896, "last_login": null,
		"restricted_by_admin_units": false, "password_change_required": false, "admin_units": [], "hardtoken": null, "webauthncredentials": []}`},
	{"DuoSettings",
		"The settings of an account. What an account does not have is absent. Some flags are 0 or 1, or true or false.", `
		string name language timezone helpdesk_bypass helpdesk_message fraud_email duo_mobile_otp_type sms_message enrollment_module
		string? caller_id keypress_confirm keypress_fraud reactivation_url reactivation_integration_key
		integer? lockout_threshold lockout_expire_duration unenrolled_user_lockout_threshold enrolled_user_lockout_threshold inactive_user_expiration inactive_admin_expiration pending_deletion_days log_retention_days
		integer? helpdesk_bypass_expiration minimum_password_length sms_batch sms_expiration telephony_warning_min
		number? user_telephony_cost_max
		boolean? enrollment_universal_prompt_enabled global_ssp_policy_enforced user_managers_can_put_users_in_bypass helpdesk_can_send_enroll_email fraud_email_enabled email_activity_notification_enabled push_activity_notification_enabled
		boolean? password_requires_lower_alpha password_requires_upper_alpha password_requires_numeric password_requires_special
		boolean? push_enabled sms_enabled voice_enabled mobile_otp_enabled u2f_enabled req_fips_passcodes_android
		any security_checkup_enabled sms_refresh instant_restore_enabled mobile_analytics_disabled`,
		`{"name": "Casey Dental", "language": "EN", "timezone": "UTC", "lockout_threshold": 10, "lockout_expire_duration": null, "inactive_user_expiration": 0, "pending_deletion_days": 7, "log_retention_days": null,
		"helpdesk_bypass": "allow", "helpdesk_bypass_expiration": 0, "helpdesk_message": "", "fraud_email": "", "fraud_email_enabled": true, "minimum_password_length": 12, "sms_batch": 1, "sms_refresh": 0, "user_telephony_cost_max": 20}`},
	{"DuoSummary", "The summary of an account.", `
		string edition
		integer admin_count integration_count user_count user_pending_deletion_count
		number telephony_credits_remaining`,
		`{"edition": "Duo Advantage", "admin_count": 2, "integration_count": 3, "user_count": 17, "user_pending_deletion_count": 0, "telephony_credits_remaining": 250}`},
	{"DuoEdition",
		"ENTERPRISE is Duo Essentials, PLATFORM is Duo Advantage, BEYOND is Duo Premier and PERSONAL is Duo Free.", `
		string edition`, `{"edition": "PLATFORM"}`},
	{"DuoCredits", "The telephony credits of an account.", `
		number credits`, `{"credits": 250}`},
	{"DuoUserLimit", "How many users an account may have and has. user_limit 0: any number.", `
		integer? user_limit current_user_count`, `{"user_limit": 50, "current_user_count": 17}`},
	{"DuoIntegration", "An application of Duo's. Its secret key is not here.", `
		string integration_key name type notes enroll_policy networks_for_api_access username_normalization_policy visual_style user_access policy_key
		any[] groups_allowed
		any self_service_allowed adminapi_admins adminapi_info adminapi_integrations adminapi_read_log adminapi_read_resource adminapi_settings adminapi_write_resource`,
		`{"integration_key": "DI0000000000000000EX", "name": "Duodesk Auth API", "type": "authapi", "notes": "", "groups_allowed": [], "self_service_allowed": false}`},
	{"DuoSecretKey", "The secret key of an application, masked.", `
		string secret_key`, `{"secret_key": "(masked)"}`},
	{"DuoTime", "The time at Duo.", `
		seconds time`, `{"time": 1785846896}`},
	{"DuoPreauth", "What a user has to do to log in. result is auth, allow, deny or enroll.", `
		string result status_msg enroll_portal_url txid verification_code
		seconds expiration
		DuoDevice[] devices`,
		`{"result": "auth", "status_msg": "Account is active", "devices": [{"device": "DP0000000000000000EX", "type": "phone", "name": "Reception", "number": "XXX-XXX-0177", "display_name": "Reception (XXX-XXX-0177)", "capabilities": ["auto", "sms", "phone"]}]}`},
	{"DuoDevice", "A device that a user can log in with.", `
		string device type name number display_name sms_nextcode
		string[] capabilities`,
		`{"device": "DP0000000000000000EX", "type": "phone", "name": "Reception", "number": "XXX-XXX-0177", "display_name": "Reception (XXX-XXX-0177)", "capabilities": ["auto", "sms", "phone"]}`},
	{"DuoEnrollment", "A user to enroll. Its codes and links are masked: secrets has them.", `
		string user_id username activation_code activation_url activation_barcode bypass_codes
		seconds expiration`,
		`{"user_id": "DU0000000000000000EX", "username": "casey.example", "activation_code": "(masked)", "activation_url": "(masked)", "activation_barcode": "(masked)", "expiration": 1785933296}`},
	{"DuoActivation", "An activation of Duo Mobile. Its codes and links are masked: secrets has them.", `
		string activation_url activation_barcode activation_msg installation_url installation_msg
		integer valid_secs`,
		`{"activation_url": "(masked)", "activation_barcode": "(masked)", "valid_secs": 86400}`},
	{"DuoInstallation", "The message that was sent.", `
		string installation_msg`,
		`{"installation_msg": "To install the app, click: https://m-1a2b3c4d.duosecurity.com"}`},
	{"DuoTransaction", "A question that a person has yet to answer.", `
		string txid`, `{"txid": "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13"}`},
	{"DuoVerificationPush", "A push that a person has yet to answer. The code is masked: secrets has it.", `
		string push_id confirmation_code`,
		`{"push_id": "865ec1c1-3117-406d-a832-9830adf21b1e", "confirmation_code": "(masked)"}`},
	{"DuoLoginLogMetadata",
		"Where the log goes on: give both texts of next_offset, joined by a comma, to read the part after this. null: this is the last part.", `
		string[]? next_offset
		any total_objects`,
		`{"next_offset": ["1785846896413", "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13"], "total_objects": 250}`},
	{"DuoLogMetadata",
		"Where the log goes on: give next_offset to read the part after this. null: this is the last part.", `
		string? next_offset
		any total_objects`,
		`{"next_offset": "1785846896413,14333bc1-be7d-4ef5-bcd7-170aa0453ea7", "total_objects": 250}`},
	{"DuoAuthenticationLog", "A part of the authentication log.", `
		DuoAuthenticationEvent[] authlogs
		DuoLoginLogMetadata metadata`,
		`{"authlogs": [{"txid": "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13", "isotimestamp": "2026-08-04T12:34:56.413200+00:00", "timestamp": 1785846896, "event_type": "authentication", "result": "success", "reason": "user_approved", "factor": "duo_push", "user": {"key": "DU0000000000000000EX", "name": "casey.example"}}], "metadata": {"next_offset": ["1785846896413", "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13"], "total_objects": 250}}`},
	{"DuoAuthenticationEvent", "A login, or a try.", `
		string? txid event_type result reason factor email alias trusted_endpoint_status
		time isotimestamp
		seconds timestamp
		object? user application access_device auth_device adaptive_trust_assessments`,
		`{"txid": "5c1f0e9a-7b24-4d38-9e61-a2f4c8d07b13", "isotimestamp": "2026-08-04T12:34:56.413200+00:00", "timestamp": 1785846896, "event_type": "authentication", "result": "success", "reason": "user_approved", "factor": "duo_push", "user": {"key": "DU0000000000000000EX", "name": "casey.example"}}`},
	{"DuoActivityLog", "A part of the activity log.", `
		DuoActivityEvent[] items
		DuoLogMetadata metadata`,
		`{"items": [{"activity_id": "14333bc1-be7d-4ef5-bcd7-170aa0453ea7", "ts": "2026-08-04T12:34:56.413200+00:00", "action": {"name": "user_update", "details": null}}], "metadata": {"next_offset": "1785846896413,14333bc1-be7d-4ef5-bcd7-170aa0453ea7", "total_objects": 250}}`},
	{"DuoActivityEvent", "Something that was done. action is an object, or a text on some accounts.", `
		string activity_id akey
		time ts
		any action
		object? actor application access_device target old_target outcome`,
		`{"activity_id": "14333bc1-be7d-4ef5-bcd7-170aa0453ea7", "akey": "DA0000000000000000EX", "ts": "2026-08-04T12:34:56.413200+00:00", "action": {"name": "user_update", "details": null}, "actor": {"key": "DE0000000000000000EX", "name": "Grace Example", "type": "admin"}, "outcome": {"result": "SUCCESS"}}`},
	{"DuoTelephonyLog", "A part of the telephony log.", `
		DuoTelephonyEvent[] items
		DuoLogMetadata metadata`,
		`{"items": [{"telephony_id": "220e89ff-1a9a-4a8f-8bb7-5c1dd1d6b9f2", "ts": "2026-08-04T12:34:56.413200+00:00", "context": "authentication", "type": "sms", "phone": "+12025550177", "credits": 1, "txid": null}], "metadata": {"next_offset": "1785846896413,220e89ff-1a9a-4a8f-8bb7-5c1dd1d6b9f2", "total_objects": 250}}`},
	{"DuoTelephonyEvent", "A message or a call.", `
		string telephony_id type phone
		string? context txid
		time ts
		number credits`,
		`{"telephony_id": "220e89ff-1a9a-4a8f-8bb7-5c1dd1d6b9f2", "ts": "2026-08-04T12:34:56.413200+00:00", "context": "authentication", "type": "sms", "phone": "+12025550177", "credits": 1, "txid": null}`},
	{"DuoAdministratorEvent",
		"Something that an administrator or an application changed. description is JSON as a text.", `
		string? action object username description
		time isotimestamp
		seconds timestamp`,
		`{"action": "user_create", "object": "casey.example", "username": "API (Provisioning)", "description": "{\"uname\": \"casey.example\"}", "isotimestamp": "2026-08-04T12:34:56+00:00", "timestamp": 1785846896}`},
}

// duoSchemas are the components for Duo's objects, with an example each.
func duoSchemas() object {
	all := object{"DuoNothing": object{"type": "string",
		"description": "An empty text: Duo has nothing to say about what was done.", "examples": []any{""}}}
	for _, o := range duoObjects {
		all[o.name] = object{"type": "object", "description": o.help, "additionalProperties": true,
			"properties": duoMembers(o.members), "examples": []any{example(o.example)}}
	}
	return all
}

func duoMembers(rows string) object {
	members := object{}
	for row := range strings.Lines(rows) {
		words := strings.Fields(row)
		for i, name := range words {
			if i > 0 {
				members[name] = duoMember(words[0])
			}
		}
	}
	return members
}

func duoMember(kind string) object {
	plain, nullable := strings.CutSuffix(kind, "?")
	plain, list := strings.CutSuffix(plain, "[]")
	var schema object
	switch plain {
	case "any":
		schema = object{}
	case "seconds":
		schema = object{"type": "integer", "format": "int64", "description": "Seconds since 1970, in UTC."}
	case "time":
		schema = object{"type": "string", "description": "ISO 8601."}
	case "map":
		schema = object{"type": "object", "additionalProperties": object{"type": "string"}}
	case "object":
		schema = object{"type": "object", "additionalProperties": true}
	case "string", "integer", "number", "boolean":
		schema = object{"type": plain}
	default:
		schema = ref(plain)
	}
	switch kind, typed := schema["type"]; {
	case list && nullable:
		return object{"type": []any{"array", "null"}, "items": schema}
	case list:
		return object{"type": "array", "items": schema}
	case nullable && typed:
		schema["type"] = []any{kind, "null"}
	case nullable:
		return object{"oneOf": []object{schema, {"type": "null"}}}
	}
	return schema
}

// example reads an example that is written as JSON.
func example(text string) any {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic("web: " + err.Error() + " in " + text)
	}
	return value
}
