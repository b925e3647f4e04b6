package duosim

import (
	"slices"
	"strings"
	"time"
)

// directory is one directory sync of an account. LastSync has the moment of the latest sync of each user, by name.
type directory struct {
	Key      string
	Name     string
	People   []Person
	Busy     bool
	LastSync map[string]int64
}

// Person is somebody in a directory, whether Duo has them as a user or not.
type Person struct {
	Username, Realname, Firstname, Lastname, Email string
}

// DirectorySpec describes a directory to add. An empty Key is made up.
type DirectorySpec struct {
	Key, Name string
	People    []Person
	Busy      bool // a sync of the whole directory runs and does not end: 42901
}

// syncEvery is how long the same user is not synchronized again; our choice.
const syncEvery = 60 * time.Second

// AddDirectory adds a directory to an account and returns its key, which no API call tells.
func (s *Sim) AddDirectory(accountID string, spec DirectorySpec) string {
	return change(s, func() string { return s.addDirectory(s.mustAccount(accountID), spec).Key })
}

func (s *Sim) addDirectory(a *account, spec DirectorySpec) *directory {
	d := &directory{Key: spec.Key, Name: spec.Name, People: slices.Clone(spec.People), Busy: spec.Busy,
		LastSync: map[string]int64{}}
	if d.Key == "" {
		d.Key = s.ids.object("DS")
	}
	a.Directories = append(a.Directories, d)
	return d
}

// ChangeDirectory replaces the people of a directory, as its administrator does. It panics when there is no such one.
func (s *Sim) ChangeDirectory(accountID, key string, people ...Person) {
	change(s, func() struct{} {
		s.mustAccount(accountID).directory(key).People = slices.Clone(people)
		return struct{}{}
	})
}

func (a *account) directory(key string) *directory {
	i := slices.IndexFunc(a.Directories, func(d *directory) bool { return d.Key == key })
	if i < 0 {
		return nil
	}
	return a.Directories[i]
}

func (d *directory) person(username string) (Person, bool) {
	i := slices.IndexFunc(d.People, func(p Person) bool { return strings.EqualFold(p.Username, username) })
	if i < 0 {
		return Person{}, false
	}
	return d.People[i], true
}

// syncUser brings one user up to what the directory says. A user that the directory lost goes to the trash. That
// the answer is the user, and the refusals but the one for an unknown key, are our choice.
func (c *call) syncUser() (any, *refusal) {
	d := c.account.directory(c.path["directory_key"])
	if d == nil {
		return nil, refuse(40401)
	}
	username, no := c.required("username")
	if no != nil {
		return nil, no
	}
	username = strings.ToLower(strings.TrimSpace(username))
	last, before := d.LastSync[username]
	if d.Busy || before && c.now.Unix()-last < int64(syncEvery/time.Second) {
		return nil, refuse(42901)
	}
	p, listed := d.person(username)
	u := c.account.userNamed(username)
	switch {
	case !listed && (u == nil || u.DirectoryKey != d.Key):
		return nil, refuse(40401)
	case !listed && u.Status != PendingDeletion:
		now := c.now.Unix()
		u.StatusBeforeTrash, u.Status, u.TrashedAt = u.Status, PendingDeletion, &now
	case listed && u == nil:
		u = &user{UserID: c.sim.ids.object("DU"), Status: Active, EnableAutoPrompt: true, Created: c.now.Unix(),
			Aliases: map[string]string{}}
		c.account.Users = append(c.account.Users, u)
	}
	if listed {
		u.Username, u.Realname, u.Firstname, u.Lastname, u.Email = strings.ToLower(p.Username), p.Realname, p.Firstname,
			p.Lastname, p.Email
	}
	now := c.now.Unix()
	u.DirectoryKey, u.LastDirectorySync, d.LastSync[username] = d.Key, &now, now
	c.record(u.Username)
	return c.account.userView(u), nil
}

// personOf is a user as the directory has them.
func personOf(u *user) Person {
	return Person{Username: u.Username, Realname: u.Realname, Firstname: u.Firstname, Lastname: u.Lastname,
		Email: u.Email}
}
