package duo

import (
	"context"
	"iter"
	"time"
)

// Token is a hardware token. Inside a [User] it is without Users and Administrators.
type Token struct {
	ID             TokenID
	Serial         string
	Type           string        // h6 and h8 (HOTP, digits), t6 and t8 (TOTP), yk (YubiKey) or d1 (Duo's own)
	Step           time.Duration // of TOTP; 0 if it is not one or not known
	Users          []User        // short copies
	Administrators []Admin       // short copies
}

// UnmarshalJSON reads Duo's answer.
func (t *Token) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*t = Token{
		ID:             TokenID(o.text("token_id")),
		Serial:         o.text("serial"),
		Type:           o.text("type"),
		Step:           time.Duration(o.count("totp_step")) * time.Second,
		Users:          list[User](o, "users"),
		Administrators: list[Admin](o, "admins"),
	}
	return o.err
}

// TokensPage returns one page of hardware tokens with their users. Duo returns at most 500 a page.
//
// GET /admin/v1/tokens
func (c *Client) TokensPage(ctx context.Context, limit, offset int) ([]Token, Metadata, error) {
	return page[Token](ctx, c, "/admin/v1/tokens", limit, offset)
}

// Tokens walks all hardware tokens, 500 a call. See [Client.TokensPage].
func (c *Client) Tokens(ctx context.Context) iter.Seq2[Token, error] {
	return pages[Token](ctx, c, "/admin/v1/tokens", maxPage)
}

// Token returns one hardware token; an unknown id is an [*Error] with CodeNotFound.
//
// GET /admin/v1/tokens/{token_id}
func (c *Client) Token(ctx context.Context, id TokenID) (Token, error) {
	segment, err := segment(id)
	if err != nil {
		return Token{}, err
	}
	token, _, err := get[Token](ctx, c, "/admin/v1/tokens"+segment, nil)
	return token, err
}

// DeleteToken deletes a hardware token, no matter which user has it. Duo reports no error for an unknown id.
//
// DELETE /admin/v1/tokens/{token_id}
func (c *Client) DeleteToken(ctx context.Context, id TokenID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/tokens"+segment)
}
