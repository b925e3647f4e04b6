// Package flows shows plans: their forms, the preview of their steps, progress and results.
package flows

import (
	"duodesk/internal/web/site"
)

// pages answers the requests of this room.
type pages struct{ *site.Site }

// Routes are the room's rows of the route table.
func Routes(on *site.Site) []site.Route {
	s := &pages{on}
	const at = "/w/:ws/o/:org/onboarding"
	rows := []site.Route{
		site.Get("/w/:ws/onboard", site.WholeWorkspace, s.getOnboard),
		site.Post("/w/:ws/onboard", site.WholeWorkspace, s.postOnboard),
		site.Get(at, site.InOrganization, s.getPlan).Within(site.SaveDeadline),
		site.Get(at+"/events", site.InOrganization, s.Stream(s.onboardingTopic)).Within(site.StreamDeadline),
		site.Post(at+"/begin", site.AdminOrganization, s.postBegin),
		site.Post(at+"/preview", site.TechnicianOrganization, s.postPreview),
		site.Post(at+"/approve", site.AdminOrganization, s.postApprove),
		site.Post(at+"/pause", site.AdminOrganization, s.acts(s.Plans.Pause)),
		site.Post(at+"/continue", site.AdminOrganization, s.postContinue).Within(site.SaveDeadline),
		site.Post(at+"/cancel", site.AdminOrganization, s.acts(s.Plans.Cancel)),
		site.Post(at+"/finish", site.AdminOrganization, s.acts(s.Plans.Finish)),
	}
	for _, of := range []struct {
		at       string
		sees, do site.Policy
	}{
		{"/w/:ws/o/:org/plans/:plan", site.InOrganization, site.TechnicianOrganization},
		{"/w/:ws/plans/:workplan", site.InWorkspace, site.AdminWorkspace},
	} {
		rows = append(rows, site.Get(of.at, of.sees, s.getOther).Within(site.SaveDeadline),
			site.Get(of.at+"/events", of.sees, s.Stream(s.otherTopic)).Within(site.StreamDeadline),
			site.Post(of.at+"/approve", of.do, s.postApprove),
			site.Post(of.at+"/pause", of.do, s.acts(s.Plans.Pause)),
			site.Post(of.at+"/continue", of.do, s.postContinue).Within(site.SaveDeadline),
			site.Post(of.at+"/cancel", of.do, s.acts(s.Plans.Cancel)))
	}
	for _, sc := range screens {
		rows = append(rows, site.Get(at+"/"+sc.slug, sc.policy, s.draws(sc)),
			site.Post(at+"/"+sc.slug, sc.policy, s.takes(sc)).Within(site.SaveDeadline))
	}
	return rows
}
