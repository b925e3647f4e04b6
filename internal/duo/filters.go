package duo

import (
	"context"
	"encoding/json"
	"strconv"
)

// UserFilter chooses users of a list. Username (a username or an alias) finds at most one user, Email
// all who share the address; IDs and Usernames find up to 100, without those that do not exist. Duo
// takes one of the four.
type UserFilter struct {
	Username, Email string
	IDs             []UserID
	Usernames       []string
}

// UsersMatching returns one page of the users that the filter chooses; the zero filter chooses all.
//
// GET /admin/v1/users
func (c *Client) UsersMatching(ctx context.Context, f UserFilter, limit, offset int) ([]User, Metadata, error) {
	filter := Params{}
	putText(filter, "username", f.Username)
	putText(filter, "email", f.Email)
	if err := putList(filter, "user_id_list", f.IDs); err != nil {
		return nil, Metadata{}, err
	}
	if err := putList(filter, "username_list", f.Usernames); err != nil {
		return nil, Metadata{}, err
	}
	return pageOf[User](ctx, c, "/admin/v1/users", filter, limit, offset)
}

// PhoneFilter chooses phones of a list: that of a number (E.164) and an extension.
type PhoneFilter struct{ Number, Extension string }

// PhonesMatching returns one page of the phones that the filter chooses; the zero filter chooses
// all.
//
// GET /admin/v1/phones
func (c *Client) PhonesMatching(ctx context.Context, f PhoneFilter, limit, offset int) ([]Phone, Metadata, error) {
	filter := Params{}
	putText(filter, "number", f.Number)
	putText(filter, "extension", f.Extension)
	return pageOf[Phone](ctx, c, "/admin/v1/phones", filter, limit, offset)
}

// UserPhonesPage returns one page of a user's phones, without their users.
//
// GET /admin/v1/users/{user_id}/phones
func (c *Client) UserPhonesPage(ctx context.Context, id UserID, limit, offset int) ([]Phone, Metadata, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, Metadata{}, err
	}
	return page[Phone](ctx, c, "/admin/v1/users"+segment+"/phones", limit, offset)
}

// UserBypassCodesPage returns one page of what is known of a user's bypass codes.
//
// GET /admin/v1/users/{user_id}/bypass_codes
func (c *Client) UserBypassCodesPage(ctx context.Context, id UserID, limit, offset int) ([]BypassCode,
	Metadata, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, Metadata{}, err
	}
	return page[BypassCode](ctx, c, "/admin/v1/users"+segment+"/bypass_codes", limit, offset)
}

// putText adds a text that is not empty.
func putText(p Params, name, value string) {
	if value != "" {
		p[name] = value
	}
}

func pageParams(limit, offset int) Params {
	return Params{"limit": strconv.Itoa(limit), "offset": strconv.Itoa(offset)}
}

// putList adds a list the way Duo takes several values in one parameter: as the text of a JSON
// array.
func putList[T any](p Params, name string, values []T) error {
	if len(values) == 0 {
		return nil
	}
	text, err := json.Marshal(values)
	if err != nil {
		return invalid(err)
	}
	p[name] = string(text)
	return nil
}
