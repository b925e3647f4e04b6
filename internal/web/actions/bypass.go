package actions

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// The forms and the result of bypass codes.

// bypassPresets are the lives that a bypass code is offered with, and the least
// role for each.
func (s *pages) bypassPresets(v site.Visitor, a catalog.Action) []actions.BypassPreset {
	now := s.Now()
	var presets []actions.BypassPreset
	for _, life := range catalog.BypassLife.Presets {
		p := actions.BypassPreset{Secs: secs(life), Text: catalog.Duration(life), Until: s.Until(v, now.Add(life)).Text}
		if least := leastRole(a, catalog.BypassLife.Name, p.Secs); v.Role < least {
			p.Refused = "requires the " + least.Title() + " role"
		}
		presets = append(presets, p)
	}
	return presets
}

func secs(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// leastRole is the least role for an action with one of its fields filled in.
func leastRole(a catalog.Action, field, text string) catalog.Role {
	return a.LeastRole(catalog.Recalled(map[string]string{field: text}))
}

// mostFor is the largest number that a role may give in a field of an action: all of them, or one.
func mostFor(v site.Visitor, a catalog.Action, field catalog.Int) int {
	if v.Role < leastRole(a, field.Name, strconv.Itoa(field.Max)) {
		return 1
	}
	return field.Max
}

func (s *pages) bypassSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	user, codes, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	if err != nil && !f.submitted() {
		return nil, err
	}
	page := actions.BypassPage{
		Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(),
		UserID: f.get("user_id"), User: words.DisplayName(user),
		Presets: s.bypassPresets(v, f.action), ValidSecs: f.input("valid_secs", "3600"), Count: f.input("count", "1"),
		Uses:     f.input("reuse_count", "1"),
		MaxCount: mostFor(v, f.action, catalog.BypassNew), MaxUses: mostFor(v, f.action, catalog.BypassUses),
		Keep: !f.submitted() || f.get("preserve_existing") == "true", Existing: len(codes),
		Error: cmp.Or(f.fault, f.faults["user_id"]),
	}
	if err != nil {
		page.User, page.Existing = "this user", -1
	} else if refused := catalog.NoUseOfCodes(user); refused != nil {
		page.Refused, page.Error = reasonOf(refused), ""
	}
	return page, nil
}

func (s *pages) bypassResult(_ echo.Context, v site.Visitor, f sheet, in catalog.Values, done run.Outcome) views.Page {
	page := actions.BypassResult{
		Organization: words.TagOf(v.Organization), User: done.Result.Subject, Back: onward(v, f, done),
		Expires: s.Until(v, done.Expires), Never: done.Expires.IsZero(), ShownAt: s.When(v, s.Now()).Text,
	}
	switch n := catalog.BypassUses.Of(in); n {
	case 0:
		page.Uses = "Good for any number of uses."
	case 1:
		page.Uses = "Good for 1 use."
	default:
		page.Uses = fmt.Sprintf("Good for %d uses each.", n)
	}
	if n := done.Result.Replaced; n > 0 {
		page.Kept = "Replaced " + catalog.EarlierCodes(n) + "."
	}
	for _, secret := range done.Result.Secrets {
		page.Codes = append(page.Codes, actions.ShownCode{Groups: words.InGroups(secret.Value), Plain: secret.Value,
			Spoken: words.Spoken(secret.Value)})
	}
	return page
}

func (s *pages) deleteCodeSheet(ctx context.Context, v site.Visitor, f sheet) (views.Page, error) {
	code, err := s.Runner.BypassCode(ctx, v.Scope, v.Organization, f.get("bypass_code_id"))
	if err != nil {
		return nil, err
	}
	back := views.BypassCodes(v.Workspace.Slug, v.Organization.Slug)
	if f.get("user_id") != "" {
		back = views.User(v.Workspace.Slug, v.Organization.Slug, f.get("user_id"))
	}
	page := confirmPage(v, f, back)
	name := words.DisplayName(code.User)
	page.Heading, page.Button = "Delete a bypass code of "+name, "Delete code"
	page.Consequences = []string{"The code stops working at once."}
	expires := "never"
	if !code.Expires.IsZero() {
		expires = s.Until(v, code.Expires).Text
	}
	page.Facts = []views.Fact{{Label: "User", Text: name, Note: catalog.Plain(code.User.Username)},
		{Label: "Uses", Text: words.UsesLeft(code)}, {Label: "Expires", Text: expires}}
	page.Hidden = []views.Hidden{{Name: "bypass_code_id", Value: string(code.ID)},
		{Name: "user_id", Value: f.get("user_id")}}
	return page, nil
}
