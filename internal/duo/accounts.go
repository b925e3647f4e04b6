package duo

import "context"

// Account is a child account of the account that owns the Accounts API application.
type Account struct {
	ID   AccountID
	Name string // not unique
	Host string // the child's own API host
}

// UnmarshalJSON reads Duo's answer.
func (a *Account) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*a = Account{ID: AccountID(o.text("account_id")), Name: o.text("name"), Host: o.text("api_hostname")}
	return o.err
}

// ListAccounts returns all child accounts, in no particular order.
//
// POST /accounts/v1/account/list, with the keys of an Accounts API application on its own host.
func (c *Client) ListAccounts(ctx context.Context) ([]Account, error) {
	return post[[]Account](ctx, c, "/accounts/v1/account/list", nil)
}

// CreateAccount makes a child account. Duo does not mind a name that already exists, so a repeated
// call makes a second account.
//
// POST /accounts/v1/account/create
func (c *Client) CreateAccount(ctx context.Context, name string) (Account, error) {
	return post[Account](ctx, c, "/accounts/v1/account/create", Params{"name": name})
}

// DeleteAccount ends a child account with everything in it, permanently. Duo reports no error for an
// account that is gone already.
//
// POST /accounts/v1/account/delete
func (c *Client) DeleteAccount(ctx context.Context, id AccountID) error {
	if _, err := segment(id); err != nil {
		return err
	}
	_, err := post[void](ctx, c, "/accounts/v1/account/delete", Params{"account_id": string(id)})
	return err
}
