package setup

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// versionRecord is what is kept of a change of one API's fields: everything but
// the secret key.
func versionRecord(e store.Event, actor run.Actor, v store.Version, summary string, now time.Time) store.Record {
	if v.OrganizationID != nil {
		return ownRecord(e, actor, v, summary, now)
	}
	return store.Record{
		Event: e, Operator: actor.Operator, Ticket: actor.Ticket,
		Subject: run.APITitle(v.API), Summary: summary, At: now,
		Input: map[string]string{"api": v.API, "version": strconv.Itoa(v.Version), "host": v.Host,
			"integration_key": v.IntegrationKey},
	}
}

// ownRecord is versionRecord for keys of an organization's own.
func ownRecord(e store.Event, actor run.Actor, v store.Version, summary string, now time.Time) store.Record {
	own := map[store.Event]store.Event{
		store.IntegrationSaved: store.OwnKeysSaved, store.IntegrationChecked: store.OwnKeysChecked,
		store.IntegrationActivated: store.OwnKeysActivated, store.IntegrationDiscarded: store.OwnKeysDiscarded,
	}
	return store.Record{
		Event: own[e], Operator: actor.Operator, Ticket: actor.Ticket, Organization: *v.OrganizationID,
		Subject: "Own " + run.APITitle(v.API) + " keys", Summary: summary, At: now,
		Input: map[string]string{"version": strconv.Itoa(v.Version), "host": v.Host,
			"integration_key": v.IntegrationKey},
	}
}

// connectionRecord tells how an organization was reached before and is now.
func connectionRecord(actor run.Actor, before, after store.Organization, accounts []store.Account,
	now time.Time) store.Record {
	return store.Record{
		Event: store.ConnectionChanged, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: before.ID, AccountID: after.AccountID,
		Subject: before.Name, At: now,
		Input: map[string]string{"from": before.Kind, "from_account": before.AccountID, "to": after.Kind,
			"to_account": after.AccountID},
		Summary: "Changed from " + connectionWords(before, accounts) + " to " + connectionWords(after, accounts) + ".",
	}
}

func connectionWords(o store.Organization, accounts []store.Account) string {
	switch o.Kind {
	case store.Child:
		return "the child account " + namedAccount(o.AccountID, accounts)
	case store.Parent:
		return "the parent account"
	case store.Own:
		return "own credentials"
	}
	return "no account"
}

// directoryRecord keeps what became of one of an organization's directories.
func directoryRecord(e store.Event, actor run.Actor, o store.Organization, d store.Directory, summary string,
	now time.Time) store.Record {
	return store.Record{
		Event: e, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: o.ID, AccountID: o.AccountID, Subject: o.Name, At: now,
		Input: map[string]string{"name": d.Name, "key": run.Tail(d.Key)}, Summary: summary,
	}
}

// checkRecord is what Duo answered to a version, and what came of that. Keys that
// Duo does not accept are recorded as refused.
func checkRecord(actor run.Actor, v store.Version, d diagnosis, now time.Time) store.Record {
	summary := d.Verdict.Headline + "."
	if d.Finding != Fails && v.State == store.Candidate {
		summary += " Activated."
	}
	r := versionRecord(store.IntegrationChecked, actor, v, summary, now)
	if d.Finding == Fails {
		r.State = store.Refused
	}
	return r
}

// lastCheck says in a part of a sentence what Duo last answered to a version.
func lastCheck(v store.Version) string {
	switch {
	case v.Finding == nil:
		return "it was never checked"
	case *v.Finding == Fails:
		return "Duo did not accept the keys"
	}
	return "Duo accepted the keys"
}

func creationRecord(actor run.Actor, o store.Organization, now time.Time) store.Record {
	return store.Record{
		Event: store.OrganizationCreated, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: o.ID, Subject: o.Name, At: now,
		Input: map[string]string{"name": o.Name, "slug": o.Slug}, Summary: "Created.",
	}
}

// mappingRecord tells from which account to which an organization was moved;
// account is empty when it was taken away.
func mappingRecord(actor run.Actor, o store.Organization, account string, accounts []store.Account,
	now time.Time) store.Record {
	r := store.Record{
		Event: store.OrganizationMapped, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: o.ID, AccountID: account,
		Subject: o.Name, At: now,
		Input: map[string]string{"from": o.AccountID, "to": account},
	}
	switch {
	case account == "":
		r.Event, r.AccountID = store.OrganizationUnmapped, o.AccountID
		r.Summary = "Unmapped " + namedAccount(o.AccountID, accounts) + "."
	case o.AccountID == "":
		r.Summary = "Mapped to " + namedAccount(account, accounts) + "."
	default:
		r.Summary = "Moved from " + namedAccount(o.AccountID, accounts) + " to " + namedAccount(account, accounts) + "."
	}
	return r
}

