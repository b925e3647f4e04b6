package run

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/task"
)

// A list read from Duo is held for ListAge and holds at most ListLimit items: it
// answers a few clicks in a row, and is never long out of date.
const (
	ListAge   = 60 * time.Second
	ListLimit = 2000
	// listsHeld bounds the memory that lists take: the oldest gives way.
	listsHeld = 64
)

// List is what an organization has in Duo of one kind, and when it was read.
type List[T any] struct {
	Items   []T
	ReadAt  time.Time
	Total   int  // as Duo counts; larger than len(Items) when TooMany
	TooMany bool // Items is empty: there are more than ListLimit
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

func (k listKey) String() string {
	return k.workspace.String() + "/" + k.organization.String() + "/" + k.account
}

// held keeps the latest lists per organization.
type held[T any] struct {
	mu     sync.Mutex
	lists  map[listKey]List[T]
	drops  int // counts drops: what was read before one is not kept after it
	flight singleflight.Group
}

func (h *held[T]) get(key listKey, now time.Time) (list List[T], drops int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list, ok = h.lists[key]
	return list, h.drops, ok && now.Sub(list.ReadAt) < ListAge
}

func (h *held[T]) put(key listKey, list List[T], drops int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.drops != drops {
		return
	}
	if h.lists == nil {
		h.lists = map[listKey]List[T]{}
	}
	maps.DeleteFunc(h.lists, func(_ listKey, l List[T]) bool { return list.ReadAt.Sub(l.ReadAt) >= ListAge })
	h.lists[key] = list
	for len(h.lists) > listsHeld {
		oldest := key
		for k, l := range h.lists {
			if l.ReadAt.Before(h.lists[oldest].ReadAt) {
				oldest = k
			}
		}
		delete(h.lists, oldest)
	}
}

func (h *held[T]) drop(key listKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.lists, key)
	h.drops++
	h.flight.Forget(key.String())
}

// forget drops an organization's lists, as after a write.
func (r *Runner) forget(sc store.Scope, o store.Organization) {
	key := listKeyOf(sc, o)
	r.users.drop(key)
	r.phones.drop(key)
	r.codes.drop(key)
	r.groups.drop(key)
	r.tokens.drop(key)
	r.credentials.drop(key)
}

// Users lists an organization's users, from what is held if fresh is false.
func (r *Runner) Users(ctx context.Context, sc store.Scope, o store.Organization, fresh bool) (List[duo.User], error) {
	return list(ctx, r, &r.users, sc, o, fresh, 300, (*duo.Client).UsersPage)
}

// Phones lists an organization's phones, from what is held if fresh is false.
func (r *Runner) Phones(ctx context.Context, sc store.Scope, o store.Organization, fresh bool) (List[duo.Phone], error) {
	return list(ctx, r, &r.phones, sc, o, fresh, 500, (*duo.Client).PhonesPage)
}

// BypassCodes lists an organization's bypass codes, from what is held if fresh
// is false.
func (r *Runner) BypassCodes(ctx context.Context, sc store.Scope, o store.Organization, fresh bool) (List[duo.BypassCode], error) {
	return list(ctx, r, &r.codes, sc, o, fresh, 500, (*duo.Client).BypassCodesPage)
}

type pageOf[T any] func(c *duo.Client, ctx context.Context, limit, offset int) ([]T, duo.Metadata, error)

// list answers from what is held or reads all pages. Several who ask at once
// share one reading, which goes on when the first of them has left.
func list[T any](ctx context.Context, r *Runner, h *held[T], sc store.Scope, o store.Organization, fresh bool, limit int, page pageOf[T]) (List[T], error) {
	// What is held was read for somebody else, perhaps, and so is what is being read.
	if err := r.reaches(ctx, sc, o); err != nil {
		return List[T]{}, err
	}
	key := listKeyOf(sc, o)
	found, drops, ok := h.get(key, r.now())
	if ok && !fresh {
		return found, nil
	}
	reading := h.flight.DoChan(key.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTime)
		defer cancel()
		client, err := r.client(ctx, sc, o)
		if err != nil {
			return List[T]{}, err
		}
		asked := r.now() // what it holds may be as old as that
		var found List[T]
		err = task.Run(ctx, r.log, "read a list", func() (err error) { found, err = readAll(ctx, client, limit, page); return err })
		found.ReadAt = asked
		if err == nil {
			h.put(key, found, drops)
		}
		return found, err
	})
	select {
	case done := <-reading:
		return done.Val.(List[T]), done.Err
	case <-ctx.Done():
		return List[T]{}, &duo.TransportError{Failure: duo.TimedOut, Method: http.MethodGet, Host: o.APIHostname, Err: ctx.Err()}
	}
}

func readAll[T any](ctx context.Context, c *duo.Client, limit int, page pageOf[T]) (List[T], error) {
	var all List[T]
	for offset := 0; ; {
		items, meta, err := page(c, ctx, limit, offset)
		if err != nil {
			return List[T]{}, err
		}
		all.Items = append(all.Items, items...)
		all.Total = max(meta.Total, len(all.Items))
		if all.Total > ListLimit {
			return List[T]{Total: all.Total, TooMany: true}, nil
		}
		switch {
		case meta.Next == 0:
			return all, nil
		case meta.Next <= offset:
			return List[T]{}, &duo.TransportError{Failure: duo.NotUnderstood, Method: http.MethodGet}
		}
		offset = meta.Next
	}
}

// duoID is the shape of a user's identifier.
var duoID = regexp.MustCompile(`^DU[A-Z0-9]{18}$`)

// FindUser looks one user up in Duo by exact id, username, alias or e-mail.
func (r *Runner) FindUser(ctx context.Context, sc store.Scope, o store.Organization, name string) (duo.User, bool, error) {
	client, err := r.client(ctx, sc, o)
	if err != nil {
		return duo.User{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if duoID.MatchString(name) {
		user, err := client.User(ctx, duo.UserID(name))
		var refused *duo.Error
		if !errors.As(err, &refused) || refused.Code != duo.CodeNotFound {
			return user, err == nil, err
		}
	}
	// An e-mail address may be anybody's, who had it set; a username is one person's.
	user, found, err := client.UserByUsername(ctx, name)
	if err == nil && !found && strings.Contains(name, "@") {
		return client.UserByEmail(ctx, name)
	}
	return user, found, err
}

// User reads one user and the bypass codes that the user has.
func (r *Runner) User(ctx context.Context, sc store.Scope, o store.Organization, id string) (duo.User, []duo.BypassCode, error) {
	client, err := r.client(ctx, sc, o)
	if err != nil {
		return duo.User{}, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var user duo.User
	var codes []duo.BypassCode
	both := task.Group{Failed: cancel}
	both.Go(ctx, r.log, "read a user", func() (err error) { user, err = client.User(ctx, duo.UserID(id)); return err })
	both.Go(ctx, r.log, "read a user's codes", func() (err error) {
		codes, err = client.UserBypassCodes(ctx, duo.UserID(id))
		return err
	})
	return user, codes, both.Wait()
}
