package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"duodesk/internal/duo"
)

const groupCategory = "Admin API - Groups"

var groupID = ID{Name: "group_id", Label: "Group", Names: OfGroup, Example: "DG0000000000000000EX"}

// associateGroup asks as much of a group that is not Active as the status bypass
// itself asks: the form says which status its reader saw, and a group that has
// another status when it is done gets nobody. A disabled group counts, since the
// bypass that it may hold back comes with the end of it.
func associateGroup() Action {
	status := Choice{Name: "group_status", Label: "Status of the group",
		Help: "If the group's status has changed since, nothing is done.", Default: "active", Example: "active",
		Options: []Option{{"active", "Active"}, {"bypass", "Bypass"}, {"disabled", "Disabled"}}}
	return Action{
		Slug: AssociateGroup, Title: "Associate Group with User", Category: groupCategory,
		Help: "Adds a user to a group. A group's status overrides its members' status, so a group that is not Active, or a user who may be in bypass, requires the Administrator role.",
		API:  Admin, Call: "POST /admin/v1/users/{user_id}/groups", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, groupID, status},
		RoleFor: func(in Values) Role {
			if status.Of(in) == "bypass" {
				return Administrator
			}
			return Technician
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, group, err := userAndGroup(ctx, d, in)
			r := Result{Subject: user.Username}
			switch {
			case err != nil:
				return r, err
			case !strings.EqualFold(string(group.Status), status.Of(in)):
				return r, &FieldError{Field: status.Name, Message: "The group " + group.Name + " has the status " +
					cmp.Or(string(group.Status), "unknown") + " now. Check what that means before you send this again."}
			case inGroup(user, group):
				return r, &FieldError{Field: groupID.Name,
					Message: user.Username + " is already in the group " + group.Name + "."}
			case len(user.Groups) >= mostRelated:
				return r, &FieldError{Field: groupID.Name, Message: tooMany(user.Username, len(user.Groups), "groups")}
			}
			if err := MayJoin(in.role, user, group); err != nil {
				return r, err
			}
			if err := d.AssociateGroup(ctx, user.ID, group.ID); err != nil {
				return r, err
			}
			r.Summary = "Added " + user.Username + " to the group " + group.Name + "."
			if group.Status != duo.GroupActive {
				r.Summary = "Added " + user.Username + " to the group " + group.Name + ", which has the status " +
					string(group.Status) + "."
			}
			return r, nil
		},
	}
}

// disassociateGroup leaves it to an administrator to take out a user who may be
// in bypass without the group: a technician would bring about what only an
// administrator may set.
func disassociateGroup() Action {
	return Action{
		Slug: DisassociateGroup, Title: "Disassociate Group from User", Category: groupCategory,
		Help: "Removes a user from a group. If the user may be in bypass without the group, this requires the Administrator role.",
		API:  Admin, Call: "DELETE /admin/v1/users/{user_id}/groups/{group_id}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, groupID},
		Asks:   "The user leaves the group and loses the access that it gives.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, group, err := userAndGroup(ctx, d, in)
			r := Result{Subject: user.Username}
			switch {
			case err != nil:
				return r, err
			case !inGroup(user, group):
				return r, &FieldError{Field: groupID.Name,
					Message: user.Username + " is not in the group " + group.Name + "."}
			}
			if err := MayQuit(in.role, user, group); err != nil {
				return r, err
			}
			if err := d.DisassociateGroup(ctx, user.ID, group.ID); err != nil {
				return r, err
			}
			r.Summary = "Removed " + user.Username + " from the group " + group.Name + "."
			return r, nil
		},
	}
}

func inGroup(u duo.User, g duo.Group) bool {
	return slices.ContainsFunc(u.Groups, func(other duo.Group) bool { return other.ID == g.ID })
}

// userAndGroup reads the group last: its status has to be what it is when the
// act is done, and not a moment before.
func userAndGroup(ctx context.Context, d *duo.Client, in Values) (duo.User, duo.Group, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return user, duo.Group{}, err
	}
	group, err := d.Group(ctx, duo.GroupID(groupID.Of(in)))
	return user, group, err
}
