package catalog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"duodesk/internal/duo"
)

// VerificationCode labels the code that a caller has to see on the phone.
const VerificationCode = "Verification code"

// VerificationTime is how long a verification push lives.
const VerificationTime = 120 * time.Second

func verifyCaller() Action {
	return Action{
		Slug: VerifyCaller, Title: "Verify Caller", Category: userCategory,
		Unsure: unsureAsked,
		Help:   "Sends a push with a code to a user's phone. A caller who reads you the same code and approves has the phone.",
		API:    Admin, Call: "POST /admin/v1/users/{user_id}/send_verification_push", Kind: Send, Tier: Unproved, Role: Helpdesk,
		Reveals: true, Fields: []Field{userID, phoneID},
		Asks: "The person gets a push now.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, err := d.User(ctx, duo.UserID(userID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			i := slices.IndexFunc(user.Phones, func(p duo.Phone) bool { return string(p.ID) == phoneID.Of(in) })
			switch {
			case i < 0:
				return Result{Subject: user.Username},
					&FieldError{Field: phoneID.Name, Message: "This is not a phone of this user."}
			case !user.Phones[i].Activated:
				return Result{Subject: user.Username}, &FieldError{Field: phoneID.Name,
					Message: "Duo Mobile is not activated on this phone: a push cannot reach it."}
			}
			push, err := d.SendVerificationPush(ctx, user.ID, user.Phones[i].ID)
			if err != nil {
				return Result{Subject: user.Username}, err
			}
			phone := phoneName(user.Phones[i])
			return Result{
				Subject: user.Username, Summary: "Sent a verification push to " + phone + ".", Pending: string(push.ID),
				Facts:   Facts{Phone: phone},
				Secrets: []Secret{{VerificationCode, string(push.Code)}}, Life: VerificationTime,
			}, nil
		},
		Follow: func(ctx context.Context, d *duo.Client, in Values, r Result) (Progress, error) {
			response, err := d.VerificationPushResponse(ctx, duo.UserID(userID.Of(in)), duo.PushID(r.Pending))
			var refused *duo.Error
			if errors.As(err, &refused) && refused.Code == duo.CodeNotFound {
				// A push is unknown once it has expired.
				return Progress{Text: "No answer within " + Duration(VerificationTime) + ".", Answer: NoAnswer,
					Gone: true}, nil
			}
			if err != nil {
				return Progress{}, err
			}
			switch response {
			case duo.VerificationApproved:
				// Whether the caller read the code out is not Duo's to say.
				return Progress{Text: "Approved on " + cmp.Or(r.Phone, "the phone") + ".", Answer: Approved}, nil
			case duo.VerificationDenied:
				return Progress{Text: "Denied on the phone.", Answer: Denied}, nil
			case duo.VerificationFraud:
				return Progress{Text: "Denied and reported as fraud: the owner of the phone did not call.",
					Answer: Fraud}, nil
			}
			return Progress{Text: "The push is on the phone. Waiting for the answer."}, nil
		},
		Patience: VerificationTime,
	}
}
