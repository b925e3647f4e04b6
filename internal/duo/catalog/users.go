package catalog

import (
	"cmp"
	"context"
	"strings"

	"duodesk/internal/duo"
)

const userCategory = "Admin API - Users"

var (
	userID   = ID{Name: "user_id", Label: "User", Names: OfUser, Example: "DU0000000000000000EX"}
	username = Text{Name: "username", Label: "Username",
		Help: "As in the directory or in the applications that the user logs in to.", Required: true,
		Example: "casey.example"}
	realname    = Text{Name: "realname", Label: "Full name", Example: "Casey Example"}
	firstname   = Text{Name: "firstname", Label: "First name", Example: "Casey"}
	lastname    = Text{Name: "lastname", Label: "Last name", Example: "Example"}
	email       = Email{Name: "email", Label: "Email", Example: "casey@client.example"}
	notes       = Text{Name: "notes", Label: "Notes", Max: 512, Multiline: true, Example: "Starts on Monday"}
	userAliases = Lines{Name: "aliases", Label: "Aliases",
		Help: "Other usernames of the same person, one per line, up to 8.", MaxLines: 8, Example: "cexample"}
	statusActive = Option{Value: "active", Label: "Active: asked for the second factor"}
	statusBypass = Option{Value: "bypass", Label: "Bypass: not asked, until someone changes the status"}
	statusOff    = Option{Value: "disabled", Label: "Disabled: cannot log in"}
	userStatus   = Choice{Name: "status", Label: "Status", Options: []Option{statusActive, statusBypass, statusOff},
		Default: "active", Example: "active"}
)

// statusRole keeps the lasting bypass for administrators: it switches the second
// factor off without an end.
func statusRole(in Values) Role {
	if userStatus.Of(in) == "bypass" {
		return Administrator
	}
	return Technician
}

func createUser() Action {
	return Action{
		Slug: CreateUser, Title: "Create User", Category: userCategory,
		Unsure: "Search the users for {username}. If the user exists, it was created.",
		Help:   "Adds a user to this organization's Duo account. No email is sent.",
		API:    Admin, Call: "POST /admin/v1/users", Kind: Write, Tier: Recent, Role: Technician, RoleFor: statusRole, TierFor: bypassTier(userStatus.Of),
		Fields: []Field{username, realname, firstname, lastname, email, userStatus, notes, userAliases},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, err := d.CreateUser(ctx, userFields(in, false))
			if err != nil {
				return Result{Subject: username.Of(in)}, err
			}
			said, err := endUnasked(ctx, d, in, user)
			return Result{Subject: user.Username, Facts: Facts{Created: string(user.ID),
				Users: []string{string(user.ID)}}, Summary: "Created user " + user.Username + "." + said}, err
		},
	}
}

