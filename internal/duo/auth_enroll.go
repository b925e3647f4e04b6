package duo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// NewEnrollment describes the user that [Client.Enroll] creates.
type NewEnrollment struct {
	Username    string        // must be nobody's yet; "" has Duo make one up, of 32 characters
	ValidFor    time.Duration // in whole seconds; 0 leaves Duo's default of a day
	BypassCodes int           // how many bypass codes to make, 0 to 10
}

// Enrollment is a new user who has yet to activate Duo Mobile.
type Enrollment struct {
	UserID         UserID
	Username       string
	ActivationCode Sensitive // what the QR code holds: duo://…
	ActivationURL  Sensitive // to open on the phone
	Barcode        Sensitive // address of a QR code image, drawn by Duo
	Expires        time.Time
	BypassCodes    Codes
}

// UnmarshalJSON reads Duo's answer.
func (e *Enrollment) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*e = Enrollment{
		UserID:         UserID(o.text("user_id")),
		Username:       o.text("username"),
		ActivationCode: Sensitive(o.text("activation_code")),
		ActivationURL:  Sensitive(o.text("activation_url")),
		Barcode:        Sensitive(o.text("activation_barcode")),
		Expires:        o.seconds("expiration"),
		BypassCodes:    list[string](o, "bypass_codes"),
	}
	return o.err
}

// Enroll makes a user and a phone without a number, to be activated by who opens the link first. A
// username that exists is an [*Error] with CodeInvalidParameter and the detail "username already
// exists". [Client.EnrollUser] of the Admin API is the call that sends an email.
//
// POST /auth/v2/enroll
func (c *Client) Enroll(ctx context.Context, n NewEnrollment) (Enrollment, error) {
	seconds, err := wholeSeconds("valid", n.ValidFor)
	if err != nil {
		return Enrollment{}, err
	}
	if n.BypassCodes < 0 || n.BypassCodes > 10 {
		return Enrollment{}, invalid(errors.New("bypass codes must be 0 to 10"))
	}
	params := Params{}
	if n.Username != "" {
		params["username"] = n.Username
	}
	if n.ValidFor > 0 {
		params["valid_secs"] = seconds
	}
	if n.BypassCodes > 0 {
		params["bypass_codes"] = strconv.Itoa(n.BypassCodes)
	}
	return post[Enrollment](ctx, c, "/auth/v2/enroll", params)
}

// EnrollState is how far an enrollment got. Values that are not listed here may appear.
type EnrollState string

// UnmarshalJSON reads Duo's answer.
func (s *EnrollState) UnmarshalJSON(data []byte) error {
	if *s = EnrollState(scalar(data)); *s == "" {
		return errors.New("no state")
	}
	return nil
}

// The values of EnrollState.
const (
	EnrollSuccess EnrollState = "success" // the phone was activated
	EnrollWaiting EnrollState = "waiting" // not yet
	EnrollInvalid EnrollState = "invalid" // the code is wrong or has expired
)

// EnrollStatus tells whether the activation code of an [Enrollment] was used.
//
// POST /auth/v2/enroll_status
func (c *Client) EnrollStatus(ctx context.Context, user UserID, activationCode Sensitive) (EnrollState, error) {
	if _, err := segment(user); err != nil {
		return "", err
	}
	if activationCode == "" {
		return "", invalid(errors.New("the activation code is empty"))
	}
	return post[EnrollState](ctx, c, "/auth/v2/enroll_status",
		Params{"user_id": string(user), "activation_code": string(activationCode)})
}

// EnrollUser sends an enrollment email and returns the code in it. A user who does not exist is
// made, and the address is stored with the user; a second call sends the email again. valid is in
// whole seconds; 0 is for ever, and Duo's own default is 30 days.
//
// POST /admin/v1/users/enroll
func (c *Client) EnrollUser(ctx context.Context, username, email string, valid time.Duration) (Sensitive, error) {
	seconds, err := wholeSeconds("valid", valid)
	if err != nil {
		return "", err
	}
	for name, value := range map[string]string{"username": username, "email": email} {
		if value == "" {
			return "", invalid(fmt.Errorf("%s is empty", name))
		}
	}
	code, err := post[bare](ctx, c, "/admin/v1/users/enroll",
		Params{"username": username, "email": email, "valid_secs": seconds})
	return Sensitive(code), err
}
