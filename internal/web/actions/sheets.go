package actions

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// drawSheet makes the page of an action's form. It may ask Duo what the form is
// about.
type drawSheet func(*pages, context.Context, site.Visitor, sheet) (views.Page, error)

// submitted reports whether the sheet comes from a form rather than an address.
func (f sheet) submitted() bool { return f.values.Has("run_id") }

func (s *pages) activationSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	phone, err := s.Runner.Phone(ctx, v.Scope, v.Organization, f.get("phone_id"))
	if err != nil && !f.submitted() {
		return nil, err
	}
	link, _ := catalog.Lookup(catalog.SendActivationURL)
	page := actions.ActivationPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		PhoneID: f.get("phone_id"), UserID: f.get("user_id"),
		Device: words.PhoneTitle(phone), Facts: s.phoneFacts(phone), NeedsPlatform: phone.Platform == "Unknown" ||
			phone.Type == "Unknown",
		Platform: f.input("platform", ""), Type: f.input("type", "mobile"), ValidSecs: f.input("valid_secs", "86400"),
		Error:   cmp.Or(f.fault, f.faults["phone_id"]),
		Install: f.get("install") == "true", From: f.get("from"), Cancel: placeOf(v, f), NoSMS: noActivationSMS(phone),
	}
	if err != nil {
		page.Device, page.Facts, page.NeedsPlatform = "this phone", nil, f.values.Has("platform")
	}
	if v.Role < catalog.Technician {
		page.Facts = append(page.Facts, views.Fact{Label: "With Help Desk", Text: "Verify the caller first",
			Note: "on a phone activated over a day ago; the link can be made for " +
				catalog.Duration(catalog.VerifiedFor) + " after the approval"})
	}
	if v.Role < catalog.Technician && err == nil {
		if refused, is := errors.AsType[*catalog.RoleError](s.Runner.MustBeVerified(ctx, v.Scope, v.Organization,
			v.Role, phone)); is {
			page.Refused, page.Error = refused.Error(), ""
			if page.UserID != "" {
				page.Verify = site.ActionPath(v, catalog.VerifyCaller, "user_id", page.UserID)
			}
		}
	}
	if phone.Activated {
		page.Stops = words.UserNames(phone, "")
		page.Disconnects = strings.TrimPrefix(words.PhoneKind(phone)+" · "+words.PhoneTitle(phone), " · ")
	}
	page.Platforms = append([]views.Option{{Text: "Choose the platform"}}, words.Options(specOf(link, "platform"))...)
	page.Types = words.Options(specOf(link, "type"))
	for _, life := range []time.Duration{time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour} {
		if v.Role < leastRole(link, "valid_secs", secs(life)) {
			break
		}
		page.Lifetimes = append(page.Lifetimes, views.Option{Value: secs(life),
			Text: catalog.Duration(life) + ", until " + s.Until(v, s.Now().Add(life)).Text})
	}
	return page, nil
}

// noActivationSMS says why a phone gets no activation link by SMS; "" if it may.
func noActivationSMS(phone duo.Phone) string {
	if phone.Platform == "Unknown" || phone.Type == "Unknown" {
		return "Duo sends no link by SMS while it does not know the type and platform."
	}
	action, _ := catalog.Lookup(catalog.SendActivationSMS)
	return action.Unable(phone)
}

// smsSheet asks before a text message is sent to a phone, and says which.
func (s *pages) smsSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	phone, err := s.Runner.Phone(ctx, v.Scope, v.Organization, f.get("phone_id"))
	if err != nil && !f.submitted() {
		return nil, err
	}
	page := confirmPage(v, f, placeOf(v, f))
	name := words.PhoneTitle(phone)
	if page.Facts = s.phoneFacts(phone); err != nil {
		name, page.Facts = "this phone", nil // what was typed must not be lost because Duo does not answer
	}
	page.Heading, page.Button = f.look().button+" to "+name, f.look().button
	page.Consequences = []string{f.action.Asks, "It costs telephony credits."}
	if err == nil {
		if why := f.action.Unable(phone); why != "" {
			page.Button, page.Consequences = "", []string{why}
		}
	}
	page.Hidden = []views.Hidden{{Name: "phone_id", Value: f.get("phone_id")},
		{Name: "user_id", Value: f.get("user_id")}, {Name: "from", Value: f.get("from")}}
	return page, nil
}

