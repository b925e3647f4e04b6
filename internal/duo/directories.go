package duo

import (
	"context"
	"errors"
)

// SyncUser has one user read again from a directory: created, updated, or marked for deletion when
// the directory no longer has the user. The username is the directory's. Duo answers CodeNotFound
// for an unknown key and for an unknown username alike, and CodeRateLimited right after a
// synchronization of the same user. What it answers otherwise is not documented, and not read.
//
// POST /admin/v1/users/directorysync/{directory_key}/syncuser
func (c *Client) SyncUser(ctx context.Context, directory DirectoryKey, username string) error {
	segment, err := segment(directory)
	if err != nil {
		return err
	}
	if username == "" {
		return invalid(errors.New("username is empty"))
	}
	_, err = post[void](ctx, c, "/admin/v1/users/directorysync"+segment+"/syncuser", Params{"username": username})
	return err
}
