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
	OtherDeployment  bool // the parent's host cannot reach it
	Applications     []*application
	Users            []*user
	Phones           []*phone
	Groups           []*group
	Directories      []*directory
	Settings         map[string]any // only those ever changed
	Fault            Fault
}

type application struct {
	Type           string
	IntegrationKey string
	SecretKey      string
	Grants         []Grant
}

type user struct {
	UserID            string
	Username          string
	Aliases           map[string]string // "alias1" … "alias8"
	Realname          string
	Firstname         string
	Lastname          string
	Email             string
	Notes             string
	Status            string
	StatusBeforeTrash string
	TrashedAt         *int64
	LockoutReason     string
	EnableAutoPrompt  bool
	Created           int64
	LastLogin         *int64
	LastDirectorySync *int64
	DirectoryKey      string
	PhoneIDs          []string
	GroupIDs          []string
	BypassCodes       []*bypassCode
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
	SMSPasscodes      []string
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

// expire drops what time has ended: bypass codes past their expiry and users whose days in the trash are over.
func (a *account) expire(now time.Time) {
	over := func(moment *int64, plus int64) bool { return moment != nil && *moment+plus <= now.Unix() }
	kept := int64(a.settingInt("pending_deletion_days")) * 24 * 3600
	a.Users = slices.DeleteFunc(a.Users, func(u *user) bool { return over(u.TrashedAt, kept) })
	for _, u := range a.Users {
		u.BypassCodes = slices.DeleteFunc(u.BypassCodes, func(b *bypassCode) bool { return over(b.Expires, 0) })
	}
}

const stateVersion = 1

type stateFile struct {
	Version  int
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
	if state.Version != stateVersion {
		return false, fmt.Errorf("duosim: state file %s has version %d, want %d; remove it to start over", s.stateFile, state.Version, stateVersion)
	}
	s.accounts = state.Accounts
	return true, nil
}

// save replaces the state file as a whole, so that a crash leaves the old or the new one.
func (s *Sim) save() error {
	if s.stateFile == "" {
		return nil
	}
	text, err := json.Marshal(stateFile{stateVersion, s.accounts})
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
