package catalog

import (
	"context"
	"slices"

	"duodesk/internal/duo"
)

const tokenCategory = "Admin API - Hardware Tokens"

var (
	tokenID      = ID{Name: "token_id", Label: "Hardware token", Names: OfToken, Example: "DH0000000000000000EX"}
	tokenColumns = []Column{{"serial", "Serial number", ""}, {"type", "Type", ""}, {"users", "Users", ""},
		{"admins", "Administrators", ""}, {"token_id", "Token id", Mono}}
	tokenTypes = map[string]string{"h6": "HOTP, 6 digits", "h8": "HOTP, 8 digits", "t6": "TOTP, 6 digits",
		"t8": "TOTP, 8 digits", "yk": "YubiKey", "d1": "Duo-D100"}
)

func tokenRow(t duo.Token) []string {
	kind := t.Type
	if words := tokenTypes[t.Type]; words != "" {
		kind = words
	}
	return []string{t.Serial, kind, namesOf(t.Users, func(u duo.User) string { return u.Username }),
		namesOf(t.Administrators, func(a duo.Admin) string { return a.Name }), string(t.ID)}
}

func tokenName(t duo.Token) string {
	if t.Serial == "" {
		return string(t.ID)
	}
	return t.Serial
}

func listTokens() Action {
	return Action{
		Slug: "list-hardware-tokens", Title: "List Hardware Tokens", Category: tokenCategory,
		Help: "Lists the account's hardware tokens, with their users.",
		API:  Admin, Call: "GET /admin/v1/tokens", Kind: Read, Role: Auditor, Fields: []Field{listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.TokensPage(ctx, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "hardware tokens", Summary: listed(len(found), metadata, "hardware token",
				"hardware tokens"), Table: tableOf("hardware tokens", tokenColumns, tokenRow, found, metadata)}, nil
		},
	}
}

func assignToken() Action {
	return Action{
		Slug: "assign-hardware-token-to-user", Title: "Assign Hardware Token to User", Category: tokenCategory,
		Help: "Lets a user log in with a hardware token that the account already has.",
		API:  Admin, Call: "POST /admin/v1/users/{user_id}/tokens", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, tokenID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, token, err := userAndToken(ctx, d, in)
			r := Result{Subject: user.Username}
			switch {
			case err != nil:
				return r, err
			case hasToken(user, token):
				return r, &FieldError{Field: tokenID.Name,
					Message: user.Username + " has the token " + tokenName(token) + " already."}
			case len(token.Users) >= mostRelated:
				return r, &FieldError{Field: tokenID.Name, Message: tooMany("The token", len(token.Users), "users")}
			}
			if err := d.AssignToken(ctx, user.ID, token.ID); err != nil {
				return r, err
			}
			r.Summary = "Assigned hardware token " + tokenName(token) + " to " + user.Username + "."
			return r, nil
		},
	}
}

func unassignToken() Action {
	return Action{
		Slug: "un-assign-hardware-token-from-user", Title: "Un-assign Hardware Token from User",
		Category: tokenCategory,
		Help:     "Removes a hardware token from a user. The token stays in the account.",
		API:      Admin, Call: "DELETE /admin/v1/users/{user_id}/tokens/{token_id}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, tokenID},
		Asks:   "The user can no longer log in with this token. The token stays in the account.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			user, token, err := userAndToken(ctx, d, in)
			r := Result{Subject: user.Username}
			switch {
			case err != nil:
				return r, err
			case !hasToken(user, token):
				return r, &FieldError{Field: tokenID.Name,
					Message: user.Username + " does not have the token " + tokenName(token) + "."}
			}
			if err := d.UnassignToken(ctx, user.ID, token.ID); err != nil {
				return r, err
			}
			r.Summary = "Removed hardware token " + tokenName(token) + " from " + user.Username + "."
			return r, nil
		},
	}
}

func hasToken(u duo.User, t duo.Token) bool {
	return slices.ContainsFunc(t.Users, func(other duo.User) bool { return other.ID == u.ID })
}

// userAndToken reads both, so that the record names them. What a user in the
// trash has is not changed.
func userAndToken(ctx context.Context, d *duo.Client, in Values) (duo.User, duo.Token, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err == nil {
		err = editable(user)
	}
	if err != nil {
		return user, duo.Token{}, err
	}
	token, err := d.Token(ctx, duo.TokenID(tokenID.Of(in)))
	return user, token, err
}

func deleteToken() Action {
	return Action{
		Slug: "delete-hardware-token", Title: "Delete Hardware Token", Category: tokenCategory,
		Deletes: true,
		Help:    "Deletes a hardware token from the account and from all its users. To add it again you need its secret.",
		API:     Admin, Call: "DELETE /admin/v1/tokens/{token_id}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{tokenID},
		Asks:   "The token is deleted from the account and from all its users.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			// Duo answers a deletion of nothing like any other: look first, so that
			// the record says what was deleted, and whose it was.
			token, err := d.Token(ctx, duo.TokenID(tokenID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			r := Result{Subject: tokenName(token)}
			if err := d.DeleteToken(ctx, token.ID); err != nil {
				return r, err
			}
			r.Summary = "Deleted hardware token " + tokenName(token) + ", which was not assigned."
			if len(token.Users) > 0 {
				var names []string
				for _, u := range token.Users {
					names = append(names, u.Username)
				}
				r.Summary = "Deleted hardware token " + tokenName(token) + ", which " + Listed(names, 3) + " had."
			}
			return r, nil
		},
	}
}
