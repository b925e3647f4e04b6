package api

import (
	"strings"

	"duodesk/internal/duo/catalog"
)

// duoResult is what an action brings back in result: the last answer that Duo gave.
type duoResult struct {
	of      string // one of duoObjects, or DuoNothing; empty: see answers
	list    bool   // of such objects
	summary string // of the example
	// others are what may come instead where an action does more after its first
	// call: what Duo says to that.
	others  []string
	secret  [2]string // label and value of the example's secret
	created string    // of the example
}

const (
	nothing   = "DuoNothing"
	anyAnswer = "" // of a generic action: whatever Duo answers
	noAnswer  = "-"
)

// results are what actions bring back, by slug. After a change, others come where a
// user has to be taken out of bypass.
var results = map[string]duoResult{
	"list-accounts":       {of: "DuoAccount", list: true, summary: "Read 1 account."},
	"create-account":      {of: "DuoAccount", summary: "Created account Casey Dental.", created: "DA0000000000000000EX"},
	"delete-account":      {of: nothing, summary: "Deleted account Client."},
	"accounts-api-action": {of: anyAnswer, summary: "POST /accounts/v1/account/list was answered."},

	"list-bypass-codes":              {of: "DuoBypassCode", list: true, summary: "Read 1 bypass code."},
	"get-bypass-code":                {of: "DuoBypassCode", summary: "Read a bypass code of casey.example."},
	"delete-bypass-code":             {of: nothing, summary: "Deleted a bypass code of casey.example."},
	"list-bypass-codes-by-user":      {of: "DuoBypassCode", list: true, summary: "Read 1 bypass code."},
	"create-bypass-code-for-user":    {of: "DuoMaskedCodes", summary: "Created 1 bypass code.", secret: [2]string{catalog.BypassCodeSecret, "618204957"}},
	"retrieve-bypass-codes-for-user": {of: "DuoBypassCode", list: true, summary: "Read 1 bypass code."},

	"auth-api-action":  {of: anyAnswer, summary: "GET /auth/v2/check was answered."},
	"admin-api-action": {of: anyAnswer, summary: "GET /admin/v1/info/summary was answered."},

	"list-phones":               {of: "DuoPhone", list: true, summary: "Read 1 phone."},
	"get-phone":                 {of: "DuoPhone", summary: "Read phone +12025550177 (Reception)."},
	"delete-phone-by-id":        {of: nothing, summary: "Deleted phone +12025550177 (Reception), which nobody had."},
	"send-activation-url":       {of: "DuoActivation", summary: "Made an activation link, valid for 24 hours.", secret: [2]string{catalog.ActivationLinkSecret, "https://m-1a2b3c4d.duosecurity.com/activate/k3TzQ8mWv5Yb1LxR7nPa"}},
	"send-activation-by-sms":    {of: "DuoActivation", summary: "Sent an activation link by SMS.", secret: [2]string{catalog.ActivationMessage, "Activate Duo Mobile: https://m-1a2b3c4d.duosecurity.com/activate/k3TzQ8mWv5Yb1LxR7nPa"}},
	"send-installation-by-sms":  {of: "DuoInstallation", summary: "Sent a link to install Duo Mobile by SMS."},
	"send-passcode-by-sms":      {of: nothing, summary: "Sent passcodes by SMS."},
	"get-users-phones":          {of: "DuoPhone", list: true, summary: "Read 1 phone."},
	"assign-phone-to-user":      {of: nothing, summary: "Assigned phone +12025550177 (Reception) to casey.example."},
	"un-assign-phone-from-user": {of: nothing, summary: "Took phone +12025550177 (Reception) from casey.example."},
	"create-phone":              {of: "DuoPhone", others: []string{nothing}, summary: "Created phone +12025550177 (Reception).", created: "DP0000000000000000EX"},
	"modify-phone":              {of: "DuoPhone", summary: "Changed name."},

	"retrieve-settings": {of: "DuoSettings", summary: "Read the settings of Casey Dental."},
	"update-settings":   {of: "DuoSettings", summary: "Changed 1 setting."},

	"list-users":           {of: "DuoUser", list: true, summary: "Read 1 user."},
	"get-user-by-username": {of: "DuoUser", list: true, summary: "Read user casey.example."},
	"create-user":          {of: "DuoUser", others: []string{nothing}, summary: "Created user casey.example.", created: "DU0000000000000000EX"},
	"get-user":             {of: "DuoUser", summary: "Read user casey.example."},
	"update-user":          {of: "DuoUser", others: []string{nothing}, summary: "Changed realname."},
	"delete-user":          {of: nothing, others: []string{"DuoUser"}, summary: "Sent user casey.example to the trash."},
	"enroll-user": {of: "DuoUser", list: true, others: []string{"DuoUser", nothing}, summary: "Sent an enrollment e-mail to casey@client.example, valid for 30 days.",
		secret: [2]string{catalog.EnrollmentCodeSecret, "6ad1f0c2b5e94d7f"}},
	"synchronize-users": {of: "DuoUser", list: true, others: []string{"DuoUser", nothing}, summary: "Synchronized casey.example."},
	"restore-user":      {of: "DuoUser", others: []string{nothing}, summary: "Restored user casey.example from the trash. The status is active."},
	"unlock-user":       {of: "DuoUser", summary: "Unlocked user casey.example."},
	"verify-caller":     {of: "DuoVerificationPush", summary: "Sent a verification push.", secret: [2]string{catalog.VerificationCode, "824135"}},

	"check-auth-api-credentials": {of: "DuoTime", summary: "The keys work."},
	"ping-auth-api":              {of: noAnswer, summary: "Duo answered after 40 ms."},
	"send-duo-authentication":    {of: "DuoTransaction", summary: "Sent a push."},
	"preauth-user":               {of: "DuoPreauth", summary: "The user is asked for the second factor, with 1 device to choose from."},
	"auth-enroll-user": {of: "DuoEnrollment", summary: "Made user casey.example with a phone to activate, valid for 24 hours.",
		secret: [2]string{catalog.ActivationLinkSecret, "https://m-1a2b3c4d.duosecurity.com/activate/k3TzQ8mWv5Yb1LxR7nPa"}},
	"auth-enroll-status": {of: "DuoEnrollStatus", summary: "The code was not used yet."},

	"associate-group-with-user":    {of: nothing, summary: "Added casey.example to Front desk."},
	"disassociate-group-from-user": {of: nothing, summary: "Took casey.example out of Front desk."},
	"list-groups":                  {of: "DuoGroup", list: true, summary: "Read 1 group."},
	"get-group":                    {of: "DuoGroup", summary: "Read group Front desk."},
	"list-group-members":           {of: "DuoUser", list: true, summary: "Read 1 member."},
	"create-group":                 {of: "DuoGroup", summary: "Created group Front desk.", created: "DG0000000000000000EX"},
	"modify-group":                 {of: "DuoGroup", summary: "Changed desc."},
	"delete-group":                 {of: nothing, summary: "Deleted group Front desk."},

	"list-hardware-tokens":               {of: "DuoToken", list: true, summary: "Read 1 hardware token."},
	"assign-hardware-token-to-user":      {of: nothing, summary: "Assigned token 100200 to casey.example."},
	"un-assign-hardware-token-from-user": {of: nothing, summary: "Took token 100200 from casey.example."},
	"delete-hardware-token":              {of: nothing, summary: "Deleted token 100200."},
	"list-webauthn-credentials":          {of: "DuoCredential", list: true, summary: "Read 1 credential."},
	"delete-webauthn-credential":         {of: nothing, summary: "Deleted a security key of casey.example."},
	"list-administrators":                {of: "DuoAdministrator", list: true, summary: "Read 1 administrator."},

	"get-account-summary":   {of: "DuoSummary", summary: "17 users."},
	"get-edition":           {of: "DuoEdition", summary: "The edition is Duo Advantage."},
	"set-edition":           {of: nothing, summary: "Set the edition to Duo Advantage."},
	"get-telephony-credits": {of: "DuoCredits", summary: "250 credits."},
	"set-telephony-credits": {of: "DuoCredits", others: []string{nothing}, summary: "Set the credits to 250."},
	"get-user-limit":        {of: "DuoUserLimit", summary: "17 of 50 users."},

	"read-authentication-log": {of: "DuoAuthenticationLog", summary: "Read 1 event."},
	"read-activity-log":       {of: "DuoActivityLog", summary: "Read 1 event."},
	"read-telephony-log":      {of: "DuoTelephonyLog", summary: "Read 1 event."},
	"read-administrator-log":  {of: "DuoAdministratorEvent", list: true, summary: "Read 1 event."},

	"list-integrations":           {of: "DuoIntegration", list: true, summary: "Read 1 application."},
	"create-auth-api-integration": {of: "DuoSecretKey", summary: "Created application Duodesk Auth API.", secret: [2]string{catalog.SecretKeySecret, "EXAMPLEexampleEXAMPLEexampleEXAMPLEexamp"}, created: "DI0000000000000000EX"},
}

