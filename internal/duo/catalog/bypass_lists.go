package catalog

import (
	"context"
	"strconv"

	"duodesk/internal/duo"
)

var (
	bypassCodeID = ID{Name: "bypass_code_id", Label: "Bypass code", Names: OfBypassCode,
		Example: "DB0000000000000000EX"}
	bypassColumns = []Column{{"username", "User", ""}, {"user_id", "User id", UserLink}, {"created", "Made", Moment},
		{"expiration", "Expires", Moment},
		{"reuse_count", "Uses left", Number}, {"admin_email", "Created by", ""}, {"bypass_code_id", "Code id", Mono}}
)

func bypassRow(b duo.BypassCode) []string {
	uses := "any number"
	if b.ReuseCount > 0 {
		uses = strconv.Itoa(b.ReuseCount)
	}
	return []string{b.User.Username, string(b.User.ID), moment(b.Created), moment(b.Expires), uses, b.AdminEmail,
		string(b.ID)}
}

func listBypassCodes() Action {
	return Action{
		Slug: "list-bypass-codes", Title: "List Bypass Codes", Category: bypassCodeCategory,
		Help: "Lists the account's bypass codes: the user, the expiration and the uses left. Duo never shows the codes themselves again.",
		API:  Admin, Call: "GET /admin/v1/bypass_codes", Kind: Read, Role: Auditor,
		Fields: []Field{listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.BypassCodesPage(ctx, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "bypass codes", Summary: listed(len(found), metadata, "bypass code", "bypass codes"),
				Table: tableOf("bypass codes", bypassColumns, bypassRow, found, metadata)}, nil
		},
	}
}

func getBypassCode() Action {
	return Action{
		Slug: "get-bypass-code", Title: "Get Bypass Code", Category: bypassCodeCategory,
		Help: "Reads a bypass code's user, expiration and uses left. Duo never shows the code itself again.",
		API:  Admin, Call: "GET /admin/v1/bypass_codes/{bypass_code_id}", Kind: Read, Role: Auditor,
		Fields: []Field{bypassCodeID},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			code, err := d.BypassCode(ctx, duo.BypassCodeID(bypassCodeID.Of(in)))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: code.User.Username, Summary: "Read 1 bypass code.",
				Table: objectOf(bypassColumns, bypassRow, code)}, nil
		},
	}
}

func listBypassCodesByUser() Action {
	return Action{
		Slug: "list-bypass-codes-by-user", Title: "List Bypass Code(s) By User", Category: bypassCodeCategory,
		Help: "Lists a user's bypass codes: the expiration and the uses left. Duo never shows the codes themselves again.",
		API:  Admin, Call: "GET /admin/v1/users/{user_id}/bypass_codes", Kind: Read, Role: Auditor,
		Fields: []Field{userID, listLimit, listOffset},
		Run:    bypassCodesOfUser,
	}
}

func retrieveBypassCodes() Action {
	return Action{
		Slug: "retrieve-bypass-codes-for-user", Title: "Retrieve Bypass Codes for User", Category: bypassCodeCategory,
		Help: "Reads the same as List Bypass Code(s) By User. Despite the name, Duo never shows a code again.",
		API:  Admin, Call: "GET /admin/v1/users/{user_id}/bypass_codes", Kind: Read, Role: Auditor,
		Fields: []Field{userID, listLimit, listOffset},
		Run:    bypassCodesOfUser,
	}
}

func bypassCodesOfUser(ctx context.Context, d *duo.Client, in Values) (Result, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return Result{}, err
	}
	found, metadata, err := d.UserBypassCodesPage(ctx, user.ID, listLimit.Of(in), listOffset.Of(in))
	if err != nil {
		return Result{Subject: user.Username}, err
	}
	return Result{Subject: user.Username, Summary: listed(len(found), metadata, "bypass code", "bypass codes"),
		Table: tableOf("bypass codes", bypassColumns, bypassRow, found, metadata)}, nil
}
