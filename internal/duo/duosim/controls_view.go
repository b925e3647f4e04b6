package duosim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// controlsView is all that the tester's page and its JSON show.
type controlsView struct {
	Now      time.Time         `json:"now"`
	Shift    string            `json:"shift"` // how far the clock was moved
	Rates    bool              `json:"rates"` // whether calls per minute are limited
	Pushes   []shownPush       `json:"pushes"`
	Codes    []openCode        `json:"codes"`
	Outbox   []Message         `json:"outbox"`
	Ledger   []Effect          `json:"ledger"`
	Accounts []shownAccount    `json:"accounts"`
	Account  *shownAccount     `json:"account,omitempty"` // the one that the rest is limited to
	People   []shownPerson     `json:"people,omitempty"`  // of that one
	Notice   string            `json:"-"`
	Names    map[string]string `json:"-"` // of accounts, by id
	Kinds    []FaultKind       `json:"-"`
	Grants   []Grant           `json:"-"`
	Cut      bool              `json:"-"` // the page does not show all entries
}

type shownPush struct {
	Push
	Waits   bool     `json:"waits"`
	Call    bool     `json:"call"`
	Typed   bool     `json:"typed"` // approving takes the code
	Details []string `json:"-"`     // pushinfo, a line for each pair
}

// openCode is an activation or enrollment code that somebody could scan.
type openCode struct {
	AccountID string    `json:"account_id"`
	Who       string    `json:"who"`
	Kind      string    `json:"kind"` // activation or enrollment
	Code      string    `json:"code"`
	Expires   time.Time `json:"expires"` // zero: never
}

type shownAccount struct {
	Account
	Edition         string `json:"edition"`
	Credits         int    `json:"credits"`
	Users           int    `json:"users"`
	Telephony       bool   `json:"telephony"`
	Billing         bool   `json:"billing"`
	OtherDeployment bool   `json:"other_deployment"`
	Fault           string `json:"fault"` // in words; "": none
	Calls           int    `json:"calls"` // with a good signature, since the start
}

// shownPerson is a user with what they could type in now.
type shownPerson struct {
	UserID    string   `json:"user_id"`
	Username  string   `json:"username"`
	Status    string   `json:"status"`
	Passcodes []string `json:"passcodes"` // "device: code"
}

// controlsView collects the state, of one account (by id or API host) or of all.
func (s *Sim) controlsView(only string) controlsView {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyLate()
	now := s.now()
	view := controlsView{
		Now: now.UTC(), Shift: time.Duration(s.shift.Load()).String(), Pushes: []shownPush{}, Codes: []openCode{},
		Outbox: []Message{}, Ledger: []Effect{},
		Accounts: []shownAccount{}, Names: map[string]string{}, Rates: s.counting, Kinds: FaultKinds, Grants: AllGrants,
	}
	chosen := s.accountOrHost(only)
	for _, a := range s.accounts {
		a.expire(now)
		shown := s.shownAccount(a)
		view.Accounts = append(view.Accounts, shown)
		view.Names[a.AccountID] = a.Name
		if chosen != nil && a != chosen {
			continue
		}
		if chosen != nil {
			view.Account, view.People = &shown, a.shownPeople(now)
		}
		view.Codes = append(view.Codes, a.openCodes(now)...)
		for _, p := range a.publicPushes() {
			view.Pushes = append(view.Pushes, shownPush{
				Push: p, Waits: a.push(p.ID).waits(now), Call: p.Factor == "phone_call",
				Typed: p.Code != "" && !p.Verification, Details: pushDetails(p.Info),
			})
		}
	}
	elsewhere := func(id string) bool { return chosen != nil && id != chosen.AccountID }
	view.Outbox = append(view.Outbox, slices.DeleteFunc(slices.Clone(s.outbox),
		func(m Message) bool { return elsewhere(m.AccountID) })...)
	view.Ledger = append(view.Ledger, slices.DeleteFunc(slices.Clone(s.ledger),
		func(e Effect) bool { return elsewhere(e.AccountID) })...)
	slices.SortStableFunc(view.Pushes, func(a, b shownPush) int { return a.Begun.Compare(b.Begun) })
	return view
}

