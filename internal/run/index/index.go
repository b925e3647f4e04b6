// Package index keeps a copy of every organization's users in the store, and finds them there.
// Duo is the truth: what the copy says has an age.
package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

const (
	// keepEvery is how many pages a pass reads until it notes its place: what is read again after
	// an interruption.
	keepEvery = 10
	// missingAtOnce is how many users that a pass has not seen are looked up at a time.
	missingAtOnce = 100
)

// Index reads organizations into the store. No operator is behind it: it reaches one organization
// at a time, by a reader that changes nothing.
type Index struct{ *run.Runner }

// New returns an Index of a Runner's organizations.
func New(r *run.Runner) *Index { return &Index{r} }

// Read reads all users of an organization, or goes on with a pass that was interrupted. What
// fails deletes nothing, is noted with the copy, and is returned. An organization without a
// connection is left alone, and so is one whose connection changes meanwhile.
func (x *Index) Read(ctx context.Context, workspace, organization uuid.UUID) error {
	sc := store.Within(workspace, organization)
	o, err := x.Organization(ctx, sc, organization)
	if err != nil || !o.Mapped() {
		return over(err)
	}
	var pass store.IndexPass
	err = x.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		pass, err = tx.BeginPass(ctx, organization, o.Connection(), x.Now())
		return err
	})
	if err != nil {
		return over(err)
	}
	reader, err := x.Reader(ctx, sc, o)
	if err == nil {
		p := &reading{x: x, sc: sc, reader: reader, pass: pass}
		err = p.all(ctx)
	}
	return over(x.failed(ctx, sc, pass, err))
}

// over is nil for a pass that another one or another connection has ended.
func over(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.As(err, new(*run.ConnectionChanged)) {
		return nil
	}
	return err
}

// failed notes why a pass did not come to its end. One that was told to stop has not failed.
func (x *Index) failed(ctx context.Context, sc store.Scope, pass store.IndexPass, why error) error {
	if why == nil || ctx.Err() != nil || over(why) == nil {
		return why
	}
	err := x.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		return tx.FailPass(ctx, pass, Reason(why), x.Now())
	})
	return errors.Join(why, err)
}

// Reason says why a pass failed, without anything of Duo's or of a person.
func Reason(err error) string {
	if refused, is := errors.AsType[*duo.Error](err); is {
		return fmt.Sprintf("Duo answered with the error %d.", refused.Code)
	}
	if failed, is := errors.AsType[*duo.TransportError](err); is {
		return "Duo did not answer: " + string(failed.Failure) + "."
	}
	if missing, is := errors.AsType[*run.NotConnected](err); is {
		return "There are no " + missing.API + " keys."
	}
	return "The console failed. The log has more."
}

// reading is a pass under way.
type reading struct {
	x      *Index
	sc     store.Scope
	reader duo.Reader
	pass   store.IndexPass
}

// all reads what is left of the pass, and ends it.
func (p *reading) all(ctx context.Context) error {
	if err := p.pages(ctx); err != nil {
		return err
	}
	// A list that is empty although there were users may be an answer that went wrong.
	if len(p.pass.Seen) == 0 {
		if err := p.pages(ctx); err != nil {
			return err
		}
	}
	if err := p.missing(ctx); err != nil {
		return err
	}
	return p.in(ctx, func(tx *store.Tx) error { return tx.EndPass(ctx, p.pass) })
}

func (p *reading) in(ctx context.Context, fn func(*store.Tx) error) error {
	return p.x.Store.InWorkspace(ctx, p.sc, fn)
}

// pages reads the list to its end.
func (p *reading) pages(ctx context.Context) error {
	for n := 1; ; n++ {
		asked := p.x.Now()
		users, metadata, err := p.reader.UsersPage(ctx, p.pass.NextOffset)
		if err != nil {
			return err
		}
		for _, u := range users {
			p.pass.Seen = append(p.pass.Seen, string(u.ID))
		}
		// A list that goes back would never end.
		last := metadata.Next <= p.pass.NextOffset
		p.pass.NextOffset = metadata.Next
		err = p.in(ctx, func(tx *store.Tx) error {
			if _, err := tx.IndexPage(ctx, p.pass, indexed(users), asked); err != nil || last || n%keepEvery > 0 {
				return err
			}
			return tx.KeepPlace(ctx, p.pass)
		})
		if err != nil || last {
			return err
		}
	}
}

// missing asks for each user that the pass has not seen: pages shift while they are read, so that
// only Duo's own word about the one user says that there is none.
func (p *reading) missing(ctx context.Context) error {
	for {
		var ids []string
		err := p.in(ctx, func(tx *store.Tx) (err error) {
			ids, err = tx.MissingUsers(ctx, p.pass, missingAtOnce)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := p.look(ctx, id); err != nil {
				return err
			}
			p.pass.Seen = append(p.pass.Seen, id)
		}
	}
}

// look asks for one user, and notes what Duo says.
func (p *reading) look(ctx context.Context, id string) error {
	asked := p.x.Now()
	user, err := p.reader.User(ctx, duo.UserID(id))
	if refused, is := errors.AsType[*duo.Error](err); is && refused.Code == duo.CodeNotFound {
		return p.in(ctx, func(tx *store.Tx) error { return tx.UserGone(ctx, p.pass, id, asked) })
	}
	if err != nil {
		return err
	}
	if string(user.ID) != id {
		return fmt.Errorf("index: Duo answered about another user than was asked for")
	}
	return p.in(ctx, func(tx *store.Tx) error {
		_, err := tx.IndexPage(ctx, p.pass, indexed([]duo.User{user}), asked)
		return err
	})
}
