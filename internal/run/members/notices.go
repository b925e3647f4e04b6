package members

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// ownerRole is the name of catalog.Owner in memberships.
var ownerRole = catalog.Owner.String()

// notifyOfOwner writes the notice that by gave an operator the Owner role, in the same
// transaction.
func (r *Runner) notifyOfOwner(ctx context.Context, tx *store.Tx, operator, by uuid.UUID, from store.Origin) error {
	return tx.Notify(ctx, store.NewNotice{Kind: store.NoticeOwnerGiven, Operator: operator, By: by, From: from,
		At: r.Now()})
}

// Acknowledge marks notices of the workspace as acknowledged, as an owner and on record, and
// returns the id of the record. Notices that were acknowledged before are skipped; if none
// is left, nothing is recorded and the id is uuid.Nil.
func (r *Runner) Acknowledge(ctx context.Context, sc store.Scope, actor run.Actor, ids []uuid.UUID) (uuid.UUID,
	error) {
	var record uuid.UUID
	err := r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		done, err := tx.AcknowledgeNotices(ctx, ids, actor.Operator, r.Now())
		if err != nil || len(done) == 0 {
			return err
		}
		record = uuid.New()
		return tx.Record(ctx, store.Record{ID: record, Event: store.NoticeAcknowledged, Operator: actor.Operator,
			Ticket: actor.Ticket, At: r.Now(), Input: map[string]string{"notices": idsOf(done)},
			Summary: fmt.Sprintf("Acknowledged %d security notice%s.", len(done), plural(len(done)))})
	})
	return record, err
}

// idsOf returns the ids of notices. The record has nothing else of them, because others than
// owners read it.
func idsOf(notices []store.Notice) string {
	var ids []string
	for _, n := range notices {
		ids = append(ids, n.ID.String())
	}
	return strings.Join(ids, " ")
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
