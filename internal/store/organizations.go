package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Organization is one client of the MSP, with how it is reached in Duo. The
// fields after Colour are empty until somebody sets them.
type Organization struct {
	ID             uuid.UUID
	Slug           string
	Name           string
	Colour         int    // 1 to 12, stable
	Kind           string // Child, Parent or Own; empty: not connected
	AccountID      string // of a child alone: no API tells another its own
	APIHostname    string
	IntegrationKey string // of the keys in use, where they are not the Accounts API's
	DirectoryKey   string // the primary one

	Aliases  []string // other names that people use for it
	Tags     []string // in lower case
	TimeZone string   // IANA; empty: not told
	Revision int      // counts the changes of name, aliases, tags, time zone and colour
	Failing  bool     // cannot be reached as it is connected
	NoHost   bool     // it fails because Duo lists its account without a usable host
	Trouble  string   // how its account answered last, as it is connected: see NoteContact

	Onboarding         bool      // it is being onboarded
	AccountName        string    // of a child account, when it was mapped
	ConnectionRevision uuid.UUID // another after every change of the connection; see Connection

	ArchivedAt *time.Time // nil but for Access, which refuses those that have one
	Twin       bool       `db:"-"` // another of the scope has its name, however it is written; lists say so
}

// The ways in which an organization is reached in Duo.
const (
	Child  = "child"  // a child account, through the workspace's Accounts API
	Parent = "parent" // the MSP's own account, with the workspace's Admin API
	Own    = "own"    // with Admin API keys of its own
)

// LongestName is how many characters an organization's name may have.
const LongestName = 200

// Mapped reports whether the organization has a Duo account.
func (o Organization) Mapped() bool { return o.Kind != "" }

// Account identifies the Duo account that the organization is connected with: a child's id, or the API host of another,
// as each account has one host. Empty: none.
func (o Organization) Account() string { return cmp.Or(o.AccountID, o.APIHostname) }

const organizationQuery = `
	select o.id, o.slug, o.name, o.colour, coalesce(c.kind, '') as kind, coalesce(c.account_id, '') as account_id,
	       coalesce(c.api_hostname, s.host, '') as api_hostname, coalesce(s.integration_key, '') as integration_key,
	       coalesce(k.key, '') as directory_key, o.aliases, o.tags, o.time_zone, o.revision, coalesce(` + failing +
	`, false) as failing, coalesce(` + noHost + `, false) as no_host,
	       o.onboarding, coalesce(c.account_name, '') as account_name, coalesce(c.revision, '00000000-0000-0000-0000-000000000000') as connection_revision, o.archived_at,
	       coalesce(t.trouble, '') as trouble
	from organization o
	left join connection c on c.workspace_id = o.workspace_id and c.organization_id = o.id
	left join contact t on t.workspace_id = c.workspace_id and t.organization_id = c.organization_id and t.revision = c.revision
	left join directory_key k on k.workspace_id = o.workspace_id and k.organization_id = o.id and k.is_primary` + adminKeys

// adminKeys joins the Admin API keys that reach organization o by connection c, where it is no child account.
const adminKeys = `
	left join lateral (
		select s.host, s.integration_key from integration_secret s
		where s.workspace_id = o.workspace_id and s.api = 'admin' and s.state = 'active'
		and (c.kind = 'own' and s.organization_id = o.id or c.kind = 'parent' and s.organization_id is null)) s on true`

func (o *Organization) scan(row pgx.Row) error {
	return row.Scan(&o.ID, &o.Slug, &o.Name, &o.Colour, &o.Kind, &o.AccountID, &o.APIHostname, &o.IntegrationKey,
		&o.DirectoryKey,
		&o.Aliases, &o.Tags, &o.TimeZone, &o.Revision, &o.Failing, &o.NoHost, &o.Onboarding, &o.AccountName,
		&o.ConnectionRevision, &o.ArchivedAt,
		&o.Trouble)
}

// OrganizationName is an organization as a list of links names it.
type OrganizationName struct {
	Slug      string
	Name      string
	Colour    int
	AccountID string // of a child account
	Twin      bool   // see Organization
	Recent    bool   // an operator opened it lately, where that is asked for
}

// Organization returns the organization of an id. ErrNotFound says that the scope
// does not reach it.
func (t *Tx) Organization(ctx context.Context, id uuid.UUID) (Organization, error) {
	found, err := t.OrganizationsByID(ctx, []uuid.UUID{id})
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Organization{}, err
	}
	return found[0], nil
}

// OrganizationsByID returns those of ids that the scope reaches.
func (t *Tx) OrganizationsByID(ctx context.Context, ids []uuid.UUID) ([]Organization, error) {
	return all[Organization](ctx, t.tx, organizationQuery+` where `+organizationInScope+` and o.id = any ($1)`, ids)
}

// HasOrganization reports whether the scope holds an organization of that slug, archived or not.
func (t *Tx) HasOrganization(ctx context.Context, slug string) (has bool, err error) {
	err = t.tx.QueryRow(ctx, `select exists (select from organization o where `+organizationOnRecord+
		` and o.slug = $1)`, slug).Scan(&has)
	return has, err
}

