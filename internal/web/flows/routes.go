// Package flows shows plans: their forms, the preview of their steps, progress and results.
package flows

import (
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
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
		site.Post("/w/:ws/onboard", site.WholeWorkspace, s.postOnboard).Proving(catalog.Recent,
			"Onboarding an organization"),
		site.Get(at, site.InOrganization, s.getPlan).Within(site.SaveDeadline),
		site.Get(at+"/events", site.InOrganization, s.Stream(s.onboardingTopic)).Within(site.StreamDeadline),
		site.Post(at+"/begin", site.AdminOrganization, s.postBegin).Unproved("it changes a draft"),
		site.Post(at+"/preview", site.TechnicianOrganization, s.postPreview).Unproved("it changes a draft"),
		site.Post(at+"/approve", site.AdminOrganization, s.postApprove).Asking(catalog.Act),
		site.Post(at+"/pause", site.AdminOrganization, s.acts(s.Plans.Pause)).Unproved("it stops work"),
		site.Post(at+"/continue", site.AdminOrganization,
			s.postContinue).Unproved("its plan was approved").Within(site.SaveDeadline),
		site.Post(at+"/cancel", site.AdminOrganization, s.acts(s.Plans.Cancel)).Unproved("it stops work"),
		site.Post(at+"/finish", site.AdminOrganization, s.acts(s.Plans.Finish)).Proving(catalog.Recent,
			"Finishing an onboarding"),
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
			site.Post(of.at+"/approve", of.do, s.postApprove).Asking(catalog.Act),
			site.Post(of.at+"/pause", of.do, s.acts(s.Plans.Pause)).Unproved("it stops work"),
			site.Post(of.at+"/continue", of.do,
				s.postContinue).Unproved("its plan was approved").Within(site.SaveDeadline),
			site.Post(of.at+"/cancel", of.do, s.acts(s.Plans.Cancel)).Unproved("it stops work"))
	}
	for _, sc := range screens {
		rows = append(rows, site.Get(at+"/"+sc.slug, sc.policy, s.draws(sc)), s.taking(at, sc))
	}
	return rows
}

// taking is the row that takes the form of a screen. Some screens change more than the draft.
func (s *pages) taking(at string, sc screen) site.Route {
	row := site.Post(at+"/"+sc.slug, sc.policy, s.takes(sc)).Within(site.SaveDeadline)
	switch {
	case sc.slug == plan.AccountScreen: // keys of its own, which are saved at once
		return row.Asking(catalog.Act)
	case sc.effects:
		return row.Proving(catalog.Recent, "Changing an organization")
	}
	return row.Unproved("it changes a draft")
}