// plainResults are the results that are no objects.
func plainResults() object {
	return object{
		"DuoMaskedCodes":  object{"type": "array", "items": object{"type": "string"}, "description": "A mask for each code: secrets has them.", "examples": []any{[]string{"(masked)"}}},
		"DuoEnrollStatus": object{"type": "string", "description": "success, waiting or invalid.", "examples": []any{"waiting"}},
	}
}

func (r duoResult) schema() object {
	switch {
	case r.of == anyAnswer:
		return object{"description": "Duo's answer, whole."}
	case r.list && len(r.others) == 0:
		return object{"type": "array", "items": ref(r.of)}
	case len(r.others) == 0:
		return ref(r.of)
	}
	first := ref(r.of)
	if r.list {
		first = object{"type": "array", "items": first}
	}
	several := []object{first}
	for _, other := range r.others {
		several = append(several, ref(other))
	}
	return object{"oneOf": several, "description": "The last answer of several calls to Duo."}
}

// shown is the example of what is brought back.
func (r duoResult) shown(schemas object) any {
	if r.of == anyAnswer {
		return object{"time": 1785846896}
	}
	one := schemas[r.of].(object)["examples"].([]any)[0]
	if r.list {
		return []any{one}
	}
	return one
}

// outcomeSchema is the answer to an action.
func outcomeSchema(a catalog.Action) object {
	members := object{
		"run_id": uuidSchema(), "state": ref("State"), "summary": withWords(textSchema(), "What was done, in a sentence."),
		"replayed":   withWords(object{"type": "boolean"}, "It was done before; result and secrets are not shown again."),
		"created_id": withWords(textSchema(), "Duo's id of what was made."),
	}
	if r := results[a.Slug]; r.of != noAnswer {
		members["result"] = r.schema()
	}
	if a.Reveals {
		members["secrets"] = object{"type": "array", "description": "Shown in this answer and never again.", "items": ref("Secret")}
		members["expires_at"] = withWords(momentSchema(), "When the secrets run out.")
	}
	return whole(members, "result", "secrets", "created_id", "expires_at")
}

func outcomeExample(a catalog.Action, schemas object) object {
	r := results[a.Slug]
	shown := object{"run_id": exampleID, "state": "applied", "summary": r.summary, "replayed": false}
	if r.of != noAnswer {
		shown["result"] = r.shown(schemas)
	}
	if a.Follow != nil {
		shown["state"] = "sending"
	}
	if a.Reveals {
		shown["secrets"], shown["expires_at"] = []object{{"label": r.secret[0], "value": r.secret[1]}}, exampleMoment
	}
	if r.created != "" {
		shown["created_id"] = r.created
	}
	return shown
}

// pascal is a slug as a name of a type: create-user is CreateUser.
func pascal(slug string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(slug, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// camel is a slug as a name of a method: create-user is createUser.
func camel(slug string) string {
	name := pascal(slug)
	return strings.ToLower(name[:1]) + name[1:]
}
