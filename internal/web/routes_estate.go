package web

func (s *Server) estateRoutes() []route {
	return []route{
		get("/", signed, s.getWorkspaces),
		get("/w/:ws", inWs, s.getHome),
		get("/w/:ws/o/:org/users", inOrg, s.getUsers),
		get("/w/:ws/o/:org/users/:user", inOrg, s.getUser),
		get("/w/:ws/o/:org/phones", inOrg, s.getPhones),
		get("/w/:ws/o/:org/phones/:phone", inOrg, s.getPhone),
		get("/w/:ws/o/:org/bypass-codes", inOrg, s.getBypassCodes),
	}
}
