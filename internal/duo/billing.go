package duo

import (
	"context"
	"errors"
	"strconv"
)

// Edition is what a child account is licensed for. The names are those of the API; people know
// them by those of the comments, and [InfoSummary] has yet others.
type Edition string

// The editions.
const (
	EditionFree       Edition = "PERSONAL"   // Duo Free; is answered, cannot be set
	EditionEssentials Edition = "ENTERPRISE" // Duo Essentials
	EditionAdvantage  Edition = "PLATFORM"   // Duo Advantage
	EditionPremier    Edition = "BEYOND"     // Duo Premier
)

// UnmarshalJSON reads Duo's answer.
func (e *Edition) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	if *e = Edition(o.text("edition")); *e == "" {
		return errors.New("no edition")
	}
	return nil
}

// credits is a number that must not read as 0 where Duo does not tell it.
type credits int

func (n *credits) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	if o.text("credits") == "" {
		return errors.New("no credits")
	}
	*n = credits(o.count("credits"))
	return nil
}

// Edition returns the edition of the child account that c is for, see [Client.ForAccount]. The
// billing calls are forbidden (CodeForbidden) until Duo Support has enabled them for the parent.
//
// GET /admin/v1/billing/edition
func (c *Client) Edition(ctx context.Context) (Edition, error) {
	edition, _, err := get[Edition](ctx, c, "/admin/v1/billing/edition", nil)
	return edition, err
}

// SetEdition changes the edition of the child account that c is for.
//
// POST /admin/v1/billing/edition
func (c *Client) SetEdition(ctx context.Context, edition Edition) error {
	switch edition {
	case EditionEssentials, EditionAdvantage, EditionPremier:
	default:
		return invalid(errors.New("the edition is none that can be set"))
	}
	_, err := post[void](ctx, c, "/admin/v1/billing/edition", Params{"edition": string(edition)})
	return err
}

// TelephonyCredits returns the credits that the child account has left.
//
// GET /admin/v1/billing/telephony_credits
func (c *Client) TelephonyCredits(ctx context.Context) (int, error) {
	n, _, err := get[credits](ctx, c, "/admin/v1/billing/telephony_credits", nil)
	return int(n), err
}

// SetTelephonyCredits gives the child account a new total. The difference comes from the parent's
// credits, or goes back to them; Duo refuses what the parent has not got.
//
// POST /admin/v1/billing/telephony_credits
func (c *Client) SetTelephonyCredits(ctx context.Context, total int) error {
	if total < 0 {
		return invalid(errors.New("credits must be 0 or more"))
	}
	_, err := post[void](ctx, c, "/admin/v1/billing/telephony_credits", Params{"credits": strconv.Itoa(total)})
	return err
}

// UserLimit is how many users a child account may have.
type UserLimit struct {
	Limit   int // 0 is without limit
	Current int // users that the account has
}

// UnmarshalJSON reads Duo's answer.
func (l *UserLimit) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*l = UserLimit{Limit: o.count("user_limit"), Current: o.count("current_user_count")}
	return o.err
}

// UserLimit returns the limit of the child account that c is for. Duo does not document this call;
// its shape is the one that several tools of providers rely on.
//
// GET /admin/v1/billing/user_limit
func (c *Client) UserLimit(ctx context.Context) (UserLimit, error) {
	limit, _, err := get[UserLimit](ctx, c, "/admin/v1/billing/user_limit", nil)
	return limit, err
}
