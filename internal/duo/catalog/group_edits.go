package catalog

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"duodesk/internal/duo"
)

var (
	groupColumns = []Column{{"name", "Name", ""}, {"desc", "Description", ""}, {"status", "Status", ""},
		{"group_id", "Group id", Mono}}
	memberColumns = []Column{{"username", "Username", ""}, {"user_id", "User id", UserLink}}
	groupName     = Text{Name: "name", Label: "Name", Required: true, Example: "Front desk"}
	groupDesc     = Text{Name: "desc", Label: "Description", Example: "Reception staff"}
	groupStatus   = Choice{Name: "status", Label: "Status", Help: "It overrides the status of the members.",
		Example: "active",
		Options: []Option{{"active", "Active: each member's own status counts"}, {"bypass",
			"Bypass: members log in without a second factor"}, {"disabled", "Disabled: members cannot log in"}}}
)

func groupRow(g duo.Group) []string {
	return []string{g.Name, g.Description, string(g.Status), string(g.ID)}
}

func memberRow(u duo.User) []string { return []string{u.Username, string(u.ID)} }

func listGroups() Action {
	return Action{
		Slug: "list-groups", Title: "List Groups", Category: groupCategory,
		Help: "Lists the account's groups.",
		API:  Admin, Call: "GET /admin/v1/groups", Kind: Read, Role: Auditor, Fields: []Field{listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.GroupsPage(ctx, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "groups", Summary: listed(len(found), metadata, "group", "groups"),
				Table: tableOf("groups", groupColumns, groupRow, found, metadata)}, nil
		},
	}
}