func updateUser() Action {
	name := username
	name.Required, name.Filled = false, true
	fields := []Field{userID, name, realname, firstname, lastname, email, userStatus, notes, userAliases}
	return Action{
		Slug: UpdateUser, Title: "Update User", Category: userCategory,
		Unsure: unsureUser,
		Help:   "Changes the fields that you fill in. The others stay as they are. For a user who may be in bypass, changing the names, aliases or status requires the Administrator role.",
		API:    Admin, Call: "POST /admin/v1/users/{user_id}", Kind: Write, Tier: Recent, Role: Technician, Edits: true,
		RoleFor: statusRole, TierFor: bypassTier(userStatus.Of), Fields: fields,
		Check: func(in Values) []FieldError {
			if text, given := in.given["username"]; given && text == "" {
				return []FieldError{{Field: "username", Message: "A user needs a username."}}
			}
			return nil
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			var changed []string
			for _, f := range fields[1:] {
				spec := f.Spec()
				text, given := in.given[spec.Name]
				switch {
				case !given, spec.Name == userStatus.Name && text == "": // an empty status leaves what there is
				case spec.Name == userStatus.Name:
					changed = append(changed, "status to "+text)
				default:
					changed = append(changed, strings.ToLower(spec.Label))
				}
			}
			if len(changed) == 0 {
				return Result{}, &FieldError{Field: userID.Name, Message: "Nothing is changed yet."}
			}
			before, err := d.User(ctx, duo.UserID(userID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			named := ""
			switch {
			case name.Given(in):
				named = name.Name
			case userAliases.Given(in):
				named = userAliases.Name
			}
			if err := mayUpdate(in, before, named); err != nil {
				return Result{Subject: before.Username}, err
			}
			user, err := d.UpdateUser(ctx, before.ID, userFields(in, true))
			if err != nil {
				return Result{Subject: before.Username}, err
			}
			said := ""
			if status := in.given[userStatus.Name]; named != "" || status == "active" {
				said, err = endUnasked(ctx, d, in, user)
			}
			return Result{Subject: user.Username, Summary: "Changed " + strings.Join(changed, ", ") + "." + said}, err
		},
	}
}

// mayUpdate decides on an edit of a user; named is the first field of a name that
// is given, empty if none is. Who logs in by a name of a user in bypass is not
// asked for a second factor: nobody gives such a user other names. Where the user
// may be in bypass afterwards, names and status take an administrator. Disabling
// a user who may be let in lets nobody in, whatever the groups.
func mayUpdate(in Values, before duo.User, named string) error {
	after, status := before, duo.UserStatus(in.given[userStatus.Name])
	after.Status = cmp.Or(status, before.Status) // not given, it stays
	disabling := status == duo.StatusDisabled && (before.Status == duo.StatusActive ||
		before.Status == duo.StatusBypass)
	switch {
	case named == "" && (status == "" || disabling), InTrash(before) != "":
		return editable(before)
	case named != "" && inBypass(after):
		return &FieldError{Field: named,
			Message: "This user is in bypass: a login with another name would not ask for a second factor either. End the bypass first."}
	}
	return mayLeave(in.role, before, after)
}

// unlockUser is what Duo's update of a user does to one who is locked out, as an
// action of its own: a help desk may unlock, and may not bring back somebody who
// was disabled.
func unlockUser() Action {
	return Action{
		Slug: UnlockUser, Title: "Unlock User", Category: userCategory,
		Unsure: unsureUser,
		Help:   "Lets a locked out user log in again, with the second factor. For a user in a group that is not Active this requires the Administrator role.",
		API:    Admin, Call: "POST /admin/v1/users/{user_id}", Kind: Write, Tier: Recent, Role: Helpdesk, Fields: []Field{userID},
		Asks: "The user can log in again at once, with the second factor.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id, active := duo.UserID(userID.Of(in)), duo.StatusActive
			user, err := d.User(ctx, id)
			if err != nil {
				return Result{}, err
			}
			if user.Status != duo.StatusLockedOut {
				return Result{Subject: user.Username},
					&FieldError{Field: userID.Name, Message: "This user is not locked out."}
			}
			if err := MayUnlock(in.role, user); err != nil {
				return Result{Subject: user.Username}, err
			}
			if _, err := d.UpdateUser(ctx, id, duo.UserFields{Status: &active}); err != nil {
				return Result{Subject: user.Username}, err
			}
			return Result{Subject: user.Username, Summary: "Unlocked user " + user.Username + "."}, nil
		},
	}
}

// userFields are the parameters of a user. On creation an empty value is the
// same as none; on change it clears what was there.
func userFields(in Values, clear bool) duo.UserFields {
	pick := func(name string) *string {
		text, given := in.given[name]
		if !given || (text == "" && !clear) {
			return nil
		}
		return &text
	}
	fields := duo.UserFields{
		Username: pick("username"), RealName: pick("realname"), FirstName: pick("firstname"),
		LastName: pick("lastname"),
		Email:    pick("email"), Notes: pick("notes"),
	}
	if s := duo.UserStatus(in.given["status"]); s != "" {
		fields.Status = &s
	}
	fields.Aliases = map[int]string{}
	lines := userAliases.Of(in)
	for i := range userAliases.MaxLines {
		switch {
		case i < len(lines):
			fields.Aliases[i+1] = lines[i]
		case clear && userAliases.Given(in):
			fields.Aliases[i+1] = ""
		}
	}
	return fields
}
