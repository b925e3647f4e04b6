package setup

import (
	"fmt"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// judge compares the rows with what is there and with each other.
func judge(rows []ImportRow, organizations []store.Organization, accounts []store.Account) []JudgedRow {
	k := known{
		accounts: accounts,
		bySlug:   map[string]store.Organization{}, byName: map[string][]store.Organization{},
		holder: map[string]string{},
		names:  map[string][]ImportRow{}, used: map[string]int{},
	}
	for _, o := range organizations {
		k.bySlug[o.Slug], k.holder[o.AccountID] = o, o.Name
		k.byName[text.Fold(o.Name)] = append(k.byName[text.Fold(o.Name)], o)
	}
	judged := make([]JudgedRow, len(rows))
	for i, row := range rows {
		judged[i] = k.judge(row)
	}
	return judged
}

// known is what a row is compared with: what is there, and the rows before it.
type known struct {
	accounts []store.Account
	bySlug   map[string]store.Organization
	byName   map[string][]store.Organization // by folded name
	holder   map[string]string               // account id → name of the organization that has it

	names map[string][]ImportRow // folded name → rows
	used  map[string]int         // account id → line
}

func (k known) judge(row ImportRow) JudgedRow {
	made, bad := row.Details.parse()
	found, exact := existing(row, made.Name, k.bySlug, k.byName)
	if exact && len(found) == 1 {
		return JudgedRow{ImportRow: row, Status: Exists, Exists: found[0], made: made}
	}
	if len(found) > 0 {
		bad = append(bad, fault(NameField, unclearName(found, exact))...)
	}
	name := text.Fold(made.Name)
	if wrong := namedBefore(row, made.Name, k.names[name]); wrong != "" {
		bad = append(bad, fault(NameField, wrong)...)
	} else if made.Name != "" {
		k.names[name] = append(k.names[name], row)
	}
	id, wrong := k.account(row)
	if wrong != "" {
		bad = append(bad, fault(AccountField, wrong)...)
	}
	key := text.Key(row.DirectoryKey)
	if wrong := directoryKeyFault(key); wrong != "" {
		bad = append(bad, fault(DirectoryKeyField, wrong)...)
	}
	made.AccountID, made.DirectoryKey = id, key
	j := JudgedRow{ImportRow: row, Status: WillBeCreated, Faults: bad, made: made}
	if len(bad) > 0 {
		j.Status = Faulty
	}
	return j
}

// account finds the account that a row means, if no other organization or row has it.
func (k known) account(row ImportRow) (id, fault string) {
	id, fault = accountOf(row.Account, k.accounts)
	switch {
	case fault != "" || id == "":
	case k.holder[id] != "":
		fault = "This account belongs to " + k.holder[id] + "."
	case k.used[id] > 0:
		fault = fmt.Sprintf("Line %d has this account too.", k.used[id])
	default:
		k.used[id] = row.Line
	}
	return id, fault
}

// existing finds the organizations that a row may be about: that of the slug of an
// export, else those that are called so as a person reads it, else those whose name is
// close. A row is left out only for one that is exactly meant: two clients can differ by
// no more than an accent.
func existing(row ImportRow, name string, bySlug map[string]store.Organization,
	byName map[string][]store.Organization) (found []store.Organization, exact bool) {
	if o, found := bySlug[text.Key(row.Slug)]; found {
		return []store.Organization{o}, true
	}
	if name == "" {
		return nil, false
	}
	near := byName[text.Fold(name)]
	for _, o := range near {
		if text.Alike(o.Name, name) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) > 0:
		return found, true
	case text.Key(row.Slug) == NewSlug:
		return nil, false
	}
	return near, false
}

// unclearName asks which of several organizations a row is, or whether it is the one
// whose name is merely close.
func unclearName(found []store.Organization, exact bool) string {
	var which []string
	for _, o := range found {
		which = append(which, o.Slug+" ("+o.Name+")")
	}
	list := catalog.Listed(which, mostNamed)
	if exact {
		return fmt.Sprintf("%d organizations match this name: %s. Give the slug of the one that you mean.",
			len(found), list)
	}
	near := "1 is"
	if len(found) > 1 {
		near = fmt.Sprintf("%d are", len(found))
	}
	return "No organization has exactly this name. " + near + " close: " + list +
		". In the column slug, give its slug if you mean it, or " + NewSlug + " for another organization."
}

// namedBefore says which of the rows before has the name of a row, or one close to it; ""
// if none has, or the row is said to be another.
func namedBefore(row ImportRow, name string, before []ImportRow) string {
	for _, other := range before {
		if text.Alike(other.Name, name) {
			return fmt.Sprintf("Line %d has this name too.", other.Line)
		}
	}
	if len(before) == 0 || text.Key(row.Slug) == NewSlug {
		return ""
	}
	return fmt.Sprintf(
		"Line %d has a name close to this: %s. In the column slug, give %s if this is another organization.",
		before[0].Line, catalog.Plain(text.Line(before[0].Name)), NewSlug)
}
