package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/factors"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// twoSteps is a browser whose second factor is given by hand.
func (s *console) twoSteps(t testing.TB) *browser {
	b := s.stranger(t)
	b.byHand = true
	return b
}

func (b *browser) code(text string) *page {
	b.t.Helper()
	return b.request(http.MethodPost, "/signin/factor/code", url.Values{"code": {text}})
}

// wrongCode is a code that none of the steps around now has.
func wrongCode(t testing.TB, s *console) string {
	t.Helper()
	for _, guess := range []string{"000000", "111111", "222222", "333333"} {
		fits := false
		for _, ahead := range []time.Duration{-time.Minute, -30 * time.Second, 0, 30 * time.Second, time.Minute} {
			right, err := factors.Code(storetest.TOTPKey, s.Clock.Now().Add(ahead))
			if err != nil {
				t.Fatal(err)
			}
			fits = fits || right == guess
		}
		if !fits {
			return guess
		}
	}
	t.Fatal("every guess is right")
	return ""
}

// TestPasswordAloneOpensNothing: after the password there is no session; the code of the
// operator's app begins it, once.
func TestPasswordAloneOpensNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.twoSteps(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	if b.cookie("session") != "" || b.cookie("device") != "" {
		t.Error("the password alone sets a cookie of a session or a device")
	}
	for _, address := range []string{"/", s.ws(""), s.org("/users"), "/account", "/account/factors"} {
		b.get(address).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	}
	sheet := b.get("/signin/factor").want(http.StatusOK, "Second factor", s.Owner.Email,
		"Code from your authenticator app").wantNot("Use a passkey").fine()
	sheet.form("Continue").set("code", wrongCode(t, s)).send().want(http.StatusUnprocessableEntity,
		"This code is wrong.").fine()
	code := runtest.Code(t, s.DB, s.Owner, s.Clock.Now())
	b.code(code[:3]+" "+code[3:]).want(http.StatusSeeOther).follow().want(http.StatusOK, s.Workspace.Name)
	events, err := s.AccountEvents(t.Context(), s.Owner.ID, 10)
	if err != nil || !slices.ContainsFunc(events, func(e store.AccountEvent) bool {
		return e.Kind == store.AccountFactorRefused && e.Address == b.ip
	}) {
		t.Error("the wrong code is not kept for the operator's eyes: ", events, err)
	}

	// A code is good once, a sign-in too.
	other := s.twoSteps(t)
	other.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	other.code(code).want(http.StatusUnprocessableEntity, "This code was used already. Wait for the next one.")
	b.code(runtest.Code(t, s.DB, s.Owner, s.Clock.Now())).want(http.StatusUnauthorized)
	for column, text := range s.everyColumn(t) {
		if strings.Contains(text, storetest.TOTPKey) {
			t.Error("the secret of the app is in ", column)
		}
	}
	if strings.Contains(s.Log.String(), code) {
		t.Error("the code is in the log")
	}
}

// TestSignInWaitsNotForLong: the second step has ten minutes and five tries, and ends with
// a new password, a reset and a disabling.
func TestSignInWaitsNotForLong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	right := func(b *browser) *page { return b.code(runtest.Code(t, s.DB, s.Owner, s.Clock.Now())) }
	begun := func() *browser {
		b := s.twoSteps(t)
		b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
		return b
	}
	late := begun()
	s.Clock.Move(store.SignInLife)
	right(late).want(http.StatusUnauthorized, "You are signed out")
	s.Clock.Move(time.Hour)

	tried := begun()
	for range 5 {
		tried.code(wrongCode(t, s)).want(http.StatusUnprocessableEntity)
		s.Clock.Move(time.Minute) // so that no pace is in the way
	}
	right(tried).want(http.StatusUnauthorized)
	s.Clock.Move(time.Hour)

	reset := begun()
	s.Exec(t, `update operator set epoch = epoch + 1 where id = $1`, s.Owner.ID)
	right(reset).want(http.StatusUnauthorized)
	disabled := begun()
	s.Exec(t, `update operator set disabled_at = now() where id = $1`, s.Owner.ID)
	right(disabled).want(http.StatusUnauthorized)
	s.Exec(t, `update operator set disabled_at = null where id = $1`, s.Owner.ID)
	right(begun()).want(http.StatusSeeOther)
}

