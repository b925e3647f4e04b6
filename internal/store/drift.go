package store

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/text"
)

// failing asks whether an organization, o connected by c, cannot be reached in
// the way it is connected: Duo lists its account no more, or without a usable host, did not accept its
// own keys when they were checked last, or did not answer when it was asked last.
const failing = `(c.kind = 'child' and not exists (select from duo_account d where d.workspace_id = c.workspace_id and d.account_id = c.account_id and d.api_hostname <> '')
	or c.kind = 'own' and 'fails' = (
		select i.outcome from integration_check i
		join integration_secret v on v.workspace_id = i.workspace_id and v.organization_id = i.organization_id and v.api = i.api and v.version = i.version
		where i.workspace_id = o.workspace_id and i.organization_id = o.id and i.api = 'admin' and v.state = 'active' order by i.checked_at desc limit 1)
	or exists (select from contact t where t.workspace_id = c.workspace_id and t.organization_id = c.organization_id and t.revision = c.revision and t.trouble <> ''))`

// noHost asks whether Duo does list the account of an organization connected by c, but without a usable host.
const noHost = `(c.kind = 'child' and exists (select from duo_account d where d.workspace_id = c.workspace_id and d.account_id = c.account_id and d.api_hostname = ''))`

// Drifted is an organization whose Duo account is not what it was when it was
// mapped.
type Drifted struct {
	ID          uuid.UUID
	Slug        string
	Name        string
	Colour      int
	AccountID   string
	AccountName string // when somebody last said yes to it; empty: not known
	NameNow     string
	Gone        bool // Duo lists the account no more, or without a usable host
	NoHost      bool // the latter of the two
}

// Drifted lists the organizations whose account was renamed in Duo, unless the
// organization is called so already, or is not listed any more; the latter first. Names
// that look the same to a person are one name.
func (t *Tx) Drifted(ctx context.Context) ([]Drifted, error) {
	found, err := all[Drifted](ctx, t.tx, `
		select o.id, o.slug, o.name, o.colour, c.account_id, c.account_name, coalesce(a.name, '') as name_now, a.account_id is null as gone, `+noHost+` as no_host
		from organization o
		join connection c on c.workspace_id = o.workspace_id and c.organization_id = o.id and c.kind = 'child'
		left join duo_account a on a.workspace_id = c.workspace_id and a.account_id = c.account_id and `+usable+`
		where `+organizationInScope+
		` and (a.account_id is null or c.account_name not in ('', a.name) and a.name <> o.name)
		order by a.account_id is not null, lower(o.name), o.id`)
	return slices.DeleteFunc(found, func(d Drifted) bool {
		return !d.Gone && (sameName(d.AccountName, d.NameNow, visible) || sameName(d.Name, d.NameNow, text.Line))
	}), err
}

// sameName reports whether two names are one. An organization's name has LongestName
// characters at most, and names of accounts used to be stored no longer than that.
func sameName(a, b string, form func(string) string) bool {
	short := func(name string) string { return string([]rune(name)[:LongestName]) }
	switch n, m := utf8.RuneCountInString(a), utf8.RuneCountInString(b); {
	case n == LongestName && m > n:
		b = short(b)
	case m == LongestName && n > m:
		a = short(a)
	}
	return form(a) == form(b)
}

// visible is a name without what nobody sees: names used to be stored with a sign in
// the place of each such character.
func visible(name string) string {
	return text.Line(text.Visible(strings.ReplaceAll(name, "\ufffd", "")))
}

// AcceptAccountName notes that an organization's account is known by the name
// that Duo lists it under now.
func (t *Tx) AcceptAccountName(ctx context.Context, organization uuid.UUID) error {
	_, err := t.tx.Exec(ctx, `
		update connection c set account_name = a.name from duo_account a
		where a.`+inWorkspace+` and c.`+inScope+
		` and a.workspace_id = c.workspace_id and a.account_id = c.account_id and c.organization_id = $1`, organization)
	return meaning(err)
}
