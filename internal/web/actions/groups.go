package actions

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// mayJoin says why a role does not reach so far as to put somebody into a group;
// empty if it does. The catalogue decides when it is done.
func mayJoin(v site.Visitor, u duo.User, g duo.Group) string {
	err := catalog.MayJoin(v.Role, u, g)
	switch {
	case g.Status != duo.GroupActive && g.Status != duo.GroupDisabled && g.Status != duo.GroupBypass:
		return "has a status that the console does not know"
	case err == nil:
		return ""
	case g.Status == duo.GroupBypass:
		return "requires the Administrator role, like the Bypass status"
	case g.Status == duo.GroupDisabled:
		return "requires the Administrator role: it is disabled, and leaving it could turn a bypass on"
	}
	return "requires the Administrator role for this user, who may be in bypass"
}

func groupMatches(g duo.Group, q string) bool {
	return text.Holds(g.Name+" "+g.Description, q) || strings.EqualFold(q, string(g.ID))
}

func (s *pages) chooseGroupSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, _, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	if err != nil {
		return nil, err
	}
	groups, err := s.Runner.Groups(ctx, v.Scope, v.Organization, false)
	if err != nil {
		return nil, err
	}
	page, list, asked,
		err := chooser(v, f, table.List{One: "group", Many: "groups", Search: "Name or description"}, "user_id")
	if err != nil {
		return nil, err
	}
	page.Error = cmp.Or(f.fault, f.unseen())
	page.Heading = "Add " + words.DisplayName(user) + " to a group"
	page.Back = views.Link{Text: "Back to " + words.DisplayName(user), Href: placeOf(v, f)}
	found := slices.DeleteFunc(slices.Clone(groups.Items),
		func(g duo.Group) bool { return !groupMatches(g, asked.Search) })
	choose(&page, list, asked, found, groups.Total,
		func(g duo.Group) string { return text.Fold(g.Name) + "\x00" + string(g.ID) },
		func(g duo.Group) actions.Choice { return groupChoice(v, f, user, g) })
	if page.Table.Empty = site.ListEmpty("groups", groups.Total, groups.TooMany, afresh(list, asked)); groups.TooMany {
		page.Table.Empty.Text = "Add the user to the group in the Duo Admin Panel."
	}
	return page, nil
}

// groupChoice is a group that a user can join, with the way on to its question.
func groupChoice(v site.Visitor, f sheet, user duo.User, g duo.Group) actions.Choice {
	choice := actions.Choice{Title: catalog.Plain(g.Name), State: words.GroupChip(g),
		Note: catalog.Plain(g.Description), Off: mayJoin(v, user, g)}
	if slices.ContainsFunc(user.Groups, func(in duo.Group) bool { return in.ID == g.ID }) {
		choice.Off = "already in it"
	}
	if choice.Off == "" {
		choice.Act = views.Act{Text: "Add to group", About: catalog.Plain(g.Name),
			Href: site.ActionPath(v, f.action.Slug, "user_id", string(user.ID), "group_id", string(g.ID))}
	}
	return choice
}

// addToGroupSheet asks which group, and then whether.
func (s *pages) addToGroupSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	if f.get("group_id") == "" {
		return s.chooseGroupSheet(ctx, v, f)
	}
	return s.joinGroupSheet(ctx, v, f)
}

// groupSheet is what joining and leaving have in common.
func (s *pages) groupSheet(ctx context.Context, v site.Visitor, f sheet) (duo.User, duo.Group,
	actions.ConfirmPage, error) {
	user, page, err := s.userSheet(ctx, v, f)
	if err != nil {
		return user, duo.Group{}, page, err
	}
	group, err := s.Runner.Group(ctx, v.Scope, v.Organization, f.get("group_id"))
	page.Facts = append(page.Facts, views.Fact{Label: "Group", Text: catalog.Plain(group.Name),
		Note: catalog.Plain(group.Description)},
		views.Fact{Label: "Its status", Text: cmp.Or(catalog.Plain(string(group.Status)), "Unknown")})
	page.Hidden = append(page.Hidden, views.Hidden{Name: "group_id", Value: string(group.ID)})
	return user, group, page, err
}

func (s *pages) joinGroupSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, group, page, err := s.groupSheet(ctx, v, f)
	if err != nil {
		return nil, err
	}
	page.Heading, page.Button = "Add "+words.DisplayName(user)+" to "+catalog.Plain(group.Name), "Add to group"
	page.Hidden = append(page.Hidden, views.Hidden{Name: "group_status", Value: strings.ToLower(string(group.Status))})
	switch group.Status {
	case duo.GroupActive:
		page.Consequences = []string{"Duo's settings for this group apply to " + words.DisplayName(user) +
			" from now on."}
	case duo.GroupBypass:
		page.Danger = true
		page.Consequences = []string{"This group has the status bypass: " + words.DisplayName(user) +
			" is not asked for the second factor until someone ends the bypass.",
			"It requires the Administrator role, like the Bypass status of a user."}
	case duo.GroupDisabled:
		page.Danger = true
		page.Consequences = []string{"This group is disabled: " + words.DisplayName(user) +
			" cannot log in while in the group."}
	}
	if why := mayJoin(v, user, group); why != "" {
		page.Button, page.Danger = "", false
		page.Consequences = append(page.Consequences, "You cannot add a user: this group "+why+".")
	}
	page.Consequences = append(page.Consequences, directoryHint(group)...)
	return page, nil
}

func (s *pages) leaveGroupSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, group, page, err := s.groupSheet(ctx, v, f)
	if err != nil {
		return nil, err
	}
	name := words.DisplayName(user)
	page.Heading, page.Button, page.Danger = "Remove "+name+" from "+catalog.Plain(group.Name),
		"Remove from group", true
	page.Consequences = []string{"Duo's settings for this group no longer apply to " + name + "."}
	why := reasonOf(catalog.MayQuit(catalog.Technician, user, group))
	switch {
	case catalog.MayQuit(v.Role, user, group) != nil:
		page.Button = ""
		page.Consequences = []string{"You cannot do this. " + reasonOf(catalog.MayQuit(v.Role, user, group))}
	case why != "":
		page.Consequences = []string{why}
	case group.Status == duo.GroupBypass:
		page.Consequences = []string{name +
			" is asked for the second factor again, unless the status or another group says bypass."}
	case group.Status == duo.GroupDisabled:
		page.Consequences = []string{name + " can log in again, unless the status or another group prevents it."}
	}
	page.Consequences = append(page.Consequences, directoryHint(group)...)
	return page, nil
}

// directoryHint warns of groups that Duo names as kept by a directory.
func directoryHint(g duo.Group) []string {
	if strings.Contains(g.Name, ` sync "`) && strings.HasSuffix(g.Name, `")`) {
		return []string{"This group comes from a directory, so the next synchronization can undo this."}
	}
	return nil
}
