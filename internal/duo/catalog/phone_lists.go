package catalog

import (
	"context"

	"duodesk/internal/duo"
)

var phoneColumns = []Column{{"number", "Number", ""}, {"extension", "Extension", ""}, {"name", "Name", ""},
	{"type", "Type", ""}, {"platform", "Platform", ""},
	{"model", "Model", ""}, {"activated", "Activated", ""}, {"capabilities", "Can", ""},
	{"last_seen", "Last seen", Moment}, {"users", "Users", ""}, {"phone_id", "Phone id", PhoneRef}}

func phoneRow(p duo.Phone) []string {
	return []string{p.Number, p.Extension, p.Name, p.Type, p.Platform, p.Model, yesno(p.Activated),
		namesOf(p.Capabilities, func(c string) string { return c }),
		moment(p.LastSeen), namesOf(p.Users, func(u duo.User) string { return u.Username }), string(p.ID)}
}

func listPhones() Action {
	number, phoneExtension := phoneNumber, phoneExtension
	number.Help, number.Example,
		phoneExtension.Example = "Only the phone with this number, including the country code.", "", ""
	return Action{
		Slug: "list-phones", Title: "List Phones", Category: phoneCategory,
		Help: "Lists the account's phones and tablets, with their users.",
		API:  Admin, Call: "GET /admin/v1/phones", Kind: Read, Role: Auditor,
		Fields: []Field{number, phoneExtension, listLimit, listOffset}, Check: checkExtension,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.PhonesMatching(ctx, duo.PhoneFilter{Number: number.Of(in),
				Extension: phoneExtension.Of(in)}, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "phones", Summary: listed(len(found), metadata, "phone", "phones"),
				Table: tableOf("phones", phoneColumns, phoneRow, found, metadata)}, nil
		},
	}
}

func getPhone() Action {
	return Action{
		Slug: "get-phone", Title: "Get Phone", Category: phoneCategory,
		Help: "Reads one phone, with its users.",
		API:  Admin, Call: "GET /admin/v1/phones/{phone_id}", Kind: Read, Role: Auditor, Fields: []Field{phoneID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			phone, err := d.Phone(ctx, duo.PhoneID(phoneID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: phoneName(phone), Summary: "Read phone " + phoneName(phone) + ".",
				Table: objectOf(phoneColumns, phoneRow, phone)}, nil
		},
	}
}

func getUsersPhones() Action {
	return Action{
		Slug: "get-users-phones", Title: "Get User's Phones", Category: phoneCategory,
		Help: "Lists a user's phones.",
		API:  Admin, Call: "GET /admin/v1/users/{user_id}/phones", Kind: Read, Role: Auditor,
		Fields: []Field{userID, listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, err := d.User(ctx, duo.UserID(userID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			found, metadata, err := d.UserPhonesPage(ctx, user.ID, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{Subject: user.Username}, err
			}
			return Result{Subject: user.Username, Summary: listed(len(found), metadata, "phone", "phones"),
				Table: tableOf("phones", phoneColumns, phoneRow, found, metadata)}, nil
		},
	}
}
