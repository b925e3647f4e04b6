package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"duodesk/internal/duo"
)

// WhyBypass says why Duo may let a user in without a second factor, as the end of a sentence: now, or
// once something ends that hides it. The trash hides the status from before, a group that is not Active
// overrides the member's own status for as long as it lasts, and a status that is not known can mean
// anything. Empty means that the user is certainly asked for a second factor, or cannot log in, as of
// what was read.
func WhyBypass(u duo.User) string {
	switch u.Status {
	case duo.StatusActive, duo.StatusDisabled, duo.StatusLockedOut:
	case duo.StatusPendingDeletion:
		return "the trash hides the earlier status"
	case duo.StatusBypass:
		return "the status is Bypass"
	default:
		return "Duo reports a status that is not known: " + cmp.Or(Plain(string(u.Status)), "none")
	}
	if u.Groups == nil {
		return "Duo did not report which groups the user is in" // as in the short copies inside of phones
	}
	for _, g := range u.Groups {
		if g.Status != duo.GroupActive {
			return "the group " + Plain(g.Name) + " has the status " + cmp.Or(Plain(string(g.Status)), "unknown")
		}
	}
	return ""
}

// RoleError says that an act takes a higher role than the one it was asked in because of what Duo
// holds now. Nothing was changed.
type RoleError struct {
	Least Role
	Why   string // a sentence
}

func (e *RoleError) Error() string { return "Requires the " + e.Least.Title() + " role: " + e.Why }

// InTrash says why nobody edits a user who is in the trash; empty for everyone else. What is edited
// there takes effect unseen when the user comes back.
func InTrash(u duo.User) string {
	if u.Status != duo.StatusPendingDeletion {
		return ""
	}
	return Plain(u.Username) + " is in the trash. Restore the user first."
}

// editable refuses an edit of a user in the trash, whatever the role.
func editable(u duo.User) error {
	if why := InTrash(u); why != "" {
		return &FieldError{Field: userID.Name, Message: why}
	}
	return nil
}

// mayLeave decides on an act that makes a user, who was as before, be as after.
// Below an administrator the user has to be certainly asked for a second factor
// then: whatever comes next, nobody gets in without one because of the act.
func mayLeave(role Role, before, after duo.User) error {
	if err := editable(before); err != nil {
		return err
	}
	return certain(role, after)
}

func certain(role Role, after duo.User) error {
	if why := WhyBypass(after); why != "" && role < Administrator {
		return &RoleError{Administrator, Plain(after.Username) + " may be in bypass, because " + why + "."}
	}
	return nil
}

// MayJoin decides whether a role may put a user into a group: forms ask it as the
// action does, which asks again with what Duo holds then. The same goes for its
// neighbors.
func MayJoin(role Role, u duo.User, g duo.Group) error {
	after := u
	after.Groups = append(slices.Clone(u.Groups), g)
	return mayLeave(role, u, after)
}

// MayQuit decides whether a role may take a user out of a group. Out of one that
// is in bypass a technician may take who is in no other bypass: that lets nobody
// in. Out of one that holds a bypass back nobody may.
func MayQuit(role Role, u duo.User, g duo.Group) error {
	after := u
	after.Groups = slices.DeleteFunc(slices.Clone(u.Groups), func(other duo.Group) bool { return other.ID == g.ID })
	other := func(g duo.Group) bool { return g.Status == duo.GroupBypass }
	bypassed := after.Status == duo.StatusBypass || slices.ContainsFunc(after.Groups, other)
	switch {
	case g.Status == duo.GroupBypass && !bypassed:
		return editable(u)
	case InTrash(u) == "" && g.Status != duo.GroupBypass && g.Status != duo.GroupActive && inBypass(after):
		return &FieldError{Field: groupID.Name,
			Message: "Without this group " + Plain(u.Username) +
				" could log in without a second factor, because of the status or another group. End that bypass first."}
	}
	return mayLeave(role, u, after)
}

