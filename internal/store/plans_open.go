package store

import (
	"context"
	"time"
)

// OpenPlan is a plan that has not ended, with its organization.
type OpenPlan struct {
	Slug      string // of the organization
	Name      string
	Colour    int
	State     string
	BegunBy   string // e-mail
	BegunAt   time.Time
	PausedWhy string
}

// OpenPlans lists the scope's plans of a kind that have not ended, the latest changed first,
// and counts all of them.
func (t *Tx) OpenPlans(ctx context.Context, kind string, limit int) (found []OpenPlan, total int, err error) {
	open := ` from plan p join operator b on b.id = p.begun_by
		join organization o on o.workspace_id = p.workspace_id and o.id = p.organization_id
		where ` + planInScope + ` and ` + organizationInScope +
		` and p.kind = $1 and p.state not in ('done', 'canceled')`
	if err = t.tx.QueryRow(ctx, `select count(*)`+open, kind).Scan(&total); err != nil || total == 0 {
		return nil, total, err
	}
	found, err = all[OpenPlan](ctx, t.tx,
		`select o.slug, o.name, o.colour, p.state, b.email as begun_by, p.begun_at, p.paused_why`+open+`
		order by p.expires_at desc, p.id limit $2`, kind, limit)
	return found, total, err
}
