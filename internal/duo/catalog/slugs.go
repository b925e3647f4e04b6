package catalog

// Slugs of the actions that others name: pages lead to them, and the record is searched for them. The other slugs are
// only where their action is declared. A slug is in addresses and in the record, so it never changes.
const (
	CreateUser      = "create-user"
	UpdateUser      = "update-user"
	DeleteUser      = "delete-user"
	RestoreUser     = "restore-user"
	UnlockUser      = "unlock-user"
	EnrollUser      = "enroll-user"
	SynchronizeUser = "synchronize-users"

	CreateAccount = "create-account"

	CreatePhone       = "create-phone"
	ModifyPhone       = "modify-phone"
	DeletePhone       = "delete-phone-by-id"
	AssignPhone       = "assign-phone-to-user"
	UnassignPhone     = "un-assign-phone-from-user"
	SendActivationURL = "send-activation-url"
	SendActivationSMS = "send-activation-by-sms"

	SendInstallationSMS = "send-installation-by-sms"
	SendPasscodeSMS     = "send-passcode-by-sms"

	CreateBypassCodes = "create-bypass-code-for-user"
	DeleteBypassCode  = "delete-bypass-code"

	AssociateGroup    = "associate-group-with-user"
	DisassociateGroup = "disassociate-group-from-user"
	ModifyGroup       = "modify-group"
	DeleteGroup       = "delete-group"

	UpdateSettings = "update-settings"
	SetCredits     = "set-telephony-credits"

	VerifyCaller          = "verify-caller"
	SendAuthentication    = "send-duo-authentication"
	AuthEnrollUser        = "auth-enroll-user"
	ProvisionAuthAPI      = "provision-auth-api"
	CreateAuthIntegration = "create-auth-api-integration"
)
