package store

import "context"

// MostGraceDays is the highest number of days that a workspace can set as its grace.
const MostGraceDays = 7

// GraceDays returns the workspace's grace: for how many days after the console was upgraded
// to second factors it admits operators of that time who have not set one up.
func (t *Tx) GraceDays(ctx context.Context) (days int, err error) {
	err = t.tx.QueryRow(ctx, `select factor_grace_days from workspace where id = $1`, t.scope.workspace).Scan(&days)
	return days, meaning(err)
}

// SetGraceDays changes the workspace's grace and writes record. days is 0 to MostGraceDays.
func (t *Tx) SetGraceDays(ctx context.Context, days int, record Record) error {
	_, err := t.tx.Exec(ctx, `update workspace set factor_grace_days = $1 where id = (select app.workspace())`, days)
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}
