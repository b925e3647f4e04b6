package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// What a check finds.
const (
	Works   = "works"
	Limited = "limited" // some permissions are missing
	Fails   = "fails"
)

// Verdict is what a check found, in words. It is stored as JSON.
type Verdict struct {
	Finding  string      `json:"outcome"`
	Headline string      `json:"headline"`
	Steps    []CheckStep `json:"steps"`
	Cause    string      `json:"cause,omitempty"`
	Fix      string      `json:"fix,omitempty"`
}

// CheckStep is one thing that was tried.
type CheckStep struct {
	State string `json:"state"` // ok, bad or unknown (not checked)
	Text  string `json:"text"`
}

// diagnosis is a verdict and what was read on the way.
type diagnosis struct {
	Verdict
	accounts []store.Account
}

const (
	stepOK      = "ok"
	stepBad     = "bad"
	stepUnknown = "unknown"
)

// clockLimit is how far the clocks may differ before Duo refuses; clockWarn is
// when it is worth a word.
const (
	clockLimit = 300 * time.Second
	clockWarn  = 30 * time.Second
)

func (d *diagnosis) step(state, text string) { d.Steps = append(d.Steps, CheckStep{state, text}) }

func (d *diagnosis) fail(headline string, why run.Explanation) {
	d.Finding, d.Headline, d.Cause = Fails, headline, why.Cause
	d.Fix = cmp.Or(why.Fix, "Check again in a minute. If it fails in the same way, ask Duo Support.")
	d.step(stepBad, why.Cause)
}

// diagnose tries the credentials of a slot with harmless calls.
func (r *Runner) diagnose(ctx context.Context, c *duo.Client, slot store.Slot) diagnosis {
	ctx, cancel := context.WithTimeout(ctx, run.ReadTime)
	defer cancel()
	var d diagnosis
	asked := r.Now()
	duoTime, err := c.Ping(ctx)
	if err != nil {
		d.fail(headlineOf(noAPI, err), run.Explain(err))
		return d
	}
	d.step(stepOK, "The host answers over a trusted connection.")
	answered := r.Now()
	off := duoTime.Sub(asked.Add(answered.Sub(asked) / 2)).Round(time.Second)
	switch {
	case off.Abs() > clockLimit:
		d.step(stepBad, fmt.Sprintf("The clock here differs from Duo's by %d s.", int(off.Abs().Seconds())))
	case off.Abs() > clockWarn:
		d.step(stepUnknown, fmt.Sprintf("The clock here differs from Duo's by %d s; Duo refuses from %d s on.",
			int(off.Abs().Seconds()), int(clockLimit.Seconds())))
	default:
		d.step(stepOK, "The clocks agree.")
	}
	switch slot.API {
	case store.AuthAPI:
		r.diagnoseAuth(ctx, c, slot, &d)
	case store.AccountsAPI:
		r.diagnoseAccounts(ctx, c, &d)
	case store.AdminAPI:
		r.diagnoseAdmin(ctx, c, slot, &d)
	}
	if off.Abs() > clockLimit {
		d.Fix = strings.TrimSpace("Set this server's clock (NTP). " + d.Fix)
		if d.Finding == Fails {
			d.Cause = fmt.Sprintf("The clock here differs from Duo's by %d s.", int(off.Abs().Seconds()))
		}
	}
	return d
}

// headlineOf says what became of a question to an API: only a refusal of who asks is
// about the keys, and an answer is not called none.
func headlineOf(asked string, err error) string {
	if refused, is := errors.AsType[*duo.Error](err); is {
		if asked != noAPI && run.RefusesKeys(refused) {
			return "The " + asked + " refuses these keys"
		}
		return "The " + asked + " did not do what it was asked"
	}
	failed, is := errors.AsType[*duo.TransportError](err)
	switch {
	case is && !failed.Sent:
		return "Duo was not reached"
	case is && slices.Contains([]duo.Failure{duo.Redirected, duo.AnswerTooLarge, duo.NotUnderstood, duo.OtherAnswer},
		failed.Failure):
		return "The answer cannot be used"
	}
	return "Duo does not answer"
}

// noAPI is asked before any API, and without keys.
const noAPI = "host"

func (r *Runner) diagnoseAuth(ctx context.Context, c *duo.Client, slot store.Slot, d *diagnosis) {
	if _, err := c.Check(ctx); err != nil {
		d.fail(headlineOf("Auth API", err), r.whyRefused(ctx, c, slot, err))
		return
	}
	d.Finding, d.Headline = Works, "The Auth API accepts these keys"
	d.step(stepOK, "Integration key and secret key belong together.")
}

