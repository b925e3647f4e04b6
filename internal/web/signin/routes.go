// Package signin has the pages of an operator's second factors: to sign in with one, to set
// one up.
package signin

import (
	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
)

// pages answers the requests of this room.
type pages struct{ *site.Site }

// Routes are the room's rows of the route table.
func Routes(on *site.Site) []site.Route {
	s := &pages{on}
	return []site.Route{
		site.Post("/signin/passkey/options", site.Public, s.postSignInOptions),
		site.Post("/signin/passkey", site.Public, s.postSignInPasskey),
		site.Get("/signin/sso", site.Public, s.getSignOnChoice),
		site.Get("/signin/sso/:workspace", site.Public, s.getSignOn),
		site.Get("/signin/sso/:workspace/start", site.Public, s.getSignOnStart),
		site.Get("/signin/sso/:workspace/back", site.Public, s.getSignOnBack),
		site.Get("/signin/factor", site.SigningIn, s.getSecondFactor),
		site.Post("/signin/factor/code", site.SigningIn, s.postCode),
		site.Post("/signin/factor/recovery", site.SigningIn, s.postRecovery),
		site.Post("/signin/factor/lost", site.SigningIn, s.postLost),
		site.Post("/signin/factor/lost/reset", site.SigningIn, s.postLostReset),
		site.Post("/signin/factor/passkey/options", site.SigningIn, s.postProveOptions),
		site.Post("/signin/factor/passkey", site.SigningIn, s.postPasskey),
		site.Get("/signin/setup", site.SigningIn, s.getFirstFactor),
		site.Post("/signin/setup/app", site.SigningIn, s.postApp),
		site.Post("/signin/setup/app/code", site.SigningIn, s.postAppCode),
		site.Post("/signin/setup/passkey/options", site.SigningIn, s.postEnrollOptions),
		site.Post("/signin/setup/passkey", site.SigningIn, s.postNewPasskey),
		site.Post("/signin/setup/later", site.SigningIn, s.postLater),
		site.Get("/account/factors", site.Signed, s.getFactors),
		site.Post("/account/factors/app", site.Signed, s.postApp).Asking(catalog.Act),
		site.Post("/account/factors/app/code", site.Signed, s.postAppCode).Unproved("the setup that it completes took one"),
		site.Post("/account/factors/passkey/options", site.Signed, s.postEnrollOptions).Unproved("it asks the browser"),
		site.Post("/account/factors/passkey", site.Signed, s.postNewPasskey).Asking(catalog.Act),
		site.Post("/account/factors/remove", site.Signed, s.postRemove).Asking(catalog.Act),
		site.Post("/account/factors/recovery", site.Signed, s.postRecoveryCodes).Asking(catalog.Act),
		site.Post("/account/proof/options", site.AnySession, s.PostProofOptions).Unproved("it asks the browser"),
		site.Get("/account/signon", site.Signed, s.getOwnSignOns),
		site.Post("/account/signon/link", site.Signed, s.postLinkSignOn).
			Proving(catalog.Act, "Linking an account for single sign-on"),
		site.Post("/account/signon/unlink", site.Signed, s.postUnlinkSignOn).
			Proving(catalog.Recent, "Unlinking an account for single sign-on"),
	}
}
