package views

import "net/url"

// The addresses of signing in, and of an operator's own second factors.

// SignIn is the sign-in form, and where it is posted to.
func SignIn() string { return "/signin" }

// SignInPasskey is where a passkey alone signs in; SignInPasskeyOptions asks the browser for one.
func SignInPasskey() string        { return "/signin/passkey" }
func SignInPasskeyOptions() string { return "/signin/passkey/options" }

// SignOnChoice asks for the workspace whose single sign-on is wanted; SignOn is the page of a workspace's, and
// SignOnStart sends the browser to its provider.
func SignOnChoice(next string) string        { return With("/signin/sso", "next", next) }
func SignOn(ws string) string                { return "/signin/sso/" + url.PathEscape(ws) }
func SignOnAndReturn(ws, next string) string { return With(SignOn(ws), "next", next) }
func SignOnStart(ws, next string) string     { return With(SignOn(ws)+"/start", "next", next) }

// OwnSignOns lists an operator's accounts for single sign-on; the others link and unlink one.
func OwnSignOns() string                 { return "/account/signon" }
func OwnSignOnsAfter(done string) string { return With(OwnSignOns(), "done", done) }
func LinkSignOn() string                 { return OwnSignOns() + "/link" }
func UnlinkSignOn() string               { return OwnSignOns() + "/unlink" }

// SecondFactor is where a sign-in goes on after the password: with a code, a passkey or a recovery code.
func SecondFactor() string               { return "/signin/factor" }
func SecondFactorCode() string           { return "/signin/factor/code" }
func SecondFactorRecovery() string       { return "/signin/factor/recovery" }
func SecondFactorPasskey() string        { return "/signin/factor/passkey" }
func SecondFactorPasskeyOptions() string { return "/signin/factor/passkey/options" }

// LostFactors asks owners for new second factors; LostFactorsReset removes the old ones once they have approved.
func LostFactors() string      { return "/signin/factor/lost" }
func LostFactorsReset() string { return "/signin/factor/lost/reset" }

// FirstFactor is where a sign-in goes on for an operator without a second factor.
func FirstFactor() string               { return "/signin/setup" }
func FirstFactorApp() string            { return "/signin/setup/app" }
func FirstFactorAppCode() string        { return "/signin/setup/app/code" }
func FirstFactorPasskey() string        { return "/signin/setup/passkey" }
func FirstFactorPasskeyOptions() string { return "/signin/setup/passkey/options" }
func FirstFactorLater() string          { return "/signin/setup/later" }

// Factors lists an operator's own second factors; the others change them.
func Factors() string                 { return "/account/factors" }
func FactorsWanted() string           { return With(Factors(), "wanted", "1") }
func FactorsAfter(done string) string { return With(Factors(), "done", done) }
func NewApp() string                  { return "/account/factors/app" }
func NewAppCode() string              { return "/account/factors/app/code" }
func NewPasskey() string              { return "/account/factors/passkey" }
func NewPasskeyOptions() string       { return "/account/factors/passkey/options" }
func RemoveFactor() string            { return "/account/factors/remove" }
func NewRecoveryCodes() string        { return "/account/factors/recovery" }
