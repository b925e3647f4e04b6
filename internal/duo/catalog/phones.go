package catalog

import (
	"context"
	"net/url"
	"time"

	"duodesk/internal/duo"
)

const phoneCategory = "Admin API - Phones"

var (
	phoneID       = ID{Name: "phone_id", Label: "Phone", Example: "DP0000000000000000EX"}
	phonePlatform = Choice{Name: "platform", Label: "Platform", Example: "apple ios", Options: []Option{
		{"apple ios", "Apple iOS"}, {"google android", "Google Android"}, {"generic smartphone", "Other smartphone"},
		{"windows phone", "Windows Phone"}, {"rim blackberry", "BlackBerry"}, {"java j2me", "Java J2ME"},
		{"palm webos", "Palm webOS"}, {"symbian os", "Symbian OS"}, {"windows mobile", "Windows Mobile"},
	}}
	phoneType = Choice{Name: "type", Label: "Type", Default: "mobile", Example: "mobile", Options: []Option{{"mobile", "Mobile"}, {"landline", "Landline"}}}
)

func sendActivationURL() Action {
	life := Int{Name: "valid_secs", Label: "Valid for", Help: "In seconds.", Min: 60, Max: 7 * 24 * 3600, Default: 24 * 3600}
	install := Bool{Name: "install", Label: "With a link to install Duo Mobile"}
	return Action{
		Slug: "send-activation-url", Title: "Send Activation URL", Category: phoneCategory,
		Help: "Makes a link and a QR code that activate Duo Mobile on a phone. In spite of its name it sends nothing: you pass the link on.",
		API:  Admin, Kind: Write, Role: Helpdesk, Fields: []Field{phoneID, phonePlatform, phoneType, life, install},
		RoleFor: func(in Values) Role {
			// Whoever has the link gets a lasting second factor.
			if life.Of(in) > 24*3600 {
				return Technician
			}
			return Helpdesk
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id := duo.PhoneID(phoneID.Of(in))
			phone, err := d.Phone(ctx, id)
			if err != nil {
				return Result{}, err
			}
			subject := phoneName(phone)
			// Only what is unknown is corrected here: changing a known phone is an
			// action of its own, with a role of its own.
			var unknown duo.PhoneFields
			if phone.Platform == "Unknown" {
				platform := phonePlatform.Of(in)
				if platform == "" {
					return Result{Subject: subject}, &FieldError{Field: phonePlatform.Name, Message: "Choose the platform: Duo activates no phone of unknown platform."}
				}
				unknown.Platform = &platform
			}
			if phone.Type == "Unknown" {
				kind := phoneType.Of(in)
				unknown.Type = &kind
			}
			corrected := ""
			if unknown != (duo.PhoneFields{}) {
				if _, err := d.ModifyPhone(ctx, id, unknown); err != nil {
					return Result{Subject: subject}, err
				}
				corrected = "Set the phone's type and platform, but made no link."
			}
			a, err := d.CreateActivationURL(ctx, id, time.Duration(life.Of(in))*time.Second, install.Of(in))
			if err != nil {
				return Result{Subject: subject, Summary: corrected}, err
			}
			r := Result{
				Subject: subject, Life: a.ValidFor,
				Summary: "Made an activation link, valid for " + Duration(a.ValidFor) + ". Duo Mobile on the device before it is disconnected.",
				Secrets: []Secret{{ActivationLinkSecret, a.URL}, {ActivationCodeSecret, activationCode(a)}},
			}
			if a.InstallationURL != "" {
				r.Secrets = append(r.Secrets, Secret{InstallLinkSecret, a.InstallationURL})
			}
			return r, nil
		},
	}
}

// activationCode is what Duo Mobile scans. Duo gives it inside the address of a
// picture on its own host; drawn here, no third party learns of it.
func activationCode(a duo.Activation) string {
	if u, err := url.Parse(a.Barcode); err == nil && u.Query().Get("value") != "" {
		return u.Query().Get("value")
	}
	return a.URL
}

func phoneName(p duo.Phone) string {
	switch {
	case p.Number != "" && p.Name != "":
		return p.Number + " (" + p.Name + ")"
	case p.Number != "":
		return p.Number
	case p.Name != "":
		return p.Name
	}
	return string(p.ID)
}

func assignPhone() Action {
	return Action{
		Slug: "assign-phone-to-user", Title: "Assign Phone to User", Category: phoneCategory,
		Help: "Lets a user sign in with a phone that the account already has.",
		API:  Admin, Kind: Write, Role: Technician, Fields: []Field{userID, phoneID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, phone, err := userAndPhone(ctx, d, in)
			if err != nil {
				return Result{Subject: user.Username}, err
			}
			if err := d.AssignPhone(ctx, user.ID, phone.ID); err != nil {
				return Result{Subject: user.Username}, err
			}
			return Result{Subject: user.Username, Summary: "Assigned phone " + phoneName(phone) + " to " + user.Username + "."}, nil
		},
	}
}

func unassignPhone() Action {
	return Action{
		Slug: "un-assign-phone-from-user", Title: "Un-assign Phone from User", Category: phoneCategory,
		Help: "Takes a phone from a user. The phone stays in the account.",
		API:  Admin, Kind: Write, Role: Technician, Fields: []Field{userID, phoneID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, phone, err := userAndPhone(ctx, d, in)
			if err != nil {
				return Result{Subject: user.Username}, err
			}
			if err := d.UnassignPhone(ctx, user.ID, phone.ID); err != nil {
				return Result{Subject: user.Username}, err
			}
			return Result{Subject: user.Username, Summary: "Took phone " + phoneName(phone) + " from " + user.Username + "."}, nil
		},
	}
}

// userAndPhone reads both, so that the record names them.
func userAndPhone(ctx context.Context, d *duo.Client, in Values) (duo.User, duo.Phone, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return user, duo.Phone{}, err
	}
	phone, err := d.Phone(ctx, duo.PhoneID(phoneID.Of(in)))
	return user, phone, err
}
