package web

func (s *Server) actionsRoutes() []route {
	return []route{
		get("/w/:ws/actions", inWs, s.getActions),
		get("/w/:ws/actions/:action", inWs, s.getAction),
		post("/w/:ws/actions/:action", inWs, s.postAction),
		get("/w/:ws/o/:org/settings", inOrg, s.getSettings),
		get("/w/:ws/o/:org/actions", inOrg, s.getActions),
		get("/w/:ws/o/:org/actions/:action", inOrg, s.getAction),
		post("/w/:ws/o/:org/actions/:action", inOrg, s.postAction),
		post("/api/v1/w/:ws/actions/:action", apiWs, s.apiAction),
		post("/api/v1/w/:ws/o/:org/actions/:action", apiOrg, s.apiAction),
	}
}
