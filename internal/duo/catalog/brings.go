package catalog

// Brings is what an action brings back in its result for programs, in the description of the API: the last answer that
// Duo gave, and an example of it.
type Brings struct {
	Of   string // name of Duo's object, or one of the constants below
	List bool   // of such objects
	// Others are what may come instead where an action does more after its first
	// call: what Duo says to that.
	Others  []string
	Summary string // of the example
	Secret  Secret // of the example
	Created string // of the example
}

// What is brought back besides Duo's objects.
const (
	BringsNothing = "DuoNothing" // an empty text
	BringsAny     = ""           // of a generic action: whatever Duo answers
	BringsNone    = "-"          // Duo gives no answer that could be shown
)

// brings are what actions bring back, by slug. After a change, others come where a
// user has to be taken out of bypass.
var brings = map[string]Brings{
	"list-accounts": {Of: "DuoAccount", List: true, Summary: "Read 1 account."},
	"create-account": {Of: "DuoAccount", Summary: "Created account Casey Dental.",
		Created: "DA0000000000000000EX"},
	"delete-account":      {Of: BringsNothing, Summary: "Deleted account Client."},
	"accounts-api-action": {Of: BringsAny, Summary: "POST /accounts/v1/account/list was answered."},

	"list-bypass-codes":         {Of: "DuoBypassCode", List: true, Summary: "Read 1 bypass code."},
	"get-bypass-code":           {Of: "DuoBypassCode", Summary: "Read a bypass code of casey.example."},
	DeleteBypassCode:            {Of: BringsNothing, Summary: "Deleted a bypass code of casey.example."},
	"list-bypass-codes-by-user": {Of: "DuoBypassCode", List: true, Summary: "Read 1 bypass code."},
	CreateBypassCodes: {Of: "DuoMaskedCodes", Summary: "Created 1 bypass code.",
		Secret: Secret{BypassCodeSecret, "618204957"}},
	"retrieve-bypass-codes-for-user": {Of: "DuoBypassCode", List: true, Summary: "Read 1 bypass code."},

	"auth-api-action":  {Of: BringsAny, Summary: "GET /auth/v2/check was answered."},
	"admin-api-action": {Of: BringsAny, Summary: "GET /admin/v1/info/summary was answered."},

	"list-phones": {Of: "DuoPhone", List: true, Summary: "Read 1 phone."},
	"get-phone":   {Of: "DuoPhone", Summary: "Read phone +12025550177 (Reception)."},
	DeletePhone: {Of: BringsNothing,
		Summary: "Deleted phone +12025550177 (Reception), which was not assigned."},
	SendActivationURL: {Of: "DuoActivation", Summary: "Created an activation link, valid for 24 hours.",
		Secret: Secret{ActivationLinkSecret, "https://m-1a2b3c4d.duosecurity.com/activate/k3TzQ8mWv5Yb1LxR7nPa"}},
	SendActivationSMS: {Of: "DuoActivation", Summary: "Sent an activation link by SMS.",
		Secret: Secret{ActivationMessage,
			"Activate Duo Mobile: https://m-1a2b3c4d.duosecurity.com/activate/k3TzQ8mWv5Yb1LxR7nPa"}},
	SendInstallationSMS: {Of: "DuoInstallation", Summary: "Sent an installation link by SMS."},
	SendPasscodeSMS:     {Of: BringsNothing, Summary: "Sent passcodes by SMS."},
	"get-users-phones":  {Of: "DuoPhone", List: true, Summary: "Read 1 phone."},
	AssignPhone:         {Of: BringsNothing, Summary: "Attached phone +12025550177 (Reception) to casey.example."},
	UnassignPhone:       {Of: BringsNothing, Summary: "Removed phone +12025550177 (Reception) from casey.example."},
	CreatePhone: {Of: "DuoPhone", Others: []string{BringsNothing},
		Summary: "Created phone +12025550177 (Reception).", Created: "DP0000000000000000EX"},
	ModifyPhone: {Of: "DuoPhone", Summary: "Changed name."},

	"retrieve-settings": {Of: "DuoSettings", Summary: "Read the settings of Casey Dental."},
	UpdateSettings:      {Of: "DuoSettings", Summary: "Changed 1 setting."},

	"list-users":           {Of: "DuoUser", List: true, Summary: "Read 1 user."},
	"get-user-by-username": {Of: "DuoUser", List: true, Summary: "Read user casey.example."},
	CreateUser: {Of: "DuoUser", Others: []string{BringsNothing}, Summary: "Created user casey.example.",
		Created: "DU0000000000000000EX"},
	"get-user": {Of: "DuoUser", Summary: "Read user casey.example."},
	UpdateUser: {Of: "DuoUser", Others: []string{BringsNothing}, Summary: "Changed realname."},
	DeleteUser: {Of: BringsNothing, Others: []string{"DuoUser"},
		Summary: "Moved user casey.example to the trash."},
	EnrollUser: {Of: "DuoUser", List: true, Others: []string{"DuoUser", BringsNothing},
		Summary: "Sent an enrollment email to casey@client.example, valid for 30 days.",
		Secret:  Secret{EnrollmentCodeSecret, "6ad1f0c2b5e94d7f"}},
	SynchronizeUser: {Of: "DuoUser", List: true, Others: []string{"DuoUser", BringsNothing},
		Summary: "Synchronized casey.example."},
	RestoreUser: {Of: "DuoUser", Others: []string{BringsNothing},
		Summary: "Restored user casey.example from the trash. The status is active."},
	UnlockUser: {Of: "DuoUser", Summary: "Unlocked user casey.example."},
	VerifyCaller: {Of: "DuoVerificationPush", Summary: "Sent a verification push.",
		Secret: Secret{VerificationCode, "824135"}},

	"check-auth-api-credentials": {Of: "DuoTime", Summary: "The keys work."},
	"ping-auth-api":              {Of: BringsNone, Summary: "Duo answered after 40 ms."},
	SendAuthentication:           {Of: "DuoTransaction", Summary: "Sent a push."},
	"preauth-user": {Of: "DuoPreauth",
		Summary: "The user is asked for the second factor, with 1 device to choose from."},
	AuthEnrollUser: {Of: "DuoEnrollment",
		Summary: "Created user casey.example with a phone to activate, valid for 24 hours.",
		Secret:  Secret{ActivationLinkSecret, "https://m-1a2b3c4d.duosecurity.com/activate/k3TzQ8mWv5Yb1LxR7nPa"}},
	"auth-enroll-status": {Of: "DuoEnrollStatus", Summary: "The code was not used yet."},

	AssociateGroup:       {Of: BringsNothing, Summary: "Added casey.example to Front desk."},
	DisassociateGroup:    {Of: BringsNothing, Summary: "Removed casey.example from Front desk."},
	"list-groups":        {Of: "DuoGroup", List: true, Summary: "Read 1 group."},
	"get-group":          {Of: "DuoGroup", Summary: "Read group Front desk."},
	"list-group-members": {Of: "DuoUser", List: true, Summary: "Read 1 member."},
	"create-group":       {Of: "DuoGroup", Summary: "Created group Front desk.", Created: "DG0000000000000000EX"},
	ModifyGroup:          {Of: "DuoGroup", Summary: "Changed desc."},
	DeleteGroup:          {Of: BringsNothing, Summary: "Deleted group Front desk."},

	"list-hardware-tokens":               {Of: "DuoToken", List: true, Summary: "Read 1 hardware token."},
	"assign-hardware-token-to-user":      {Of: BringsNothing, Summary: "Assigned token 100200 to casey.example."},
	"un-assign-hardware-token-from-user": {Of: BringsNothing, Summary: "Removed token 100200 from casey.example."},
	"delete-hardware-token":              {Of: BringsNothing, Summary: "Deleted token 100200."},
	"list-webauthn-credentials":          {Of: "DuoCredential", List: true, Summary: "Read 1 credential."},
	"delete-webauthn-credential":         {Of: BringsNothing, Summary: "Deleted a security key of casey.example."},
	"list-administrators":                {Of: "DuoAdministrator", List: true, Summary: "Read 1 administrator."},

	"get-account-summary":   {Of: "DuoSummary", Summary: "17 users."},
	"get-edition":           {Of: "DuoEdition", Summary: "The edition is Duo Advantage."},
	"set-edition":           {Of: BringsNothing, Summary: "Set the edition to Duo Advantage."},
	"get-telephony-credits": {Of: "DuoCredits", Summary: "250 credits."},
	SetCredits:              {Of: "DuoCredits", Others: []string{BringsNothing}, Summary: "Set the credits to 250."},
	"get-user-limit":        {Of: "DuoUserLimit", Summary: "17 of 50 users."},

	"read-authentication-log": {Of: "DuoAuthenticationLog", Summary: "Read 1 event."},
	"read-activity-log":       {Of: "DuoActivityLog", Summary: "Read 1 event."},
	"read-telephony-log":      {Of: "DuoTelephonyLog", Summary: "Read 1 event."},
	"read-administrator-log":  {Of: "DuoAdministratorEvent", List: true, Summary: "Read 1 event."},

	"list-integrations": {Of: "DuoIntegration", List: true, Summary: "Read 1 application."},
	"create-auth-api-integration": {Of: "DuoSecretKey", Summary: "Created application Duodesk Auth API.",
		Secret: Secret{SecretKeySecret, "EXAMPLEexampleEXAMPLEexampleEXAMPLEexamp"}, Created: "DI0000000000000000EX"},
}
