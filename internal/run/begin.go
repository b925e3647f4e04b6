package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// How often one person is asked through Duo, by all operators together.
const (
	mostPushes = 3
	pushesIn   = 10 * time.Minute
)

// TooManyPushes says that a person was asked often enough: nothing was sent.
type TooManyPushes struct {
	Open  *store.Push   // a verification that waits for its answer; nil: it is about how many there were
	Count int           // pushes in the last 10 minutes
	Wait  time.Duration // until the next can be sent
}

func (e *TooManyPushes) Error() string {
	if e.Open != nil {
		return "run: a verification of this user is open"
	}
	return fmt.Sprintf("run: %d pushes in %s", e.Count, pushesIn)
}

// begin commits a run as sending, unless something speaks against it at that
// moment: the role, the connection, a report of fraud, or pushes to the same
// person. It returns the run as it was committed. Of errors, one on "run_pkey"
// comes first: a form that was sent before is told so.
func (r *Runner) begin(ctx context.Context, q Request, run store.Run, fields []string, unreachable error) (store.Run, catalog.Role, error) {
	people := map[string]reported{}
	for {
		begun := run
		var role catalog.Role
		err := r.Store.InWorkspace(ctx, q.Scope, func(tx *store.Tx) (err error) {
			if role, err = May(ctx, tx, q.Actor, q.Action.LeastRole(q.Input)); err != nil {
				return err
			}
			held := r.decide(ctx, tx, q, &begun, people)
			if held != nil && !errors.As(held, new(*HeldBack)) && !errors.As(held, new(*unknownPeople)) {
				return held
			}
			if err := tx.StartRun(ctx, begun, fields); err != nil {
				return err
			}
			if err := holdConnection(ctx, tx, q); err != nil {
				return err
			}
			if held != nil || unreachable != nil {
				return cmp.Or(held, unreachable)
			}
			if err := r.countPushes(ctx, tx, q, begun); err != nil || !q.Action.Alone {
				return err
			}
			return tx.Alone(ctx, begun)
		})
		unknown, is := errors.AsType[*unknownPeople](err)
		if !is {
			return begun, min(role, q.Actor.Role), err
		}
		// Duo is asked with no transaction open; then everything is judged again.
		if err := r.lookUp(ctx, q, unknown.frauds, people); err != nil {
			return run, 0, err
		}
	}
}

// countPushes keeps a person from being asked while a verification is open, or
// more often than is good.
func (r *Runner) countPushes(ctx context.Context, tx *store.Tx, q Request, run store.Run) error {
	if !q.Action.AsksAPerson(q.Input) {
		return nil
	}
	sent, err := tx.LockPushes(ctx, run, run.StartedAt.Add(-pushesIn))
	if err != nil {
		return err
	}
	for _, p := range sent {
		if p.Open && p.Action == run.Action && run.Action == catalog.VerifyCaller {
			return &TooManyPushes{Open: &p, Count: len(sent), Wait: waitSince(p.StartedAt, q.Action.Patience, run.StartedAt)}
		}
	}
	if len(sent) >= mostPushes {
		return &TooManyPushes{Count: len(sent), Wait: waitSince(sent[mostPushes-1].StartedAt, pushesIn, run.StartedAt)}
	}
	return nil
}

// waitSince is how long it is until a time after a moment has gone by; the moment may be
// of another process, whose clock is ahead.
func waitSince(since time.Time, long time.Duration, now time.Time) time.Duration {
	return min(max(since.Add(long).Sub(now), time.Second), long)
}

// askedUser is whom a request asks through Duo: Duo's id of the user, so that a
// person is one person under every name, or the name as a login may read it where
// Duo knows no such user, or does not tell. Duo is not asked where nothing will be
// sent.
func (r *Runner) askedUser(ctx context.Context, q Request) (string, error) {
	id, username := q.Action.Asked(q.Input)
	name := simpleName(username)
	if id != "" || name == "" || q.Organization.Connection() != q.Opened {
		return cmp.Or(id, nameKey(username)), nil
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
	case errors.As(err, &refused) && refused.Status < 500 && refused.Code != duo.CodeRateLimited, err == nil && len(users) != 1:
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
