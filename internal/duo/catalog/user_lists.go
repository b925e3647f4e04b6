package catalog

import (
	"context"

	"duodesk/internal/duo"
)

var userColumns = []Column{{"username", "Username", ""}, {"realname", "Full name", ""}, {"email", "Email", ""},
	{"status", "Status", ""}, {"is_enrolled", "Enrolled", ""},
	{"last_login", "Last login", Moment}, {"created", "Created", Moment}, {"aliases", "Aliases", ""},
	{"groups", "Groups", ""}, {"phones", "Phones", ""}, {"notes", "Notes", ""}, {"user_id", "User id", UserLink}}

func userRow(u duo.User) []string {
	var aliases []string
	for _, alias := range u.Aliases {
		if alias != "" {
			aliases = append(aliases, alias)
		}
	}
	return []string{u.Username, u.RealName, u.Email, string(u.Status), yesno(u.Enrolled), moment(u.LastLogin),
		moment(u.Created), namesOf(aliases, func(a string) string { return a }),
		namesOf(u.Groups, func(g duo.Group) string { return g.Name }), namesOf(u.Phones, phoneName), u.Notes,
		string(u.ID)}
}

func listUsers() Action {
	name := Text{Name: "username", Names: OfUser, Label: "Username", Help: "Only the user with this username or alias."}
	mail := Email{Name: "email", Label: "Email", Help: "Only the user with this address."}
	ids := Lines{Name: "user_id_list", Label: "User ids", Help: "Only these users, one id per line, up to 100.",
		MaxLines: 100}
	names := Lines{Name: "username_list", Label: "Usernames",
		Help: "Only these users, one username per line, up to 100.", MaxLines: 100}
	return Action{
		Slug: "list-users", Title: "List Users", Category: userCategory,
		Help: "Lists the account's users, including those in the trash.",
		API:  Admin, Call: "GET /admin/v1/users", Kind: Read, Role: Auditor,
		Fields: []Field{name, mail, ids, names, listLimit, listOffset},
		Check: func(in Values) []FieldError {
			var by []string
			for _, f := range []string{name.Name, mail.Name, ids.Name, names.Name} {
				if in.given[f] != "" {
					by = append(by, f)
				}
			}
			if len(by) > 1 {
				return []FieldError{{Field: by[1],
					Message: "Duo searches by only one of these four fields at a time: leave this or the other empty."}}
			}
			return nil
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			filter := duo.UserFilter{Username: name.Of(in), Email: mail.Of(in), Usernames: names.Of(in)}
			for _, id := range ids.Of(in) {
				filter.IDs = append(filter.IDs, duo.UserID(id))
			}
			found, metadata, err := d.UsersMatching(ctx, filter, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "users", Summary: listed(len(found), metadata, "user", "users"),
				Table: tableOf("users", userColumns, userRow, found, metadata)}, nil
		},
	}
}

func getUserByUsername() Action {
	username := username
	username.Names = OfUser
	return Action{
		Slug: "get-user-by-username", Title: "Get User by Username", Category: userCategory,
		Help: "Reads the user who has this username or alias.",
		API:  Admin, Call: "GET /admin/v1/users?username=", Kind: Read, Role: Auditor, Fields: []Field{username},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, found, err := d.UserByUsername(ctx, username.Of(in))
			switch {
			case err != nil:
				return Result{}, err
			case !found:
				return Result{Subject: username.Of(in),
					Summary: "No user has the username or alias " + username.Of(in) + "."}, nil
			}
			return Result{Subject: user.Username, Summary: "Read user " + user.Username + ".",
				Table: objectOf(userColumns, userRow, user)}, nil
		},
	}
}

func getUser() Action {
	return Action{
		Slug: "get-user", Title: "Get User", Category: userCategory,
		Help: "Reads one user, with groups and phones.",
		API:  Admin, Call: "GET /admin/v1/users/{user_id}", Kind: Read, Role: Auditor, Fields: []Field{userID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, err := d.User(ctx, duo.UserID(userID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: user.Username, Summary: "Read user " + user.Username + ".",
				Table: objectOf(userColumns, userRow, user)}, nil
		},
	}
}
