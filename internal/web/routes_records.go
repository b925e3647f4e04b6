package web

import "duodesk/internal/web/site"

func (s *pages) recordsRoutes() []site.Route {
	return []site.Route{
		site.Get("/w/:ws/runs", site.InWorkspace, s.getRuns),
		site.Get("/w/:ws/runs/:run", site.InWorkspace, s.getRun),
		site.Get("/w/:ws/runs/:run/events", site.InWorkspace, s.getRunEvents).Within(site.StreamDeadline),
		site.Post("/w/:ws/runs.csv", site.InWorkspace, s.postExportRuns).Within(site.NoDeadline),
		site.Get("/w/:ws/readings", site.InWorkspace, s.getReadings),
		site.Post("/w/:ws/readings/limit", site.Owners, s.postReadingLimit),
		site.Get("/w/:ws/o/:org/runs", site.InOrganization, s.getRuns),
		site.Get("/w/:ws/o/:org/runs/:run", site.InOrganization, s.getRun),
		site.Get("/w/:ws/o/:org/runs/:run/events", site.InOrganization, s.getRunEvents).Within(site.StreamDeadline),
		site.Post("/w/:ws/o/:org/runs.csv", site.InOrganization, s.postExportRuns).Within(site.NoDeadline),
	}
}
