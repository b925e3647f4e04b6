package store

import (
	"context"

	"github.com/google/uuid"
)

// MarkGone sets Gone on those of some runs whose user or phone was deleted for good
// by a run of the scope's: of deleteUser, if it was asked to be permanent, or of
// deletePhone, which are slugs of actions. What Duo itself or someone else deleted is
// not known.
func (t *Tx) MarkGone(ctx context.Context, runs []Run, deleteUser, deletePhone string) error {
	accounts, users, phones := []string{}, []string{}, []string{}
	for _, r := range runs {
		accounts, users, phones = append(accounts, r.AccountID), append(users, r.Input["user_id"]),
			append(phones, r.Input["phone_id"])
	}
	gone, err := t.tx.Query(ctx, `
		select exists (select from run r where `+runInScope+
		` and r.state = 'applied' and r.input ->> 'permanent' = 'true'
		               and x.person <> '' and r.id = any (array(select app.runs_of_user(x.account, $4, x.person))))
		    or exists (select from run r where `+runInScope+` and r.state = 'applied' and r.action = $5
		               and x.person = '' and x.phone <> '' and r.id = any (array(select app.runs_of_phone(x.account, x.phone, 5))))
		from unnest($1::text[], $2::text[], $3::text[]) with ordinality as x (account, person, phone, place) order by x.place`,
		accounts, users, phones, deleteUser, deletePhone)
	if err != nil {
		return err
	}
	defer gone.Close()
	for i := 0; gone.Next(); i++ {
		if err := gone.Scan(&runs[i].Gone); err != nil {
			return err
		}
	}
	return gone.Err()
}

// MarkTwins sets Twin, and the account that tells the organization from its namesake, on runs of organizations whose
// name another of the scope has.
func (t *Tx) MarkTwins(ctx context.Context, runs []Run) error {
	var names []string
	var ids []uuid.UUID
	for _, r := range runs {
		if r.Organization != nil {
			names, ids = append(names, *r.Organization), append(ids, *r.OrganizationID)
		}
	}
	twins, err := t.twins(ctx, names)
	if err != nil || len(twins) == 0 {
		return err
	}
	found, err := t.OrganizationsByID(ctx, ids)
	accounts := map[uuid.UUID]string{}
	for _, o := range found {
		accounts[o.ID] = o.AccountID
	}
	for i, r := range runs {
		if r.Organization != nil && twins[*r.Organization] {
			runs[i].Twin, runs[i].TwinAccount = true, accounts[*r.OrganizationID]
		}
	}
	return err
}
