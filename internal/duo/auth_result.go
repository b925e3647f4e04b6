package duo

import (
	"context"
	"errors"
	"time"
)

// maxAuthWait is how long a call may take that answers when a person has answered: Duo gives them
// a minute.
const maxAuthWait = 75 * time.Second

// AuthResult is how an authentication went, or how far it got.
type AuthResult struct {
	Result string // allow, deny or waiting
	// such as allow, deny, bypass, fraud, timeout, locked_out, sent, pushed, calling, answered
	Status             string
	Message            string // Duo's words
	Delayed            bool   // Duo was slow; only with [Client.AuthStatus]
	TrustedDeviceToken Sensitive
}

// UnmarshalJSON reads Duo's answer.
func (r *AuthResult) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*r = AuthResult{
		Result:             o.text("result"),
		Status:             o.text("status"),
		Message:            plain(o.text("status_msg")),
		Delayed:            o.flag("auth_delayed"),
		TrustedDeviceToken: Sensitive(o.text("trusted_device_token")),
	}
	if r.Result == "" {
		return errors.New("no result")
	}
	return o.err
}

// Allowed tells whether the user may log in. Nothing else does.
func (r AuthResult) Allowed() bool { return r.Result == "allow" }

// Waiting tells whether the user has not answered yet.
func (r AuthResult) Waiting() bool { return r.Result == "waiting" }

// SMSSent tells whether passcodes went out as FactorSMS asks. Duo's result is deny all the same,
// because nobody has logged in.
func (r AuthResult) SMSSent() bool { return r.Result == "deny" && r.Status == "sent" }

// Auth authenticates a user and returns when they have answered, or not within a minute. The
// call's timeout is 75 seconds or [Options.Timeout], whichever is longer. No answer to it, see
// [MayHaveBeenApplied], means that the user may have been asked all the same.
//
// A user without a device for the factor is an [*Error] with CodeInvalidParameter and the detail
// "no capable device".
//
// POST /auth/v2/auth
func (c *Client) Auth(ctx context.Context, r AuthRequest) (AuthResult, error) {
	params, err := r.params()
	if err != nil {
		return AuthResult{}, err
	}
	params["async"] = "0"
	return post[AuthResult](ctx, c.patient(), "/auth/v2/auth", params)
}

// StartAuth asks the user as [Client.Auth] does, and returns at once. [Client.AuthStatus] tells
// how it goes on.
//
// POST /auth/v2/auth with async=1
func (c *Client) StartAuth(ctx context.Context, r AuthRequest) (TransactionID, error) {
	params, err := r.params()
	if err != nil {
		return "", err
	}
	params["async"] = "1"
	started, err := post[transaction](ctx, c, "/auth/v2/auth", params)
	return TransactionID(started), err
}

// AuthStatus tells how far an authentication got. The first call answers at once; later ones when
// something has changed, or after a while with the same state, so that calling it in a loop is the
// way to follow. Its timeout is that of [Client.Auth]. An unknown or expired transaction is an
// [*Error] with CodeInvalidParameter.
//
// GET /auth/v2/auth_status
func (c *Client) AuthStatus(ctx context.Context, id TransactionID) (AuthResult, error) {
	if !transactionGrammar.MatchString(string(id)) {
		return AuthResult{}, invalid(errors.New("the transaction id is not one of Duo's"))
	}
	result, _, err := get[AuthResult](ctx, c.patient(), "/auth/v2/auth_status", Params{"txid": string(id)})
	return result, err
}

// patient returns c with time for a person to answer.
func (c *Client) patient() *Client {
	patient := *c
	patient.options.Timeout = max(c.options.Timeout, maxAuthWait)
	patient.options.ReadTimeout = patient.options.Timeout
	return &patient
}

// transaction is the answer to an asynchronous authentication.
type transaction TransactionID

func (t *transaction) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	if *t = transaction(o.text("txid")); *t == "" {
		return errors.New("no txid")
	}
	return nil
}
