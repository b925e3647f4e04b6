package web

func (s *Server) operatorsRoutes() []route {
	return []route{
		post("/preferences", signed, s.postPreferences),
		get("/invitation", public, s.getInvitation),
		post("/invitation", public, s.postInvitation),
		post("/invitation/accept", public, s.postAccept),
		get("/account", signed, s.getAccount),
		post("/account/password", signed, s.postPassword),
		post("/account/sessions", signed, s.postEndSession),
		post("/account/devices", signed, s.postForgetDevice),
		post("/account/signout", signed, s.postSignOutEverywhere),
		get("/account/tokens", signed, s.getTokens),
		get("/account/tokens/:ws", inWs, s.getNewToken),
		post("/account/tokens/:ws", inWs, s.postNewToken),
		post("/account/tokens/:ws/revoke", inWs, s.postRevokeToken),
		get("/w/:ws/operators", owners, s.getOperators),
		get("/w/:ws/operators/invite", owners, s.getInvite),
		post("/w/:ws/operators/invite", owners, s.postInvite),
		post("/w/:ws/operators/invitations/:invitation/revoke", owners, s.postRevokeInvitation),
		get("/w/:ws/operators/:operator", owners, s.getMember),
		post("/w/:ws/operators/:operator", owners, s.postMember),
		get("/w/:ws/operators/:operator/disable", owners, s.askMember(disableMember)),
		post("/w/:ws/operators/:operator/disable", owners, s.doMember(disableMember)),
		get("/w/:ws/operators/:operator/enable", owners, s.askMember(enableMember)),
		post("/w/:ws/operators/:operator/enable", owners, s.doMember(enableMember)),
		get("/w/:ws/operators/:operator/end", owners, s.askMember(endMember)),
		post("/w/:ws/operators/:operator/end", owners, s.doMember(endMember)),
		post("/w/:ws/operators/:operator/tokens", owners, s.postRevokeMemberToken),
	}
}
