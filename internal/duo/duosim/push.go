package duosim

import (
	"errors"
	"slices"
	"time"
)

const (
	pushLife         = 60 * time.Second  // of a push or call that nobody answers
	verificationLife = 120 * time.Second // after which a verification push is unknown
	pushMemory       = 10 * time.Minute  // for which the outcome of a login can be asked for; our choice
)

// What a person can do with a push or call; for a call, Approve and Fraud are the keys of the settings.
const (
	Approve = "approve"
	Deny    = "deny"
	Fraud   = "fraud"
	Answer  = "answer" // of a call only: pick up, and press nothing yet
)

// push is a login or a verification on its way to somebody's device, or the outcome of one.
type push struct {
	ID             string // the txid or push_id
	Verification   bool   // asked for by a help desk: nobody logs in
	Prepared       bool   // by preauth; not sent yet
	UserID         string
	PhoneID        string
	DeviceName     string // as the log shows it
	Factor         string // of the log
	IntegrationKey string
	IP             string
	Title          string
	ShownName      string
	Info           string
	Code           string // of a verified push: to be typed in; of a verification: to be compared
	Begun          int64
	Ended          *int64
	Told           string // the status that auth_status has told last
	PickedUp       bool
	Result         string // once ended; the same words as in Duo's answers
	Status         string
	Message        string
}

// Push is a push or call that a tester may answer. Result is "" as long as it waits.
type Push struct {
	ID           string    `json:"id"`
	AccountID    string    `json:"account_id"`
	Username     string    `json:"username"`
	PhoneID      string    `json:"phone_id"`
	Factor       string    `json:"factor"` // duo_push, verified_duo_push or phone_call
	Verification bool      `json:"verification"`
	Title        string    `json:"title"`
	ShownName    string    `json:"shown_name"`
	Info         string    `json:"info"`
	Code         string    `json:"code"`
	Begun        time.Time `json:"begun"`
	Result       string    `json:"result"`
	Status       string    `json:"status"`
}

// outcome is how a login ends: the three texts of the answer, and result and reason of the log.
type outcome struct{ result, status, message, logged, reason string }

var (
	approved    = outcome{"allow", "allow", "Success. Logging you in...", "success", "user_approved"}
	denied      = outcome{"deny", "deny", "Login request denied.", "denied", "user_cancelled"}
	fraudulent  = outcome{"deny", "fraud", "Login request reported as fraudulent.", "fraud", "user_marked_fraud"}
	timedOut    = outcome{"deny", "timeout", "Login timed out.", "denied", "no_response"}
	notPressed  = outcome{"deny", "deny", "No keypress detected. Please try again.", "denied", "no_keys_pressed"}
	wrongCode   = outcome{"deny", "deny", "Incorrect passcode. Please try again.", "denied", "invalid_passcode"}
	goodCode    = outcome{"allow", "allow", "Success. Logging you in...", "success", "valid_passcode"}
	bypassed    = outcome{"allow", "bypass", "Success. Logging you in...", "success", "bypass_user"}
	codesSent   = outcome{"deny", "sent", "New SMS passcodes sent.", "denied", ""}
	isLockedOut = outcome{"deny", "locked_out", "Your account is locked out.", "denied", "locked_out"}
	isDisabled  = outcome{"deny", "deny", "Your account is disabled.", "denied", "user_disabled"}
	byPolicy    = outcome{"deny", "deny", "Access is denied by policy.", "denied", "denied_by_policy"}
	unasked     = outcome{"allow", "bypass", "Success. Logging you in...", "success", "allowed_by_policy"}
)

// failures are the outcomes that count towards a lockout; that silence does not is our choice.
var failures = []outcome{denied, fraudulent, wrongCode}

