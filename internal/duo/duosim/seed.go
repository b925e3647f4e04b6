package duosim

import (
	"fmt"
	"slices"
	"time"
)

// Account is one simulated account and the keys that open it, as tests and people need them.
type Account struct {
	Name         string        `json:"name"`
	AccountID    string        `json:"account_id"`
	APIHostname  string        `json:"api_hostname"`
	Parent       bool          `json:"parent"`
	Applications []Application `json:"applications"`
}

// Application is one set of keys of an account.
type Application struct {
	Type           string `json:"type"` // AccountsAPI, AdminAPI or AuthAPI
	IntegrationKey string `json:"integration_key"`
	SecretKey      string `json:"secret_key"`
}

// Application returns the account's first application of a type; the zero value if it has none.
func (a Account) Application(kind string) Application {
	for _, app := range a.Applications {
		if app.Type == kind {
			return app
		}
	}
	return Application{}
}

// UserSpec describes a user to add. Only Username is needed; the zero Status is Active.
type UserSpec struct {
	Username, Realname, Firstname, Lastname, Email, Notes string
	// also LockedOut and PendingDeletion, which no API call can set
	Status string
	// of PendingDeletion: the status to come back with; "": Active
	BeforeTrash        string
	LockoutReason      string
	Aliases            []string  // at most eight, the first is alias1
	Created, LastLogin time.Time // zero: now, and never
	DirectoryKey       string    // set: the user comes from that directory
	PhoneIDs, GroupIDs []string
}

// PhoneSpec describes a phone to add. Type and Platform are in Duo's spelling; empty means Unknown.
type PhoneSpec struct {
	Name, Number, Extension, Type, Platform, Model, OSVersion string
	Activated                                                 bool
	ActivatedAt                                               time.Time // of an activated phone; zero: now
	LastSeen                                                  time.Time // zero: never
	UserIDs                                                   []string  // users to assign it to
}

// BypassSpec describes a bypass code to add. The zero value is a random code that never expires and is used once.
type BypassSpec struct {
	Code       string
	AdminEmail string
	Expires    time.Time // zero: never
	Uses       int       // 0: one
	Unlimited  bool      // any number of uses
}

// Accounts returns all accounts, each parent directly before its children, with their keys.
func (s *Sim) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Account{}
	for _, parent := range s.accounts {
		if parent.ParentID != "" {
			continue
		}
		all = append(all, parent.public())
		for _, child := range s.accounts {
			if child.ParentID == parent.AccountID {
				all = append(all, child.public())
			}
		}
	}
	return all
}

func (a *account) public() Account {
	out := Account{Name: a.Name, AccountID: a.AccountID, APIHostname: a.APIHostname, Parent: a.ParentID == "",
		Applications: []Application{}}
	for _, app := range a.Applications {
		out.Applications = append(out.Applications, Application{app.Type, app.IntegrationKey, app.SecretKey})
	}
	return out
}

// AddParent adds a parent account with an Accounts, an Admin and an Auth API application that have all permissions.
//
// This and the other Add methods seed the simulator without a request: nothing of it appears in Ledger or Calls. They
// panic when an account or user that they name does not exist, or the state file cannot be written.
func (s *Sim) AddParent(name string) Account {
	return change(s, func() Account { return s.addParent(name).public() })
}

// AddChild adds a child without applications of its own; its parent's Accounts API keys open it.
func (s *Sim) AddChild(parentID, name string) Account {
	return change(s, func() Account { return s.addChild(s.mustAccount(parentID), name).public() })
}

// RenameAccount gives an account another name, as its administrators can in Duo's panel; no API call does.
func (s *Sim) RenameAccount(accountID, name string) {
	change(s, func() struct{} {
		s.mustAccount(accountID).Name = name
		return struct{}{}
	})
}

// DeleteAccount removes a child account with all that it has.
func (s *Sim) DeleteAccount(accountID string) {
	change(s, func() struct{} {
		s.mustAccount(accountID)
		s.accounts = slices.DeleteFunc(s.accounts, func(a *account) bool { return a.AccountID == accountID })
		return struct{}{}
	})
}

