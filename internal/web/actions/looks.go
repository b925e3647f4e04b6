package actions

import (
	"context"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// look is what an action looks like on screen, besides what the catalog says of it. Most actions need none: they have
// the form of their fields, and a page for what it brought back.
type look struct {
	form drawSheet // its own form, besides the one of its fields; nil: it has none
	edit *edit     // how it changes an existing object; nil: it does not
	list list      // the list that its form is opened from; none: the users
	// onward is the page to go to afterwards; nil or empty: where the form was opened from.
	onward func(site.Visitor, sheet, run.Outcome) string
	// here finds what only the organization says is wrong with checked values.
	here func(*pages, context.Context, site.Visitor, map[string]string) ([]catalog.FieldError, error)
	// secrets is the page of what is shown once; nil: a plain one.
	secrets func(*pages, echo.Context, site.Visitor, sheet, catalog.Values, run.Outcome) views.Page
	// facts say beside its fields what is there now, and what would be with the typed total.
	facts func(s *pages, ctx context.Context, v site.Visitor, total string) []views.Fact

	several string   // the field of its own form that can name several users, each a run of its own
	people  []string // the fields that name the person it concerns, where those are no ids
	chooses bool     // its own form lets the operator choose the user it concerns
	spared  string   // what of it a report of fraud does not hold back
	button  string   // the verb and object of its own form, where several actions share one
	sent    bool     // its secrets went to the person: its own form leads on, and does not show them
}

// list is the page that a form is opened from where nothing says which user or phone.
type list struct {
	tab string
	at  func(ws, org string) string
}

var (
	users    = list{"users", views.Users}
	phones   = list{"phones", views.Phones}
	codes    = list{"users", views.BypassCodes}
	settings = list{"settings", views.Settings}
	groups   = list{"actions", views.Users}
)

// looks are the looks of the actions that have one, by slug.
var looks map[string]look

// The forms look their action's look up: a variable cannot be made of itself.
func init() {
	looks = map[string]look{
		catalog.CreateBypassCodes: {form: (*pages).bypassSheet, secrets: (*pages).bypassResult},
		catalog.DeleteBypassCode:  {form: (*pages).deleteCodeSheet, list: codes},

		catalog.CreateUser: {form: (*pages).createUserSheet, onward: toCreated(catalog.OfUser)},
		catalog.UpdateUser: {form: (*pages).editUserSheet,
			edit:   &edit{noun: "this user", id: "user_id", boxes: userBoxes, read: (*pages).userNow},
			spared: "To set nothing but the status Disabled needs neither."},
		catalog.UnlockUser:  {form: (*pages).unlockSheet},
		catalog.DeleteUser:  {form: (*pages).deleteUserSheet, onward: fromDeleted},
		catalog.RestoreUser: {form: (*pages).restoreUserSheet},
		catalog.EnrollUser:  {form: (*pages).enrollSheet, people: []string{"username"}, sent: true},
		catalog.SynchronizeUser: {form: (*pages).syncSheet, onward: fromSync, here: (*pages).directoryFaults,
			several: syncNames.Name, people: []string{"username", syncNames.Name}},

		catalog.CreatePhone: {form: (*pages).createPhoneSheet, list: phones, onward: toCreated(catalog.OfPhone)},
		catalog.ModifyPhone: {form: (*pages).editPhoneSheet, list: phones,
			edit: &edit{noun: "this phone", id: "phone_id", boxes: phoneBoxes, read: (*pages).phoneNow}},
		catalog.DeletePhone:         {form: (*pages).deletePhoneSheet, list: phones, onward: toList},
		catalog.AssignPhone:         {form: (*pages).assignPhoneSheet, list: phones, chooses: true},
		catalog.UnassignPhone:       {form: (*pages).unassignSheet, list: phones},
		catalog.SendActivationURL:   {form: (*pages).activationSheet, list: phones, secrets: (*pages).activationResult},
		catalog.SendActivationSMS:   {form: (*pages).activationSheet, list: phones, sent: true},
		catalog.SendInstallationSMS: {form: (*pages).smsSheet, list: phones, button: "Send installation link by SMS"},
		catalog.SendPasscodeSMS:     {form: (*pages).smsSheet, list: phones, button: "Send SMS passcodes"},

		catalog.AssociateGroup:    {form: (*pages).addToGroupSheet},
		catalog.DisassociateGroup: {form: (*pages).leaveGroupSheet},
		catalog.ModifyGroup: {form: (*pages).editSheet, list: groups,
			edit: &edit{noun: "this group", id: "group_id", boxes: []string{"name", "desc", "status"},
				read: (*pages).groupNow}},

		catalog.UpdateSettings: {form: (*pages).settingsSheet, list: settings,
			edit: &edit{noun: "these settings", boxes: settingBoxes(), read: (*pages).settingsNow,
				check: settingsFaults}},
		catalog.SetCredits: {facts: (*pages).creditsFacts},

		catalog.VerifyCaller:       {form: (*pages).verifySheet},
		catalog.SendAuthentication: {form: (*pages).authSheet},
	}
}

// HasOwnSheet reports whether an action has a form made for it, besides the one of its fields.
func HasOwnSheet(a catalog.Action) bool { return looks[a.Slug].form != nil }

func (f sheet) look() look { return looks[f.action.Slug] }

// hasFields reports whether an action has a form of its fields. One that edits the only thing of its kind has none.
func (l look) hasFields() bool { return l.edit == nil || l.edit.id != "" }