func (a *account) push(id string) *push {
	i := slices.IndexFunc(a.Pushes, func(p *push) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return a.Pushes[i]
}

// waits tells whether somebody can still answer.
func (p *push) waits(now time.Time) bool {
	life := pushLife
	if p.Verification {
		life = verificationLife
	}
	return p.Ended == nil && p.Result == "" && now.Before(time.Unix(p.Begun, 0).Add(life))
}

func (p *push) forgotten(now time.Time) bool {
	begun := now.Sub(time.Unix(p.Begun, 0))
	return p.Verification && begun >= verificationLife || p.Prepared && begun >= pushLife ||
		begun >= pushLife+pushMemory
}

// settle ends a login that nobody has answered in time.
func (a *account) settle(p *push, now time.Time) {
	if p.Verification || p.Prepared || p.Ended != nil || p.waits(now) {
		return
	}
	how := timedOut
	if p.Factor == "phone_call" {
		how = notPressed
	}
	a.finish(p, how, time.Unix(p.Begun, 0).Add(pushLife))
}

// finish ends a login: the user's counters, the log, and the answer for the calls that ask for it.
func (a *account) finish(p *push, how outcome, at time.Time) {
	ended := at.Unix()
	p.Ended, p.Result, p.Status, p.Message = &ended, how.result, how.status, how.message
	u := a.user(p.UserID)
	switch {
	case slices.Contains(failures, how):
		u.FailedAttempts++
		if u.FailedAttempts >= a.settingInt("lockout_threshold") && u.Status == Active {
			u.Status, u.LockoutReason, u.LockedAt = LockedOut, "Failed Attempts", &ended
		}
	case how.result == "allow":
		u.FailedAttempts, u.LastLogin = 0, &ended
	}
	entry := &login{
		TxID: p.ID, At: at.UnixMilli(), UserID: u.UserID, Username: u.Username, Email: u.Email,
		IntegrationKey: p.IntegrationKey,
		Factor:         p.Factor, Result: how.logged, Reason: how.reason, Type: "authentication", IP: p.IP,
		DeviceKey: p.PhoneID, DeviceName: p.DeviceName,
	}
	if app := a.application(p.IntegrationKey); app != nil {
		entry.ApplicationName = app.name()
	}
	for _, g := range a.groupsOf(u) {
		entry.Groups = append(entry.Groups, g.Name)
	}
	a.Logs.Logins = keep(a.Logs.Logins, entry)
}

// Pushes returns what is on its way to the devices of an account's users or was decided in the last minutes, oldest
// first.
func (s *Sim) Pushes(accountID string) []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustAccount(accountID)
	a.expire(s.now())
	return a.publicPushes()
}

func (a *account) publicPushes() []Push {
	found := []Push{}
	for _, p := range a.Pushes {
		u := a.user(p.UserID)
		if p.Prepared || p.PhoneID == "" || p.Factor == "sms_refresh" || u == nil {
			continue
		}
		found = append(found, Push{
			ID: p.ID, AccountID: a.AccountID, Username: u.Username, PhoneID: p.PhoneID, Factor: p.Factor,
			Verification: p.Verification,
			Title:        p.Title, ShownName: p.ShownName, Info: p.Info, Code: p.Code,
			Begun:  time.Unix(p.Begun, 0).UTC(),
			Result: p.Result, Status: p.Status,
		})
	}
	return found
}

// AnswerPush does what the person with the device does: Approve, Deny, Fraud or, of a call, Answer. A verified push is
// approved with its code; for all else code is "". To ignore a push, move the clock. It fails when there is no such
// push, when it waits no longer, and when the code is wrong, which leaves it waiting.
func (s *Sim) AnswerPush(id, answer, code string) error {
	return change(s, func() error {
		for _, a := range s.accounts {
			if p := a.push(id); p != nil {
				a.expire(s.now())
				defer s.tell()
				return a.answer(p, answer, code, s.now())
			}
		}
		return errors.New("no push has this id")
	})
}

func (a *account) answer(p *push, answer, code string, now time.Time) error {
	call := p.Factor == "phone_call"
	switch {
	case p.Prepared || p.PhoneID == "" || !p.waits(now):
		return errors.New("nobody waits for an answer to this push any more")
	case !slices.Contains([]string{Approve, Deny, Fraud, Answer}, answer) || answer == Answer && !call:
		return errors.New("the answer is approve, deny, fraud or, of a call, answer")
	case answer == Approve && !p.Verification && p.Code != code:
		return errors.New("this push is approved with its code, and that is another one")
	case answer == Answer:
		p.PickedUp = true
		return nil
	case p.Verification:
		p.Result = answer
		return nil
	}
	how := map[string]outcome{Approve: approved, Deny: denied, Fraud: fraudulent}[answer]
	if call && answer == Deny {
		how = notPressed
	}
	a.finish(p, how, now)
	return nil
}

// sendVerificationPush lets a help desk see that the person on the phone has the user's device.
func (c *call) sendVerificationPush() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	id, no := c.required("phone_id")
	if no != nil {
		return nil, no
	}
	ph := c.account.phone(id)
	if ph == nil || !slices.Contains(u.PhoneIDs, id) || !ph.Activated {
		return nil, refuse(40002, "phone_id")
	}
	p := &push{
		ID: c.sim.ids.uuid(), Verification: true, UserID: u.UserID, PhoneID: ph.PhoneID, DeviceName: ph.label(),
		Factor:         "duo_push",
		IntegrationKey: c.app.IntegrationKey, Title: "Verification", ShownName: u.Username,
		Code: c.sim.ids.text(digits, 6), Begun: c.now.Unix(),
	}
	c.account.Pushes = append(c.account.Pushes, p)
	c.effect(Sent)
	c.logAction("user_verification_push", u.Username, map[string]any{"phone": ph.label()})
	return map[string]any{"confirmation_code": p.Code, "push_id": p.ID}, nil
}

func (c *call) verificationPushResponse() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	id, no := c.required("push_id")
	if no != nil {
		return nil, no
	}
	p := c.account.push(id)
	if p == nil || !p.Verification || p.UserID != u.UserID {
		return nil, refuse(40401)
	}
	result := p.Result
	if result == "" {
		result = "waiting"
	}
	return map[string]any{"push_id": p.ID, "result": result}, nil
}
