package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/store"
)

// A contact that is like the one before is kept again after so long, and the page that
// waits for Duo waits for that write no longer than contactTime.
const (
	contactEvery = 10 * time.Minute
	contactTime  = 2 * time.Second
)

// contacts are the last ones that this process kept, by organization.
type contacts struct {
	mu   sync.Mutex
	kept map[runKey]contact
}

type contact struct {
	revision uuid.UUID
	trouble  string
	at       time.Time
}

// differs notes a contact, and reports whether it has to be kept.
func (c *contacts) differs(of runKey, now contact) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.kept[of]
	if known && before.revision == now.revision && before.trouble == now.trouble && now.at.Sub(before.at) < contactEvery {
		return false
	}
	if c.kept == nil {
		c.kept = map[runKey]contact{}
	}
	c.kept[of] = now
	return true
}

func (c *contacts) forget(of runKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, of)
}

// noting returns a client that keeps how the organization's account answers.
func (r *Runner) noting(c *duo.Client, sc store.Scope, o store.Organization) *duo.Client {
	of := runKey{sc.Workspace(), o.ID}
	return c.Observed(func(ctx context.Context, call duo.Call) {
		trouble, asked := troubleOf(call)
		now := contact{o.ConnectionRevision, trouble, r.Now()}
		if !asked || !r.contacts.differs(of, now) {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), contactTime)
		defer cancel()
		err := r.Store.InWorkspace(ctx, store.Within(sc.Workspace(), o.ID), func(tx *store.Tx) error {
			return tx.NoteContact(ctx, o, trouble, now.at)
		})
		if err != nil {
			r.contacts.forget(of) // the next call keeps it
			r.Log.InfoContext(ctx, "a contact was not kept", "error", err)
		}
	})
}

// troubleOf says how an account answered; asked is false where it was not asked, or
// where the caller went away.
func troubleOf(call duo.Call) (trouble string, asked bool) {
	switch call.Outcome() {
	case "ok", "rate_limited":
		return store.NoTrouble, true
	case "refused":
		if RefusesKeys(call.Err) {
			return store.KeysTrouble, true
		}
		return store.NoTrouble, true
	case "duo_error":
		if refused, is := errors.AsType[*duo.Error](call.Err); is && !refused.Reads() {
			return store.NoTrouble, false // of this act alone, perhaps
		}
		return store.InternalTrouble, true
	case "unreachable", "timeout", "lost":
		return store.ReachTrouble, true
	}
	return store.KeysTrouble, RefusesKeys(call.Err)
}
