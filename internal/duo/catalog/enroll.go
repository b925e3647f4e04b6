package catalog

import (
	"context"
	"strings"
	"time"

	"duodesk/internal/duo"
)

// EnrollmentCodeSecret labels the code in an enrollment email: anyone who has it
// can enroll a device as the user.
const EnrollmentCodeSecret = "Enrollment code"

func enrollUser() Action {
	username, address := username, email
	username.Names = OfUser
	address.Required, address.Help = true, "Duo sends the email to this address and saves it with the user."
	life := Span{Name: "valid_secs", Label: "Link valid for", Min: time.Hour, Max: 90 * day, Default: 30 * day,
		Never: "never expires", Presets: []time.Duration{day, 7 * day, 30 * day}}
	return Action{
		Slug: EnrollUser, Title: "Enroll User", Category: userCategory,
		Help: "Emails a person a link to enroll their own device. Creates the user if needed. Each email has a new link.",
		API:  Admin, Call: "POST /admin/v1/users/enroll", Kind: Send, Tier: Recent, Role: Technician, Reveals: true,
		Fields: []Field{username, address, life}, Uses: oneOf(ActivationQuota),
		Asks: "An email is sent now. Anyone who opens its link enrolls a device as this user. An earlier link stops working.",
		RoleFor: func(in Values) Role {
			if valid := life.Of(in); valid == 0 || valid > 30*day {
				return Administrator
			}
			return Technician
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			name, to := username.Of(in), address.Of(in)
			before, known, err := d.UserByUsername(ctx, name)
			if err != nil {
				return Result{Subject: name}, err
			}
			if known {
				name = before.Username
				if fault := notToEnroll(before); fault != "" {
					return Result{Subject: name}, &FieldError{Field: username.Name, Message: fault}
				}
			}
			code, err := d.EnrollUser(ctx, name, to, life.Of(in))
			if err != nil {
				return Result{Subject: name}, err
			}
			r := Result{Subject: name, Facts: usersOf(before), Life: life.Of(in),
				Secrets: []Secret{{EnrollmentCodeSecret, string(code)}},
				Summary: enrollSummary(before, known, to, life.Of(in))}
			// It is sent; what is there now is told as far as it can be read.
			if after, found, err := d.UserByUsername(ctx, name); err == nil && found {
				r.Facts = usersOf(after)
				r.Table = objectOf([]Column{{"username", "Username", ""}, {"email", "Email", ""},
					{"user_id", "User id", UserLink}}, enrolledRow, after)
				if !known {
					said, err := endUnasked(ctx, d, in, after)
					r.Summary += said
					return r, err
				}
			}
			return r, nil
		},
	}
}

func enrolledRow(u duo.User) []string { return []string{u.Username, u.Email, string(u.ID)} }

// notToEnroll says why a user cannot be enrolled by email.
func notToEnroll(u duo.User) string {
	switch {
	case u.Status == duo.StatusPendingDeletion:
		return u.Username + " is in the trash. Restore the user first."
	case u.Status == duo.StatusDisabled:
		return u.Username + " is disabled and could not log in with a device either. Change the status first."
	case u.Enrolled:
		return u.Username + " is already enrolled with a device. Activate it, or add a phone on the user's page."
	}
	return ""
}

func enrollSummary(before duo.User, known bool, to string, valid time.Duration) string {
	summary := "Sent an enrollment email to " + to + ", valid for " + Duration(valid) + "."
	if valid == 0 {
		summary = "Sent an enrollment email to " + to + ", which never expires."
	}
	switch {
	case !known:
		return summary + " The user was created."
	case before.Email != "" && !strings.EqualFold(before.Email, to):
		return summary + " The user's address was " + before.Email + " before."
	}
	return summary
}

var (
	enrolledUser   = ID{Name: "user_id", Label: "User", Names: OfUser, Example: "DU0000000000000000EX"}
	activationText = Text{Name: "activation_code", Label: "Activation code",
		Help: "The code from the enrollment. It begins with duo://.", Required: true, Secret: true,
		Example: "duo://example"}
)

