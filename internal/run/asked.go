package run

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"duodesk/internal/duo"
)

// nameTime bounds how long a question to a person waits for the person's name.
const nameTime = 4 * time.Second

// nameOf is the username of the person that a waiting request is about, so
// that its record says so from the start; empty if it is not known in time.
func (r *Runner) nameOf(ctx context.Context, q Request) string {
	id := q.Input.Given(q.Action)["user_id"]
	if q.Action.Follow == nil || id == "" || q.Organization.Connection() != q.Opened {
		return ""
	}
	held, _ := r.users.get(listKeyOf(q.Scope, q.Organization))
	for _, u := range held.Items {
		if string(u.ID) == id {
			return u.Username
		}
	}
	client, err := r.client(ctx, q.Scope, q.Organization)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	user, _ := client.User(ctx, duo.UserID(id)) // without a name, the id stands for the user
	return user.Username
}

// askedUser is the person that a request asks through Duo: Duo's id of the user, so that a
// person is one person under every name, or the name as a login may read it where
// Duo knows no such user, or does not tell. Duo is not asked where nothing will be
// sent.
func (r *Runner) askedUser(ctx context.Context, q Request) (string, error) {
	id, username := q.Action.Asked(q.Input)
	name := simpleName(username)
	if id != "" || name == "" || q.Organization.Connection() != q.Opened {
		return cmp.Or(id, nameKey(username), username), nil // nothing but marks has no key
	}
	client, err := r.client(ctx, q.Scope, q.Organization)
	if err != nil {
		return name, nil // which is said where nothing else is to be said first
	}
	ctx, cancel := context.WithTimeout(ctx, ReadTime)
	defer cancel()
	users, err := r.calledAtLogin(ctx, q, client, username)
	var refused *duo.Error
	switch {
	case errors.As(err, &refused) && refused.Status < 500 && refused.Code != duo.CodeRateLimited,
		err == nil && len(users) != 1:
		return name, nil
	case err != nil:
		return "", err
	}
	return string(users[0].ID), nil
}

// calledAtLogin returns the users that a name can mean at a login: the one with this
// username or alias, or all those with the name when domains are left out, as an
// account can be set to read names.
func (r *Runner) calledAtLogin(ctx context.Context, q Request, client *duo.Client, name string) ([]duo.User, error) {
	user, found, err := client.UserByUsername(ctx, name)
	if err != nil || found {
		return []duo.User{user}, err
	}
	list, err := r.Users(ctx, q.Scope, q.Organization, false)
	if err != nil {
		return nil, err
	}
	if simple := simpleName(name); list.TooMany && simple != "" {
		user, found, err = client.UserByUsername(ctx, simple)
		if found {
			list.Items = []duo.User{user}
		}
	}
	var called []duo.User
	for _, u := range list.Items {
		if goesBy(u, name) {
			called = append(called, u)
		}
	}
	return called, err
}

// goesBy reports whether a user has a name when domains are left out.
func goesBy(u duo.User, name string) bool {
	return slices.ContainsFunc(append([]string{u.Username}, u.Aliases[:]...), func(own string) bool {
		return own != "" && simpleName(own) == simpleName(name)
	})
}
