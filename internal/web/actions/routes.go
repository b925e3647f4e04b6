// Package actions is one action: its form, the review, the question, the result; and the same by JSON.
package actions

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
		site.Get("/w/:ws/actions", site.InWorkspace, s.getActions),
		site.Get("/w/:ws/actions/:action", site.InWorkspace, s.getAction),
		site.Post("/w/:ws/actions/:action", site.InWorkspace, s.postAction).Asking(catalog.Act),
		site.Get("/w/:ws/actions/:action/form", site.InWorkspace, s.getFields),
		site.Post("/w/:ws/actions/:action/form", site.InWorkspace, s.postFields).Asking(catalog.Act),
		site.Get("/w/:ws/o/:org/phones/:phone/activation", site.InOrganization, s.getActivation),
		site.Get("/w/:ws/o/:org/phones/:phone/activation/events", site.InOrganization,
			s.Stream(s.activationTopic)).Within(site.StreamDeadline),
		site.Get("/w/:ws/o/:org/users/:user/revoke-codes", site.TechnicianOrganization, s.getRevokeCodes),
		site.Post("/w/:ws/o/:org/users/:user/revoke-codes", site.TechnicianOrganization, s.postRevokeCodes).Proving(catalog.Recent, "Revoke bypass codes"),
		site.Get("/w/:ws/o/:org/settings", site.InOrganization, s.getSettings),
		site.Get("/w/:ws/o/:org/actions", site.InOrganization, s.getActions),
		site.Get("/w/:ws/o/:org/actions/:action", site.InOrganization, s.getAction),
		site.Post("/w/:ws/o/:org/actions/:action", site.InOrganization, s.postAction).Asking(catalog.Act),
		site.Get("/w/:ws/o/:org/actions/:action/form", site.InOrganization, s.getFields),
		site.Post("/w/:ws/o/:org/actions/:action/form", site.InOrganization, s.postFields).Asking(catalog.Act),
		site.Post("/api/v1/w/:ws/actions/:action", site.APIWorkspace, s.apiAction),
		site.Post("/api/v1/w/:ws/o/:org/actions/:action", site.APIOrganization, s.apiAction),
	}
}
