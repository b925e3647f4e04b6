package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"duodesk/internal/duo"
)

const phoneCategory = "Admin API - Phones"

var (
	phoneID       = ID{Name: "phone_id", Label: "Phone", Names: OfPhone, Example: "DP0000000000000000EX"}
	phonePlatform = Choice{Name: "platform", Label: "Platform", Example: "apple ios", Options: []Option{
		{"apple ios", "Apple iOS"}, {"google android", "Google Android"}, {"generic smartphone", "Generic smartphone"},
		{"windows phone", "Windows Phone"}, {"rim blackberry", "BlackBerry"}, {"java j2me", "Java J2ME"},
		{"palm webos", "Palm webOS"}, {"symbian os", "Symbian OS"}, {"windows mobile", "Windows Mobile"},
	}}
	phoneType = Choice{Name: "type", Label: "Type", Default: "mobile", Example: "mobile",
		Options: []Option{{"mobile", "Mobile"}, {"landline", "Landline"}}}
	phoneNumber = PhoneNumber{Name: "number", Label: "Number",
		Help: "With the country code, such as +44 20 7946 0123. Empty for a tablet.", Example: "+12025550177",
		Extension: "extension"}
	phoneLabel     = Text{Name: "name", Label: "Name", Help: "A name for it, such as Reception.", Example: "Reception"}
	phoneExtension = Text{Name: "extension", Label: "Extension", Help: "Digits, commas, # and *.", Max: 32,
		Example: "22", Pattern: `[0-9,#*]+`}
	phonePredelay = Int{Name: "predelay", Label: "Seconds to wait before dialing the extension", Max: 3600,
		Optional: true, Example: "2"}
	phonePostdelay = Int{Name: "postdelay", Label: "Seconds to wait after the extension before speaking", Max: 3600,
		Optional: true, Example: "1"}
)

// mostRelated is how many phones and groups a user, and how many users a phone
// can have. Duo answers a request for more with a bare internal error.
const mostRelated = 100

func createPhone() Action {
	owner := ID{Name: "user_id", Label: "User", Names: OfUser,
		Help: "The user to assign the phone to. Empty: not assigned.", Optional: true, Example: userID.Example}
	return Action{
		Slug: CreatePhone, Title: "Create Phone", Category: phoneCategory,
		Help: "Adds a phone to this organization's Duo account, and assigns it to a user if you choose one. Nothing is sent to the phone.",
		API:  Admin, Call: "POST /admin/v1/phones", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{phoneNumber, phoneLabel, phoneType, phonePlatform, phoneExtension, phonePredelay,
			phonePostdelay, owner},
		Check: checkNewPhone,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			var user duo.User
			if id := owner.Of(in); id != "" {
				var err error
				if user, err = d.User(ctx, duo.UserID(id)); err != nil {
					return Result{}, err
				}
				if why := InTrash(user); why != "" {
					return Result{Subject: user.Username}, &FieldError{Field: owner.Name, Message: why}
				}
				if len(user.Phones) >= mostRelated {
					return Result{Subject: user.Username},
						&FieldError{Field: owner.Name, Message: tooMany(user.Username, len(user.Phones), "phones")}
				}
			}
			fields := phoneFields(in, false)
			kind := phoneType.Of(in)
			fields.Type = &kind
			phone, err := d.CreatePhone(ctx, fields)
			if err != nil {
				return Result{Subject: user.Username}, numberTaken(err)
			}
			r := Result{Subject: phoneName(phone), Facts: Facts{Created: string(phone.ID)},
				Summary: "Created phone " + phoneName(phone) + "."}
			if user.ID == "" {
				return r, nil
			}
			r.Subject = user.Username
			switch err = d.AssignPhone(ctx, user.ID, phone.ID); {
			case err == nil:
				r.Summary = "Created phone " + phoneName(phone) + " and assigned it to " + user.Username + "."
			case duo.MayHaveBeenApplied(err):
				r.Summary += " Whether " + user.Username + " has it is not known."
			default:
				r.Summary += " It is not assigned to " + user.Username + "."
			}
			return r, err
		},
	}
}

