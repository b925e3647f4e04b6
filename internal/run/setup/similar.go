package setup

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/run"
	"duodesk/internal/store"
)

// mostSimilar is how many similar names are named.
const mostSimilar = 5

// Similar names the organizations and the unmapped Duo accounts of a scope that have a
// name, or one that a person can take for it, but for the organization and the account
// that are meant. Duo's accounts are named in a scope of every organization only.
func (r *Runner) Similar(ctx context.Context, sc store.Scope, name string, meant uuid.UUID,
	account string) ([]string, error) {
	var organizations []store.Organization
	var accounts []store.Account
	err := r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		if organizations, err = tx.NamesOfOrganizations(ctx); err != nil || !sc.Every() {
			return err
		}
		accounts, err = tx.Accounts(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var found []string
	plain := plainName(name)
	for _, o := range organizations {
		for _, other := range namesOf(o) {
			if o.ID != meant && likely(plain, other) {
				found = append(found, "the organization “"+o.Name+"”")
				break
			}
		}
	}
	for _, a := range accounts {
		if a.MappedTo == nil && a.AccountID != account && likely(plain, plainName(a.Name)) {
			found = append(found, "the Duo account "+AccountText(a))
		}
	}
	return found[:min(len(found), mostSimilar)], nil
}

// likely reports whether a person can take one plain name for another: they are equal,
// one goes on where the other ends, or a letter or two differ.
func likely(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	short := min(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	switch {
	case a == b:
		return true
	case short < 5:
		return false
	case strings.HasPrefix(a, b+" "), strings.HasPrefix(b, a+" "):
		return true
	case short < 10:
		return distance(a, b) <= 1
	}
	return distance(a, b) <= 2
}

// distance is how many letters have to be changed, left out or put in.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return 3 // more than anybody asks about
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			cost := before
			if x[i] != y[j] {
				cost = min(before, row[j], row[j+1]) + 1
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}

// LikelyAccounts names the accounts that have a name, or one that a person can take for
// it; empty: none has.
func LikelyAccounts(accounts []store.Account, name string) string {
	var found []string
	for _, a := range accounts {
		if likely(plainName(name), plainName(a.Name)) && len(found) < mostSimilar {
			found = append(found, AccountText(a))
		}
	}
	return strings.Join(found, "; ")
}

// FreeAccount finds the listed account that a text names and no organization has, reading
// the list from Duo again. fault says why there is none.
func (r *Runner) FreeAccount(ctx context.Context, sc store.Scope, actor run.Actor, typed string) (store.Account,
	string, error) {
	accounts, err := r.RefreshAccounts(ctx, sc, actor)
	if err != nil {
		return store.Account{}, "", err
	}
	id, fault := accountOf(typed, accounts)
	for _, a := range accounts {
		switch {
		case fault != "" || a.AccountID != id:
		case a.MappedTo != nil:
			return a, "Another organization has this account. Unmap it there first.", nil
		default:
			return a, "", nil
		}
	}
	if fault == "" {
		fault = "Choose an account."
	}
	return store.Account{}, fault, nil
}