// TestCodesArePaced: who has the password guesses few codes, in however many sign-ins, and
// keeps the operator out of no browser that is known.
func TestCodesArePaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	known := s.stranger(t)
	known.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	looked := 0
	for range 20 {
		thief := s.twoSteps(t)
		thief.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
		for range 4 {
			switch p := thief.code(wrongCode(t, s)); p.status {
			case http.StatusUnprocessableEntity:
				looked++
			case http.StatusTooManyRequests:
				p.want(http.StatusTooManyRequests, "Too many attempts. Try again in ")
			default:
				t.Fatal(p.status)
			}
		}
	}
	if looked < 5 || looked > 8 { // on a slow machine the waits of 2, 4 and 8 s go by
		t.Errorf("%d guesses were looked at", looked)
	}
	thief := s.twoSteps(t)
	thief.signIn(s.Owner, storetest.Password)
	s.Clock.Move(time.Minute) // for one more guess, after which the wait begins now
	thief.code(wrongCode(t, s)).want(http.StatusUnprocessableEntity)
	thief.code(runtest.Code(t, s.DB, s.Owner, s.Clock.Now())).want(http.StatusTooManyRequests)
	known.get(s.ws("")).form("Sign out").send()
	known.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	known.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
}

// factorless makes an operator who has no second factor; since says since when there is a
// grace, nil: there is none.
func (s *console) factorless(t testing.TB, role catalog.Role, since *time.Time) store.Operator {
	t.Helper()
	o := s.Member(t, s.Workspace, role)
	s.Exec(t, `delete from factor where operator_id = $1`, o.ID)
	s.Exec(t, `update operator set grace_from = $2 where id = $1`, o.ID, since)
	return o
}

// setUpApp sets an authenticator app up on the page that asks for it, and returns its
// secret and the answer.
func (s *console) setUpApp(t testing.TB, p *page) (key string, after *page) {
	t.Helper()
	key = strings.ReplaceAll(textOf(p.byID("secret")), " ", "")
	code, err := factors.Code(key, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	p.form("Finish").set("code", wrongCode(t, s)).send().want(http.StatusUnprocessableEntity, "This code is wrong.",
		"Set up an authenticator app").fine()
	return key, p.form("Finish").set("code", code).set("name", "Work phone").send()
}

// provesBy gives the code of an app that has a secret, on a page that asks for a factor again.
func (s *console) provesBy(t testing.TB, key string, asked *page) *page {
	t.Helper()
	s.Clock.Move(30 * time.Second) // for a code that was not used
	code, err := factors.Code(key, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return asked.asksProof().set("code", code).send()
}

// TestFirstFactor: a new operator sets a second factor up right after the first password,
// before anything else, and gets ten recovery codes, each good once.
func TestFirstFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.factorless(t, catalog.Technician, nil)
	b := s.twoSteps(t)
	b.signIn(o, storetest.Password).want(http.StatusSeeOther)
	sheet := b.get("/signin/factor").want(http.StatusOK, "Set up a second factor").wantNot("Later").fine()
	b.request(http.MethodPost, "/signin/setup/later", url.Values{}).want(http.StatusUnauthorized)
	b.signIn(o, storetest.Password)
	key, after := s.setUpApp(t, sheet.form("Set up an app").send().want(http.StatusOK).fine())
	after.want(http.StatusOK, "Recovery codes", "Shown once").fine()
	codes := strings.Fields(attribute(after.byID("codes"), "data-plain"))
	if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 {
		t.Fatal(codes)
	}
	after.click("I have kept them: continue").want(http.StatusOK, s.Workspace.Name)
	b.get("/account/factors").want(http.StatusOK, "Work phone", "10 recovery codes are left.",
		"Set up a second one").fine()

	// Once there is one, a password adds none.
	thief := s.twoSteps(t)
	thief.signIn(o, storetest.Password)
	thief.get("/signin/setup").want(http.StatusOK, "Second factor")
	thief.request(http.MethodPost, "/signin/setup/app", url.Values{}).want(http.StatusUnauthorized)

	recover := func(code string) *page {
		lost := s.twoSteps(t)
		lost.signIn(o, storetest.Password)
		return lost.get("/signin/factor").form("Use recovery code").set("recovery", code).send()
	}
	recover(strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))).want(http.StatusOK, s.Workspace.Name)
	recover(codes[0]).want(http.StatusUnprocessableEntity, "This recovery code is wrong or was used already.").fine()
	p := b.get("/account/factors").want(http.StatusOK, "9 recovery codes are left.")
	b.byHand = true
	fresh := s.provesBy(t, key, p.form("Create new recovery codes").send()).want(http.StatusOK, "Recovery codes").fine()
	if slices.Contains(strings.Fields(attribute(fresh.byID("codes"), "data-plain")), codes[1]) {
		t.Error("a code is still shown")
	}
	recover(codes[1]).want(http.StatusUnprocessableEntity)
	for column, text := range s.everyColumn(t) {
		if slices.ContainsFunc(codes, func(c string) bool {
			return strings.Contains(text, c) || strings.Contains(text, strings.ReplaceAll(c, "-", ""))
		}) {
			t.Error("a recovery code is in ", column)
		}
	}
}

