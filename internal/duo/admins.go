package duo

import (
	"context"
	"iter"
	"time"
)

// Admin is an administrator of an account, who logs in to Duo's own panel.
type Admin struct {
	ID    AdminID
	Name  string
	Email string
	Phone string // E.164
	// Owner, Administrator, Application Manager, User Manager, Security Analyst, Help Desk, Billing, Phishing Manager
	// or Read-only
	Role                   string
	SubaccountRole         string // in child accounts; parents only
	Status                 string // Active, Disabled, Expired, Pending Activation or Locked Out
	RestrictedByAdminUnits bool
	PasswordChangeRequired bool
	Created                time.Time // zero on older accounts
	LastLogin              time.Time // zero if never
	Token                  Token     // zero if there is none
}

// UnmarshalJSON reads Duo's answer.
func (a *Admin) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*a = Admin{
		ID:                     AdminID(o.text("admin_id")),
		Name:                   o.text("name"),
		Email:                  o.text("email"),
		Phone:                  o.text("phone"),
		Role:                   o.text("role"),
		SubaccountRole:         o.text("subaccount_role"),
		Status:                 o.text("status"),
		RestrictedByAdminUnits: o.flag("restricted_by_admin_units"),
		PasswordChangeRequired: o.flag("password_change_required"),
		Created:                o.seconds("created"),
		LastLogin:              o.seconds("last_login"),
		Token:                  optional[Token](o, "hardtoken"),
	}
	return o.err
}

// AdminsPage returns one page of administrators. Duo gives at most 500 a page. It needs an
// application with the permission for administrators.
//
// GET /admin/v1/admins
func (c *Client) AdminsPage(ctx context.Context, limit, offset int) ([]Admin, Metadata, error) {
	return page[Admin](ctx, c, "/admin/v1/admins", limit, offset)
}

// Admins walks all administrators, 500 a call. See [Client.AdminsPage].
func (c *Client) Admins(ctx context.Context) iter.Seq2[Admin, error] {
	return pages[Admin](ctx, c, "/admin/v1/admins", maxPage)
}

// Admin returns one administrator; an unknown id is an [*Error] with CodeNotFound.
//
// GET /admin/v1/admins/{admin_id}
func (c *Client) Admin(ctx context.Context, id AdminID) (Admin, error) {
	segment, err := segment(id)
	if err != nil {
		return Admin{}, err
	}
	admin, _, err := get[Admin](ctx, c, "/admin/v1/admins"+segment, nil)
	return admin, err
}
