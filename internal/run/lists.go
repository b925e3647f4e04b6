package run

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// ListLimit is how many objects a list has at most: what is larger is looked up by name.
const ListLimit = 2000

// List is what an organization has in Duo of one kind, and when it was read.
type List[T any] struct {
	Items   []T
	ReadAt  time.Time
	Total   int  // as Duo counts; larger than len(Items) when TooMany
	TooMany bool // Items is empty: there are more than ListLimit, or more than fits
	Behind  bool // something was written from here since it was read
}

// listKey names a list. The workspace is part of it, since it is the workspace's
// keys that the list was read with; an organization that is connected to another
// account, or with other keys, has another list.
type listKey struct {
	workspace, organization uuid.UUID
	account                 string
}

func listKeyOf(sc store.Scope, o store.Organization) listKey {
	return listKey{sc.Workspace(), o.ID, o.Kind + " " + o.AccountID + " " + o.IntegrationKey + " " + o.APIHostname}
}

// held are the lists of one kind on the shelf.
type held[T any] struct {
	shelf *shelf
	kind  string
	limit int // of a page
	page  pageOf[T]
}

type pageOf[T any] func(c *duo.Client, ctx context.Context, limit, offset int) ([]T, duo.Metadata, error)

// shelve says which lists there are.
func (r *Runner) shelve() {
	s := &shelf{now: r.Now, log: r.Log, ctx: r.following.ctx}
	r.shelf = s
	r.users = held[duo.User]{s, "users", 300, (*duo.Client).UsersPage}
	r.phones = held[duo.Phone]{s, "phones", 500, (*duo.Client).PhonesPage}
	r.codes = held[duo.BypassCode]{s, "codes", 500, (*duo.Client).BypassCodesPage}
	r.groups = held[duo.Group]{s, "groups", 500, (*duo.Client).GroupsPage}
	r.tokens = held[duo.Token]{s, "tokens", 500, (*duo.Client).TokensPage}
	r.credentials = held[duo.WebAuthnCredential]{s, "credentials", 500, (*duo.Client).WebAuthnPage}
}

// get returns a list that is fresh: read within ListAge, and no write since.
func (h *held[T]) get(key listKey) (list List[T], ok bool) {
	found, behind, ok := h.shelf.get(shelfKey{h.kind, key}, ListAge)
	if !ok || behind {
		return List[T]{}, false
	}
	return found.(List[T]), true
}

// older returns the latest list, which can be old and from before a write.
func (h *held[T]) older(key listKey) (list List[T]) {
	if found, behind, ok := h.shelf.get(shelfKey{h.kind, key}, oldestShown); ok {
		list = found.(List[T])
		list.Behind = behind
	}
	return list
}

// forget drops an organization's lists, as after a write.
func (r *Runner) forget(sc store.Scope, o store.Organization) {
	key := listKeyOf(sc, o)
	for _, kind := range []string{r.users.kind, r.phones.kind, r.codes.kind, r.groups.kind, r.tokens.kind,
		r.credentials.kind} {
		r.shelf.drop(shelfKey{kind, key})
	}
}

// Users lists an organization's users, from what is held if fresh is false.
func (r *Runner) Users(ctx context.Context, sc store.Scope, o store.Organization, fresh bool) (List[duo.User], error) {
	return list(ctx, r, &r.users, sc, o, fresh)
}

// Phones lists an organization's phones, from what is held if fresh is false.
func (r *Runner) Phones(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.Phone], error) {
	return list(ctx, r, &r.phones, sc, o, fresh)
}

// BypassCodes lists an organization's bypass codes, from what is held if fresh
// is false.
func (r *Runner) BypassCodes(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.BypassCode], error) {
	return list(ctx, r, &r.codes, sc, o, fresh)
}

// UsersToShow is Users for a page that shows them. While Duo limits requests or
// does not answer, there is the latest list beside the error, unless it is older
// than ten minutes: to be shown with its time and the reason, and never to decide
// by or to look something up in.
func (r *Runner) UsersToShow(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.User], error) {
	return listToShow(ctx, r, &r.users, sc, o, fresh)
}

// PhonesToShow is to Phones what UsersToShow is to Users.
func (r *Runner) PhonesToShow(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.Phone], error) {
	return listToShow(ctx, r, &r.phones, sc, o, fresh)
}

// BypassCodesToShow is to BypassCodes what UsersToShow is to Users.
func (r *Runner) BypassCodesToShow(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.BypassCode], error) {
	return listToShow(ctx, r, &r.codes, sc, o, fresh)
}

