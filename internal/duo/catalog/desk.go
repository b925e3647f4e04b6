package catalog

// Jobs are what technicians use actions for, in the order of the list of actions.
var Jobs = []string{jobLogIn, jobPhones, jobCodes, jobPeople, jobKeys, jobGroups, jobReports, jobAccounts, jobSetup}

const (
	jobLogIn    = "Someone can’t log in"
	jobPhones   = "Phones and Duo Mobile"
	jobCodes    = "Bypass codes"
	jobPeople   = "Joiners and leavers"
	jobKeys     = "Hardware tokens and security keys"
	jobGroups   = "Groups"
	jobReports  = "Reports and logs"
	jobAccounts = "Accounts, settings and billing"
	jobSetup    = "Connections and any API call"
)

// desk says for each action, by slug, what it is for, and what people on the phone call it. Only words that Title,
// Call and Help lack are needed. A word leads to what is done about it, never to what only sounds alike.
var desk = map[string]struct{ job, says string }{
	VerifyCaller: {jobLogIn, "identity check push confirm who is calling mfa 2fa"},
	UnlockUser:   {jobLogIn, "locked out lockout account locked too many attempts reset mfa"},
	CreateBypassCodes: {jobLogIn,
		"lost phone forgot phone left phone at home no phone broken stolen phone emergency temporary otp passcode reset mfa 2fa locked out"},
	"preauth-user":     {jobLogIn, "preauth check what happens at login why denied mfa 2fa troubleshoot"},
	SendAuthentication: {jobLogIn, "test push call mfa 2fa troubleshoot"},
	UpdateUser: {jobLogIn,
		"bypass status disable enable suspend rename change name e-mail alias mfa 2fa block"},

	SendActivationURL: {jobPhones,
		"new phone replacement phone changed phone lost phone reactivate activate duo mobile reset mfa 2fa qr code setup"},
	"send-activation-by-sms": {jobPhones,
		"new phone replacement phone reactivate activate duo mobile text message reset mfa 2fa setup"},
	"send-installation-by-sms": {jobPhones,
		"new phone install app download duo mobile text message setup"},
	"send-passcode-by-sms": {jobPhones, "text message codes otp no internet no data roaming abroad locked out mfa 2fa"},
	CreatePhone:            {jobPhones, "new phone add phone new number landline mfa 2fa device"},
	ModifyPhone:            {jobPhones, "new number changed number wrong number rename phone device"},
	AssignPhone:            {jobPhones, "attach phone link phone share phone new phone device"},
	UnassignPhone: {jobPhones,
		"remove phone detach phone lost phone stolen phone old phone offboard leaver reset mfa device"},
	DeletePhone:        {jobPhones, "remove phone lost phone stolen phone old phone offboard leaver device"},
	"list-phones":      {jobPhones, "all phones devices report inventory"},
	"get-phone":        {jobPhones, "look up phone device number"},
	"get-users-phones": {jobPhones, "whose phone devices of a person"},

	"list-bypass-codes":              {jobCodes, "all codes open codes report audit"},
	"get-bypass-code":                {jobCodes, "look up code"},
	"list-bypass-codes-by-user":      {jobCodes, "codes of a person open codes"},
	"retrieve-bypass-codes-for-user": {jobCodes, "codes of a person open codes"},
	DeleteBypassCode:                 {jobCodes, "revoke code cancel code end bypass offboard leaver"},

	CreateUser:             {jobPeople, "new starter joiner onboard add person hire"},
	EnrollUser:             {jobPeople, "enrollment e-mail invite new starter joiner onboard setup mfa 2fa re-enroll"},
	AuthEnrollUser:         {jobPeople, "enrollment qr link new starter joiner onboard setup mfa 2fa"},
	"auth-enroll-status":   {jobPeople, "enrolled yet enrollment finished"},
	SynchronizeUser:        {jobPeople, "directory sync active directory ad entra azure ldap new starter joiner"},
	DeleteUser:             {jobPeople, "offboard leaver terminate remove person left the company trash"},
	RestoreUser:            {jobPeople, "undelete bring back undo trash returner"},
	"list-users":           {jobPeople, "all people report count license seats not enrolled mfa 2fa"},
	"get-user":             {jobPeople, "look up person status"},
	"get-user-by-username": {jobPeople, "look up person find status"},
	"list-administrators":  {jobPeople, "admins who may report audit"},

	"list-hardware-tokens":               {jobKeys, "fob otp keyfob yubikey report inventory"},
	"assign-hardware-token-to-user":      {jobKeys, "fob keyfob yubikey give no phone"},
	"un-assign-hardware-token-from-user": {jobKeys, "fob keyfob yubikey take lost token offboard leaver"},
	"delete-hardware-token":              {jobKeys, "fob keyfob yubikey lost token broken"},
	"list-webauthn-credentials":          {jobKeys, "passkey security key fido yubikey touch id windows hello report"},
	"delete-webauthn-credential": {jobKeys,
		"passkey security key fido yubikey touch id windows hello lost offboard leaver reset mfa"},

	AssociateGroup:       {jobGroups, "add to group member policy"},
	DisassociateGroup:    {jobGroups, "remove from group member policy offboard leaver"},
	"list-groups":        {jobGroups, "all groups report"},
	"get-group":          {jobGroups, "look up group"},
	"list-group-members": {jobGroups, "who is in report"},
	"create-group":       {jobGroups, "new group add"},
	ModifyGroup:          {jobGroups, "rename status bypass disable mfa off"},
	DeleteGroup:          {jobGroups, "remove group"},

	"read-authentication-log": {jobReports,
		"csv export spreadsheet sign-ins logins report audit why denied fraud mfa 2fa history"},
	"read-activity-log":      {jobReports, "csv export spreadsheet changes report audit history"},
	"read-telephony-log":     {jobReports, "csv export spreadsheet sms calls credits report cost history"},
	"read-administrator-log": {jobReports, "admin changes who did report audit history"},
	"get-account-summary":    {jobReports, "counts users phones licenses report overview"},

	"list-accounts":         {jobAccounts, "clients customers tenants subaccounts report"},
	"create-account":        {jobAccounts, "new client customer tenant subaccount onboard"},
	"delete-account":        {jobAccounts, "client customer tenant left offboard close"},
	"retrieve-settings":     {jobAccounts, "configuration lockout policy options"},
	UpdateSettings:          {jobAccounts, "configuration lockout threshold policy options change"},
	"get-edition":           {jobAccounts, "license plan essentials advantage premier"},
	"set-edition":           {jobAccounts, "license plan essentials advantage premier upgrade downgrade"},
	"get-telephony-credits": {jobAccounts, "sms calls balance cost"},
	SetCredits:              {jobAccounts, "sms calls balance top up cost"},
	"get-user-limit":        {jobAccounts, "license seats count"},

	"list-integrations":           {jobSetup, "applications protected apps report"},
	"create-auth-api-integration": {jobSetup, "application protect app keys"},
	"check-auth-api-credentials":  {jobSetup, "test keys connection"},
	"ping-auth-api":               {jobSetup, "is duo up outage status test connection"},
	"accounts-api-action":         {jobSetup, "raw custom other call"},
	"auth-api-action":             {jobSetup, "raw custom other call"},
	"admin-api-action":            {jobSetup, "raw custom other call"},
}

// Spoken are all the words by which an action is found: not its job, which many share. A list can be taken out as a
// file.
func (a Action) Spoken() string {
	words := a.Title + " " + a.Category + " " + a.Help + " " + a.Call + " " + a.Slug + " " + a.Says
	if a.Kind == Read && a.Brings.List {
		words += " csv export spreadsheet excel report"
	}
	return words
}