// CreateOrganizations adds organizations in order, each with a slug of its own,
// and returns them. Names may repeat: the slug tells them apart. It needs a
// scope of the whole workspace, since only that sees all slugs.
func (t *Tx) CreateOrganizations(ctx context.Context, names ...string) ([]Organization, error) {
	made := make([]Organization, len(names))
	for i, name := range names {
		made[i] = Organization{ID: uuid.New(), Name: name}
	}
	return made, t.createOrganizations(ctx, made)
}

// CreateOrganization is CreateOrganizations for one whose id is given, so that a
// form sent twice creates once: a *ConflictError on "organization_pkey" says
// that it exists.
func (t *Tx) CreateOrganization(ctx context.Context, id uuid.UUID, name string) (Organization, error) {
	made := []Organization{{ID: id, Name: name}}
	err := t.createOrganizations(ctx, made)
	return made[0], err
}

func (t *Tx) createOrganizations(ctx context.Context, made []Organization) error {
	// Two at once would choose the same slugs.
	if err := t.LockMapping(ctx); err != nil {
		return err
	}
	rows, err := t.tx.Query(ctx, `select slug from organization where `+inWorkspace)
	if err != nil {
		return err
	}
	slugs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	taken := map[string]bool{"new": true, "import": true} // addresses beside those of organizations
	for _, slug := range slugs {
		taken[slug] = true
	}
	batch := &pgx.Batch{}
	for i := range made {
		o := &made[i]
		o.Slug = freeSlug(o.Name, taken)
		if o.Colour == 0 {
			o.Colour = (len(slugs)+i)%12 + 1
		}
		o.Aliases, o.Tags, o.Revision = texts(o.Aliases), texts(o.Tags), 1
		taken[o.Slug] = true
		batch.Queue(
			`insert into organization (workspace_id, id, slug, name, colour, aliases, tags, time_zone) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.scope.workspace, o.ID, o.Slug, o.Name, o.Colour, o.Aliases, o.Tags, o.TimeZone)
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// LockMapping waits until nobody else creates or maps organizations of the
// workspace, and keeps others waiting until the transaction ends.
func (t *Tx) LockMapping(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('mapping ' || app.workspace()::text, 0))`)
	return err
}

// Account is an account that the workspace's Accounts key lists in Duo.
type Account struct {
	AccountID   string
	Name        string
	APIHostname string     // "": Duo names no host for it that keys may be sent to
	ReadAt      time.Time  // when Duo listed it last
	MappedTo    *uuid.UUID // the organization that has it; nil: none of this scope
}

// usable accounts, a, can be mapped: Duo named one of its hosts for them.
const usable = `a.api_hostname <> ''`

// Usable reports whether an organization can be connected with the account.
func (a Account) Usable() bool { return a.APIHostname != "" }

// Accounts lists the Duo accounts as they were last read, by name, usable or not.
func (t *Tx) Accounts(ctx context.Context) ([]Account, error) {
	return all[Account](ctx, t.tx, `
		select a.account_id, a.name, a.api_hostname, a.read_at, c.organization_id as mapped_to
		from duo_account a left join connection c on c.workspace_id = a.workspace_id and c.account_id = a.account_id
		     and ((select app.every_organization()) or c.organization_id = any ((select app.organizations())::uuid[]))
		where a.`+inWorkspace+`
		order by lower(a.name), a.account_id`)
}

// SaveAccounts replaces the list of Duo accounts with what Duo answered now.
func (t *Tx) SaveAccounts(ctx context.Context, accounts []Account, now time.Time) error {
	batch := &pgx.Batch{}
	// A connection of before names were kept has the one of the list before.
	batch.Queue(`
		update connection c set account_name = a.name from duo_account a
		where a.` + inWorkspace +
		` and a.workspace_id = c.workspace_id and a.account_id = c.account_id and c.account_name = ''`)
	batch.Queue(`delete from duo_account where ` + inWorkspace)
	// In one order, so that two at once do not wait for each other.
	accounts = slices.SortedFunc(slices.Values(accounts),
		func(a, b Account) int { return cmp.Compare(a.AccountID, b.AccountID) })
	for _, a := range accounts {
		batch.Queue(
			`insert into duo_account (workspace_id, account_id, name, api_hostname, read_at) values ($1, $2, $3, $4, $5)
			on conflict (workspace_id, account_id) do nothing`,
			t.scope.workspace, a.AccountID, a.Name, a.APIHostname, now)
	}
	// Duo may move an account to another host.
	batch.Queue(`
		update connection c set api_hostname = a.api_hostname from duo_account a
		where a.` + inWorkspace +
		` and a.workspace_id = c.workspace_id and a.account_id = c.account_id and a.api_hostname <> c.api_hostname and ` + usable)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// Savepoint runs fn so that its failure undoes only its own writes.
func (t *Tx) Savepoint(ctx context.Context, fn func(*Tx) error) error {
	return meaning(pgx.BeginFunc(ctx, t.tx, func(inner pgx.Tx) error {
		return fn(&Tx{tx: inner, keys: t.keys, scope: t.scope})
	}))
}
