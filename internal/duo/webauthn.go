package duo

import (
	"context"
	"iter"
	"time"
)

// WebAuthnCredential is a security key or a platform authenticator. Inside a [User], and on older
// accounts everywhere, only the first four fields are known.
type WebAuthnCredential struct {
	Key          WebAuthnKey
	Name         string
	Label        string // such as Security Key, Touch ID
	Added        time.Time
	LastUsed     time.Time // zero if never or not known
	Passwordless bool      // may be used to log in without a password
	User         User      // short copy; zero if it belongs to an administrator
	Admin        Admin     // short copy; zero if it belongs to a user
}

// UnmarshalJSON reads Duo's answer.
func (w *WebAuthnCredential) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*w = WebAuthnCredential{
		Key:          WebAuthnKey(o.text("webauthnkey")),
		Name:         o.text("credential_name"),
		Label:        o.text("label"),
		Added:        o.seconds("date_added"),
		LastUsed:     o.seconds("date_last_used"),
		Passwordless: o.flag("passwordless_authorized"),
		User:         optional[User](o, "user"),
		Admin:        optional[Admin](o, "admin"),
	}
	return o.err
}

// WebAuthnPage returns one page of WebAuthn credentials with their users. Duo returns at most 500 a page.
//
// GET /admin/v1/webauthncredentials
func (c *Client) WebAuthnPage(ctx context.Context, limit, offset int) ([]WebAuthnCredential, Metadata, error) {
	return page[WebAuthnCredential](ctx, c, "/admin/v1/webauthncredentials", limit, offset)
}

// WebAuthn walks all WebAuthn credentials, 500 a call. See [Client.WebAuthnPage].
func (c *Client) WebAuthn(ctx context.Context) iter.Seq2[WebAuthnCredential, error] {
	return pages[WebAuthnCredential](ctx, c, "/admin/v1/webauthncredentials", maxPage)
}

// WebAuthnCredential returns one WebAuthn credential; an unknown key is an [*Error] with CodeNotFound.
//
// GET /admin/v1/webauthncredentials/{webauthnkey}
func (c *Client) WebAuthnCredential(ctx context.Context, key WebAuthnKey) (WebAuthnCredential, error) {
	segment, err := segment(key)
	if err != nil {
		return WebAuthnCredential{}, err
	}
	credential, _, err := get[WebAuthnCredential](ctx, c, "/admin/v1/webauthncredentials"+segment, nil)
	return credential, err
}

// DeleteWebAuthn makes a WebAuthn credential useless. Duo reports no error for an unknown key.
//
// DELETE /admin/v1/webauthncredentials/{webauthnkey}
func (c *Client) DeleteWebAuthn(ctx context.Context, key WebAuthnKey) error {
	segment, err := segment(key)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/webauthncredentials"+segment)
}
