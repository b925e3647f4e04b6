package run

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
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
	contactRetry = 10 * time.Second // after a contact that could not be kept
	silentAfter  = 5 * time.Second  // an account that does not answer for so long is in trouble
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
	if known && before.revision == now.revision && before.trouble == now.trouble &&
		now.at.Sub(before.at) < contactEvery {
		return false
	}
	if c.kept == nil {
		c.kept = map[runKey]contact{}
	}
	c.kept[of] = now
	return true
}

// notKept has the next contact kept again after contactRetry: a page that reads a list in
// many calls does not wait for each.
func (c *contacts) notKept(of runKey, now contact) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now.at = now.at.Add(contactRetry - contactEvery)
	c.kept[of] = now
}

// noting returns a client that keeps how the organization's account answers.
func (r *Runner) noting(c *duo.Client, sc store.Scope, o store.Organization) *duo.Client {
	of := runKey{sc.Workspace(), o.ID}
	var told atomic.Bool // what another process kept last was corrected
	return c.Observed(func(ctx context.Context, call duo.Call) {
		trouble, asked := troubleOf(call)
		if !asked {
			return
		}
		now := contact{o.ConnectionRevision, trouble, r.Now()}
		other := trouble != o.Trouble && !told.Swap(true)
		if !r.contacts.differs(of, now) && !other {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), contactTime)
		defer cancel()
		err := r.Store.InWorkspace(ctx, store.Within(sc.Workspace(), o.ID), func(tx *store.Tx) error {
			return tx.NoteContact(ctx, o, trouble, now.at)
		})
		if err != nil {
			r.contacts.notKept(of, now)
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
	case "timeout": // of a call that waits less, the caller's own time was over
		return store.ReachTrouble, call.Took >= silentAfter
	case "unreachable", "lost":
		return store.ReachTrouble, true
	}
	return store.KeysTrouble, RefusesKeys(call.Err)
}
