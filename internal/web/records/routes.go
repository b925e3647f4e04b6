// Package records shows what was done: runs, one run, and who read lists.
package records

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
		site.Get("/w/:ws/runs", site.InWorkspace, s.getRuns),
		site.Get("/w/:ws/runs/:run", site.InWorkspace, s.getRun),
		site.Get("/w/:ws/runs/:run/events", site.InWorkspace, s.Stream(s.RunTopic)).Within(site.StreamDeadline),
		site.Post("/w/:ws/runs.csv", site.InWorkspace, s.postExportRuns).Proving(catalog.Recent,
			"Exporting runs").Within(site.NoDeadline),
		site.Get("/w/:ws/readings", site.InWorkspace, s.getReadings),
		site.Post("/w/:ws/readings/limit", site.Owners, s.postReadingLimit).Asking(catalog.Act),
		site.Get("/w/:ws/quotas", site.InWorkspace, s.getQuotas),
		site.Post("/w/:ws/quotas", site.Owners, s.postQuotas).Asking(catalog.Act),
		site.Get("/w/:ws/tickets", site.InWorkspace, s.getTickets),
		site.Post("/w/:ws/tickets", site.Owners, s.postTickets).Proving(catalog.Recent,
			"Changing where tickets are required"),
		site.Get("/w/:ws/o/:org/runs", site.InOrganization, s.getRuns),
		site.Get("/w/:ws/o/:org/runs/:run", site.InOrganization, s.getRun),
		site.Get("/w/:ws/o/:org/runs/:run/events", site.InOrganization,
			s.Stream(s.RunTopic)).Within(site.StreamDeadline),
		site.Post("/w/:ws/o/:org/runs.csv", site.InOrganization, s.postExportRuns).Proving(catalog.Recent,
			"Exporting runs").Within(site.NoDeadline),
	}
}
