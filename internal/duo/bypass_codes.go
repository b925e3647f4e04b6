package duo

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"
)

// BypassCode is what Duo tells of a bypass code after it was made; the code itself is not in it.
type BypassCode struct {
	ID         BypassCodeID
	AdminEmail string    // who made it; may be ""
	Created    time.Time // zero if Duo does not say
	Expires    time.Time // zero if never
	ReuseCount int       // uses left; 0 if without limit
	User       User      // short copy
}

// UnmarshalJSON reads Duo's answer.
func (b *BypassCode) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*b = BypassCode{
		ID:         BypassCodeID(o.text("bypass_code_id")),
		AdminEmail: o.text("admin_email"),
		Created:    o.seconds("created"),
		Expires:    o.seconds("expiration"),
		ReuseCount: o.count("reuse_count"),
		User:       optional[User](o, "user"),
	}
	return o.err
}

// BypassCodesPage returns one page of the account's bypass codes. Duo gives at most 500 a page.
//
// GET /admin/v1/bypass_codes
func (c *Client) BypassCodesPage(ctx context.Context, limit, offset int) ([]BypassCode, Metadata, error) {
	return page[BypassCode](ctx, c, "/admin/v1/bypass_codes", limit, offset)
}

// BypassCodes walks the account's bypass codes, 500 a call. See [Client.BypassCodesPage].
func (c *Client) BypassCodes(ctx context.Context) iter.Seq2[BypassCode, error] {
	return pages[BypassCode](ctx, c, "/admin/v1/bypass_codes", maxPage)
}

// BypassCode returns one bypass code; an unknown id is an [*Error] with CodeNotFound.
//
// GET /admin/v1/bypass_codes/{bypass_code_id}
func (c *Client) BypassCode(ctx context.Context, id BypassCodeID) (BypassCode, error) {
	segment, err := segment(id)
	if err != nil {
		return BypassCode{}, err
	}
	code, _, err := get[BypassCode](ctx, c, "/admin/v1/bypass_codes"+segment, nil)
	return code, err
}

// UserBypassCodes returns a user's bypass codes.
//
// GET /admin/v1/users/{user_id}/bypass_codes
func (c *Client) UserBypassCodes(ctx context.Context, id UserID) ([]BypassCode, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, err
	}
	return collect(pages[BypassCode](ctx, c, "/admin/v1/users"+segment+"/bypass_codes", maxUserCodes))
}

// maxUserCodes is the largest page of a user's codes that every account gives; a user has at most
// 100 of them.
const maxUserCodes = 300

// NewBypassCodes says what codes to make. All four values are always sent, because Duo's defaults
// are ten codes that never expire in place of those that the user has.
type NewBypassCodes struct {
	Count            int           // 1 to 10
	ReuseCount       int           // log-ins with each code; 0 is without limit
	ValidFor         time.Duration // in whole seconds; 0 is for ever
	PreserveExisting bool          // false deletes the codes that the user has
}

// CreateBypassCodes makes bypass codes for a user and returns them. This is the only time that Duo
// tells a code.
//
// POST /admin/v1/users/{user_id}/bypass_codes
func (c *Client) CreateBypassCodes(ctx context.Context, id UserID, n NewBypassCodes) (Codes, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, err
	}
	if n.Count < 1 || n.Count > 10 {
		return nil, invalid(errors.New("count must be 1 to 10"))
	}
	if n.ReuseCount < 0 {
		return nil, invalid(errors.New("reuse count must be 0 or more"))
	}
	seconds, err := wholeSeconds("valid", n.ValidFor)
	if err != nil {
		return nil, err
	}
	return post[Codes](ctx, c, "/admin/v1/users"+segment+"/bypass_codes", Params{
		"count":             strconv.Itoa(n.Count),
		"reuse_count":       strconv.Itoa(n.ReuseCount),
		"valid_secs":        seconds,
		"preserve_existing": n.PreserveExisting,
	})
}

// DeleteBypassCode makes a bypass code useless. Duo reports no error for an unknown id.
//
// DELETE /admin/v1/bypass_codes/{bypass_code_id}
func (c *Client) DeleteBypassCode(ctx context.Context, id BypassCodeID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/bypass_codes"+segment)
}
