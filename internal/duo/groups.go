package duo

import "context"

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
