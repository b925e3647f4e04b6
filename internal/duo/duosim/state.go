package duosim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Kinds of application, by Duo's names; that of the Accounts API is presumed.
const (
	AccountsAPI = "accountsapi"
	AdminAPI    = "adminapi"
	AuthAPI     = "authapi"
)

// The state is kept in plain structs whose JSON is the state file. Moments are Unix seconds, as in Duo's answers; a nil
// pointer is "never".

type account struct {
	AccountID        string
	ParentID         string // "" for a parent
	Name             string
	APIHostname      string
	Edition          string
	TelephonyCredits int
	OtherDeployment  bool     // the parent's host cannot reach it
	Logo             []byte   // PNG
	NoTelephony      bool     // no calls; members that go with calls are missing from its objects
	NoBilling        bool     // of a parent: Duo's support has not enabled the billing calls
	CustomAttributes []string // of users, as set up in Duo's panel
	SimpleNames      bool     // username normalization is Simple at logins
	UserLimit        int      // 0: none
	Applications     []*application
	Users            []*user
	Phones           []*phone
	Groups           []*group
	Tokens           []*token
	Credentials      []*credential
	Admins           []*administrator
	Directories      []*directory
	Pushes           []*push
	Logs             logs
	Settings         map[string]any // only those ever changed
	GlobalPolicy     map[string]any // sections of the global policy; only those ever changed
	Policies         []*policy      // all others
	Branding         branding
	BrandingDraft    *branding            // nil: none
	Messaging        map[string]messaging // by locale
	Fault            Fault
}

// application is any integration of an account; the three kinds above are those that its keys open an API with.
type application struct {
	Type           string
	IntegrationKey string
	SecretKey      string
	Grants         []Grant
	Name           string // "": the usual name of its type
	Notes          string
	PolicyKey      string // "": none of its own
	GroupPolicies  []groupPolicy
	UserAccess     string // of v3: NO_USERS, ALL_USERS or PERMITTED_GROUPS; "": ALL_USERS
	GroupsAllowed  []string
}

type user struct {
	UserID            string
	Username          string
	Aliases           map[string]string // "alias1" … "alias8"
	CustomAttributes  map[string]string // only those with a value
	Realname          string
	Firstname         string
	Lastname          string
	Email             string
	Notes             string
	Status            string
	StatusBeforeTrash string
	TrashedAt         *int64
	LockoutReason     string
	LockedAt          *int64 // by failed attempts
	FailedAttempts    int    // since the last success
	EnableAutoPrompt  bool
	Created           int64
	LastLogin         *int64
	LastDirectorySync *int64
	DirectoryKey      string
	PhoneIDs          []string
	GroupIDs          []string
	TokenIDs          []string
	BypassCodes       []*bypassCode
	EnrollCode        string // of the link in the enrollment email
	EnrollExpires     *int64 // nil: never
}

type phone struct {
	PhoneID           string
	Name              string
	Number            string
	Extension         string
	Type              string
	Platform          string
	Model             string
	OSVersion         string
	AppVersion        string
	Predelay          string
	Postdelay         string
	Activated         bool
	ActivationCode    string
	ActivationExpires *int64
	ActivatedWith     string // the code that Duo Mobile was bound with
	LastPasscode      int64  // the latest time step whose Duo Mobile passcode was used
	SMSPasscodes      []string
	PasscodesSent     int64
	Created           int64
	LastActivated     *int64
	LastSeen          *int64
}

type group struct {
	GroupID string
	Name    string
	Desc    string
	Status  string
}

type bypassCode struct {
	ID         string
	Code       string
	AdminEmail string
	Created    int64
	Expires    *int64
	UsesLeft   int // 0: unlimited
}

// token is a hardware token. Its serial is unique among those of its type.
type token struct {
	TokenID  string
	Type     string
	Serial   string
	TOTPStep int    // seconds; 0 for other kinds
	Secret   string // hex
	Counter  int64  // the next one of HOTP, the latest step used of TOTP
}

// credential is a WebAuthn credential: a security key or what a device has built in.
type credential struct {
	Key        string
	UserID     string
	Name       string
	Label      string
	AAGUID     string
	Added      int64
	LastUsed   *int64
	Transports []string
}

// administrator is somebody who may sign in to the account's Admin Panel.
type administrator struct {
	AdminID   string
	Name      string
	Email     string
	Phone     string
	Role      string
	Status    string
	Created   int64
	LastLogin *int64
}

func (s *Sim) account(id string) *account {
	for _, a := range s.accounts {
		if a.AccountID == id {
			return a
		}
	}
	return nil
}

func (s *Sim) owner(app *application) *account {
	for _, a := range s.accounts {
		if slices.Contains(a.Applications, app) {
			return a
		}
	}
	panic("duosim: an application without account")
}