// TestChangingFactors takes a factor for each change; the last one stays, and what a removed
// one opened ends.
func TestChangingFactors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, elsewhere := s.as(t, s.Owner), s.as(t, s.Owner)
	p := b.get("/account/factors").want(http.StatusOK, "Work phone").wantNot(`name="factor"`).fine()
	token := b.cookie("session")
	b.byHand = true
	asked := p.form("Set up an authenticator app").post().asksProof("Setting up a second factor", "each time")
	b.request(http.MethodPost, "/account/factors/recovery", url.Values{}).asksProof("Creating recovery codes")
	b.byHand = false
	sheet := asked.set("code", runtest.Code(t, s.DB, s.Owner, s.Clock.Now())).send().want(http.StatusOK)
	key, after := s.setUpApp(t, sheet)
	after.want(http.StatusOK, "Recovery codes")
	if b.cookie("session") == token {
		t.Error("the session goes on under the same token")
	}
	b.get("/account/factors").want(http.StatusOK, "Remove Work phone").fine()
	first, err := s.Factors(t.Context(), s.Owner.ID)
	if err != nil || len(first) != 2 {
		t.Fatal(first, err)
	}
	remove := func(id string) *page {
		return b.request(http.MethodPost, "/account/factors/remove", url.Values{"factor": {id}})
	}
	elsewhere.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	remove(first[0].ID.String()).want(http.StatusSeeOther)
	elsewhere.get(s.ws("")).want(http.StatusOK, "Sign in")
	b.byHand = true
	s.provesBy(t, key, remove(first[1].ID.String())).want(http.StatusUnprocessableEntity, "This is your last second factor.")
	b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)

	// Another's factor is none of ours.
	other := s.Member(t, s.Workspace, catalog.Auditor)
	theirs, err := s.Factors(t.Context(), other.ID)
	if err != nil {
		t.Fatal(err)
	}
	s.provesBy(t, key, remove(theirs[0].ID.String()))
	if left, _ := s.Factors(t.Context(), other.ID); len(left) != 1 {
		t.Error("another's factor was removed")
	}
}

