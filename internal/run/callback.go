package run

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// What came of calling a person back.
const (
	Confirmed    = "confirmed"     // the person asked for what the caller asked for
	NotConfirmed = "not-confirmed" // the person did not
	NotReached   = "not-reached"
)

// CallBack says that an operator called a person back, on a number that Duo holds for
// one of the person's phones. It is a record of ours: nothing is sent to Duo, and no
// right follows from it.
type CallBack struct {
	ID           uuid.UUID // from the form; the key against recording it twice
	Scope        store.Scope
	Organization store.Organization
	Actor        Actor
	Opened       string // the connection that the form was opened for, see Connection
	User, Phone  string // Duo's ids
	Result       string // Confirmed, NotConfirmed or NotReached
	Ticket       string
}

// The fields of CallBack in a form and in the record.
const (
	CallBackPhone  = "phone_id"
	CallBackResult = "result"
)

// CallBackWords are the sentences of what came of a call.
var CallBackWords = map[string]string{
	Confirmed:    "The person confirmed the request.",
	NotConfirmed: "The person did not confirm the request.",
	NotReached:   "Nobody was reached.",
}

// RecordCallBack puts a call on record. A *catalog.FieldError says that the phone is not
// one of the person's with a number, or that the result is unknown; *AlreadyRun and
// ErrOtherInput, that the form was sent before; *ConnectionChanged, that the
// organization is connected otherwise since the form was opened.
func (r *Runner) RecordCallBack(ctx context.Context, q CallBack) error {
	said, known := CallBackWords[q.Result]
	if !known {
		return &catalog.FieldError{Field: CallBackResult, Message: "Choose what came of the call."}
	}
	if now, words, err := r.Connection(ctx, q.Scope, q.Organization); err != nil || now != q.Opened {
		return cmp.Or(err, error(&ConnectionChanged{words})) // before Duo is asked; the transaction compares once more
	}
	user, _, err := r.User(ctx, q.Scope, q.Organization, q.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(user.Phones, func(p duo.Phone) bool { return string(p.ID) == q.Phone && p.Number != "" })
	if i < 0 {
		return &catalog.FieldError{Field: CallBackPhone, Message: "Choose a number that Duo holds for this person."}
	}
	number, name := catalog.Plain(user.Phones[i].FullNumber()), catalog.Plain(user.Username)
	record := store.Record{
		ID: q.ID, Event: store.CalledBack, Operator: q.Actor.Operator, Token: q.Actor.Token.Name,
		TokenID:      q.Actor.Token.ID,
		Organization: q.Organization.ID, AccountID: q.Organization.AccountID, Subject: name, At: r.Now(),
		Ticket: q.Ticket,
		Input: map[string]string{"user_id": string(user.ID), CallBackPhone: q.Phone, "number": number,
			CallBackResult: q.Result},
		Summary: "Called " + name + " back on " + number + ". " + said + " Nothing was sent to Duo.",
	}
	err = r.Change(ctx, q.Scope, q.Actor, catalog.Helpdesk, func(tx *store.Tx) error {
		if err := holdConnection(ctx, tx, Request{Organization: q.Organization, Opened: q.Opened}); err != nil {
			return err
		}
		return tx.Record(ctx, record)
	})
	if !store.IsConflict(err, "run_pkey") {
		return err
	}
	return r.recordedBefore(ctx, q, record)
}

// recordedBefore says of a call whose id was used before whether it was for the same.
func (r *Runner) recordedBefore(ctx context.Context, q CallBack, record store.Record) error {
	return r.Store.InWorkspace(ctx, q.Scope, func(tx *store.Tx) error {
		earlier, err := tx.Run(ctx, q.ID)
		switch {
		case err != nil && ignoreNotFound(err) == nil:
			return ErrOtherInput
		case err != nil:
			return err
		case earlier.Action != record.Event.Slug || earlier.OperatorID != record.Operator ||
			earlier.Summary != record.Summary || earlier.Ticket != q.Ticket:
			return ErrOtherInput
		}
		return &AlreadyRun{Run: earlier}
	})
}
