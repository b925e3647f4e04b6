package duosim

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// The longest names, in characters. Duo publishes those of phones and tokens; that all others are like phones is our
// choice.
const (
	maxName   = 255
	maxSerial = 128
)

// nameLimits are the parameters that name something.
var nameLimits = map[string]int{
	"username": maxName, "realname": maxName, "firstname": maxName, "lastname": maxName, "name": maxName,
	"policy_name": maxName,
	"alias1":      maxName, "alias2": maxName, "alias3": maxName, "alias4": maxName, "serial": maxSerial,
}

// scalars are the parameters of one value besides those and the settings. In a JSON body they come as text, number or
// boolean: Duo's clients differ in that.
var scalars = strings.Fields(`
	account_id aes_key aliases app_integration_key async background_img help_text bypass_codes card_accent_color
	client_supports_verified_push code1 code2 code3 codes count counter credits desc device display_username edition email
	enable_auto_prompt extension factor group_id groups_allowed hostname install installation_msg activation_msg
	integration_key ipaddr limit locale logo maxtime mintime next_offset notes number offset page_background_color passcode
	phone_id platform policy_key postdelay powered_by_duo predelay preserve_existing private_id prompt push_id pushinfo
	reset_secret_key reuse_count secret sort sso_custom_username_label status text_prompt token_id totp_step txid type
	user_access user_id user_limit valid_secs activation_code`)

// structures are the parameters that only a JSON body can carry, as list or object.
var structures = []string{
	"operations", "sections", "sections_to_delete", "apply_to_apps", "apply_to_groups_in_apps", "policies_to_update",
	"policy_changes",
	"new_policy_names_list", "custom_attributes", "custom_attribute_map",
}

// encoded are the lists that Duo takes as a text with JSON in it, in a JSON body too.
var encoded = []string{"users", "user_id_list", "username_list", "group_id_list"}

// oneValue tells whether a parameter has one value; what no call of the simulator reads is neither.
func oneValue(name string) bool {
	isSetting := slices.ContainsFunc(settingTable, func(s setting) bool { return s.name == name })
	isGrant := slices.Contains(AllGrants, Grant(name))
	return nameLimits[name] > 0 || isSetting || isGrant || slices.Contains(scalars, name)
}

// misshapen refuses a list or object where one value or a text belongs, a text where a list or object does, and names
// that are too long. Parameters that Duo does not know are ignored, whatever their form.
func (c *call) misshapen() *refusal {
	for _, name := range slices.Sorted(maps.Keys(c.req.params)) {
		structured := c.req.structured[name]
		if structured && (oneValue(name) || slices.Contains(encoded, name)) ||
			!structured && slices.Contains(structures, name) {
			return refuse(40002, name)
		}
		if limit := nameLimits[name]; limit > 0 && utf8.RuneCountInString(strings.TrimSpace(c.param(name))) > limit {
			return refuse(40002, name)
		}
	}
	return nil
}
