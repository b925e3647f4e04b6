package catalog

import (
	"context"
	"fmt"
	"strconv"

	"duodesk/internal/duo"
)

const (
	infoCategory    = "Admin API - Account"
	billingCategory = "Admin API - Billing"
)

var (
	administratorList = []Column{{"name", "Name", ""}, {"email", "Email", ""}, {"role", "Role", ""},
		{"subaccount_role", "Role in child accounts", ""}, {"status", "Status", ""}, {"phone", "Phone", ""},
		{"created", "Created", Moment}, {"last_login", "Last login", Moment}, {"hardtoken", "Hardware token", ""},
		{"admin_id", "Administrator id", Mono}}
	summaryColumns = []Column{{"edition", "Edition", ""}, {"user_count", "Users", Number},
		{"user_pending_deletion_count", "Pending deletion", Number}, {"admin_count", "Administrators", Number},
		{"integration_count", "Applications", Number},
		{"telephony_credits_remaining", "Telephony credits left", Number}}
	editionNames = map[duo.Edition]string{duo.EditionFree: "Duo Free", duo.EditionEssentials: "Duo Essentials",
		duo.EditionAdvantage: "Duo Advantage", duo.EditionPremier: "Duo Premier"}
)

func administratorListRow(a duo.Admin) []string {
	return []string{a.Name, a.Email, a.Role, a.SubaccountRole, a.Status, a.Phone, moment(a.Created),
		moment(a.LastLogin), a.Token.Serial, string(a.ID)}
}

func listAdministrators() Action {
	return Action{
		Slug: "list-administrators", Title: "List Administrators", Category: "Admin API - Administrators",
		Help: "Lists the administrators who can log in to the account's Duo Admin Panel. They are not operators of this console.",
		API:  Admin, Call: "GET /admin/v1/admins", Kind: Read, Role: Auditor, Fields: []Field{listLimit, listOffset},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			found, metadata, err := d.AdminsPage(ctx, listLimit.Of(in), listOffset.Of(in))
			if err != nil {
				return Result{}, err
			}
			return Result{Subject: "administrators",
				Summary: listed(len(found), metadata, "administrator", "administrators"),
				Table:   tableOf("administrators", administratorList, administratorListRow, found, metadata)}, nil
		},
	}
}

func summaryRow(s duo.InfoSummary) []string {
	row := []string{s.Edition}
	for _, n := range []int{s.Users, s.UsersPendingDeletion, s.Administrators, s.Integrations,
		s.TelephonyCreditsRemaining} {
		row = append(row, strconv.Itoa(n))
	}
	return row
}

func accountSummary() Action {
	return Action{
		Slug: "get-account-summary", Title: "Get Account Summary", Category: infoCategory,
		Help: "Counts the account's users, administrators, applications and telephony credits.",
		API:  Admin, Call: "GET /admin/v1/info/summary", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			summary, err := d.InfoSummary(ctx)
			if err != nil {
				return Result{Subject: "account"}, err
			}
			return Result{Subject: "account", Summary: "The account has " + counted(summary.Users, "user", "users") +
				" and " + counted(summary.TelephonyCreditsRemaining, "telephony credit",
				"telephony credits") + " left.",
				Table: objectOf(summaryColumns, summaryRow, summary)}, nil
		},
	}
}

func editionName(e duo.Edition) string {
	if name := editionNames[e]; name != "" {
		return name
	}
	return string(e)
}

func getEdition() Action {
	return Action{
		Slug: "get-edition", Title: "Get Edition", Category: billingCategory,
		Help: "Reads the edition of a child account. Duo Support has to enable the billing calls for your own account once.",
		API:  Admin, Call: "GET /admin/v1/billing/edition", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			edition, err := d.Edition(ctx)
			if err != nil {
				return Result{Subject: "edition"}, err
			}
			return Result{Subject: "edition", Summary: "The account has the edition " + editionName(edition) + ".",
				Table: objectOf([]Column{{"edition", "Edition", ""}},
					func(e duo.Edition) []string { return []string{editionName(e)} }, edition)}, nil
		},
	}
}

