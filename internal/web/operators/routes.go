// Package operators is about the people who use the console: members, invitations, access
// tokens, and one's own account.
package operators

import "duodesk/internal/web/site"

// pages answers the requests of this room.
type pages struct{ *site.Site }

// Routes are the room's rows of the route table.
func Routes(on *site.Site) []site.Route {
	s := &pages{on}
	return []site.Route{
		site.Post("/preferences", site.AnySession, s.postPreferences),
		site.Get("/invitation", site.Public, s.getInvitation),
		site.Post("/invitation", site.Public, s.postInvitation),
		site.Post("/invitation/accept", site.Public, s.postAccept),
		site.Get("/account", site.Signed, s.getAccount),
		site.Post("/account/password", site.Signed, s.postPassword),
		site.Post("/account/sessions", site.Signed, s.postEndSession),
		site.Post("/account/devices", site.Signed, s.postForgetDevice),
		site.Post("/account/signout", site.Signed, s.postSignOutEverywhere),
		site.Get("/account/tokens", site.Signed, s.getTokens),
		site.Get("/account/tokens/:ws", site.InWorkspace, s.getNewToken),
		site.Post("/account/tokens/:ws", site.InWorkspace, s.postNewToken),
		site.Post("/account/tokens/:ws/revoke", site.InWorkspace, s.postRevokeToken),
		site.Get("/w/:ws/notices", site.Owners, s.getNotices),
		site.Post("/w/:ws/notices", site.Owners, s.postNotices),
		site.Get("/w/:ws/signon", site.Owners, s.getSignOnSettings),
		site.Post("/w/:ws/signon", site.Owners, s.postSignOnSettings),
		site.Post("/w/:ws/signon/test", site.Owners, s.postTestSignOn).Within(site.SaveDeadline),
		site.Post("/w/:ws/signon/require", site.Owners, s.postRequireSignOn),
		site.Post("/w/:ws/signon/optional", site.Owners, s.postOptionalSignOn),
		site.Post("/w/:ws/signon/remove", site.Owners, s.postRemoveSignOn),
		site.Get("/w/:ws/operators", site.Owners, s.getOperators),
		site.Post("/w/:ws/factor-grace", site.Owners, s.postGrace),
		site.Get("/w/:ws/operators/invite", site.Owners, s.getInvite),
		site.Post("/w/:ws/operators/invite", site.Owners, s.postInvite),
		site.Post("/w/:ws/operators/invitations/:invitation/revoke", site.Owners, s.postRevokeInvitation),
		site.Get("/w/:ws/operators/:operator", site.Owners, s.getMember),
		site.Post("/w/:ws/operators/:operator", site.Owners, s.postMember),
		site.Get("/w/:ws/operators/:operator/disable", site.Owners, s.askMember(disableMember)),
		site.Post("/w/:ws/operators/:operator/disable", site.Owners, s.doMember(disableMember)),
		site.Get("/w/:ws/operators/:operator/enable", site.Owners, s.askMember(enableMember)),
		site.Post("/w/:ws/operators/:operator/enable", site.Owners, s.doMember(enableMember)),
		site.Get("/w/:ws/operators/:operator/end", site.Owners, s.askMember(endMember)),
		site.Post("/w/:ws/operators/:operator/end", site.Owners, s.doMember(endMember)),
		site.Get("/w/:ws/operators/:operator/approve", site.Owners, s.askMember(approveFactors)),
		site.Post("/w/:ws/operators/:operator/approve", site.Owners, s.doMember(approveFactors)),
		site.Post("/w/:ws/operators/:operator/tokens", site.Owners, s.postRevokeMemberToken),
	}
}