var enrollCodes = Int{Name: "bypass_codes", Label: "Bypass codes to create",
	Help: "They never expire and work once each. They require the Administrator role.", Max: 10, Default: 0}

func authEnroll() Action {
	name := username
	name.Required, name.Help = false, "A username that no user has yet. Empty: Duo makes up 32 characters."
	life := Span{Name: "valid_secs", Label: "Code valid for", Min: time.Minute, Max: 7 * day, Default: day,
		Presets: []time.Duration{time.Hour, day, 3 * day, 7 * day}}
	return Action{
		Slug: AuthEnrollUser, Title: "Enroll User by Auth API", Category: authCategory,
		Help: "Creates a user with a phone without a number, and a code that activates Duo Mobile on it. Nothing is sent; share the code yourself.",
		API:  Auth, Call: "POST /auth/v2/enroll", Kind: Write, Tier: Recent, Role: Technician, Reveals: true,
		Fields: []Field{name, life, enrollCodes},
		Uses: func(in Values) []Use {
			return []Use{{ActivationQuota, 1}, {BypassCodeQuota, enrollCodes.Of(in)}}
		},
		Asks: "A user is created. Anyone who opens the link first gets the user's second factor.",
		RoleFor: func(in Values) Role {
			if enrollCodes.Of(in) > 0 {
				return Administrator
			}
			return Technician
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			made, err := d.Enroll(ctx, duo.NewEnrollment{Username: name.Of(in), ValidFor: life.Of(in),
				BypassCodes: enrollCodes.Of(in)})
			if err != nil {
				return Result{Subject: name.Of(in)}, usernameTaken(err)
			}
			r := Result{Subject: made.Username, Facts: Facts{Users: []string{string(made.UserID)}}, Life: life.Of(in),
				Summary: "Created user " + made.Username + " with a phone to activate, valid for " +
					Duration(life.Of(in)) + ".",
				Secrets: []Secret{{ActivationLinkSecret, string(made.ActivationURL)},
					{ActivationCodeSecret, string(made.ActivationCode)}},
				Table: objectOf([]Column{{"username", "Username", ""}, {"user_id", "User id", UserLink},
					{"expiration", "Expires", Moment}}, enrollmentRow, made)}
			for _, code := range made.BypassCodes {
				r.Secrets = append(r.Secrets, Secret{BypassCodeSecret, code})
			}
			r = onlyDuos(d, r)
			if n := len(made.BypassCodes); n > 0 {
				r.Summary += " Created " + counted(n, "bypass code", "bypass codes") + " that never expire."
			}
			return r, nil
		},
	}
}

func enrollmentRow(e duo.Enrollment) []string {
	return []string{e.Username, string(e.UserID), moment(e.Expires)}
}

func authEnrollStatus() Action {
	return Action{
		Slug: "auth-enroll-status", Title: "Get Enrollment Status by Auth API", Category: authCategory,
		Help: "Checks whether the activation code of an enrollment was used.",
		API:  Auth, Call: "POST /auth/v2/enroll_status", Kind: Read, Role: Technician,
		Fields: []Field{enrolledUser, activationText},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id := duo.UserID(enrolledUser.Of(in))
			state, err := d.EnrollStatus(ctx, id, duo.Sensitive(activationText.Of(in)))
			if err != nil {
				return Result{Subject: string(id)}, err
			}
			r := Result{Subject: string(id)}
			switch state {
			case duo.EnrollSuccess:
				r.Summary = "The code was used: the phone is activated."
			case duo.EnrollWaiting:
				r.Summary = "The code was not used yet, and still works."
			case duo.EnrollInvalid:
				r.Summary = "The code is not this user's, or it has expired."
			default:
				r.Summary = "Duo says " + string(state) + "."
			}
			return r, nil
		},
	}
}

// usernameTaken puts Duo's refusal of a username that exists beside it.
func usernameTaken(err error) error {
	if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeInvalidParameter &&
		strings.Contains(refused.Detail, "already exists") {
		return refusedField(username.Name,
			"Another user already has this username. Send an enrollment email with Enroll User, or activate the user's phone.", refused)
	}
	return err
}
