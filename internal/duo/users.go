package duo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"
)

// UserStatus is how Duo treats a user's log-ins. Values that are not listed here may appear.
type UserStatus string

const (
	StatusActive          UserStatus = "active"           // must complete the second factor
	StatusBypass          UserStatus = "bypass"           // logs in without a second factor
	StatusDisabled        UserStatus = "disabled"         // cannot log in
	StatusLockedOut       UserStatus = "locked out"       // set by Duo; setting active unlocks
	StatusPendingDeletion UserStatus = "pending deletion" // in the trash
)

// User is a person who logs in with Duo. Inside a [Phone] or a [BypassCode] it is a short and
// possibly outdated copy without Groups, Phones, Tokens and WebAuthn. A zero time means never or
// not known.
type User struct {
	ID                UserID
	Username          string
	Aliases           [8]string // alias1 to alias8, "" where there is none
	RealName          string
	FirstName         string
	LastName          string
	Email             string
	Status            UserStatus
	LockoutReason     string
	Enrolled          bool // has something to log in with; outdated in the short copy
	EnableAutoPrompt  bool // on where Duo does not say
	Notes             string
	DirectoryKey      string // the directory that manages the user, if any
	ExternalID        string
	Created           time.Time
	LastLogin         time.Time
	LastDirectorySync time.Time
	Groups            []Group
	Phones            []Phone // without Users
	Tokens            []Token
	WebAuthn          []WebAuthnCredential
}

// UnmarshalJSON reads Duo's answer.
func (u *User) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*u = User{
		ID:                UserID(o.text("user_id")),
		Username:          o.text("username"),
		RealName:          o.text("realname"),
		FirstName:         o.text("firstname"),
		LastName:          o.text("lastname"),
		Email:             o.text("email"),
		Status:            UserStatus(o.text("status")),
		LockoutReason:     o.text("lockout_reason"),
		Enrolled:          o.flag("is_enrolled"),
		EnableAutoPrompt:  o.text("enable_auto_prompt") == "" || o.flag("enable_auto_prompt"),
		Notes:             o.text("notes"),
		DirectoryKey:      o.text("directory_key"),
		ExternalID:        o.text("external_id"),
		Created:           o.seconds("created"),
		LastLogin:         o.seconds("last_login"),
		LastDirectorySync: o.seconds("last_directory_sync"),
		Groups:            list[Group](o, "groups"),
		Phones:            list[Phone](o, "phones"),
		Tokens:            list[Token](o, "tokens"),
		WebAuthn:          list[WebAuthnCredential](o, "webauthncredentials"),
	}
	// Old accounts have only the members alias1 to alias4; new ones repeat these in "aliases".
	aliases := optional[map[string]json.RawMessage](o, "aliases")
	for i := range u.Aliases {
		name := fmt.Sprintf("alias%d", i+1)
		if u.Aliases[i] = (&object{members: aliases}).text(name); u.Aliases[i] == "" {
			u.Aliases[i] = o.text(name)
		}
	}
	return o.err
}

// UserFields are what can be set on a user. A nil field is not sent and keeps its value; a pointer
// to "" clears it.
type UserFields struct {
	Username         *string
	RealName         *string
	FirstName        *string
	LastName         *string
	Email            *string
	Notes            *string
	Status           *UserStatus // StatusActive, StatusBypass or StatusDisabled
	EnableAutoPrompt *bool
	Aliases          map[int]string // by position 1 to 8; "" removes, positions not named stay
}

func (f UserFields) params() (Params, error) {
	p := Params{}
	put(p, "username", f.Username)
	put(p, "realname", f.RealName)
	put(p, "firstname", f.FirstName)
	put(p, "lastname", f.LastName)
	put(p, "email", f.Email)
	put(p, "notes", f.Notes)
	put(p, "enable_auto_prompt", f.EnableAutoPrompt)
	if f.Status != nil {
		p["status"] = string(*f.Status)
	}
	if len(f.Aliases) > 0 {
		pairs := url.Values{}
		for position, alias := range f.Aliases {
			if position < 1 || position > 8 {
				return nil, invalid(fmt.Errorf("alias position %d is not between 1 and 8", position))
			}
			pairs.Set(fmt.Sprintf("alias%d", position), alias)
		}
		p["aliases"] = pairs.Encode()
	}
	return p, nil
}

