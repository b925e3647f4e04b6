package run

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// The outcome of a run is not known when its process died, or when Duo's answer was
// lost. Then one living process reads from Duo what became of it. What is there as
// it was sent closes the run at once. What is not there may still arrive: that
// closes a run only a good while after its last possible moment, and after a second
// look. The rest is closed as unknown, with what a person has to check.
const (
	lookEvery = 5 * time.Second // while nothing is clear
	lookTime  = 10 * time.Second
)

// late is how long after its deadline a change may still arrive in Duo: 60 s.
func (r rhythm) late() time.Duration { return r.beats(30) }

// enough is after which time beyond the deadline nobody looks any more: 75 s. A run
// sent for 20 s is closed within 120 s of whatever happened to its process.
func (r rhythm) enough() time.Duration { return r.beats(37.5) }

// doubt keeps why the outcome of a run is not known, although this process lives,
// and what is, and looks for it in the background.
func (r *Runner) doubt(ctx context.Context, sc store.Scope, started store.Run, summary string, known catalog.Result) {
	ctx = context.WithoutCancel(ctx)
	process := *started.ProcessID
	r.following.all.Go(ctx, r.Log, "read back a run", func() error {
		var o store.OpenRun
		var closed store.Run
		err := r.untilDone(ctx, func(ctx context.Context) error {
			return r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
				if err = tx.NoteDoubt(ctx, started, summary, known.Subject, known.Recorded(), process); err == nil {
					o, err = tx.Claim(ctx, started.ID, process)
				}
				if errors.Is(err, store.ErrNotFound) {
					closed, err = tx.Run(ctx, started.ID)
				}
				return err
			})
		})
		if err == nil && closed.State != "" && closed.State != store.Sending {
			r.turned(closed.State) // this process was taken for dead, and another one found it out
			return nil
		}
		if err != nil || closed.State == store.Sending {
			r.Log.WarnContext(ctx, "nobody looks for the outcome of a run yet", "run", started.ID, "error", err)
			r.turned(Unclosed)
			return nil
		}
		r.turned(r.settle(r.following.ctx, o, process))
		return nil
	})
}

// settle looks for the outcome of an open run that this process has claimed, until
// it is closed or ctx ends. It returns the state that it closed the run in, or
// Unclosed.
func (r *Runner) settle(ctx context.Context, o store.OpenRun, looker uuid.UUID) string {
	for absent := 0; ; {
		found := r.look(ctx, o)
		var now time.Time
		err := r.untilDone(ctx, func(ctx context.Context) error {
			return r.Store.InWorkspace(ctx, store.WholeWorkspace(o.Workspace), func(tx *store.Tx) (err error) {
				now, err = tx.NoteLook(ctx, o.ID, looker, found.words, found.finding == catalog.NotMade)
				return err
			})
		})
		if err != nil {
			return Unclosed // closed meanwhile, claimed by another, or this process ends
		}
		if found.finding == catalog.NotMade {
			absent++
		}
		end, again := r.conclude(o, found, absent, now)
		if end.State != "" {
			end.By = looker
			return r.closeFound(ctx, o, end)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return Unclosed
		}
	}
}

// look is what one reading showed.
type look struct {
	finding catalog.Finding
	words   string
	never   bool // there is nothing to read: no look will show more
}