// confirmPage is what all sheets that only ask have in common.
func confirmPage(v site.Visitor, f sheet, back string) actions.ConfirmPage {
	return actions.ConfirmPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		Post:   site.ActionPath(v, f.action.Slug),
		Cancel: back, Error: cmp.Or(f.fault, f.unseen("confirm")), Danger: f.action.Deletes,
	}
}

func (s *pages) userSheet(ctx context.Context, v site.Visitor, f sheet) (duo.User, actions.ConfirmPage, error) {
	user, _, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	page := confirmPage(v, f, views.User(v.Workspace.Slug, v.Organization.Slug, string(user.ID)))
	page.Hidden = []views.Hidden{{Name: "user_id", Value: string(user.ID)}}
	page.Facts = []views.Fact{{Label: "User", Text: words.DisplayName(user), Note: catalog.Plain(user.Username)},
		{Label: "State", Text: words.ChipOf(user).Text}}
	return user, page, err
}

func (s *pages) unlockSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, page, err := s.userSheet(ctx, v, f)
	page.Heading, page.Button = "Unlock "+words.DisplayName(user), "Unlock"
	page.Consequences = []string{"The user can log in again at once, with the second factor."}
	if err == nil {
		page = unless(page, catalog.MayUnlock(v.Role, user))
	}
	return page, err
}

// unless takes the button off a question whose answer the catalogue refuses to
// this role, and says why.
func unless(page actions.ConfirmPage, refused error) actions.ConfirmPage {
	if refused != nil {
		page.Button, page.Danger = "", false
		page.Consequences = append(page.Consequences, "You cannot do this. "+reasonOf(refused))
	}
	return page
}

func (s *pages) restoreUserSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, page, err := s.userSheet(ctx, v, f)
	name := words.DisplayName(user)
	page.Heading, page.Button = "Restore "+name, "Restore "+name
	page.Consequences = []string{
		"The user is restored with the earlier status. If that is Bypass, it is set to Disabled at once.",
		"Names and groups come back too. The usernames and aliases are: " +
			strings.Join(words.PlainAll(append([]string{user.Username}, words.AliasesOf(user)...)), ", ") + "."}
	if v.Role < catalog.Administrator {
		page.Consequences = append(page.Consequences,
			"This requires the Administrator role, unless the console moved the user to the trash, the user was not in bypass then, "+
				"and Duo's activity log shows nothing on the user since. The log takes about two minutes to show the move.")
	}
	return page, err
}

func (s *pages) deleteUserSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, page, err := s.userSheet(ctx, v, f)
	name := words.DisplayName(user)
	if f.get("permanent") == "true" {
		page.Heading, page.Button = "Delete "+name+" permanently", "Delete "+name+" permanently"
		page.Consequences = []string{"You can't undo this: the user does not go to the trash, and Duo keeps no copy.",
			"Bypass codes and group memberships go with the user; phones stay in the account."}
		page.TypedName, page.TypedLabel, page.Typed = user.Username,
			"Type the username "+catalog.Plain(user.Username)+" to confirm", f.input("confirm", "")
		page.Hidden = append(page.Hidden, views.Hidden{Name: "permanent", Value: "true"})
		return page, err
	}
	page.Heading, page.Button = "Move "+name+" to Trash", "Move to Trash"
	page.Consequences = []string{
		"The user can no longer log in. Duo empties its trash after some days (7 by default); until then you can restore the user here.",
		"If Duo refuses the trash, nothing is deleted."}
	if why := catalog.WhyBypass(user); why != "" && err == nil {
		page.Consequences = append(page.Consequences, "This user may be in bypass, because "+why+
			". A bypass ends first: the status becomes Disabled, and the user leaves groups in bypass.")
		page = unless(page, catalog.MayTrash(v.Role, user))
	}
	return page, err
}

// aboutForm chooses runs of the same kind as a form that is about to be filled in:
// the visitor's own, and anyone's about the same object.
func aboutForm(v site.Visitor, f sheet) func(store.Run) bool {
	return func(r store.Run) bool {
		if r.Action != f.action.Slug {
			return false
		}
		for _, name := range []string{"user_id", "phone_id", "group_id", "bypass_code_id", "username"} {
			value, theirs := f.get(name), r.Input[name]
			if value != "" && theirs != "" && (value == theirs || name == "username" && text.Same(value, theirs)) {
				return true
			}
		}
		return r.OperatorID == v.Operator.ID
	}
}