// checkNewPhone asks for what Duo would need later, when somebody waits for it.
func checkNewPhone(in Values) []FieldError {
	var bad []FieldError
	add := func(field, message string) { bad = append(bad, FieldError{Field: field, Message: message}) }
	landline := phoneType.Of(in) == "landline"
	switch {
	case phoneNumber.Of(in) == "" && landline:
		add(phoneNumber.Name, "A landline needs its number.")
	case phoneNumber.Of(in) == "" && phoneLabel.Of(in) == "":
		add(phoneNumber.Name, "Give a number, or a name for a tablet without one.")
	}
	if landline && phonePlatform.Of(in) != "" {
		add(phonePlatform.Name, "A landline has no platform.")
	}
	return append(bad, checkExtension(in)...)
}

func checkExtension(in Values) []FieldError {
	if strings.Trim(phoneExtension.Of(in), "0123456789,#*") != "" {
		return []FieldError{{Field: phoneExtension.Name, Message: "Only digits, commas, # and * can be dialed."}}
	}
	return nil
}

func modifyPhone() Action {
	predelay, postdelay := phonePredelay, phonePostdelay
	predelay.Optional, postdelay.Optional = false, false // Duo has no call that takes a wait away
	kind, platform := phoneType, phonePlatform
	kind.Filled, platform.Filled = true, true
	return Action{
		Slug: ModifyPhone, Title: "Modify Phone", Category: phoneCategory,
		Help: "Changes the fields that you fill in. The others stay as they are. The phone stays assigned to its users.",
		API:  Admin, Call: "POST /admin/v1/phones/{phone_id}", Kind: Write, Tier: Recent, Role: Technician, Edits: true,
		Fields: []Field{phoneID, phoneNumber, phoneLabel, kind, platform, phoneExtension, predelay, postdelay},
		Check: func(in Values) []FieldError {
			bad := checkExtension(in)
			for _, f := range []Choice{phoneType, phonePlatform} {
				if text, given := in.given[f.Name]; given && text == "" {
					bad = append(bad, FieldError{Field: f.Name, Message: "Choose one."})
				}
			}
			return bad
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			fields := phoneFields(in, true)
			if fields == (duo.PhoneFields{}) {
				return Result{}, &FieldError{Field: phoneID.Name, Message: "Nothing is changed yet."}
			}
			phone, err := d.ModifyPhone(ctx, duo.PhoneID(phoneID.Of(in)), fields)
			if err != nil {
				return Result{}, numberTaken(err)
			}
			var changed []string
			for _, f := range []Field{phoneNumber, phoneLabel, phoneType, phonePlatform, phoneExtension, predelay,
				postdelay} {
				if _, given := in.given[f.Spec().Name]; given {
					changed = append(changed, f.Spec().Name)
				}
			}
			return Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...),
				Summary: "Changed " + strings.Join(changed, ", ") + "."}, nil
		},
	}
}

// phoneFields are the parameters of a phone. On creation an empty value is the
// same as none; on change it clears those texts that can be empty.
func phoneFields(in Values, clear bool) duo.PhoneFields {
	pick := func(name string, text bool) *string {
		value, given := in.given[name]
		if !given || value == "" && !(text && clear) {
			return nil
		}
		return &value
	}
	return duo.PhoneFields{
		Number: pick("number", true), Name: pick("name", true), Extension: pick("extension", true),
		Type: pick("type", false), Platform: pick("platform", false), Predelay: pick("predelay", false),
		Postdelay: pick("postdelay", false),
	}
}

// numberTaken says what Duo's "duplicate" means for a phone: nothing was done.
func numberTaken(err error) error {
	if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeDuplicate {
		return refusedField(phoneNumber.Name,
			"This account already has a phone with this number and extension. Search the phones for it.", refused)
	}
	return err
}

func tooMany(who string, n int, what string) string {
	return fmt.Sprintf("%s has %d %s; Duo's limit is %d.", who, n, what, mostRelated)
}