// UsersPage returns one page of users, those in the trash included. Duo gives at most 300 a page.
//
// GET /admin/v1/users
func (c *Client) UsersPage(ctx context.Context, limit, offset int) ([]User, Metadata, error) {
	return page[User](ctx, c, "/admin/v1/users", limit, offset)
}

// Users walks all users, 300 a call. See [Client.UsersPage].
func (c *Client) Users(ctx context.Context) iter.Seq2[User, error] {
	return pages[User](ctx, c, "/admin/v1/users", maxUsersPage)
}

// UserByUsername finds the user with exactly this username or alias, letter case aside. Duo keeps
// these names unique in an account, so an answer with several users is an error, as is one about
// another user.
//
// GET /admin/v1/users?username=
func (c *Client) UserByUsername(ctx context.Context, username string) (user User, found bool, err error) {
	users, err := c.usersBy(ctx, "username", username)
	switch {
	case err != nil || len(users) == 0:
		return User{}, false, err
	case len(users) > 1:
		return User{}, false, c.failedRead(OtherAnswer, "/admin/v1/users")
	}
	return users[0], true, nil
}

// UsersByEmail finds the users with exactly this email address, letter case aside. Several can share
// one. Whether Duo then returns all of them is not documented.
//
// GET /admin/v1/users?email=
func (c *Client) UsersByEmail(ctx context.Context, email string) ([]User, error) {
	return c.usersBy(ctx, "email", email)
}

func (c *Client) usersBy(ctx context.Context, by, value string) ([]User, error) {
	if strings.TrimSpace(value) == "" {
		// Duo would take an empty filter for none and answer with everybody.
		return nil, invalid(fmt.Errorf("%s is empty", by))
	}
	return collect(pagesOf[User](ctx, c, "/admin/v1/users", Params{by: value}, maxUsersPage))
}

// User returns one user; an unknown id is an [*Error] with CodeNotFound.
//
// GET /admin/v1/users/{user_id}
func (c *Client) User(ctx context.Context, id UserID) (User, error) {
	segment, err := segment(id)
	if err != nil {
		return User{}, err
	}
	user, _, err := get[User](ctx, c, "/admin/v1/users"+segment, nil)
	return user, err
}

// UsersByID returns up to 100 users; unknown ids are left out. It makes one call, or several where one
// answer would be too large.
//
// GET /admin/v1/users?user_id_list=
func (c *Client) UsersByID(ctx context.Context, ids ...UserID) ([]User, error) {
	list, err := userList(ids)
	if err != nil {
		return nil, err
	}
	users, _, err := get[[]User](ctx, c, "/admin/v1/users", Params{"user_id_list": list})
	if smallerLimit(len(ids), err) == 0 {
		return users, err
	}
	// Duo ignores a limit next to ids, so we ask for fewer ids.
	half := len(ids) / 2
	if users, err = c.UsersByID(ctx, ids[:half]...); err != nil {
		return nil, err
	}
	rest, err := c.UsersByID(ctx, ids[half:]...)
	return append(users, rest...), err
}

// CreateUser makes a user; f.Username is required and must be no other user's name or alias. No
// email is sent.
//
// POST /admin/v1/users
func (c *Client) CreateUser(ctx context.Context, f UserFields) (User, error) {
	if f.Username == nil || *f.Username == "" {
		return User{}, invalid(errors.New("username is empty"))
	}
	params, err := f.params()
	if err != nil {
		return User{}, err
	}
	return post[User](ctx, c, "/admin/v1/users", params)
}

// UpdateUser changes the fields that are given and returns the user after the change. Duo may
// refuse or later overwrite fields of users that a directory manages.
//
// POST /admin/v1/users/{user_id}
func (c *Client) UpdateUser(ctx context.Context, id UserID, f UserFields) (User, error) {
	segment, err := segment(id)
	if err != nil {
		return User{}, err
	}
	params, err := f.params()
	if err != nil {
		return User{}, err
	}
	return post[User](ctx, c, "/admin/v1/users"+segment, params)
}

// DeleteUser deletes a user at once and for good, past the trash; [Client.SendToTrash] is the act
// that can be undone. The user's phones stay. Duo reports no error for an unknown id.
//
// DELETE /admin/v1/users/{user_id}
func (c *Client) DeleteUser(ctx context.Context, id UserID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/users"+segment)
}