func setEdition() Action {
	edition := Choice{Name: "edition", Label: "Edition", Required: true, Example: "platform",
		Options: []Option{{"enterprise", "Duo Essentials"}, {"platform", "Duo Advantage"}, {"beyond", "Duo Premier"}}}
	editions := map[string]duo.Edition{"enterprise": duo.EditionEssentials, "platform": duo.EditionAdvantage,
		"beyond": duo.EditionPremier}
	return Action{
		Slug: "set-edition", Title: "Set Edition", Category: billingCategory,
		Help: "Changes the edition of a child account.",
		API:  Admin, Call: "POST /admin/v1/billing/edition", Kind: Write, Tier: Recent, Role: Owner, Fields: []Field{edition},
		Asks: "Duo bills the account by its edition. Policies that the edition does not include stop working.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			before, err := d.Edition(ctx)
			if err != nil {
				return Result{Subject: "edition"}, err
			}
			to := editions[edition.Of(in)]
			if before == to {
				return Result{Subject: "edition"},
					&FieldError{Field: edition.Name, Message: "The account already has this edition."}
			}
			if err := d.SetEdition(ctx, to); err != nil {
				return Result{Subject: "edition"}, err
			}
			return Result{Subject: "edition", Summary: "Changed the edition from " + editionName(before) + " to " +
				editionName(to) + "."}, nil
		},
	}
}

func getCredits() Action {
	return Action{
		Slug: "get-telephony-credits", Title: "Get Telephony Credits", Category: billingCategory,
		Help: "Reads how many telephony credits a child account has left.",
		API:  Admin, Call: "GET /admin/v1/billing/telephony_credits", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			credits, err := d.TelephonyCredits(ctx)
			if err != nil {
				return Result{Subject: "telephony credits"}, err
			}
			return Result{Subject: "telephony credits",
				Summary: "The account has " + counted(credits, "telephony credit", "telephony credits") + " left.",
				Table: objectOf([]Column{{"credits", "Telephony credits left", Number}},
					func(n int) []string { return []string{strconv.Itoa(n)} }, credits)}, nil
		},
	}
}

// setCredits takes the new total, as Duo does, and says what it moves: the
// difference comes out of the parent's credits, or goes back to them.
func setCredits() Action {
	total := Int{Name: "credits", Label: "New total",
		Help: "The new total, not an amount to add. The difference comes out of your own account's credits, or goes back to them.", Max: 1_000_000, Required: true, Unit: "credit", Example: "250"}
	return Action{
		Slug: SetCredits, Title: "Set Telephony Credits", Category: billingCategory,
		Help: "Sets a child account's telephony credits.",
		API:  Admin, Call: "POST /admin/v1/billing/telephony_credits", Kind: Write, Tier: Recent, Role: Owner, Fields: []Field{total},
		AsksFor: func(in Values) string {
			return "The account will have " + counted(total.Of(in), "credit", "credits") +
				" in total. The difference comes out of your own account's credits, or goes back to them."
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			r, n := Result{Subject: "telephony credits"}, total.Of(in)
			before, err := d.TelephonyCredits(ctx)
			switch {
			case err != nil:
				return r, err
			case before == n:
				return r, &FieldError{Field: total.Name, Message: fmt.Sprintf("The account already has %d.", n)}
			}
			if err := d.SetTelephonyCredits(ctx, n); err != nil {
				return r, creditsRefused(err)
			}
			r.Summary = fmt.Sprintf("Set the telephony credits from %d to %d: %s.", before, n, creditsMoved(n-before))
			if after, err := d.TelephonyCredits(ctx); err == nil {
				r.Table = objectOf([]Column{{"before", "Before", Number}, {"credits", "Now", Number}},
					func(n int) []string { return []string{strconv.Itoa(before), strconv.Itoa(n)} }, after)
			}
			return r, nil
		},
	}
}

func creditsMoved(n int) string {
	if n < 0 {
		return counted(-n, "credit", "credits") + " went back to your own account"
	}
	return counted(n, "credit", "credits") + " came out of your own account"
}

// creditsRefused puts Duo's refusal of a total beside it. Duo gives no reason, and other parameters
// can be refused with the same code.
func creditsRefused(err error) error {
	if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeInvalidParameter && refused.Detail == "credits" {
		message := "Duo did not accept this total and moved nothing. Your own account may not have enough credits left."
		return refusedField("credits", message, refused)
	}
	return err
}

func getUserLimit() Action {
	columns := []Column{{"user_limit", "At most", ""}, {"current_user_count", "Users now", Number}}
	row := func(l duo.UserLimit) []string {
		most := "no limit"
		if l.Limit > 0 {
			most = strconv.Itoa(l.Limit)
		}
		return []string{most, strconv.Itoa(l.Current)}
	}
	return Action{
		Slug: "get-user-limit", Title: "Get User Limit", Category: billingCategory,
		Help: "Reads how many users a child account may have. Duo does not document this call and may change it.",
		API:  Admin, Call: "GET /admin/v1/billing/user_limit", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			limit, err := d.UserLimit(ctx)
			if err != nil {
				return Result{Subject: "user limit"}, err
			}
			return Result{Subject: "user limit", Summary: "The account has " + counted(limit.Current, "user", "users") +
				"; at most: " + row(limit)[0] + ".", Table: objectOf(columns, row, limit)}, nil
		},
	}
}
