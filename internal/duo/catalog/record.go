package catalog

import (
	"context"
	"time"

	"duodesk/internal/duo"
)

// LeavingKeys returns the slugs of the actions that leave keys behind, by which who
// stole an account could come back.
func LeavingKeys() []string { return []string{ProvisionAuth().Slug} }

// Record is what the console's own record has that an action decides by, of the
// workspace and the Duo account that the action is carried out in. Nil is none.
type Record interface {
	// Trashed returns the latest applied run that moved a user to the trash.
	Trashed(context.Context, duo.UserID) (*Past, error)
	// Verified returns the latest verification of a user, approved or not, if it is
	// not much older than VerifiedFor.
	Verified(context.Context, duo.UserID) (*Past, error)
}

// Past is a run as the record has it.
type Past struct {
	Input, Before map[string]string // see Action.Before
	Answer        Answer            // of the person who was asked; empty: nobody was, or not yet
	From, To      time.Time         // when it began and ended; To is zero as long as it is open
	Now           time.Time
}

func (v Values) trashed(ctx context.Context, id duo.UserID) (*Past, error) {
	if v.record == nil {
		return nil, nil
	}
	return v.record.Trashed(ctx, id)
}

func (v Values) verified(ctx context.Context, id duo.UserID) (*Past, error) {
	if v.record == nil {
		return nil, nil
	}
	return v.record.Verified(ctx, id)
}
