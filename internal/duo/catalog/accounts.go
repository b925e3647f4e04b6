package catalog

import (
	"context"

	"duodesk/internal/duo"
)

const accountsCategory = "Accounts API"

var (
	accountName = Text{Name: "name", Label: "Name",
		Help:     "The client's name. Duo allows two accounts with one name: check first whether it already exists.",
		Required: true, Example: "Casey Dental"}
	accountColumns = []Column{{"name", "Name", ""}, {"account_id", "Account id", Mono},
		{"api_hostname", "API host", Mono}}
)

func accountRow(a duo.Account) []string {
	return []string{a.Name, string(a.ID), a.Host}
}

func listAccounts() Action {
	return Action{
		Slug: "list-accounts", Title: "List Accounts", Category: accountsCategory,
		Help: "Reads the child accounts of your own Duo account.",
		API:  Accounts, Call: "POST /accounts/v1/account/list", Kind: Read, Role: Administrator, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			found, err := d.ListAccounts(ctx)
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "child accounts", Summary: listed(len(found), duo.Metadata{}, "account", "accounts"),
				Table: tableOf("accounts", accountColumns, accountRow, found, duo.Metadata{})}, nil
		},
	}
}

func createAccount() Action {
	return Action{
		Slug: CreateAccount, Title: "Create Account", Category: accountsCategory,
		Help: "Creates a child account in your own Duo account. It has no users, and no organization here until you create one.",
		API:  Accounts, Call: "POST /accounts/v1/account/create", Kind: Write, Tier: Recent, Role: Administrator,
		Fields: []Field{accountName},
		Asks:   "Duo creates a child account, which it may bill.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			account, err := d.CreateAccount(ctx, accountName.Of(in))
			if err != nil {
				return Result{Subject: accountName.Of(in)}, err
			}
			return Result{Subject: account.Name, Facts: Facts{Created: string(account.ID)},
				Summary: "Created account " + account.Name + ".",
				Table:   objectOf(accountColumns, accountRow, account)}, nil
		},
	}
}

func deleteAccount() Action {
	account := ID{Name: "account_id", Label: "Account", Names: OfAccount, Help: "By its name or id.",
		Example: "DA0000000000000000EX"}
	confirm := Text{Name: "confirm", Label: "Name of the account", Max: longestTyped, Again: true,
		Help: "Type the name of the account to delete.", Required: true, Example: "Client"}
	return Action{
		Slug: "delete-account", Title: "Delete Account", Category: accountsCategory,
		Deletes: true,
		Help:    "Deletes a child account and everything in it. You can't undo this. Afterward no user of the account has a second factor.",
		API:     Accounts, Call: "POST /accounts/v1/account/delete", Kind: Write, Tier: Act, Role: Owner,
		Fields: []Field{account, confirm},
		Asks:   "The account is deleted with all of its users, phones and settings. You can't undo this.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			// Duo answers a deletion of nothing like any other: look first.
			found, err := d.ListAccounts(ctx)
			if err != nil {
				return Result{}, err
			}
			for _, a := range found {
				if string(a.ID) != account.Of(in) {
					continue
				}
				if !typedAs(confirm.Of(in), a.Name) {
					return Result{Subject: a.Name},
						&FieldError{Field: confirm.Name, Message: "Type the name exactly as shown: " + Plain(a.Name)}
				}
				if err := d.DeleteAccount(ctx, a.ID); err != nil {
					return Result{Subject: a.Name}, err
				}
				return Result{Subject: a.Name, Summary: "Deleted account " + a.Name + "."}, nil
			}
			return Result{}, &FieldError{Field: account.Name, Message: "This child account does not exist."}
		},
	}
}
