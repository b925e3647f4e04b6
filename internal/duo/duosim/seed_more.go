package duosim

import (
	"slices"
	"time"
)

// TokenSpec describes a hardware token to add. The zero Type is d1, the kind that Duo sells.
type TokenSpec struct {
	Type, Serial string
	Secret       string // hex; of all kinds but yk
	TOTPStep     int    // seconds; of t6 and t8, zero: 30
	UserIDs      []string
}

// CredentialSpec describes a WebAuthn credential to add.
type CredentialSpec struct {
	UserID, Name, Label string
	Transports          []string // "internal": built into a device
	Added, LastUsed     time.Time
}

// AdminSpec describes an administrator to add. The zero Role is Owner and the zero Status Active.
type AdminSpec struct {
	Name, Email, Phone, Role, Status string
	Created, LastLogin               time.Time
}

// AddToken adds a token exactly as described, unchecked, and returns the token_id.
func (s *Sim) AddToken(accountID string, spec TokenSpec) string {
	return change(s, func() string { return s.addToken(s.mustAccount(accountID), spec).TokenID })
}

func (s *Sim) addToken(a *account, spec TokenSpec) *token {
	t := &token{TokenID: s.ids.object("DH"), Type: orElse(spec.Type, "d1"), Serial: spec.Serial, Secret: spec.Secret,
		TOTPStep: spec.TOTPStep}
	if t.Type[0] == 't' && t.TOTPStep == 0 {
		t.TOTPStep = usualStep
	}
	for _, id := range spec.UserIDs {
		u := a.mustUser(id)
		u.TokenIDs = append(u.TokenIDs, t.TokenID)
	}
	a.Tokens = append(a.Tokens, t)
	return t
}

// AddCredential adds a WebAuthn credential and returns its webauthnkey.
func (s *Sim) AddCredential(accountID string, spec CredentialSpec) string {
	return change(s, func() string { return s.addCredential(s.mustAccount(accountID), spec).Key })
}

func (s *Sim) addCredential(a *account, spec CredentialSpec) *credential {
	k := &credential{
		Key: s.ids.object("WA"), UserID: a.mustUser(spec.UserID).UserID, Name: spec.Name, Label: spec.Label,
		Transports: spec.Transports,
		Added:      s.now().Unix(), LastUsed: unixOrNil(spec.LastUsed), AAGUID: "00000000-0000-0000-0000-000000000000",
	}
	if !spec.Added.IsZero() {
		k.Added = spec.Added.Unix()
	}
	a.Credentials = append(a.Credentials, k)
	return k
}

// AddAdmin adds an administrator and returns the admin_id.
func (s *Sim) AddAdmin(accountID string, spec AdminSpec) string {
	return change(s, func() string { return s.addAdmin(s.mustAccount(accountID), spec).AdminID })
}

func (s *Sim) addAdmin(a *account, spec AdminSpec) *administrator {
	d := &administrator{
		AdminID: s.ids.object("DE"), Name: spec.Name, Email: spec.Email, Phone: spec.Phone,
		Role:   orElse(spec.Role, "Owner"),
		Status: orElse(spec.Status, "Active"), Created: s.now().Unix(), LastLogin: unixOrNil(spec.LastLogin),
	}
	if !spec.Created.IsZero() {
		d.Created = spec.Created.Unix()
	}
	a.Admins = append(a.Admins, d)
	return d
}

// SetTelephony says whether an account has calls; without, members that go with them are missing from its objects.
func (s *Sim) SetTelephony(accountID string, on bool) {
	change(s, func() struct{} { s.mustAccount(accountID).NoTelephony = !on; return struct{}{} })
}

// ListUnder has the Accounts API list an account under another host, which may be none of Duo's, or "".
func (s *Sim) ListUnder(accountID, host string) {
	change(s, func() struct{} { s.mustAccount(accountID).APIHostname = host; return struct{}{} })
}

// SetBilling says whether Duo's support has enabled the billing calls for a parent. They are enabled at first.
func (s *Sim) SetBilling(parentID string, on bool) {
	change(s, func() struct{} { s.mustAccount(parentID).NoBilling = !on; return struct{}{} })
}

// SetSimpleNames says whether an account reads usernames without their domains at logins, as DOMAIN\user and
// user@domain.
func (s *Sim) SetSimpleNames(accountID string, on bool) {
	change(s, func() struct{} { s.mustAccount(accountID).SimpleNames = on; return struct{}{} })
}

// AddCustomAttribute sets up another custom attribute of users, as an administrator does in Duo's panel; no API call
// does.
func (s *Sim) AddCustomAttribute(accountID, name string) {
	change(s, func() struct{} {
		a := s.mustAccount(accountID)
		a.CustomAttributes = append(a.CustomAttributes, name)
		return struct{}{}
	})
}

// SetCredits says how many telephony credits an account has left.
func (s *Sim) SetCredits(accountID string, credits int) {
	change(s, func() struct{} { s.mustAccount(accountID).TelephonyCredits = credits; return struct{}{} })
}

// SetLogo gives an account a logo, a PNG; nil takes it away.
func (s *Sim) SetLogo(accountID string, picture []byte) {
	change(s, func() struct{} { s.mustAccount(accountID).Logo = slices.Clone(picture); return struct{}{} })
}

// MoveClock moves the simulator's clock, forth or back, for all accounts. What ends with time ends by it; callers whose
// own clock stays behind are refused with 40105 beyond the window.
func (s *Sim) MoveClock(by time.Duration) {
	change(s, func() struct{} {
		s.shift.Add(int64(by))
		s.applyLate()
		for _, a := range s.accounts {
			a.expire(s.now())
		}
		s.tell()
		return struct{}{}
	})
}

// Passcodes returns what a user could type in now: what is left of the SMS passcodes, what Duo Mobile shows and what
// the tokens show, by the name of the device.
func (s *Sim) Passcodes(accountID, userID string) map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustAccount(accountID)
	return a.passcodes(a.mustUser(userID), s.now())
}

func (a *account) passcodes(u *user, now time.Time) map[string][]string {
	shown := map[string][]string{}
	for _, p := range a.phonesOf(u) {
		shown[p.PhoneID] = slices.Clone(p.SMSPasscodes)
		if p.Activated {
			shown[p.PhoneID] = append(shown[p.PhoneID], p.mobilePasscode(now.Unix()/usualStep))
		}
	}
	for _, t := range a.tokensOf(u) {
		if code := t.next(now); code != "" {
			shown[t.TokenID] = []string{code}
		}
	}
	return shown
}

// AddActivity adds an event to the activity log, as an administrator in Duo's panel causes one now: on a user by id and
// name.
func (s *Sim) AddActivity(accountID, name, userID, username string) {
	change(s, func() struct{} {
		a := s.mustAccount(accountID)
		a.Logs.Actions = keep(a.Logs.Actions, &action{
			ID: s.ids.uuid(), At: s.now().UnixMilli(), Name: name, Object: username, ObjectKey: userID,
			ActorName: "Administrator", ActorType: "admin",
		})
		return struct{}{}
	})
}
