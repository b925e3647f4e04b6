package duo

import "context"

// Group is a group of users.
type Group struct {
	ID          GroupID
	Name        string // directories add their own name to it
	Description string
	Status      string // Active, Bypass or Disabled; stronger than the status of the members
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
		Status:      o.text("status"),
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
