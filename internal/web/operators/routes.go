// Package operators is about the people who use the console: members, invitations, access
// tokens, and one's own account.
package operators

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
		site.Post("/preferences", site.AnySession, s.postPreferences).Unproved("it changes how pages look"),
		site.Get("/invitation", site.Public, s.getInvitation),
		site.Post("/invitation", site.Public, s.postInvitation),
		site.Post("/invitation/accept", site.Public, s.postAccept),
		site.Get("/account", site.Signed, s.getAccount),
		site.Post("/account/password", site.Signed, s.postPassword).Proving(catalog.Recent, "Changing your password"),
		site.Post("/account/sessions", site.Signed, s.postEndSession).Unproved("it ends access"),
		site.Post("/account/devices", site.Signed, s.postForgetDevice).Unproved("it ends access"),
		site.Post("/account/signout", site.Signed, s.postSignOutEverywhere).Unproved("it ends access"),
		site.Get("/account/tokens", site.Signed, s.getTokens),
		site.Get("/account/tokens/:ws", site.InWorkspace, s.getNewToken),
		site.Post("/account/tokens/:ws", site.InWorkspace, s.postNewToken).Asking(catalog.Act),
		site.Post("/account/tokens/:ws/revoke", site.InWorkspace, s.postRevokeToken).Unproved("it ends access"),
		site.Get("/w/:ws/notices", site.Owners, s.getNotices),
		site.Post("/w/:ws/notices", site.Owners, s.postNotices).Proving(catalog.Recent, "Acknowledging notices"),
		site.Get("/w/:ws/signon", site.Owners, s.getSignOnSettings),
		site.Post("/w/:ws/signon", site.Owners, s.postSignOnSettings).Proving(catalog.Act, "Saving single sign-on"),
		site.Post("/w/:ws/signon/test", site.Owners, s.postTestSignOn).Within(site.SaveDeadline).
			Proving(catalog.Recent, "Testing single sign-on"),
		site.Post("/w/:ws/signon/require", site.Owners, s.postRequireSignOn).
			Proving(catalog.Act, "Requiring single sign-on"),
		site.Post("/w/:ws/signon/optional", site.Owners, s.postOptionalSignOn).
			Proving(catalog.Act, "No longer requiring single sign-on"),
		site.Post("/w/:ws/signon/remove", site.Owners, s.postRemoveSignOn).
			Proving(catalog.Act, "Removing single sign-on"),
		site.Get("/w/:ws/operators", site.Owners, s.getOperators),
		site.Post("/w/:ws/factor-grace", site.Owners, s.postGrace).Asking(catalog.Act),
		site.Get("/w/:ws/addresses", site.Owners, s.getRanges),
		site.Post("/w/:ws/addresses", site.Owners, s.postRanges).Proving(catalog.Act, "Address ranges"),
		site.Get("/w/:ws/operators/invite", site.Owners, s.getInvite),
		site.Post("/w/:ws/operators/invite", site.Owners, s.postInvite).Asking(catalog.Act),
		site.Post("/w/:ws/operators/invitations/:invitation/revoke", site.Owners,
			s.postRevokeInvitation).Unproved("it ends access"),
		site.Get("/w/:ws/operators/:operator", site.Owners, s.getMember),
		site.Post("/w/:ws/operators/:operator", site.Owners, s.postMember).Asking(catalog.Act),
		site.Get("/w/:ws/operators/:operator/disable", site.Owners, s.askMember(disableMember)),
		site.Post("/w/:ws/operators/:operator/disable", site.Owners, s.doMember(disableMember)).Asking(catalog.Recent),
		site.Get("/w/:ws/operators/:operator/enable", site.Owners, s.askMember(enableMember)),
		site.Post("/w/:ws/operators/:operator/enable", site.Owners, s.doMember(enableMember)).Asking(catalog.Act),
		site.Get("/w/:ws/operators/:operator/end", site.Owners, s.askMember(endMember)),
		site.Post("/w/:ws/operators/:operator/end", site.Owners, s.doMember(endMember)).Asking(catalog.Recent),
		site.Get("/w/:ws/operators/:operator/approve", site.Owners, s.askMember(approveFactors)),
		site.Post("/w/:ws/operators/:operator/approve", site.Owners, s.doMember(approveFactors)).Asking(catalog.Act),
		site.Post("/w/:ws/operators/:operator/tokens", site.Owners, s.postRevokeMemberToken).Unproved("it ends access"),
	}
}
