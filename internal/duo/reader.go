package duo

import "context"

// Reader reads what an account has, in the background: people's calls come first. It has no
// method that changes anything, so what holds one cannot.
type Reader struct{ c *Client }

// Reader returns a Reader of what c is a client of.
func (c *Client) Reader() Reader { return Reader{c.InBackground()} }

// UsersPage returns one page of all users, of the largest size that Duo gives. offset is 0 or
// the Metadata.Next of the page before.
//
// GET /admin/v1/users
func (r Reader) UsersPage(ctx context.Context, offset int) ([]User, Metadata, error) {
	return r.c.UsersMatching(ctx, UserFilter{}, maxUsersPage, offset)
}

// User returns one user. See Client.User.
func (r Reader) User(ctx context.Context, id UserID) (User, error) { return r.c.User(ctx, id) }