// AddApplication gives an account another set of keys. An Admin API application without named grants has all.
func (s *Sim) AddApplication(accountID, kind string, grants ...Grant) Application {
	return change(s, func() Application {
		a := s.mustAccount(accountID)
		if len(grants) == 0 {
			grants = AllGrants
		}
		app := s.ids.application(kind, grants)
		a.Applications = append(a.Applications, app)
		return Application{app.Type, app.IntegrationKey, app.SecretKey}
	})
}

// AddUser adds a user exactly as described, unchecked, and returns the user_id.
func (s *Sim) AddUser(accountID string, spec UserSpec) string {
	return change(s, func() string { return s.addUser(s.mustAccount(accountID), spec).UserID })
}

// RemoveUser deletes a user for good, as an administrator in Duo's own panel does. It panics when
// there is none.
func (s *Sim) RemoveUser(accountID, userID string) {
	change(s, func() struct{} {
		a := s.mustAccount(accountID)
		i := slices.IndexFunc(a.Users, func(u *user) bool { return u.UserID == userID })
		if i < 0 {
			panic("duosim: no user " + userID)
		}
		a.removeUser(a.Users[i])
		return struct{}{}
	})
}

// AddPhone adds a phone exactly as described, unchecked, and returns the phone_id.
func (s *Sim) AddPhone(accountID string, spec PhoneSpec) string {
	return change(s, func() string { return s.addPhone(s.mustAccount(accountID), spec).PhoneID })
}

// AddGroup adds a group, puts users into it and returns the group_id.
func (s *Sim) AddGroup(accountID, name, description string, userIDs ...string) string {
	return change(s,
		func() string { return s.addGroup(s.mustAccount(accountID), name, description, userIDs...).GroupID })
}

// SetGroupStatus gives a group one of the states Active, Bypass and Disabled.
func (s *Sim) SetGroupStatus(accountID, groupID, status string) {
	change(s, func() struct{} {
		g := s.mustAccount(accountID).group(groupID)
		if g == nil {
			panic("duosim: no group " + groupID)
		}
		g.Status = status
		return struct{}{}
	})
}

// AddBypassCode adds a code to those of a user and returns the bypass_code_id.
func (s *Sim) AddBypassCode(accountID, userID string, spec BypassSpec) string {
	return change(s, func() string {
		a := s.mustAccount(accountID)
		return s.addBypassCode(a.mustUser(userID), spec).ID
	})
}

// ActivatePhone does what a person does with an activation link: Duo Mobile is on that phone from now on.
func (s *Sim) ActivatePhone(accountID, phoneID string) {
	change(s, func() struct{} {
		p := s.mustAccount(accountID).phone(phoneID)
		if p == nil {
			panic("duosim: no phone " + phoneID)
		}
		p.activate(s.now())
		return struct{}{}
	})
}

// PlaceOnOtherDeployment makes an account unreachable through its parent's host, as Duo does for accounts that live in
// another of its data centres.
func (s *Sim) PlaceOnOtherDeployment(accountID string) {
	change(s, func() struct{} {
		s.mustAccount(accountID).OtherDeployment = true
		return struct{}{}
	})
}

// BypassCodes returns the texts of a user's codes, which no API call tells, so that tests can see which were kept.
func (s *Sim) BypassCodes(accountID, userID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustAccount(accountID)
	a.expire(s.now())
	var texts []string
	for _, b := range a.mustUser(userID).BypassCodes {
		texts = append(texts, b.Code)
	}
	return texts
}

func change[T any](s *Sim, make func() T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := make()
	s.mustSave()
	return made
}

func (s *Sim) mustSave() {
	if err := s.save(); err != nil {
		panic(err)
	}
}

func (s *Sim) mustAccount(id string) *account {
	if a := s.account(id); a != nil {
		return a
	}
	panic("duosim: no account " + id)
}

func (a *account) mustUser(id string) *user {
	if u := a.user(id); u != nil {
		return u
	}
	panic("duosim: no user " + id)
}

func (s *Sim) addParent(name string) *account {
	a := s.addAccount("", name, "Duo Premier")
	for _, kind := range []string{AccountsAPI, AdminAPI, AuthAPI} {
		a.Applications = append(a.Applications, s.ids.application(kind, AllGrants))
	}
	return a
}

func (s *Sim) addChild(parent *account, name string) *account {
	return s.addAccount(parent.AccountID, name, "Duo Advantage")
}

