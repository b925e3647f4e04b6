package run

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// What a plan needs of a Runner besides Do: which process it is, and whether what a run
// did is in Duo.

// Process returns the process that runs are begun by; ErrSilent if it may not begin any.
func (r *Runner) Process() (uuid.UUID, error) {
	now := r.process.now.Load()
	if !now.fresh() {
		return uuid.Nil, ErrSilent
	}
	return now.id, nil
}

// ReadBack is what Duo has of what a run was to do.
type ReadBack struct {
	Finding catalog.Finding
	Words   string // what differs; may be empty
	Created string // Duo's id of what was created, where the action has one
}

// ReadBack reads in Duo whether what a run of q was to do is there. What nobody can read
// is Unclear. before is what its record keeps of the object as it was.
func (r *Runner) ReadBack(ctx context.Context, q Request, before map[string]string) (found ReadBack, err error) {
	found.Finding = catalog.Unclear
	b := q.Action.ReadBack
	if b == nil {
		return found, nil
	}
	client, err := r.clientFor(ctx, q)
	if err != nil {
		return found, err
	}
	now, err := readBy(ctx, r, client, func(ctx context.Context, d *duo.Client) (map[string]string, error) {
		return b.Look(ctx, d, q.Input)
	})
	if err != nil {
		return found, err
	}
	found.Finding, found.Words = b.Holds(q.Action, q.Input, before, now)
	if b.Created != nil && found.Finding == catalog.Made {
		found.Created, err = readBy(ctx, r, client, func(ctx context.Context, d *duo.Client) (string, error) {
			return b.Created(ctx, d, q.Input, before)
		})
	}
	return found, err
}

// SameRun reports whether a run on record was started for what q asks, no matter by which operator and
// with whichever ticket and reason.
func SameRun(tx *store.Tx, recorded store.Run, q Request) bool {
	asked := store.Run{ID: recorded.ID, OperatorID: recorded.OperatorID, Action: q.Action.Slug}
	if q.Organization.ID != uuid.Nil {
		asked.OrganizationID = &q.Organization.ID
	}
	q.Ticket, q.Reason = recorded.Ticket, recorded.Reason
	return tx.SameRun(recorded, asked, fieldsOf(q))
}

// FactsWith returns facts as the record keeps them, with Duo's id of what was created
// where they have none.
func FactsWith(facts json.RawMessage, created string) json.RawMessage {
	f := catalog.RecordedFacts(facts)
	if created == "" || f.Created != "" {
		return facts
	}
	f.Created = created
	return f.Recorded()
}

// SettingsOf reads the settings of one of the listed child accounts, which no
// organization may have yet. It needs a scope of every organization.
func (r *Runner) SettingsOf(ctx context.Context, sc store.Scope, account store.Account) (duo.Settings, error) {
	client, err := r.AccountsClient(ctx, sc)
	if err != nil || !sc.Every() {
		return duo.Settings{}, orNotFound(err)
	}
	client = client.ForAccount(duo.AccountID(account.AccountID), account.APIHostname)
	return readBy(ctx, r, client, func(ctx context.Context, d *duo.Client) (duo.Settings,
		error) {
		return d.Settings(ctx)
	})
}

func orNotFound(err error) error {
	if err == nil {
		err = store.ErrNotFound
	}
	return err
}
