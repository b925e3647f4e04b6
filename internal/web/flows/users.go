package flows

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/flows"
)

const (
	usersField  = "users"
	inviteField = "invite"
)

var usersScreen = screen{slug: plan.UsersScreen, policy: site.TechnicianOrganization, optional: true,
	draw: func(_ *pages, _ context.Context, _ site.Visitor, d draft, page *flows.FormPage) error {
		stored, _ := plan.Read[[]plan.NewUser](d.Plan, plan.UsersScreen)
		lines, invite := d.box(usersField, plan.Lines(stored)), d.box(inviteField, plan.InviteNone)
		page.Groups = []flows.FieldGroup{{Fields: []views.FieldView{
			{Name: usersField, Label: "Users", Kind: "textarea", Rows: 10, Mono: true, Quiet: true, Value: lines.Value,
				Error:       lines.Error,
				Placeholder: "jroe, Jane Roe, jane@acme.example, +13125550142, sms",
				Help: "One user per line: username, full name, email, phone, and the invitation: sms, email or none. All but " +
					"the username can be empty. At most " + strconv.Itoa(plan.MostUsers) + "."},
			{Name: inviteField, Label: "Invitation for lines without one", Kind: "select", Quiet: true,
				Value: invite.Value, Error: invite.Error, Options: []views.Option{
					{Value: plan.InviteNone, Text: "Not invited"},
					{Value: plan.InviteSMS, Text: "Activation link by SMS"},
					{Value: plan.InviteEmail, Text: "Enrollment email"}},
				Help: "For a QR code or a link, open the phone from the results afterward."}}}}
		return nil
	},
	take: func(_ *pages, _ context.Context, _ site.Visitor, d draft) (any, []catalog.FieldError, error) {
		invite := d.form.Get(inviteField)
		if invite == "" {
			invite = plan.InviteNone
		}
		users, bad := plan.ParseUsers(d.form.Get(usersField), invite)
		if users == nil {
			users = []plan.NewUser{}
		}
		return users, lineFaults(bad), nil
	},
}

// lineFaults puts the faults of lines beside the one box that holds them.
func lineFaults(bad []plan.LineFault) []catalog.FieldError {
	const most = 8
	var said []string
	for i, f := range bad {
		switch {
		case i == most:
			said = append(said, fmt.Sprintf("And %d more.", len(bad)-most))
		case i > most:
		case f.Line == 0:
			said = append(said, f.Message)
		default:
			said = append(said, fmt.Sprintf("Line %d: %s", f.Line, f.Message))
		}
	}
	if len(said) == 0 {
		return nil
	}
	return []catalog.FieldError{{Field: usersField, Message: strings.Join(said, " ")}}
}
