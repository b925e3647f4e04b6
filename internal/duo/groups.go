package duo

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// GroupStatus is how Duo treats the members of a group, whatever their own status is. Values that
// are not listed here may appear.
type GroupStatus string

const (
	GroupActive   GroupStatus = "Active"   // as the status of the user says
	GroupBypass   GroupStatus = "Bypass"   // log in without a second factor
	GroupDisabled GroupStatus = "Disabled" // cannot log in
)

// Group is a group of users.
type Group struct {
	ID          GroupID
	Name        string // directories add their own name to it
	Description string
	Status      GroupStatus
}

// UnmarshalJSON reads Duo's answer.
func (g *Group) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*g = Group{
		ID:          GroupID(o.text("group_id")),
		Name:        o.text("name"),
		Description: o.text("desc"),
		Status:      GroupStatus(o.text("status")),
	}
	return o.err
}

// UserGroups returns the groups that a user is in.
//
// GET /admin/v1/users/{user_id}/groups
func (c *Client) UserGroups(ctx context.Context, id UserID) ([]Group, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, err
	}
	return collect(pages[Group](ctx, c, "/admin/v1/users"+segment+"/groups", maxPage))
}

// GroupsPage returns one page of groups. Duo gives at most 500 a page.
//
// GET /admin/v1/groups
func (c *Client) GroupsPage(ctx context.Context, limit, offset int) ([]Group, Metadata, error) {
	return page[Group](ctx, c, "/admin/v1/groups", limit, offset)
}

// Groups walks all groups, 500 a call. See [Client.GroupsPage].
func (c *Client) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return pages[Group](ctx, c, "/admin/v1/groups", maxPage)
}

// Group returns one group; an unknown id is an [*Error] with CodeNotFound.
//
// GET /admin/v2/groups/{group_id}
func (c *Client) Group(ctx context.Context, id GroupID) (Group, error) {
	segment, err := segment(id)
	if err != nil {
		return Group{}, err
	}
	group, _, err := get[Group](ctx, c, "/admin/v2/groups"+segment, nil)
	return group, err
}

// GroupMembersPage returns one page of a group's users, each with no more than id and username. Duo
// gives at most 500 a page.
//
// GET /admin/v2/groups/{group_id}/users
func (c *Client) GroupMembersPage(ctx context.Context, id GroupID, limit, offset int) ([]User, Metadata, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, Metadata{}, err
	}
	return page[User](ctx, c, "/admin/v2/groups"+segment+"/users", limit, offset)
}

// GroupMembers walks a group's users, 500 a call. See [Client.GroupMembersPage].
func (c *Client) GroupMembers(ctx context.Context, id GroupID) iter.Seq2[User, error] {
	segment, err := segment(id)
	if err != nil {
		return func(yield func(User, error) bool) { yield(User{}, err) }
	}
	return pages[User](ctx, c, "/admin/v2/groups"+segment+"/users", maxPage)
}

// GroupFields are what can be set on a group. A nil field is not sent and keeps its value; a pointer
// to "" clears it.
type GroupFields struct {
	Name        *string
	Description *string
	Status      *GroupStatus
}

func (f GroupFields) params() Params {
	p := Params{}
	put(p, "name", f.Name)
	put(p, "desc", f.Description)
	if f.Status != nil {
		p["status"] = strings.ToLower(string(*f.Status))
	}
	return p
}

// CreateGroup makes a group; f.Name is required. A name that exists is an [*Error] with
// CodeDuplicate.
//
// POST /admin/v1/groups
func (c *Client) CreateGroup(ctx context.Context, f GroupFields) (Group, error) {
	if f.Name == nil || *f.Name == "" {
		return Group{}, invalid(errors.New("name is empty"))
	}
	return post[Group](ctx, c, "/admin/v1/groups", f.params())
}

// ModifyGroup changes the fields that are given and returns the group after the change.
//
// POST /admin/v1/groups/{group_id}
func (c *Client) ModifyGroup(ctx context.Context, id GroupID, f GroupFields) (Group, error) {
	segment, err := segment(id)
	if err != nil {
		return Group{}, err
	}
	return post[Group](ctx, c, "/admin/v1/groups"+segment, f.params())
}

// DeleteGroup deletes a group; its users stay. Duo reports no error for an unknown id.
//
// DELETE /admin/v1/groups/{group_id}
func (c *Client) DeleteGroup(ctx context.Context, id GroupID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/groups"+segment)
}

// AssociateGroup puts a user into a group. Repeating it changes nothing.
//
// POST /admin/v1/users/{user_id}/groups
func (c *Client) AssociateGroup(ctx context.Context, user UserID, group GroupID) error {
	userSegment, err := segment(user)
	if err != nil {
		return err
	}
	if _, err := segment(group); err != nil {
		return err
	}
	_, err = post[void](ctx, c, "/admin/v1/users"+userSegment+"/groups", Params{"group_id": string(group)})
	return err
}

// DisassociateGroup takes a user out of a group. Duo reports no error if the user was not in it.
//
// DELETE /admin/v1/users/{user_id}/groups/{group_id}
func (c *Client) DisassociateGroup(ctx context.Context, user UserID, group GroupID) error {
	userSegment, err := segment(user)
	if err != nil {
		return err
	}
	groupSegment, err := segment(group)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/users"+userSegment+"/groups"+groupSegment)
}