// namedAccount names an account so that two of the same name can be told apart.
func namedAccount(id string, accounts []store.Account) string {
	for _, a := range accounts {
		if a.AccountID == id {
			return catalog.Plain(a.Name) + " (" + id + ")"
		}
	}
	return id
}

// directoryKeyRecord keeps the ends of directory keys: enough to tell which one
// it was.
func directoryKeyRecord(actor run.Actor, o store.Organization, key string, now time.Time) store.Record {
	r := store.Record{
		Event: store.DirectoryKeySet, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: o.ID, AccountID: o.AccountID,
		Subject: o.Name, At: now,
		Input:   map[string]string{"from": run.Tail(o.DirectoryKey), "to": run.Tail(key)},
		Summary: "Set the key that ends in " + run.Tail(key) + ".",
	}
	switch {
	case key == "":
		r.Event, r.Summary = store.DirectoryKeyRemoved, "Removed the key that ended in "+run.Tail(o.DirectoryKey)+"."
	case o.DirectoryKey != "":
		r.Summary = "Set the key that ends in " + run.Tail(key) + " in place of the one that ended in " +
			run.Tail(o.DirectoryKey) + "."
	}
	return r
}

// changeRecord tells what of an organization's details was changed.
func changeRecord(actor run.Actor, before, after store.Organization, changes []fieldChange,
	now time.Time) store.Record {
	r := store.Record{
		Event: store.OrganizationChanged, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: before.ID, AccountID: before.AccountID,
		Subject: after.Name, At: now,
		Input: map[string]string{},
	}
	var said []string
	for _, c := range changes {
		r.Input[c.field+"_from"], r.Input[c.field] = c.from, c.to
		said = append(said, c.label+": "+cmp.Or(c.from, "none")+" → "+cmp.Or(c.to, "none")+".")
	}
	r.Summary = strings.Join(said, " ")
	return r
}

// archiveRecord tells what an organization was connected with when it was archived.
func archiveRecord(actor run.Actor, before store.Organization, now time.Time) store.Record {
	r := store.Record{
		Event: store.OrganizationArchived, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: before.ID, AccountID: before.AccountID,
		Subject: before.Name, At: now,
		Input:   map[string]string{"slug": before.Slug},
		Summary: "Archived. It had no Duo account.",
	}
	if before.Mapped() {
		r.Summary = "Archived. It was connected with " + run.ConnectionText(before) + "."
	}
	return r
}

// keptNameRecord tells that an account's new name in Duo was looked at, and the
// organization's own kept.
func keptNameRecord(actor run.Actor, o store.Organization, d store.Drifted, now time.Time) store.Record {
	return store.Record{
		Event: store.OrganizationNameKept, Operator: actor.Operator, Ticket: actor.Ticket,
		Organization: o.ID, AccountID: d.AccountID,
		Subject: o.Name, At: now,
		Input: map[string]string{"account_name_from": catalog.Plain(d.AccountName),
			"account_name": catalog.Plain(d.NameNow)},
		Summary: "Kept the name " + o.Name + "; in Duo the account is named " + catalog.Plain(d.NameNow) + " now.",
	}
}

// importRecord tells what came of a file; id is its form's.
func importRecord(actor run.Actor, id uuid.UUID, judged []JudgedRow, now time.Time) store.Record {
	n := CountRows(judged)
	summary := fmt.Sprintf("Imported %d of %d rows", n[WillBeCreated], len(judged))
	if n[Exists] > 0 {
		summary += fmt.Sprintf("; %d existed already", n[Exists])
	}
	if n[Faulty] > 0 {
		summary += fmt.Sprintf("; %d skipped because of errors", n[Faulty])
	}
	return store.Record{
		ID: id, Event: store.OrganizationsImported, Operator: actor.Operator, Ticket: actor.Ticket,
		At: now, Summary: summary + ".",
		Input: map[string]string{"created": strconv.Itoa(n[WillBeCreated]), "existed": strconv.Itoa(n[Exists]),
			"faults": strconv.Itoa(n[Faulty])},
	}
}
