package duo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// BulkCreateUsers makes 1 to 100 users in one call, each as [Client.CreateUser] would.
//
// POST /admin/v1/users/bulk_create
func (c *Client) BulkCreateUsers(ctx context.Context, users []UserFields) ([]User, error) {
	if len(users) < 1 || len(users) > 100 {
		return nil, invalid(fmt.Errorf("%d users where 1 to 100 are possible", len(users)))
	}
	entries := make([]Params, len(users))
	for i, f := range users {
		if f.Username == nil || *f.Username == "" {
			return nil, invalid(errors.New("username is empty"))
		}
		params, err := f.params()
		if err != nil {
			return nil, err
		}
		entries[i] = params
	}
	list, err := json.Marshal(entries)
	if err != nil {
		return nil, invalid(err)
	}
	return post[[]User](ctx, c, "/admin/v1/users/bulk_create", Params{"users": string(list)})
}

// SendToTrash gives users, at most 100 a call, the status pending deletion. Duo purges them after
// the account's setting, seven days unless changed.
//
// POST /admin/v1/users/bulk_send_to_trash
func (c *Client) SendToTrash(ctx context.Context, ids ...UserID) error {
	return c.bulk(ctx, "/admin/v1/users/bulk_send_to_trash", ids)
}

// Restore takes users, at most 100 a call, back out of the trash with the status they had.
//
// POST /admin/v1/users/bulk_restore
func (c *Client) Restore(ctx context.Context, ids ...UserID) error {
	return c.bulk(ctx, "/admin/v1/users/bulk_restore", ids)
}

func (c *Client) bulk(ctx context.Context, path string, ids []UserID) error {
	list, err := userList(ids)
	if err != nil {
		return err
	}
	_, err = post[void](ctx, c, path, Params{"user_id_list": list})
	return err
}

// userList writes ids as Duo takes several: a JSON array in one parameter.
func userList(ids []UserID) (string, error) {
	if len(ids) < 1 || len(ids) > 100 {
		return "", invalid(fmt.Errorf("%d users where 1 to 100 are possible", len(ids)))
	}
	for _, id := range ids {
		if _, err := segment(id); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return "", invalid(err)
	}
	return string(list), nil
}