// TestGrace: an operator of before goes on without a second factor for as long as the
// workspace says, reminded on each page; then none gets in.
func TestGrace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	since := s.Clock.Now().Add(-24 * time.Hour)
	o := s.factorless(t, catalog.Technician, &since)
	s.Exec(t, `update workspace set factor_grace_days = 3 where id = $1`, s.Workspace.ID)
	b := s.twoSteps(t)
	b.signIn(o, storetest.Password)
	b.get("/signin/factor").want(http.StatusOK, "You can do without one until").fine().form("Later").send().want(
		http.StatusOK, s.Workspace.Name, "You have no second factor. You can work here without one until")
	for _, address := range []string{s.org("/users"), s.ws("/actions"), "/account"} {
		b.get(address).want(http.StatusOK, "You have no second factor.").fine()
	}
	owner := s.as(t, s.Owner)
	owner.get(s.ws("/operators")).want(http.StatusOK, "None", "Days without a second factor").fine().
		form("Change").set("days", "8").send().want(http.StatusUnprocessableEntity, "Enter a whole number from 0 to 7.")

	// Another workspace that grants nothing does not admit the operator.
	second, _ := s.DB.Workspace(t)
	if _, err := store.AddOperator(t.Context(), s.OwnerURL, store.NewOperator{Workspace: second.Name, Email: o.Email,
		Role: "owner"}); err != nil {
		t.Fatal(err)
	}
	b.get("/w/"+second.Slug).want(http.StatusOK, "Second factors", "no longer admits you").wantNot(second.Name)
	b.request(http.MethodPost, "/w/"+second.Slug+"/readings/limit", url.Values{"limit": {"5000"}}).want(
		http.StatusForbidden, "Set up a second factor first").wantNot(second.Name)

	// The owner ends it, from the next click on.
	owner.get(s.ws("/operators")).form("Change").set("days", "0").send().want(http.StatusOK)
	owner.get(s.ws("/runs")).want(http.StatusOK, "Changed the days without a second factor from 3 to 0.")
	b.get(s.ws("")).want(http.StatusOK, "no longer admits you").fine().form("Sign out and set one up").send().want(
		http.StatusOK, "Email")
	b.signIn(o, storetest.Password)
	sheet := b.get("/signin/factor").want(http.StatusOK, "Set up a second factor").wantNot("Later")
	s.setUpApp(t, sheet.form("Set up an app").send().want(http.StatusOK))
	b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name).wantNot("no second factor")
}

// TestGraceEnds: with the time, and for every session as soon as there is a factor.
func TestGraceEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	since := s.Clock.Now()
	o := s.factorless(t, catalog.Technician, &since)
	s.Exec(t, `update workspace set factor_grace_days = 1 where id = $1`, s.Workspace.ID)
	in := func() *browser {
		b := s.twoSteps(t)
		b.signIn(o, storetest.Password)
		b.request(http.MethodPost, "/signin/setup/later", url.Values{})
		return b
	}
	stolen, other := in(), s.twoSteps(t)
	stolen.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	other.signIn(o, storetest.Password)
	s.setUpApp(t, other.get("/signin/factor").form("Set up an app").send().want(http.StatusOK))
	stolen.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	s.Exec(t, `delete from factor where operator_id = $1`, o.ID)
	in().get(s.ws("")).want(http.StatusOK, "Sign in") // and the grace with them
	s.Exec(t, `update operator set grace_from = $2 where id = $1`, o.ID, since)
	late := in()
	late.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	s.Exec(t, `update operator set grace_from = grace_from - interval '1 day' where id = $1`, o.ID)
	late.get(s.ws("")).want(http.StatusOK, "no longer admits you")
	in().get(s.ws("")).want(http.StatusOK, "Sign in")
}

// TestTrialFactor: a factor whose secret lies beside a trial is taken by a trial alone.
func TestTrialFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.factorless(t, catalog.Owner, nil)
	key, err := factors.NewTrialApp(t.Context(), s.Store, o, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	code, err := factors.Code(key, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := s.twoSteps(t)
	b.signIn(o, storetest.Password)
	b.code(code).want(http.StatusUnprocessableEntity, "This authenticator app belongs to a trial.")
	trial, err := factors.New(s.Store, s.Clock.Now, s.server.PublicURL, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trial.ProveTOTP(t.Context(), o, code); err != nil {
		t.Error("a trial does not take it: ", err)
	}
}