// MayUnlock decides whether a role may unlock a user who is locked out.
func MayUnlock(role Role, u duo.User) error {
	after := u
	after.Status = duo.StatusActive
	return mayLeave(role, u, after)
}

// MayTrash decides whether a role may move a user to the trash.
func MayTrash(role Role, u duo.User) error {
	if u.Status == duo.StatusPendingDeletion {
		return &FieldError{Field: userID.Name, Message: "This user is already in the trash."}
	}
	return certain(role, u)
}

// inBypass reports whether a user is in bypass, by a status or a group that lets in or is not known.
func inBypass(u duo.User) bool { return statusBypasses(u) || len(bypassGroups(u)) > 0 }

func statusBypasses(u duo.User) bool {
	return u.Status != duo.StatusActive && u.Status != duo.StatusDisabled && u.Status != duo.StatusLockedOut
}

func bypassGroups(u duo.User) []duo.Group {
	return slices.DeleteFunc(slices.Clone(u.Groups), func(g duo.Group) bool {
		return g.Status == duo.GroupActive || g.Status == duo.GroupDisabled
	})
}

// endBypass ends what lets a user in without a second factor: it sets a status that does to disabled,
// which lets nobody in, and takes the user out of each group that does. It returns what it did, also
// beside an error.
func endBypass(ctx context.Context, d *duo.Client, u duo.User) (done []string, err error) {
	if off := duo.StatusDisabled; statusBypasses(u) {
		if _, err := d.UpdateUser(ctx, u.ID, duo.UserFields{Status: &off}); err != nil {
			return nil, err
		}
		done = append(done, "Set the status from "+cmp.Or(string(u.Status), "unknown")+" to disabled.")
	}
	for _, g := range bypassGroups(u) {
		if err := d.DisassociateGroup(ctx, u.ID, g.ID); err != nil {
			return done, err
		}
		status := cmp.Or(string(g.Status), "unknown")
		done = append(done, "Removed "+u.Username+" from the group "+g.Name+", which has the status "+status+".")
	}
	return done, nil
}

// endUnasked ends a bypass that a user has after an act which was decided on the
// ground that there is none, and says so: something else changed the user at the
// same moment, or Duo brought one back from the trash.
func endUnasked(ctx context.Context, d *duo.Client, in Values, after duo.User) (said string, err error) {
	if in.role >= Administrator || after.Status == duo.StatusPendingDeletion || !inBypass(after) {
		return "", nil
	}
	done, err := endBypass(ctx, d, after)
	if err != nil {
		done = append(done, "This bypass could not be ended: the user may log in without a second factor.")
	}
	return " The user was in bypass afterward. " + strings.Join(done, " "), err
}

// beforeUser is what the record keeps of a user before an act: the named values, as Duo names them.
// Aliases and groups are one a line; a group is its id and its status.
func beforeUser(u duo.User, names ...string) map[string]string {
	values := map[string]string{
		"username": u.Username, "realname": u.RealName, "firstname": u.FirstName, "lastname": u.LastName,
		"email": u.Email,
		"notes": u.Notes, "status": string(u.Status),
	}
	var aliases, groups []string
	for _, alias := range u.Aliases {
		if alias != "" {
			aliases = append(aliases, alias)
		}
	}
	for _, g := range u.Groups {
		groups = append(groups, string(g.ID)+" "+string(g.Status))
	}
	values["aliases"], values["groups"] = strings.Join(aliases, "\n"), strings.Join(groups, "\n")
	before := map[string]string{}
	for _, name := range names {
		if value, known := values[name]; known {
			before[name] = value
		}
	}
	return before
}

// beforeUserOf reads the user of an act for its record.
func beforeUserOf(names ...string) func(context.Context, *duo.Client, Values) (map[string]string, error) {
	return func(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
		user, err := d.User(ctx, duo.UserID(userID.Of(in)))
		if err != nil {
			return nil, err
		}
		return beforeUser(user, names...), nil
	}
}
