// Package setup keeps what connects the console with Duo: keys, connections, mapping,
// directories, organizations.
package setup

import (
	"duodesk/internal/web/site"
)

// pages answers the requests of this room.
type pages struct{ *site.Site }

// Routes are the room's rows of the route table.
func Routes(on *site.Site) []site.Route {
	s := &pages{on}
	return []site.Route{
		site.Get("/w/:ws/integration", site.InWorkspace, s.getIntegration),
		site.Post("/w/:ws/integration", site.WholeWorkspace, ofNine(s.postKeys)).Within(site.SaveDeadline),
		site.Post("/w/:ws/integration/fill", site.WholeWorkspace, ofNine(s.postFillKeys)),
		site.Post("/w/:ws/integration/mapping", site.WholeWorkspace, s.postMapping),
		site.Post("/w/:ws/integration/accounts/refresh", site.WholeWorkspace, s.postRefreshAccounts),
		site.Get("/w/:ws/integration/accounts/organizations", site.WholeWorkspace, s.getAdoptAccounts),
		site.Post("/w/:ws/integration/accounts/organizations", site.WholeWorkspace, s.postAdoptAccounts),
		site.Post("/w/:ws/integration/:api/check", site.WholeWorkspace,
			ofAPI(s.postCheckKeys)).Within(site.SaveDeadline),
		site.Post("/w/:ws/integration/:api/activate", site.WholeWorkspace, ofAPI(s.postActivateKeys)),
		site.Post("/w/:ws/integration/:api/discard", site.WholeWorkspace, ofAPI(s.postDiscardKeys)),
		site.Get("/w/:ws/auth", site.InWorkspace, s.getAuthKeys),
		site.Post("/w/:ws/auth/check", site.AdminWorkspace, s.postCheckAuthKeys).Within(site.SaveDeadline),
		site.Get("/w/:ws/o", site.InWorkspace, s.getOrganizations),
		site.Post("/w/:ws/o", site.WholeWorkspace, s.postOrganization),
		site.Get("/w/:ws/o/new", site.WholeWorkspace, s.getNewOrganization),
		site.Post("/w/:ws/export/organizations", site.InWorkspace, s.postExport).Within(site.NoDeadline),
		site.Get("/w/:ws/o/import", site.WholeWorkspace, s.getImport),
		site.Post("/w/:ws/o/import", site.WholeWorkspace, s.postImport).Taking(maxUpload),
		site.Get("/w/:ws/o/import/preview", site.WholeWorkspace, s.getImportPreview),
		site.Post("/w/:ws/o/import/preview", site.WholeWorkspace, s.postImportPreview).Within(site.SaveDeadline),
		site.Get("/w/:ws/o/import/faults", site.WholeWorkspace, s.getImportFaults),
		site.Get("/w/:ws/o/import/template", site.WholeWorkspace, s.getImportTemplate),
		site.Get("/w/:ws/o/:org", site.InOrganization, s.getOrganization),
		site.Get("/w/:ws/o/:org/edit", site.AdminOrganization, s.getEditOrganization),
		site.Post("/w/:ws/o/:org/edit", site.AdminOrganization, s.postEditOrganization),
		site.Get("/w/:ws/o/:org/archive", site.OwnerOrganization, s.getArchive),
		site.Post("/w/:ws/o/:org/archive", site.OwnerOrganization, s.bound(s.postArchive)),
		site.Post("/w/:ws/o/:org/repair", site.WholeOrganization, s.postRepair),
		site.Get("/w/:ws/o/:org/connection", site.AdminOrganization, s.getConnection),
		site.Post("/w/:ws/o/:org/connection", site.WholeOrganization, s.bound(s.postConnection)),
		site.Post("/w/:ws/o/:org/connection/own", site.WholeOrganization,
			s.ownAdmin(s.postKeys)).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/own/fill", site.WholeOrganization, s.ownAdmin(s.postFillKeys)),
		site.Post("/w/:ws/o/:org/connection/own/check", site.WholeOrganization,
			s.ownAdmin(s.postCheckKeys)).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/own/activate", site.WholeOrganization, s.ownAdmin(s.postActivateKeys)),
		site.Post("/w/:ws/o/:org/connection/own/discard", site.WholeOrganization, s.ownAdmin(s.postDiscardKeys)),
		site.Post("/w/:ws/o/:org/connection/auth", site.AdminOrganization,
			s.ownAuth(s.postKeys)).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/auth/fill", site.AdminOrganization, s.ownAuth(s.postFillKeys)),
		site.Post("/w/:ws/o/:org/connection/auth/check", site.AdminOrganization,
			s.ownAuth(s.postCheckKeys)).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/auth/activate", site.AdminOrganization, s.ownAuth(s.postActivateKeys)),
		site.Post("/w/:ws/o/:org/connection/auth/discard", site.AdminOrganization, s.ownAuth(s.postDiscardKeys)),
		site.Post("/w/:ws/o/:org/connection/auth/provision", site.AdminOrganization,
			s.bound(s.postProvision)).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/directories", site.AdminOrganization, s.bound(s.postDirectory)),
		site.Post("/w/:ws/o/:org/connection/directories/:directory/rename", site.AdminOrganization,
			s.bound(s.postRenameDirectory)),
		site.Post("/w/:ws/o/:org/connection/directories/:directory/primary", site.AdminOrganization,
			s.bound(s.postPrimaryDirectory)),
		site.Post("/w/:ws/o/:org/connection/directories/:directory/remove", site.AdminOrganization,
			s.bound(s.postRemoveDirectory)),
	}
}
