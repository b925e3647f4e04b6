package web

import "duodesk/internal/web/site"

func (s *pages) actionsRoutes() []site.Route {
	return []site.Route{
		site.Get("/w/:ws/actions", site.InWorkspace, s.getActions),
		site.Get("/w/:ws/actions/:action", site.InWorkspace, s.getAction),
		site.Post("/w/:ws/actions/:action", site.InWorkspace, s.postAction),
		site.Get("/w/:ws/o/:org/settings", site.InOrganization, s.getSettings),
		site.Get("/w/:ws/o/:org/actions", site.InOrganization, s.getActions),
		site.Get("/w/:ws/o/:org/actions/:action", site.InOrganization, s.getAction),
		site.Post("/w/:ws/o/:org/actions/:action", site.InOrganization, s.postAction),
		site.Post("/api/v1/w/:ws/actions/:action", site.APIWorkspace, s.apiAction),
		site.Post("/api/v1/w/:ws/o/:org/actions/:action", site.APIOrganization, s.apiAction),
	}
}
