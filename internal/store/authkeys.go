package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// The states of an organization's Auth API keys.
const (
	AuthWorks     = "works"
	AuthFails     = "fails"
	AuthUnchecked = "unchecked"
	AuthNone      = "none" // it has none, or no Duo account to have them in
)

// AuthKeys tells whether an organization can be authenticated in.
type AuthKeys struct {
	ID        uuid.UUID
	Slug      string
	Name      string
	Colour    int
	AccountID string // of a child
	Twin      bool   `db:"-"` // see Organization
	Kind      string // how the organization is connected; a parent's keys are the workspace's
	State     string // AuthWorks …
	Waiting   bool   // the keys are not in use: Duo did not accept them
	OtherHost bool   // the keys are those of another account, as it is connected now
	Verdict   json.RawMessage
	Since     *time.Time // of the first check in a row that came out the same
	CheckedAt *time.Time
}

// authKeys is every organization o with its Auth API keys: those in use or else
// those that wait, never another's.
const authKeys = `
		select o.id, o.slug, o.name, o.colour, coalesce(c.kind, '') as kind, coalesce(c.account_id, '') as account_id, coalesce(s.state = 'candidate', false) as waiting,
		       coalesce(c.kind <> 'parent' and lower(s.host) <> lower(coalesce(c.api_hostname, a.host, '')), false) as other_host,
		       k.verdict, k.checked_at, k.outcome, s.version,
		       (select min(e.checked_at) from integration_check e where e.workspace_id = o.workspace_id and e.organization_id is not distinct from s.organization_id
		        and e.api = 'auth' and e.version = s.version and e.outcome = k.outcome and not exists (
		            select from integration_check d where d.workspace_id = e.workspace_id and d.organization_id is not distinct from e.organization_id
		            and d.api = 'auth' and d.version = e.version and d.outcome <> e.outcome and d.checked_at > e.checked_at)) as since
		from organization o
		left join connection c on c.workspace_id = o.workspace_id and c.organization_id = o.id
		left join lateral (
			select s.organization_id, s.host, s.version, s.state from integration_secret s
			where s.workspace_id = o.workspace_id and s.api = 'auth' and s.state <> 'retired'
			and (c.kind = 'parent' and s.organization_id is null or c.kind in ('child', 'own') and s.organization_id = o.id)
			order by s.state limit 1) s on true
		left join integration_secret a on c.kind = 'own' and a.workspace_id = o.workspace_id and a.organization_id = o.id and a.api = 'admin' and a.state = 'active'
		left join lateral (
			select e.verdict, e.outcome, e.checked_at from integration_check e
			where e.workspace_id = o.workspace_id and e.organization_id is not distinct from s.organization_id and e.api = 'auth' and e.version = s.version
			order by e.checked_at desc limit 1) k on true`

// authKeysState names the state of a row of authKeys.
const authKeysState = `case when version is null then 'none' when waiting or other_host or outcome = 'fails' then 'fails' when outcome is null then 'unchecked' else 'works' end`

// authKeysFit picks by a search, $1.
const authKeysFit = `($1 = '' or position(app.fold($1) in app.fold(o.name || chr(10) || array_to_string(o.aliases, chr(10)))) > 0)`

// AuthKeysCounts says how many organizations are in which state.
type AuthKeysCounts struct{ All, Works, Fails, Unchecked, None int }

var authKeysOrders = orders[AuthKeys]{
	id: "id", idOf: func(k AuthKeys) uuid.UUID { return k.ID },
	by: map[string]order[AuthKeys]{
		"": {"lower(name)", "lower($)", func(k AuthKeys) string { return k.Name }, textKey},
		"checked": {"coalesce(checked_at, 'epoch')", "$::timestamptz",
			func(k AuthKeys) string { return timeOf(k.CheckedAt) }, timeKey},
	},
}

// AuthKeys lists a page of the scope's organizations with the state of their Auth API keys. Search is a part of the
// name or of an alias; Filter is a state. Orders are "", the name, and "checked", from those never checked on.
func (t *Tx) AuthKeys(ctx context.Context, q Query) (found Page[AuthKeys], n AuthKeysCounts, err error) {
	n, err = one[AuthKeysCounts](ctx, t.tx, `
		with keys as (`+authKeys+` where `+organizationInScope+` and `+authKeysFit+`), grid as (select `+authKeysState+
		` as state from keys)
		select count(*) as all, count(*) filter (where state = 'works') as works, count(*) filter (where state = 'fails') as fails,
		       count(*) filter (where state = 'unchecked') as unchecked, count(*) filter (where state = 'none') as none from grid`, q.Search)
	if err != nil {
		return found, n, err
	}
	found, err = page(ctx, t.tx, &conditions{args: []any{q.Search, q.Filter}}, `
		with keys as (`+authKeys+` where `+organizationInScope+` and `+authKeysFit+`), grid as (select keys.*, `+
		authKeysState+` as state from keys)
		select id, slug, name, colour, kind, account_id, state, waiting, other_host, verdict, since, checked_at from grid
		where ($2 = '' or state = $2)`, authKeysOrders, q)
	if err != nil {
		return found, n, err
	}
	var names []string
	for _, k := range found.Rows {
		names = append(names, k.Name)
	}
	twins, err := t.twins(ctx, names)
	for i := range found.Rows {
		found.Rows[i].Twin = twins[found.Rows[i].Name]
	}
	return found, n, err
}
