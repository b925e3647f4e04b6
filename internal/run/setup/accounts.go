package setup

import (
	"cmp"
	"context"
	"fmt"
	"regexp"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// AccountText is how an account is offered in the box of a row.
func AccountText(a store.Account) string { return catalog.Plain(a.Name) + " (" + a.AccountID + ")" }

var idInBrackets = regexp.MustCompile(`\(([A-Za-z0-9]{1,64})\)\s*$`)

// AccountIDIn is the account that the box of a row named when it was drawn: as
// AccountText, or by its id alone.
func AccountIDIn(named string) string {
	if m := idInBrackets.FindStringSubmatch(named); m != nil {
		return m[1]
	}
	return text.Line(named)
}

// accountOf finds the account that the text of a row means, "" for an empty text. An
// account is named by its id or, if no other is called so, by its name as a person
// reads it: what is close is for a person to choose, since keys act on what is taken.
func accountOf(typed string, accounts []store.Account) (id, fault string) {
	typed = text.Line(typed)
	if typed == "" {
		return "", ""
	}
	bracketed := ""
	if m := idInBrackets.FindStringSubmatch(typed); m != nil {
		bracketed = m[1]
	}
	var named, near []store.Account
	for _, a := range accounts {
		switch {
		case a.AccountID == typed || a.AccountID == bracketed:
			return usableID(a)
		case text.Alike(a.Name, typed):
			named = append(named, a)
		case text.Same(a.Name, typed):
			near = append(near, a)
		}
	}
	switch {
	case len(named) == 1:
		return usableID(named[0])
	case len(named) > 1:
		return "", fmt.Sprintf("%d accounts match this name: %s. Choose one by its id.", len(named), listedByID(named))
	case len(near) == 1:
		return "", "No account has exactly this name. 1 is close: " + listedByID(near) +
			". Choose it by its id if you mean it."
	case len(near) > 1:
		return "", fmt.Sprintf("No account has exactly this name. %d are close: %s. Choose one by its id.", len(near),
			listedByID(near))
	}
	return "", "The Accounts API does not list this account. Choose an account from the list, or refresh it."
}

// listedID finds an account by its id alone: what was approved is not looked for by name.
func listedID(id string, accounts []store.Account) (found, fault string) {
	for _, a := range accounts {
		if a.AccountID == id {
			return usableID(a)
		}
	}
	return "", "The Accounts API does not list this account."
}

func usableID(a store.Account) (id, fault string) {
	if !a.Usable() {
		return "", "Duo lists this account without a usable API host, so it cannot be mapped."
	}
	return a.AccountID, ""
}

// listedByID names accounts so that a person can choose one by its id.
func listedByID(accounts []store.Account) string {
	var which []string
	for _, a := range accounts {
		which = append(which, a.AccountID+" ("+catalog.Plain(a.Name)+", "+cmp.Or(a.APIHostname, run.NoAPIHost)+")")
	}
	return catalog.Listed(which, mostNamed)
}

// mostNamed is how many of those that have one name are listed.
const mostNamed = 5

// unlisted says why an account cannot be mapped that was in the list a moment ago.
func unlisted(ctx context.Context, tx *store.Tx, account string) (fault string, err error) {
	accounts, err := tx.Accounts(ctx)
	if err != nil {
		return "", err
	}
	if _, fault = accountOf(account, accounts); fault == "" {
		err = store.ErrNotFound // then it is the organization that is gone
	}
	return fault, err
}

func (r *Runner) takenBy(ctx context.Context, tx *store.Tx, account string, accounts []store.Account) string {
	for _, a := range accounts {
		if a.AccountID == account && a.MappedTo != nil {
			if holder, err := tx.Organization(ctx, *a.MappedTo); err == nil {
				return "This account belongs to " + holder.Name + ". Unmap it there first."
			}
		}
	}
	return "Another organization has this account. Unmap it there first."
}