func (a *account) application(integrationKey string) *application {
	for _, app := range a.Applications {
		if app.IntegrationKey == integrationKey {
			return app
		}
	}
	return nil
}

func (a *account) user(id string) *user {
	for _, u := range a.Users {
		if u.UserID == id {
			return u
		}
	}
	return nil
}

// userNamed finds a user by name or alias; Duo keeps both in one name space without case.
func (a *account) userNamed(name string) *user {
	for _, u := range a.Users {
		if strings.EqualFold(u.Username, name) {
			return u
		}
		for _, alias := range u.Aliases {
			if strings.EqualFold(alias, name) {
				return u
			}
		}
	}
	return nil
}

// userAtLogin finds a user by what was typed at a login.
func (a *account) userAtLogin(name string) *user {
	if found := a.userNamed(name); found != nil || !a.SimpleNames {
		return found
	}
	for _, u := range a.Users {
		if u.Status != PendingDeletion && simpleName(u.Username) == simpleName(name) {
			return u
		}
	}
	return nil
}

func simpleName(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name[strings.LastIndex(name, `\`)+1:]), "@")
	return name
}

func (a *account) phone(id string) *phone {
	for _, p := range a.Phones {
		if p.PhoneID == id {
			return p
		}
	}
	return nil
}

func (a *account) group(id string) *group {
	for _, g := range a.Groups {
		if g.GroupID == id {
			return g
		}
	}
	return nil
}

// expire does what time alone does: it drops bypass codes past their expiry, users whose days in the trash are over and
// logins long finished; it ends logins that nobody answered, and lockouts that end by themselves.
func (a *account) expire(now time.Time) {
	over := func(moment *int64, plus int64) bool { return moment != nil && *moment+plus <= now.Unix() }
	kept := int64(a.settingInt("pending_deletion_days")) * 24 * 3600
	for _, u := range slices.Clone(a.Users) {
		if over(u.TrashedAt, kept) {
			a.removeUser(u)
		}
	}
	unlock := int64(a.settingInt("lockout_expire_duration")) * 60
	for _, u := range a.Users {
		u.BypassCodes = slices.DeleteFunc(u.BypassCodes, func(b *bypassCode) bool { return over(b.Expires, 0) })
		if u.Status == LockedOut && unlock > 0 && over(u.LockedAt, unlock) {
			u.unlock()
		}
	}
	for _, p := range a.Pushes {
		a.settle(p, now)
	}
	a.Pushes = slices.DeleteFunc(a.Pushes, func(p *push) bool { return p.forgotten(now) })
}

func (u *user) unlock() { u.Status, u.LockoutReason, u.LockedAt, u.FailedAttempts = Active, "", nil, 0 }

// Version 1 knew four grants and had no clock shift.
const stateVersion = 2

type stateFile struct {
	Version  int
	Shift    time.Duration // how far the clock was moved
	Accounts []*account
}

func (s *Sim) load() (found bool, err error) {
	if s.stateFile == "" {
		return false, nil
	}
	text, err := os.ReadFile(s.stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("duosim: read state: %w", err)
	}
	var state stateFile
	if err := json.Unmarshal(text, &state); err != nil {
		return false, fmt.Errorf("duosim: state file %s is damaged, remove it to start over: %w", s.stateFile, err)
	}
	if state.Version == 1 {
		state.upgrade()
	}
	if state.Version != stateVersion {
		return false, fmt.Errorf("duosim: state file %s has version %d, want %d; remove it to start over", s.stateFile,
			state.Version, stateVersion)
	}
	s.accounts = state.Accounts
	s.shift.Store(int64(state.Shift))
	return true, nil
}

// upgrade turns version 1 into the present one: applications that had all grants have the new ones, too.
func (state *stateFile) upgrade() {
	for _, a := range state.Accounts {
		for _, app := range a.Applications {
			if len(app.Grants) == 4 {
				app.Grants = AllGrants
			}
		}
	}
	state.Version = stateVersion
}

// save replaces the state file as a whole, so that a crash leaves the old or the new one.
func (s *Sim) save() error {
	if s.stateFile == "" {
		return nil
	}
	text, err := json.Marshal(stateFile{stateVersion, time.Duration(s.shift.Load()), s.accounts})
	if err != nil {
		return fmt.Errorf("duosim: save state: %w", err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(s.stateFile), filepath.Base(s.stateFile)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("duosim: save state: %w", err)
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.Write(text)
	if err := errors.Join(err, fresh.Close()); err != nil {
		return fmt.Errorf("duosim: save state: %w", err)
	}
	if err := os.Rename(fresh.Name(), s.stateFile); err != nil {
		return fmt.Errorf("duosim: save state: %w", err)
	}
	return nil
}
