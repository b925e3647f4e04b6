package run

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// RecentProof is for how long a proved factor stands for what asks for a recent one.
const RecentProof = 10 * time.Minute

// Proof is what an actor has proved by a second factor.
type Proof struct {
	Session uuid.UUID // of the page; uuid.Nil: a program
	At      time.Time // when the session was proved last; zero: never
	Act     uuid.UUID // the proof that was given for one act; uuid.Nil: none
	OfPlan  bool      // a step of a plan is done, which was proved when it was approved
}

// ProofWanted says that a second factor has to be proved first. Nothing was done.
type ProofWanted struct {
	Tier   catalog.Tier
	Act    string // in words
	Digest []byte // of the act, its object and its parameters
}

func (e *ProofWanted) Error() string {
	return fmt.Sprintf("run: %s takes a proof (%s) of a second factor", e.Act, e.Tier)
}

// ErrNotNamed says that an access token was not made for an action that takes a proof for
// each act.
var ErrNotNamed = errors.New("run: the access token does not name this action")

// DigestOf is what a proof for one act is bound to: all parts, in their order.
func DigestOf(parts ...string) []byte {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write([]byte(part))
	}
	return sum.Sum(nil)
}

// Proofs are those that were given for one act each: of a transaction, or of the store.
type Proofs interface {
	UseProof(ctx context.Context, id, session uuid.UUID, digest []byte, now time.Time) error
}

// Prove makes sure that the actor has proved a second factor as lately as an act asks: in the
// transaction of the act, where there is one. A proof for one act is used up by it. act is a
// slug of the catalog or of an event; digest is what the proof must have been given for.
func (r *Runner) Prove(ctx context.Context, given Proofs, actor Actor, tier catalog.Tier, act, title string,
	digest []byte) error {
	now := r.Now()
	wanted := &ProofWanted{Tier: tier, Act: title, Digest: digest}
	switch {
	case tier == catalog.Unproved || actor.Proof.OfPlan:
		return nil
	case actor.Token.ID != uuid.Nil:
		if tier == catalog.Act && !slices.Contains(actor.Token.Acts, act) {
			return ErrNotNamed
		}
		return nil
	case tier == catalog.Recent && !actor.Proof.At.IsZero() && now.Sub(actor.Proof.At) < RecentProof:
		return nil
	case tier == catalog.Act && actor.Proof.Act != uuid.Nil:
		err := given.UseProof(ctx, actor.Proof.Act, actor.Proof.Session, digest, now)
		if errors.Is(err, store.ErrNotFound) {
			return wanted
		}
		return err
	}
	return wanted
}

// ProveRaised is Prove, in its transaction, for a limit of the workspace: raising it takes a
// factor of its own. act is what raising is, in words.
func (r *Runner) ProveRaised(ctx context.Context, tx *store.Tx, actor Actor, event store.Event, act string,
	before, after int) error {
	tier := catalog.Recent
	if after > before {
		tier = catalog.Act
	}
	return r.Prove(ctx, tx, actor, tier, event.Slug, act,
		DigestOf(event.Slug, tx.WorkspaceID().String(), strconv.Itoa(after)))
}

// proveRun is Prove for a request.
func (r *Runner) proveRun(ctx context.Context, tx *store.Tx, q Request) error {
	parts := append([]string{q.Action.Slug, q.Scope.Workspace().String(), q.Organization.ID.String(), q.ID.String()},
		fieldsOf(q)...)
	return r.Prove(ctx, tx, q.Actor, q.Action.TierOf(q.Input), q.Action.Slug, q.Action.Title, DigestOf(parts...))
}