func deletePhone() Action {
	users := Lines{Name: "user_ids", Label: "Users",
		Help: "The phone's users by Duo id, one per line. Empty: not assigned. If the phone has other users, nothing is deleted.", MaxLines: mostRelated}
	return Action{
		Slug: DeletePhone, Title: "Delete Phone by ID", Category: phoneCategory,
		Deletes: true,
		Help:    "Deletes a phone from the account and from all its users. You can't undo this.",
		API:     Admin, Call: "DELETE /admin/v1/phones/{phone_id}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{phoneID, users},
		Asks:   "The phone is deleted from the account and from all its users.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			// Duo answers a deletion of nothing like any other: look first, so that
			// the record says what was deleted, and whose it was.
			phone, err := d.Phone(ctx, duo.PhoneID(phoneID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			r := Result{Subject: phoneName(phone), Facts: usersOf(phone.Users...)}
			var ids, names []string
			for _, u := range phone.Users {
				ids, names = append(ids, string(u.ID)), append(names, u.Username)
			}
			if users.Given(in) && !sameTexts(ids, users.Of(in)) {
				return r, &FieldError{Field: users.Name,
					Message: "The phone's users have changed since the form was opened. Look at the phone again."}
			}
			if err := d.DeletePhone(ctx, phone.ID); err != nil {
				return r, err
			}
			r.Summary = "Deleted phone " + phoneName(phone) + ", which was not assigned."
			if len(names) > 0 {
				r.Summary = "Deleted phone " + phoneName(phone) + ", which " + Listed(names, 3) + " had."
			}
			return r, nil
		},
	}
}

func sameTexts(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func phoneName(p duo.Phone) string {
	if number := p.FullNumber(); number != "" && p.Name != "" {
		return number + " (" + p.Name + ")"
	}
	return p.Title()
}

func assignPhone() Action {
	return Action{
		Slug: AssignPhone, Title: "Assign Phone to User", Category: phoneCategory,
		Unsure: unsurePhones,
		Help:   "Lets a user log in with a phone that the account already has.",
		API:    Admin, Call: "POST /admin/v1/users/{user_id}/phones", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, phoneID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, phone, err := userAndPhone(ctx, d, in)
			r := Result{Subject: user.Username}
			switch {
			case err != nil:
				return r, err
			case hasPhone(user, phone):
				return r, &FieldError{Field: phoneID.Name,
					Message: user.Username + " has the phone " + phoneName(phone) + " already."}
			case len(user.Phones) >= mostRelated:
				return r, &FieldError{Field: phoneID.Name, Message: tooMany(user.Username, len(user.Phones), "phones")}
			case len(phone.Users) >= mostRelated:
				return r, &FieldError{Field: phoneID.Name,
					Message: tooMany(phoneName(phone), len(phone.Users), "users")}
			}
			if err := d.AssignPhone(ctx, user.ID, phone.ID); err != nil {
				return r, err
			}
			r.Summary = "Attached phone " + phoneName(phone) + " to " + user.Username + "."
			return r, nil
		},
	}
}

func unassignPhone() Action {
	return Action{
		Slug: UnassignPhone, Title: "Un-assign Phone from User", Category: phoneCategory,
		Unsure: unsurePhones,
		Help:   "Removes a phone from a user. The phone stays in the account.",
		API:    Admin, Call: "DELETE /admin/v1/users/{user_id}/phones/{phone_id}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, phoneID},
		Asks:   "The user can no longer log in with this phone. The phone stays in the account.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, phone, err := userAndPhone(ctx, d, in)
			r := Result{Subject: user.Username}
			switch {
			case err != nil:
				return r, err
			case !hasPhone(user, phone):
				return r, &FieldError{Field: phoneID.Name,
					Message: user.Username + " does not have the phone " + phoneName(phone) + "."}
			}
			if err := d.UnassignPhone(ctx, user.ID, phone.ID); err != nil {
				return r, err
			}
			r.Summary = "Removed phone " + phoneName(phone) + " from " + user.Username + "."
			return r, nil
		},
	}
}

func hasPhone(u duo.User, p duo.Phone) bool {
	return slices.ContainsFunc(p.Users, func(other duo.User) bool { return other.ID == u.ID })
}

// userAndPhone reads both, so that the record names them. What a user in the
// trash has is not changed.
func userAndPhone(ctx context.Context, d *duo.Client, in Values) (duo.User, duo.Phone, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err == nil {
		err = editable(user)
	}
	if err != nil {
		return user, duo.Phone{}, err
	}
	phone, err := d.Phone(ctx, duo.PhoneID(phoneID.Of(in)))
	return user, phone, err
}
