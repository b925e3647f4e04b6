package web

import "duodesk/internal/web/site"

func (s *pages) estateRoutes() []site.Route {
	return []site.Route{
		site.Get("/", site.Signed, s.getWorkspaces),
		site.Get("/w/:ws", site.InWorkspace, s.getHome),
		site.Get("/w/:ws/o/:org/users", site.InOrganization, s.getUsers),
		site.Get("/w/:ws/o/:org/users/:user", site.InOrganization, s.getUser),
		site.Get("/w/:ws/o/:org/phones", site.InOrganization, s.getPhones),
		site.Get("/w/:ws/o/:org/phones/:phone", site.InOrganization, s.getPhone),
		site.Get("/w/:ws/o/:org/bypass-codes", site.InOrganization, s.getBypassCodes),
	}
}
