package store

import (
	"context"
	"iter"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Filter chooses organizations by what they still lack.
type Filter string

// The filters of the mapping and of the list of organizations.
const (
	All      Filter = ""
	Unmapped Filter = "unmapped"
	Unkeyed  Filter = "unkeyed"
	Failing  Filter = "failing"
)

// Counts says how far the mapping of a scope has come.
type Counts struct {
	Organizations int
	Mapped        int
	Keyed         int
	Failing       int
	Matching      int // organizations that fit filter and search
}

// chosen picks by a filter, $1, and by a search, $2.
const chosen = `($1 = '' or ($1 = 'unmapped' and c.kind is null) or ($1 = 'unkeyed' and k.key is null) or ($1 = 'failing' and ` + failing + `)
	or (starts_with($1, 'tag:') and substr($1, 5) = any (o.tags)))
	and ($2 = '' or position(app.fold($2) in app.fold(o.name || chr(10) || array_to_string(o.aliases, chr(10)))) > 0)`

// organizationState and stateRank rank an organization: first what fails, then what is not mapped.
const organizationState = `case when ` + failing + ` then '0' when c.kind is null then '1' else '2' end`

func (o Organization) stateRank() string {
	switch {
	case o.Failing:
		return "0"
	case !o.Mapped():
		return "1"
	}
	return "2"
}

var organizationOrders = orders[Organization]{
	id: "o.id", idOf: func(o Organization) uuid.UUID { return o.ID },
	by: map[string]order[Organization]{
		"": {"lower(o.name)", "lower($)", func(o Organization) string { return o.Name }, textKey},
		"state": {organizationState + ` || lower(o.name)`, "lower($)",
			func(o Organization) string { return o.stateRank() + o.Name }, textKey},
	},
}

// Organizations lists a page of the scope's organizations. Search is a part of the name or of an alias; Filter is a
// Filter, which chooses by what they lack or by a tag. Orders are "", the name, and "state", what needs work
// first.
func (t *Tx) Organizations(ctx context.Context, q Query) (found Page[Organization], n Counts, err error) {
	if n, err = t.CountOrganizations(ctx, q); err == nil {
		found, err = t.organizations(ctx, q)
	}
	return found, n, err
}

// CountOrganizations counts the scope's organizations; of a query, only what it chooses counts.
func (t *Tx) CountOrganizations(ctx context.Context, q Query) (n Counts, err error) {
	err = t.tx.QueryRow(ctx, `
		select count(*), count(c.kind), count(k.key), count(*) filter (where `+failing+
		`), count(*) filter (where `+chosen+`)
		from organization o
		left join connection c on c.workspace_id = o.workspace_id and c.organization_id = o.id
		left join directory_key k on k.workspace_id = o.workspace_id and k.organization_id = o.id and k.is_primary
		where `+organizationInScope, q.Filter, q.Search).
		Scan(&n.Organizations, &n.Mapped, &n.Keyed, &n.Failing, &n.Matching)
	return n, err
}

// organizations is Organizations without the counts.
func (t *Tx) organizations(ctx context.Context, q Query) (Page[Organization], error) {
	c := &conditions{args: []any{q.Filter, q.Search}}
	found, err := page(ctx, t.tx, c, organizationQuery+` where `+organizationInScope+` and `+chosen,
		organizationOrders, q)
	if err != nil {
		return found, err
	}
	return found, t.markTwinOrganizations(ctx, found.Rows)
}

// markTwinOrganizations sets Twin.
func (t *Tx) markTwinOrganizations(ctx context.Context, found []Organization) error {
	var names []string
	for _, o := range found {
		names = append(names, o.Name)
	}
	twins, err := t.twins(ctx, names)
	for i := range found {
		found[i].Twin = twins[found[i].Name]
	}
	return err
}

// EachOrganization hands out all organizations of the scope by name, read in parts.
func (t *Tx) EachOrganization(ctx context.Context) iter.Seq2[Organization, error] {
	return each(func(q Query) (Page[Organization], error) { return t.organizations(ctx, q) })
}

// EveryOrganization returns what EachOrganization hands out, for what must compare all names.
func (t *Tx) EveryOrganization(ctx context.Context) (every []Organization, err error) {
	for o, err := range t.EachOrganization(ctx) {
		if err != nil {
			return nil, err
		}
		every = append(every, o)
	}
	return every, nil
}

// twins returns those of some names that several organizations of the scope have, however they are written (app.fold):
// next to such a name, pages show which Duo account it is.
func (t *Tx) twins(ctx context.Context, names []string) (map[string]bool, error) {
	rows, err := t.tx.Query(ctx, `
		select n.name from unnest($1::text[]) as n (name)
		where app.fold(n.name) in (
			select o.folded from organization o where `+organizationInScope+`
			and o.folded = any (array(select app.fold(name) from unnest($1::text[]) as wanted (name))) group by 1 having count(*) > 1)`, names)
	if err != nil {
		return nil, err
	}
	shared, err := pgx.CollectRows(rows, pgx.RowTo[string])
	twins := map[string]bool{}
	for _, name := range shared {
		twins[name] = true
	}
	return twins, err
}