func (r *Runner) diagnoseAccounts(ctx context.Context, c *duo.Client, d *diagnosis) {
	accounts, left, err := r.ListAccounts(ctx, c)
	if err != nil {
		d.fail(headlineOf("Accounts API", err), r.whyRefused(ctx, c, store.OfWorkspace(store.AccountsAPI), err))
		return
	}
	d.accounts = accounts
	good := 0
	for _, a := range accounts {
		if a.APIHostname != "" {
			good++
		}
	}
	d.Finding, d.Headline = Works, fmt.Sprintf("The Accounts API lists %d accounts", good)
	if good == 1 {
		d.Headline = "The Accounts API lists 1 account"
	}
	d.step(stepOK, "Integration key and secret key belong together.")
	d.step(stepOK, d.Headline+".")
	if left > 0 {
		d.step(stepBad, fmt.Sprintf("%d more cannot be mapped: Duo lists them without a usable host.", left))
	}
	d.step(stepUnknown, "Creating and deleting accounts is not checked.")
}

func (r *Runner) diagnoseAdmin(ctx context.Context, c *duo.Client, slot store.Slot, d *diagnosis) {
	_, _, usersErr := c.UsersPage(ctx, 1, 0)
	if usersErr != nil && !notPermitted(usersErr) {
		d.fail(headlineOf("Admin API", usersErr), r.whyRefused(ctx, c, slot, usersErr))
		return
	}
	_, settingsErr := c.Settings(ctx)
	if settingsErr != nil && !notPermitted(settingsErr) {
		d.fail(headlineOf("Admin API", settingsErr), run.Explain(settingsErr))
		return
	}
	switch {
	case usersErr != nil && settingsErr != nil:
		d.fail(headlineOf("Admin API", usersErr), r.whyRefused(ctx, c, slot, usersErr))
		return
	case usersErr == nil && settingsErr == nil:
		d.Finding, d.Headline = Works, "The Admin API accepts these keys"
	default:
		d.Finding, d.Headline = Limited, "The Admin API accepts these keys, with a permission missing"
		d.Fix = "Grant the missing permission to the application in the Duo Admin Panel."
		if refused, is := errors.AsType[*duo.Error](cmp.Or(usersErr, settingsErr)); is && refused.SaysWhy() {
			d.Headline, d.Fix = "The Admin API accepts these keys, but does not permit everything",
				"Duo's words say what is missing."
		}
	}
	d.step(stepOK, "Integration key and secret key belong together.")
	d.permission("Reading users", usersErr, "Grant resource - Read")
	d.permission("Reading settings", settingsErr, "Grant settings")
	d.step(stepUnknown, "Writing is not checked.")
}

// permission says whether Duo let the keys do something. Only a refusal that gives no
// reason is taken for the lack of the permission.
func (d *diagnosis) permission(what string, err error, named string) {
	refused, is := errors.AsType[*duo.Error](err)
	switch {
	case err == nil:
		d.step(stepOK, what+": granted.")
	case is && refused.SaysWhy():
		d.step(stepBad, what+": Duo does not permit it. "+refused.Said())
	default:
		d.step(stepBad, what+": not granted (permission “"+named+"”).")
	}
}

func notPermitted(err error) bool {
	var refused *duo.Error
	return errors.As(err, &refused) && refused.Code == duo.CodeForbidden
}

// whyRefused explains a refusal. Where the kind of application may be the
// reason, it tries the keys on the other APIs, so that it can name whose they
// are.
func (r *Runner) whyRefused(ctx context.Context, c *duo.Client, slot store.Slot, err error) run.Explanation {
	why := run.Explain(err)
	var refused *duo.Error
	if !errors.As(err, &refused) || refused.Code != duo.CodeForbidden && refused.Code != duo.CodeUnknownKey {
		return why
	}
	for _, f := range nineFields {
		other, this := run.APITitle(f.API), run.APITitle(slot.API)
		switch {
		case f.API == slot.API || !r.accepts(ctx, c, f.API):
		case slot.Organization != uuid.Nil:
			return run.Explanation{
				Cause: "These are the keys of an " + other + " application, not of an " + this + " application.",
				Fix:   "Protect an " + this + " application in this organization's own Duo account and enter its keys.",
			}
		default:
			return run.Explanation{
				Cause: "These are the keys of an " + other + " application, in the wrong card.",
				Fix:   "Enter them under " + other + ", and here those of an " + this + " application.",
			}
		}
	}
	if refused.Code == duo.CodeForbidden && !refused.SaysWhy() && !refused.WrongKind() {
		cause := "Duo knows these keys but permits nothing to them here: " +
			"another kind of application, or one without any permission."
		return run.Explanation{Cause: strings.TrimSpace(cause + " " + refused.Said()),
			Fix: "Check the application's type and its permissions in the Duo Admin Panel."}
	}
	return why
}

func (r *Runner) accepts(ctx context.Context, c *duo.Client, api string) bool {
	var err error
	switch api {
	case store.AuthAPI:
		_, err = c.Check(ctx)
	case store.AccountsAPI:
		_, err = c.ListAccounts(ctx)
	case store.AdminAPI:
		_, _, err = c.UsersPage(ctx, 1, 0)
	}
	return err == nil
}