func listToShow[T any](ctx context.Context, r *Runner, h *held[T], sc store.Scope, o store.Organization,
	fresh bool) (List[T], error) {
	found, err := list(ctx, r, h, sc, o, fresh)
	if unanswered(err) {
		found = h.older(listKeyOf(sc, o)) // its scope was checked for the error
	}
	return found, err
}

// list answers from what is held or reads all pages. Several who ask at once
// share one reading, which goes on when the first of them has left.
func list[T any](ctx context.Context, r *Runner, h *held[T], sc store.Scope, o store.Organization,
	fresh bool) (List[T], error) {
	// What is held was read for somebody else, perhaps, and so is what is being read.
	if err := r.reaches(ctx, sc, o); err != nil {
		return List[T]{}, err
	}
	key := listKeyOf(sc, o)
	if found, ok := h.get(key); ok && !fresh {
		return found, nil
	}
	flying, host := h.shelf.join(ctx, shelfKey{h.kind, key}, func(f *flight) (any, int, time.Time, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTime)
		defer cancel()
		client, err := r.client(ctx, sc, o)
		if err != nil {
			return nil, 0, time.Time{}, err
		}
		h.shelf.asks(f, client.Host())
		asked := r.Now() // what it holds may be as old as that
		found, bytes, err := readAll(ctx, client, h.limit, h.page)
		found.ReadAt = asked
		return found, bytes, asked, err
	})
	if host != "" {
		// Somebody else asks. While Duo is silent that can take long, and others do not
		// wait with them.
		if err := r.pacer(sc.Workspace()).Check(host); err != nil {
			return List[T]{}, err
		}
	}
	waiting, cancel := patient(ctx, ReadTime)
	defer cancel()
	err := wait(waiting, flying.done)
	switch {
	case err != nil:
		return List[T]{}, &duo.TransportError{Failure: duo.TimedOut, Method: http.MethodGet,
			Host: o.APIHostname, Err: err}
	case flying.err != nil:
		return List[T]{}, flying.err
	}
	return flying.list.(List[T]), nil
}

// listNow lists what Duo has now: a reading that was under way already may be from before.
func listNow[T any](ctx context.Context, r *Runner, h *held[T], sc store.Scope, o store.Organization) (List[T], error) {
	asked := r.Now()
	found, err := list(ctx, r, h, sc, o, true)
	if err == nil && found.ReadAt.Before(asked) {
		return list(ctx, r, h, sc, o, true)
	}
	return found, err
}

// unanswered reports whether an error says nothing of what would have been
// answered, so that an older answer may still be shown. After a refusal it may
// not: the keys may have been taken away.
func unanswered(err error) bool {
	if refused, ok := errors.AsType[*duo.Error](err); ok {
		return refused.Status == http.StatusTooManyRequests || refused.Status >= 500
	}
	failed, ok := errors.AsType[*duo.TransportError](err)
	if !ok {
		return false
	}
	switch failed.Failure {
	case duo.Paced, duo.Limited, duo.Silent, duo.TimedOut, duo.ConnectionRefused, duo.ConnectionLost, duo.Unreachable,
		duo.NameNotResolved:
		return true
	}
	return false
}

func readAll[T any](ctx context.Context, c *duo.Client, limit int, page pageOf[T]) (all List[T], bytes int, err error) {
	for offset := 0; ; {
		items, meta, err := page(c, ctx, limit, offset)
		if err != nil {
			return List[T]{}, 0, err
		}
		bytes += bytesOf(items)
		all.Items = append(all.Items, items...)
		all.Total = max(meta.Total, len(all.Items))
		if all.Total > ListLimit || bytes > listBytes {
			none := List[T]{Total: all.Total, TooMany: true}
			return none, bytesOf(none), nil
		}
		switch {
		case meta.Next == 0:
			return all, bytes, nil
		case meta.Next <= offset:
			return List[T]{}, 0, &duo.TransportError{Failure: duo.NotUnderstood, Method: http.MethodGet}
		}
		offset = meta.Next
	}
}

// User reads one user and the bypass codes that the user has.
func (r *Runner) User(ctx context.Context, sc store.Scope, o store.Organization, id string) (duo.User,
	[]duo.BypassCode, error) {
	var codes []duo.BypassCode
	user, err := read(ctx, r, sc, o, func(ctx context.Context, client *duo.Client) (user duo.User, err error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		both := task.Group{Failed: cancel}
		both.Go(ctx, r.Log, "read a user",
			func() (err error) { user, err = client.User(ctx, duo.UserID(id)); return err })
		both.Go(ctx, r.Log, "read a user's codes", func() (err error) {
			codes, err = client.UserBypassCodes(ctx, duo.UserID(id))
			return err
		})
		err = both.Wait()
		return user, err
	})
	return user, codes, err
}