// conclude decides what closes a run after a look, or how long to wait for the next
// one. absent counts the looks that did not find the change.
func (r *Runner) conclude(o store.OpenRun, found look, absent int, now time.Time) (end store.Ending,
	again time.Duration) {
	action, _ := catalog.Lookup(o.Action)
	deadline := o.StartedAt.Add(writeTime)
	if o.DeadlineAt != nil {
		deadline = *o.DeadlineAt
	}
	late, enough := deadline.Add(r.rhythm.late()), deadline.Add(r.rhythm.enough())
	pause := min(lookEvery, r.rhythm.beats(2.5))
	end.Subject, end.Facts = o.Subject, o.Facts
	switch {
	case action.Run != nil && action.Reads(catalog.Recalled(o.Input)):
		end.State, end.Summary = store.Refused,
			"The console stopped before Duo answered. This only reads: nothing was changed."
	case found.finding == catalog.Made:
		end.State, end.Summary = store.Applied, "Applied, by read-back at "+clock(now)+". "+catalog.Plain(found.words)
	case found.finding == catalog.NotMade && absent >= 2 && !now.Before(late):
		end.State, end.Summary = store.Refused, "Not done, by read-back at "+clock(now)+". "+catalog.Plain(found.words)
	case found.finding == catalog.NotMade:
		// It may arrive at any time; the last look comes when that time is over.
		pause *= 1 << min(absent-1, 2)
		if left := late.Sub(now); left > 0 {
			pause = min(pause, left)
		}
		return store.Ending{}, pause
	case found.never && !now.Before(late), !now.Before(enough):
		end.State, end.Summary = store.Unknown, strings.TrimSpace(unknownWords(o)+" "+catalog.Plain(found.words))
	case found.never:
		return store.Ending{}, max(pause, late.Sub(now))
	default:
		return store.Ending{}, pause
	}
	end.Summary = catalog.Sentences(end.Summary)
	return end, 0
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// unknownWords says why the outcome of a run is not known.
func unknownWords(o store.OpenRun) string {
	if o.Doubt != "" {
		return o.Doubt
	}
	return strings.TrimSpace(o.Sent + " The console stopped before Duo's answer was recorded.")
}

// closeFound closes a run with what was found out. A sender that came back and
// closed it first is right.
func (r *Runner) closeFound(ctx context.Context, o store.OpenRun, end store.Ending) string {
	err := r.untilDone(ctx, func(ctx context.Context) error {
		return r.Store.InWorkspace(ctx, store.WholeWorkspace(o.Workspace), func(tx *store.Tx) error {
			return tx.FinishRun(ctx, o.ID, end, r.Now())
		})
	})
	if err != nil {
		return Unclosed
	}
	r.Log.InfoContext(ctx, "the outcome of a run was looked up", "run", o.ID, "state", end.State)
	if organization, err := r.organizationOf(ctx, o); err == nil {
		r.forget(store.WholeWorkspace(o.Workspace), organization)
	}
	return end.State
}

// look reads from the account that a run was sent to what became of it.
func (r *Runner) look(ctx context.Context, o store.OpenRun) look {
	action, known := catalog.Lookup(o.Action)
	if !known || action.ReadBack == nil {
		return look{finding: catalog.Unclear, never: true}
	}
	select {
	case r.looks <- struct{}{}:
		defer func() { <-r.looks }()
	case <-ctx.Done():
		return look{finding: catalog.Unclear}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	in := catalog.Recalled(o.Input)
	client, err := r.clientAsSent(ctx, o, action.API)
	if err != nil {
		return look{finding: catalog.Unclear, words: lookFailed(o, action, err)}
	}
	now, err := action.ReadBack.Look(ctx, client, in)
	if err != nil {
		return look{finding: catalog.Unclear, words: lookFailed(o, action, err)}
	}
	var found look
	found.finding, found.words = action.ReadBack.Compare(action, in, o.Before, now)
	if found.finding != catalog.Made {
		return found
	}
	contested, err := r.contested(ctx, o, action, in)
	if err != nil || contested {
		return look{finding: catalog.Unclear,
			words: "What was asked for is in Duo, and another run asked for the same at that time: " + found.words}
	}
	if action.ReadBack.After != nil {
		said, err := action.ReadBack.After(r.process.now.Load().within(ctx), client, in)
		found.words = strings.TrimSpace(found.words + " " + said)
		if err != nil {
			found.finding = catalog.Unclear // tried again with the next look
		}
	}
	return found
}

// contested reports whether another run may have done what a run asked for, by
// whatever action.
func (r *Runner) contested(ctx context.Context, o store.OpenRun, action catalog.Action,
	in catalog.Values) (contested bool, err error) {
	rivals, raw := catalog.Rivals()
	err = r.Store.InWorkspace(ctx, store.WholeWorkspace(o.Workspace), func(tx *store.Tx) error {
		found, err := tx.Rivals(ctx, o.Run, rivals, raw, action.ReadBack.Named(action, in))
		for _, other := range found {
			contested = contested || action.ReadBack.Contests(action, in, other.Action, other.Input)
		}
		return err
	})
	return contested, err
}

// errElsewhere says that the keys in use lead to another account than a run was
// sent to, or to none.
var errElsewhere = errors.New("run: the account that this was sent to cannot be reached with the keys in use")

func lookFailed(o store.OpenRun, action catalog.Action, err error) string {
	var unconnected *NotConnected
	if errors.Is(err, errElsewhere) || errors.As(err, &unconnected) {
		return "The Duo account that this was sent to cannot be reached with the keys that are in use now: look there."
	}
	return "It could not be read back. " + ExplainFor(store.Organization{Kind: o.ConnectionKind}, action.API, err).Cause
}

// clientAsSent makes a client for the account that a run was sent to, whatever its
// organization is connected with by now. Each Duo account has a host of its own,
// so that keys of the same host lead to the same account.
func (r *Runner) clientAsSent(ctx context.Context, o store.OpenRun, api catalog.API) (*duo.Client, error) {
	slot := store.OfWorkspace(store.AccountsAPI)
	switch {
	case o.APIHost == "":
		return nil, errElsewhere
	case api == catalog.Accounts || api == catalog.Admin && o.ConnectionKind == store.Child:
	case api == catalog.Admin && o.ConnectionKind == store.Parent:
		slot = store.OfWorkspace(store.AdminAPI)
	case api == catalog.Auth && o.ConnectionKind == store.Parent:
		slot = store.OfWorkspace(store.AuthAPI)
	case o.OrganizationID == nil:
		return nil, errElsewhere
	case api == catalog.Auth:
		slot = store.Slot{API: store.AuthAPI, Organization: *o.OrganizationID}
	case api == catalog.Admin && o.ConnectionKind == store.Own:
		slot = store.OfOrganization(*o.OrganizationID)
	default:
		return nil, errElsewhere
	}
	client, err := r.clientIn(ctx, store.WholeWorkspace(o.Workspace), slot)
	if err != nil {
		return nil, err
	}
	if api == catalog.Admin && o.ConnectionKind == store.Child {
		return client.ForAccount(duo.AccountID(o.AccountID), o.APIHost), nil
	}
	if !strings.EqualFold(client.Host(), o.APIHost) {
		return nil, errElsewhere
	}
	return client, nil
}

// organizationOf is the organization of an open run as it is connected now.
func (r *Runner) organizationOf(ctx context.Context, o store.OpenRun) (store.Organization, error) {
	if o.OrganizationID == nil {
		return store.Organization{}, store.ErrNotFound
	}
	return r.Organization(ctx, store.WholeWorkspace(o.Workspace), *o.OrganizationID)
}
