package store

import "context"

// MarkGone sets Gone on those of some runs whose user or phone was deleted for good
// by a run of the scope's: of deleteUser, if it was asked to be permanent, or of
// deletePhone, which are slugs of actions. What Duo itself or someone else deleted is
// not known.
func (t *Tx) MarkGone(ctx context.Context, runs []Run, deleteUser, deletePhone string) error {
	accounts, users, phones := []string{}, []string{}, []string{}
	for _, r := range runs {
		accounts, users, phones = append(accounts, r.AccountID), append(users, r.Input["user_id"]), append(phones, r.Input["phone_id"])
	}
	gone, err := t.tx.Query(ctx, `
		select exists (select from run r where `+runInScope+` and r.state = 'applied' and r.input ->> 'permanent' = 'true'
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
