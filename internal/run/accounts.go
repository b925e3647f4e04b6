package run

import (
	"context"
	"strings"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// ListAccounts reads the child accounts. Those whose host is none of Duo's are
// counted in left and get no host, since keys must not be sent there; those without
// an id are left out.
func (r *Runner) ListAccounts(ctx context.Context, c *duo.Client) (accounts []store.Account, left int, err error) {
	listed, err := c.ListAccounts(ctx)
	for _, a := range listed {
		host, _, err := duo.ParseHost(a.Host, r.Sandbox)
		if err != nil || a.ID == "" {
			left++
			host = ""
		}
		if a.ID == "" {
			continue
		}
		accounts = append(accounts, store.Account{AccountID: string(a.ID), Name: accountName(a), APIHostname: host})
	}
	return accounts, left, err
}

// accountName is an account's whole name as Duo has it, as far as the database can keep
// it: names are matched by it. Pages show it by catalog.Plain. One that nobody could see
// is the id.
func accountName(a duo.Account) string {
	name := strings.ReplaceAll(strings.ToValidUTF8(a.Name, "\ufffd"), "\x00", "\ufffd")
	if text.Key(name) == "" {
		return string(a.ID)
	}
	return name
}
