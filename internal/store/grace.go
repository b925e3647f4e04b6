package store

import "context"

// MostGraceDays is for how many days at most a workspace admits operators who have no
// second factor.
const MostGraceDays = 7

// GraceDays is for how many days after the coming of second factors the workspace admits
// operators who were there before and have none.
func (t *Tx) GraceDays(ctx context.Context) (days int, err error) {
	err = t.tx.QueryRow(ctx, `select factor_grace_days from workspace where id = $1`, t.scope.workspace).Scan(&days)
	return days, meaning(err)
}

// SetGraceDays changes it, on record.
func (t *Tx) SetGraceDays(ctx context.Context, days int, record Record) error {
	_, err := t.tx.Exec(ctx, `update workspace set factor_grace_days = $1 where id = (select app.workspace())`, days)
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}
