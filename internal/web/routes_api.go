package web

import "duodesk/internal/run"

// apiRoutes are the addresses of the API that only read, and its description, which is
// made of them and of the rows of the other rooms.
func (s *Server) apiRoutes(others []route) []route {
	lists := []route{
		get("/api/v1/w/:ws", apiWs, s.apiGetWorkspace),
		get("/api/v1/w/:ws/organizations", apiWs, s.apiOrganizations),
		get("/api/v1/w/:ws/mapping", apiWs, s.apiMappings),
		get("/api/v1/w/:ws/runs", apiWs, s.apiRuns),
		get("/api/v1/w/:ws/runs/:run", apiWs, s.apiGetRun),
		get("/api/v1/w/:ws/o/:org/users", apiOrg, s.apiDuoList(run.UsersInDuo)),
		get("/api/v1/w/:ws/o/:org/phones", apiOrg, s.apiDuoList(run.PhonesInDuo)),
		get("/api/v1/w/:ws/o/:org/bypass-codes", apiOrg, s.apiDuoList(run.BypassCodesInDuo)),
	}
	described := append(lists[:len(lists):len(lists)], others...)
	return append(lists,
		get("/account/api", signed, s.getAPIDocs(described)),
		get("/api/v1/openapi.json", public, s.getOpenAPI(described)),
	)
}
