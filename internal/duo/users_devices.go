package duo

import (
	"context"
	"errors"
)

// UserTokens returns a user's hardware tokens, of which there are at most 100.
//
// GET /admin/v1/users/{user_id}/tokens
func (c *Client) UserTokens(ctx context.Context, id UserID) ([]Token, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, err
	}
	return collect(pages[Token](ctx, c, "/admin/v1/users"+segment+"/tokens", maxPage))
}

// AssignToken gives a hardware token to a user; one token can have several.
//
// POST /admin/v1/users/{user_id}/tokens
func (c *Client) AssignToken(ctx context.Context, user UserID, token TokenID) error {
	userSegment, err := segment(user)
	if err != nil {
		return err
	}
	if _, err := segment(token); err != nil {
		return err
	}
	_, err = post[void](ctx, c, "/admin/v1/users"+userSegment+"/tokens", Params{"token_id": string(token)})
	return err
}

// UnassignToken takes a hardware token from a user; the token stays, even without users.
//
// DELETE /admin/v1/users/{user_id}/tokens/{token_id}
func (c *Client) UnassignToken(ctx context.Context, user UserID, token TokenID) error {
	userSegment, err := segment(user)
	if err != nil {
		return err
	}
	tokenSegment, err := segment(token)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/users"+userSegment+"/tokens"+tokenSegment)
}

// UserWebAuthn returns a user's WebAuthn credentials, of which there are at most 100.
//
// GET /admin/v1/users/{user_id}/webauthncredentials
func (c *Client) UserWebAuthn(ctx context.Context, id UserID) ([]WebAuthnCredential, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, err
	}
	return collect(pages[WebAuthnCredential](ctx, c, "/admin/v1/users"+segment+"/webauthncredentials", maxPage))
}

// VerificationPush is a push that asks a user to prove who they are to a help desk.
type VerificationPush struct {
	ID   PushID
	Code Sensitive // shown on the phone; the help desk compares it with what the user reads out
}

// UnmarshalJSON reads Duo's answer.
func (p *VerificationPush) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*p = VerificationPush{ID: PushID(o.text("push_id")), Code: Sensitive(o.text("confirmation_code"))}
	if p.ID == "" {
		return errors.New("no push_id")
	}
	return o.err
}

// SendVerificationPush sends a push to an activated phone of the user. It lives for about two
// minutes.
//
// POST /admin/v1/users/{user_id}/send_verification_push
func (c *Client) SendVerificationPush(ctx context.Context, user UserID, phone PhoneID) (VerificationPush, error) {
	segmentOfUser, err := segment(user)
	if err != nil {
		return VerificationPush{}, err
	}
	if _, err := segment(phone); err != nil {
		return VerificationPush{}, err
	}
	return post[VerificationPush](ctx, c, "/admin/v1/users"+segmentOfUser+"/send_verification_push",
		Params{"phone_id": string(phone)})
}

// VerificationResult is what the user made of a verification push. Values that are not listed here
// may appear; none of them is an approval.
type VerificationResult string

// The values of VerificationResult.
const (
	VerificationApproved VerificationResult = "approve"
	VerificationDenied   VerificationResult = "deny"
	VerificationFraud    VerificationResult = "fraud" // denied and reported
	VerificationWaiting  VerificationResult = "waiting"
)

// UnmarshalJSON reads Duo's answer.
func (r *VerificationResult) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	if *r = VerificationResult(o.text("result")); *r == "" {
		return errors.New("no result")
	}
	return nil
}

// VerificationPushResponse tells what the user made of a push. It answers at once; ask about once a
// second. After the life of the push it is an [*Error] with CodeNotFound.
//
// GET /admin/v1/users/{user_id}/verification_push_response
func (c *Client) VerificationPushResponse(ctx context.Context, user UserID, push PushID) (VerificationResult, error) {
	segment, err := segment(user)
	if err != nil {
		return "", err
	}
	if push == "" {
		return "", invalid(errors.New("the push id is empty"))
	}
	result, _, err := get[VerificationResult](ctx, c, "/admin/v1/users"+segment+"/verification_push_response",
		Params{"push_id": string(push)})
	return result, err
}