func getGroup() Action {
	return Action{
		Slug: "get-group", Title: "Get Group", Category: groupCategory,
		Help: "Reads one group, without its members.",
		API:  Admin, Call: "GET /admin/v2/groups/{group_id}", Kind: Read, Role: Auditor, Fields: []Field{groupID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			group, err := d.Group(ctx, duo.GroupID(groupID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: group.Name, Summary: "Read group " + group.Name + ".",
				Table: objectOf(groupColumns, groupRow, group)}, nil
		},
	}
}

func listGroupMembers() Action {
	return Action{
		Slug: "list-group-members", Title: "List Group Members", Category: groupCategory,
		Help: "Lists the members of a group.",
		API:  Admin, Call: "GET /admin/v2/groups/{group_id}/users", Kind: Read, Role: Auditor,
		Fields: []Field{groupID, listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			group, err := d.Group(ctx, duo.GroupID(groupID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			found, metadata, err := d.GroupMembersPage(ctx, group.ID, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{Subject: group.Name}, err
			}
			return Result{Subject: group.Name, Summary: listed(len(found), metadata, "member", "members"),
				Table: tableOf("members", memberColumns, memberRow, found, metadata)}, nil
		},
	}
}

func createGroup() Action {
	return Action{
		Slug: "create-group", Title: "Create Group", Category: groupCategory,
		Help: "Creates a group without members. The status Bypass requires the Administrator role.",
		API:  Admin, Call: "POST /admin/v1/groups", Kind: Write, Tier: Recent, Role: Technician,
		Fields:  []Field{groupName, groupDesc, groupStatus},
		TierFor: bypassTier(groupStatus.Of),
		RoleFor: func(in Values) Role {
			if groupStatus.Of(in) == "bypass" {
				return Administrator
			}
			return Technician
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			group, err := d.CreateGroup(ctx, groupFields(in))
			if err != nil {
				return Result{Subject: groupName.Of(in)}, groupTaken(err)
			}
			return Result{Subject: group.Name, Summary: "Created group " + group.Name + ".",
				Table: objectOf(groupColumns, groupRow, group)}, nil
		},
	}
}

// modifyGroup leaves the status to administrators, unless it is to keep members
// out: a group that is active again lets in who was held back by it. A group that
// is not Active is theirs altogether: disabled by a technician, a group in bypass
// would come back with the members it was given meanwhile.
func modifyGroup() Action {
	name := groupName
	name.Required = false
	return Action{
		Slug: ModifyGroup, Title: "Modify Group", Category: groupCategory,
		Help: "Changes the fields that you fill in. The others stay as they are. Setting the status Active or Bypass, or changing a group that is not Active, requires the Administrator role.",
		API:  Admin, Call: "POST /admin/v1/groups/{group_id}", Kind: Write, Tier: Recent, Role: Technician, Edits: true,
		Fields: []Field{groupID, name, groupDesc, groupStatus},
		AsksFor: func(in Values) string {
			switch groupStatus.Of(in) {
			case "bypass":
				return "Members of this group log in without a second factor from now on."
			case "disabled":
				return "Members of this group can no longer log in."
			case "active":
				return "Each member's own status counts again. Members with the Bypass status then log in without a second factor."
			}
			return ""
		},
		TierFor: bypassTier(groupStatus.Of),
		RoleFor: func(in Values) Role {
			if status := groupStatus.Of(in); status != "" && status != "disabled" {
				return Administrator
			}
			return Technician
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			fields := groupFields(in)
			if fields.Name != nil && *fields.Name == "" {
				fields.Name = nil // a group cannot be without a name: an empty box is none
			}
			if fields == (duo.GroupFields{}) {
				return Result{}, &FieldError{Field: groupID.Name, Message: "Nothing is changed yet."}
			}
			before, err := d.Group(ctx, duo.GroupID(groupID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			r := Result{Subject: before.Name}
			if why := WhyAdministrators(before); why != "" && in.role < Administrator {
				return r, &RoleError{Administrator, why}
			}
			members := ""
			if fields.Status != nil && *fields.Status != "disabled" {
				if members, err = MembersOf(ctx, d, before.ID); err != nil {
					return r, err
				}
			}
			after, err := d.ModifyGroup(ctx, before.ID, fields)
			if err != nil {
				return r, groupTaken(err)
			}
			r.Summary, r.Table = strings.TrimSpace(groupChanged(before, after)+" "+members),
				objectOf(groupColumns, groupRow, after)
			return r, nil
		},
	}
}

// WhyAdministrators says why only an administrator changes a group; empty if a
// technician may.
func WhyAdministrators(g duo.Group) string {
	if g.Status == duo.GroupActive {
		return ""
	}
	return "the group " + Plain(g.Name) + " has the status " + cmp.Or(Plain(string(g.Status)), "unknown") + "."
}

// MembersOf returns a sentence with the members that a group's status affects; empty
// if it has none.
func MembersOf(ctx context.Context, d *duo.Client, id duo.GroupID) (string, error) {
	found, metadata, err := d.GroupMembersPage(ctx, id, 20, 0)
	if err != nil {
		return "", err
	}
	return membersInWords(found, max(metadata.Total, len(found))), nil
}

// membersInWords names members of a group, of which found are the first, in a
// sentence; without members it is empty.
func membersInWords(found []duo.User, total int) string {
	var names []string
	for _, u := range found {
		names = append(names, Plain(u.Username))
	}
	if total == 0 {
		return ""
	}
	said := "The group has " + counted(total, "member", "members") + ": " + Listed(names, len(names))
	if rest := total - len(names); rest > 0 {
		said += fmt.Sprintf(" and %d more", rest)
	}
	return said + "."
}

func groupChanged(before, after duo.Group) string {
	var changed []string
	for _, f := range []struct{ what, was, is string }{
		{"the name", before.Name, after.Name}, {"the description", before.Description, after.Description},
		{"the status", string(before.Status), string(after.Status)},
	} {
		if f.was != f.is {
			changed = append(changed, f.what+" from "+cmp.Or(f.was, "empty")+" to "+cmp.Or(f.is, "empty"))
		}
	}
	if len(changed) == 0 {
		return "Nothing was changed: every value was already so."
	}
	return "Changed " + Listed(changed, 3) + "."
}

// groupFields are the parameters of a group; an empty description clears it.
func groupFields(in Values) duo.GroupFields {
	pick := func(name string) *string {
		text, given := in.given[name]
		if !given {
			return nil
		}
		return &text
	}
	fields := duo.GroupFields{Name: pick("name"), Description: pick("desc")}
	if status := in.given["status"]; status != "" {
		s := duo.GroupStatus(status)
		fields.Status = &s
	}
	return fields
}

// groupTaken says what Duo's "duplicate" means for a group: nothing was done.
func groupTaken(err error) error {
	if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeDuplicate {
		return refusedField(groupName.Name, "This account already has a group with this name.", refused)
	}
	return err
}

func deleteGroup() Action {
	return Action{
		Slug: DeleteGroup, Title: "Delete Group", Category: groupCategory,
		Deletes: true,
		Help:    "Deletes a group; its members stay users. Applications and policies can no longer use the group.",
		API:     Admin, Call: "DELETE /admin/v1/groups/{group_id}", Kind: Write, Tier: Act, Role: Administrator,
		Fields: []Field{groupID},
		Asks:   "The group is deleted, and its members lose the access or the restrictions that it gave them. You can't undo this.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			// Duo answers a deletion of nothing like any other: look first.
			group, err := d.Group(ctx, duo.GroupID(groupID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			_, metadata, err := d.GroupMembersPage(ctx, group.ID, 1, 0)
			if err != nil {
				return Result{Subject: group.Name}, err
			}
			if err := d.DeleteGroup(ctx, group.ID); err != nil {
				return Result{Subject: group.Name}, err
			}
			return Result{Subject: group.Name, Summary: "Deleted group " + group.Name + ", which had the status " +
				strings.ToLower(string(group.Status)) + " and " +
				counted(metadata.Total, "member", "members") + "."}, nil
		},
	}
}
