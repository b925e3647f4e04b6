// Package api has the lists for programs, and the description of the API.
package api

import (
	"duodesk/internal/run"
	"duodesk/internal/web/site"
)

// pages answers the requests of this room.
type pages struct{ *site.Site }

// Routes are the addresses of the API that only read, and its description, which is
// made of them and of the rows of the other rooms.
func Routes(on *site.Site, others []site.Route) []site.Route {
	s := &pages{on}
	lists := []site.Route{
		site.Get("/api/v1/w/:ws", site.APIWorkspace, s.apiGetWorkspace),
		site.Get("/api/v1/w/:ws/organizations", site.APIWorkspace, s.apiOrganizations),
		site.Get("/api/v1/w/:ws/mapping", site.APIWorkspace, s.apiMappings),
		site.Get("/api/v1/w/:ws/runs", site.APIWorkspace, s.apiRuns),
		site.Get("/api/v1/w/:ws/runs/:run", site.APIWorkspace, s.apiGetRun),
		site.Get("/api/v1/w/:ws/o/:org/users", site.APIOrganization, s.apiDuoList(run.UsersInDuo)),
		site.Get("/api/v1/w/:ws/o/:org/phones", site.APIOrganization, s.apiDuoList(run.PhonesInDuo)),
		site.Get("/api/v1/w/:ws/o/:org/bypass-codes", site.APIOrganization, s.apiDuoList(run.BypassCodesInDuo)),
	}
	described := append(lists[:len(lists):len(lists)], others...)
	return append(lists,
		site.Get("/account/api", site.Signed, s.getAPIDocs(described)),
		site.Get("/api/v1/openapi.json", site.Public, s.getOpenAPI(described)),
	)
}
