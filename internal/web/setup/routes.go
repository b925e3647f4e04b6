// Package setup keeps what connects the console with Duo: keys, connections, mapping,
// directories, organizations.
package setup

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
		site.Get("/w/:ws/integration", site.InWorkspace, s.getIntegration),
		site.Post("/w/:ws/integration", site.WholeWorkspace, ofNine(s.postKeys)).Asking(catalog.Act).Within(site.SaveDeadline),
		site.Post("/w/:ws/integration/fill", site.WholeWorkspace, ofNine(s.postFillKeys)).Unproved("it fills the form in"),
		site.Post("/w/:ws/integration/mapping", site.WholeWorkspace, s.postMapping).Proving(catalog.Recent, "Saving the mapping"),
		site.Post("/w/:ws/integration/accounts/refresh", site.WholeWorkspace, s.postRefreshAccounts).Proving(catalog.Recent, "Reading the accounts again"),
		site.Get("/w/:ws/integration/accounts/organizations", site.WholeWorkspace, s.getAdoptAccounts),
		site.Post("/w/:ws/integration/accounts/organizations", site.WholeWorkspace, s.postAdoptAccounts).Proving(catalog.Recent, "Creating organizations for all accounts"),
		site.Post("/w/:ws/integration/:api/check", site.WholeWorkspace,
			ofAPI(s.postCheckKeys)).Proving(catalog.Recent, "Checking keys").Within(site.SaveDeadline),
		site.Post("/w/:ws/integration/:api/activate", site.WholeWorkspace, ofAPI(s.postActivateKeys)).Proving(catalog.Act, "Activating keys"),
		site.Post("/w/:ws/integration/:api/discard", site.WholeWorkspace, ofAPI(s.postDiscardKeys)).Proving(catalog.Recent, "Discarding keys"),
		site.Get("/w/:ws/auth", site.InWorkspace, s.getAuthKeys),
		site.Post("/w/:ws/auth/check", site.AdminWorkspace, s.postCheckAuthKeys).Proving(catalog.Recent, "Checking keys").Within(site.SaveDeadline),
		site.Get("/w/:ws/o", site.InWorkspace, s.getOrganizations),
		site.Post("/w/:ws/o", site.WholeWorkspace, s.postOrganization).Proving(catalog.Recent, "Creating an organization"),
		site.Get("/w/:ws/o/new", site.WholeWorkspace, s.getNewOrganization),
		site.Post("/w/:ws/export/organizations", site.InWorkspace, s.postExport).Proving(catalog.Act, "Exporting all organizations").Within(site.NoDeadline),
		site.Get("/w/:ws/o/import", site.WholeWorkspace, s.getImport),
		site.Post("/w/:ws/o/import", site.WholeWorkspace, s.postImport).Unproved("it keeps a file to be looked at").Taking(maxUpload),
		site.Get("/w/:ws/o/import/preview", site.WholeWorkspace, s.getImportPreview),
		site.Post("/w/:ws/o/import/preview", site.WholeWorkspace, s.postImportPreview).Proving(catalog.Recent, "Importing organizations").Within(site.SaveDeadline),
		site.Get("/w/:ws/o/import/faults", site.WholeWorkspace, s.getImportFaults),
		site.Get("/w/:ws/o/import/template", site.WholeWorkspace, s.getImportTemplate),
		site.Get("/w/:ws/o/:org", site.InOrganization, s.getOrganization),
		site.Get("/w/:ws/o/:org/edit", site.AdminOrganization, s.getEditOrganization),
		site.Post("/w/:ws/o/:org/edit", site.AdminOrganization, s.postEditOrganization).Proving(catalog.Recent, "Changing an organization"),
		site.Get("/w/:ws/o/:org/archive", site.OwnerOrganization, s.getArchive),
		site.Post("/w/:ws/o/:org/archive", site.OwnerOrganization, s.bound(s.postArchive)).Proving(catalog.Act, "Archiving an organization"),
		site.Post("/w/:ws/o/:org/repair", site.WholeOrganization, s.postRepair).Proving(catalog.Recent, "Repairing the connection"),
		site.Get("/w/:ws/o/:org/connection", site.AdminOrganization, s.getConnection),
		site.Post("/w/:ws/o/:org/connection", site.WholeOrganization, s.bound(s.postConnection)).Proving(catalog.Act, "Connecting a Duo account"),
		site.Post("/w/:ws/o/:org/connection/own", site.WholeOrganization,
			s.ownAdmin(s.postKeys)).Asking(catalog.Act).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/own/fill", site.WholeOrganization, s.ownAdmin(s.postFillKeys)).Unproved("it fills the form in"),
		site.Post("/w/:ws/o/:org/connection/own/check", site.WholeOrganization,
			s.ownAdmin(s.postCheckKeys)).Proving(catalog.Recent, "Checking keys").Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/own/activate", site.WholeOrganization, s.ownAdmin(s.postActivateKeys)).Proving(catalog.Act, "Activating keys"),
		site.Post("/w/:ws/o/:org/connection/own/discard", site.WholeOrganization, s.ownAdmin(s.postDiscardKeys)).Proving(catalog.Recent, "Discarding keys"),
		site.Post("/w/:ws/o/:org/connection/auth", site.AdminOrganization,
			s.ownAuth(s.postKeys)).Asking(catalog.Act).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/auth/fill", site.AdminOrganization, s.ownAuth(s.postFillKeys)).Unproved("it fills the form in"),
		site.Post("/w/:ws/o/:org/connection/auth/check", site.AdminOrganization,
			s.ownAuth(s.postCheckKeys)).Proving(catalog.Recent, "Checking keys").Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/auth/activate", site.AdminOrganization, s.ownAuth(s.postActivateKeys)).Proving(catalog.Act, "Activating keys"),
		site.Post("/w/:ws/o/:org/connection/auth/discard", site.AdminOrganization, s.ownAuth(s.postDiscardKeys)).Proving(catalog.Recent, "Discarding keys"),
		site.Post("/w/:ws/o/:org/connection/auth/provision", site.AdminOrganization,
			s.bound(s.postProvision)).Asking(catalog.Act).Within(site.SaveDeadline),
		site.Post("/w/:ws/o/:org/connection/directories", site.AdminOrganization, s.bound(s.postDirectory)).Proving(catalog.Recent, "Changing directories"),
		site.Post("/w/:ws/o/:org/connection/directories/:directory/rename", site.AdminOrganization,
			s.bound(s.postRenameDirectory)).Proving(catalog.Recent, "Changing directories"),
		site.Post("/w/:ws/o/:org/connection/directories/:directory/primary", site.AdminOrganization,
			s.bound(s.postPrimaryDirectory)).Proving(catalog.Recent, "Changing directories"),
		site.Post("/w/:ws/o/:org/connection/directories/:directory/remove", site.AdminOrganization,
			s.bound(s.postRemoveDirectory)).Proving(catalog.Recent, "Changing directories"),
	}
}
