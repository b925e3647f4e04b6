package catalog

import (
	"context"
	"net/url"

	"duodesk/internal/duo"
)

func sendActivationURL() Action {
	life := smsLife
	install := Bool{Name: "install", Label: "Also create an installation link for Duo Mobile"}
	return Action{
		Slug: SendActivationURL, Title: "Send Activation URL", Category: phoneCategory,
		Unsure: "A link may have been created and lost. It is safe to create another: only the newest works.",
		Help:   "Creates an activation link and QR code. Nothing is sent; share the link yourself. Help Desk can do this within 15 minutes after the phone's user approved a verification.",
		API:    Admin, Call: "POST /admin/v1/phones/{phone_id}/activation_url", Kind: Write, Tier: Recent,
		Role:    Helpdesk,
		Reveals: true, Uses: oneOf(ActivationQuota), Fields: []Field{phoneID, phonePlatform, phoneType, life, install},
		Asks: "The device that Duo Mobile was on before is disconnected at once.",
		RoleFor: func(in Values) Role {
			// Anyone who has the link gets a lasting second factor.
			if life.Of(in) > day {
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
			subject, about := phoneName(phone), usersOf(phone.Users...)
			if err := MustBeVerified(ctx, d, in, phone); err != nil {
				return Result{Subject: subject, Facts: about}, err
			}
			// Only what is unknown is corrected here: changing a known phone is an
			// action of its own, with a role of its own.
			var unknown duo.PhoneFields
			if phone.Platform == "Unknown" {
				platform := phonePlatform.Of(in)
				if platform == "" {
					return Result{Subject: subject, Facts: about}, &FieldError{Field: phonePlatform.Name,
						Message: "Choose the platform: Duo does not activate a phone whose platform is unknown."}
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
					return Result{Subject: subject, Facts: about}, err
				}
				corrected = "Set the phone's type and platform, but did not create a link."
			}
			a, err := d.CreateActivationURL(ctx, id, life.Of(in), install.Of(in))
			if err != nil {
				return Result{Subject: subject, Facts: about, Summary: corrected}, err
			}
			r := Result{
				Subject: subject, Facts: about, Life: a.ValidFor,
				Summary: "Created an activation link, valid for " + Duration(a.ValidFor) +
					". The device that Duo Mobile was on before is disconnected.",
				Secrets: []Secret{{ActivationLinkSecret, a.URL}, {ActivationCodeSecret, activationCode(a)}},
			}
			if a.InstallationURL != "" {
				r.Secrets = append(r.Secrets, Secret{InstallLinkSecret, a.InstallationURL})
			}
			return onlyDuos(d, r), nil
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