func (s *Sim) addAccount(parentID, name, edition string) *account {
	a := &account{
		AccountID: s.ids.object("DA"), ParentID: parentID, Name: name, Edition: edition, TelephonyCredits: 1000,
		APIHostname: s.freeHost(),
	}
	s.accounts = append(s.accounts, a)
	return a
}

func (s *Sim) freeHost() string {
	for {
		host := apiHost(s.ids.text(lowerHex, 8))
		if !slices.ContainsFunc(s.accounts, func(a *account) bool { return a.APIHostname == host }) {
			return host
		}
	}
}

func apiHost(number string) string { return "api-" + number + "." + Domain }

func (s *Sim) addUser(a *account, spec UserSpec) *user {
	u := &user{
		UserID: s.ids.object("DU"), Username: spec.Username, Realname: spec.Realname, Firstname: spec.Firstname,
		Lastname: spec.Lastname, Email: spec.Email, Notes: spec.Notes, Status: spec.Status,
		LockoutReason:    spec.LockoutReason,
		EnableAutoPrompt: true, Created: s.now().Unix(), LastLogin: unixOrNil(spec.LastLogin),
		Aliases:      map[string]string{},
		DirectoryKey: spec.DirectoryKey, PhoneIDs: slices.Clone(spec.PhoneIDs), GroupIDs: slices.Clone(spec.GroupIDs),
	}
	if u.Status == "" {
		u.Status = Active
	}
	if u.Status == PendingDeletion {
		now := s.now().Unix()
		u.StatusBeforeTrash, u.TrashedAt = orElse(spec.BeforeTrash, Active), &now
	}
	if !spec.Created.IsZero() {
		u.Created = spec.Created.Unix()
	}
	if u.DirectoryKey != "" {
		now := s.now().Unix()
		u.LastDirectorySync = &now
	}
	for i, alias := range spec.Aliases {
		u.Aliases[fmt.Sprintf("alias%d", i+1)] = alias
	}
	a.Users = append(a.Users, u)
	return u
}

func (s *Sim) addPhone(a *account, spec PhoneSpec) *phone {
	p := &phone{
		PhoneID: s.ids.object("DP"), Name: spec.Name, Number: spec.Number, Extension: spec.Extension, Type: spec.Type,
		Platform: spec.Platform, Model: spec.Model, OSVersion: spec.OSVersion, Activated: spec.Activated,
		Created: s.now().Unix(), LastSeen: unixOrNil(spec.LastSeen),
	}
	for _, field := range []*string{&p.Type, &p.Platform, &p.Model} {
		if *field == "" {
			*field = "Unknown"
		}
	}
	if p.Activated {
		p.AppVersion, p.LastActivated = appVersion, &p.Created
		if !spec.ActivatedAt.IsZero() {
			p.LastActivated = unixOrNil(spec.ActivatedAt)
		}
	}
	for _, id := range spec.UserIDs {
		u := a.mustUser(id)
		u.PhoneIDs = append(u.PhoneIDs, p.PhoneID)
	}
	a.Phones = append(a.Phones, p)
	return p
}

func (s *Sim) addGroup(a *account, name, description string, userIDs ...string) *group {
	g := &group{GroupID: s.ids.object("DG"), Name: name, Desc: description, Status: "Active"}
	for _, id := range userIDs {
		u := a.mustUser(id)
		u.GroupIDs = append(u.GroupIDs, g.GroupID)
	}
	a.Groups = append(a.Groups, g)
	return g
}

func (s *Sim) addBypassCode(u *user, spec BypassSpec) *bypassCode {
	b := &bypassCode{
		ID: s.ids.object("DB"), Code: spec.Code, AdminEmail: spec.AdminEmail, Created: s.now().Unix(),
		Expires: unixOrNil(spec.Expires), UsesLeft: max(1, spec.Uses),
	}
	if b.Code == "" {
		b.Code = s.ids.text(digits, 9)
	}
	if spec.Unlimited {
		b.UsesLeft = 0
	}
	u.BypassCodes = append(u.BypassCodes, b)
	return b
}

func unixOrNil(moment time.Time) *int64 {
	if moment.IsZero() {
		return nil
	}
	seconds := moment.Unix()
	return &seconds
}