func pushDetails(info string) []string {
	var lines []string
	for _, p := range parsePairs(info) {
		lines = append(lines, p.key+": "+p.value)
	}
	return lines
}

// shorten makes the view fit for a page: newest first, and not without end.
func (v *controlsView) shorten() {
	slices.Reverse(v.Pushes)
	slices.Reverse(v.Outbox)
	slices.Reverse(v.Ledger)
	v.Cut = len(v.Outbox) > shownEntries || len(v.Ledger) > shownEntries || len(v.Codes) > shownEntries
	v.Outbox = v.Outbox[:min(len(v.Outbox), shownEntries)]
	v.Ledger = v.Ledger[:min(len(v.Ledger), shownEntries)]
	v.Codes = v.Codes[:min(len(v.Codes), shownEntries)]
}

func (s *Sim) shownAccount(a *account) shownAccount {
	return shownAccount{
		Account: a.public(), Edition: a.Edition, Credits: a.TelephonyCredits, Users: len(a.Users),
		Telephony: !a.NoTelephony,
		Billing:   !a.NoBilling, OtherDeployment: a.OtherDeployment, Fault: a.Fault.String(),
		Calls: s.calls[a.AccountID],
	}
}

// String tells a fault in words; "" for none.
func (f Fault) String() string {
	if f.Kind == NoFault {
		return ""
	}
	words := []string{string(f.Kind)}
	for _, w := range []struct {
		given bool
		text  string
	}{
		{f.Delay != 0, f.Delay.String()}, {f.RetryAfter != 0, "Retry-After " + f.RetryAfter.String()},
		{f.Grant != "", string(f.Grant)},
		{f.WritesOnly, "writes only"}, {f.Path != "", "under " + f.Path}, {f.Times > 0, fmt.Sprint(f.Times, " more")},
		{f.Code != 0, fmt.Sprint("code ", f.Code)}, {f.Status != 0, fmt.Sprint("status ", f.Status)},
	} {
		if w.given {
			words = append(words, w.text)
		}
	}
	return strings.Join(words, ", ")
}

func (a *account) openCodes(now time.Time) []openCode {
	var codes []openCode
	expiry := func(moment *int64) time.Time {
		if moment == nil {
			return time.Time{}
		}
		return time.Unix(*moment, 0).UTC()
	}
	for _, p := range a.Phones {
		if p.open(now) {
			who := p.label()
			for _, u := range a.usersOf(p) {
				who += ", " + u.Username
			}
			codes = append(codes, openCode{a.AccountID, who, "activation", p.ActivationCode,
				expiry(p.ActivationExpires)})
		}
	}
	for _, u := range a.Users {
		if u.enrolling(now) {
			codes = append(codes, openCode{a.AccountID, u.Username, "enrollment", u.EnrollCode,
				expiry(u.EnrollExpires)})
		}
	}
	return codes
}

func (a *account) shownPeople(now time.Time) []shownPerson {
	people := []shownPerson{}
	for _, u := range a.Users[:min(len(a.Users), shownPeople)] {
		shown := shownPerson{UserID: u.UserID, Username: u.Username, Status: u.Status, Passcodes: []string{}}
		for device, codes := range a.passcodes(u, now) {
			for _, code := range codes {
				name := device
				if p := a.phone(device); p != nil {
					name = p.label()
				} else if t := a.token(device); t != nil {
					name = t.Serial
				}
				shown.Passcodes = append(shown.Passcodes, name+": "+code)
			}
		}
		for _, b := range u.BypassCodes {
			shown.Passcodes = append(shown.Passcodes, "bypass: "+b.Code)
		}
		slices.Sort(shown.Passcodes)
		people = append(people, shown)
	}
	return people
}
