// Package estate shows what is there: lists, one user, one phone, the home page.
package estate

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
		site.Get("/", site.AnySession, s.getWorkspaces),
		site.Get("/w/:ws", site.InWorkspace, s.getHome),
		site.Get("/w/:ws/o/:org/users", site.InOrganization, s.getUsers),
		site.Get("/w/:ws/o/:org/users/:user", site.InOrganization, s.getUser),
		site.Get("/w/:ws/o/:org/users/:user/call-back", site.HelpdeskOrganization, s.getCallBack),
		site.Post("/w/:ws/o/:org/users/:user/call-back", site.HelpdeskOrganization,
			s.postCallBack).Proving(catalog.Recent, "Recording a call back"),
		site.Get("/w/:ws/o/:org/phones", site.InOrganization, s.getPhones),
		site.Get("/w/:ws/o/:org/phones/:phone", site.InOrganization, s.getPhone),
		site.Get("/w/:ws/o/:org/bypass-codes", site.InOrganization, s.getBypassCodes),
	}
}
