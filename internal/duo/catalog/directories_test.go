package catalog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

func TestSynchronizeUser(t *testing.T) {
	t.Parallel()
	s := seed(t)
	action, _ := catalog.Lookup("synchronize-users")
	account := s.sim.Accounts()[1].AccountID
	key := s.sim.AddDirectory(account, duosim.DirectorySpec{Name: "AD", People: []duosim.Person{{Username: "grace",
		Realname: "Grace Hopper"}, {Username: "ada", Realname: "Ada Lovelace"}}})
	busy := s.sim.AddDirectory(account, duosim.DirectorySpec{Name: "Busy", Busy: true})
	sync := func(key, username string) (catalog.Result, error) {
		t.Helper()
		return action.Run(t.Context(), s.client, parse(t, action,
			map[string]string{"directory_key": key, "username": username}))
	}
	refused := func(key, username, field, says string) {
		t.Helper()
		_, err := sync(key, username)
		var fault *catalog.FieldError
		if !errors.As(err, &fault) || fault.Field != field || !strings.Contains(fault.Message, says) {
			t.Errorf("%s in %s: %v", username, key, err)
		}
	}
	refused(key, "nobody", "directory_key", "Duo does not know this key in this account, or")
	if done, err := sync(key, "grace"); err != nil || done.Summary != "Synchronized user grace: created." ||
		done.Created == "" || done.Subject != "grace" {
		t.Errorf("created: %+v (%v)", done, err)
	}
	refused(key, "nobody", "username", "The key works")
	refused("DS00000000000000NONE", "grace", "directory_key", "compare the key")
	if done, err := sync(key, "ada"); err != nil ||
		done.Summary != "Synchronized user ada: changed full name from empty to Ada Lovelace, the directory." {
		t.Errorf("changed: %+v (%v)", done, err)
	}
	for what, test := range map[string][2]string{"the same user again": {key, "ada"},
		"a busy directory": {busy, "ada"}} {
		var limited *duo.Error
		if _, err := sync(test[0], test[1]); !errors.As(err, &limited) || limited.Code != duo.CodeRateLimited {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(s.sim.Ledger()); n != 2 {
		t.Errorf("%d effects", n)
	}
}

// Who comes from a directory can be on any page; that nobody does is said after the
// last one.
func TestSynchronizeUserReadsOn(t *testing.T) {
	t.Parallel()
	s := seed(t)
	action, _ := catalog.Lookup("synchronize-users")
	account := s.sim.Accounts()[1].AccountID
	key := s.sim.AddDirectory(account, duosim.DirectorySpec{Name: "AD"})
	add := func(n int, key string) {
		for i := range n {
			s.sim.AddUser(account, duosim.UserSpec{Username: fmt.Sprint("user ", n, " ", i), DirectoryKey: key})
		}
	}
	said := func() string {
		t.Helper()
		_, err := action.Run(t.Context(), s.client,
			parse(t, action, map[string]string{"directory_key": key, "username": "nobody"}))
		var fault *catalog.FieldError
		if !errors.As(err, &fault) {
			t.Fatal(err)
		}
		return fault.Message
	}
	add(700, "")
	if words := said(); !strings.Contains(words, "No user of this account comes from this directory") {
		t.Errorf("of 700 users none: %s", words)
	}
	add(1, key)
	if words := said(); !strings.Contains(words, "The key works") {
		t.Errorf("the last of 701: %s", words)
	}
	key = s.sim.AddDirectory(account, duosim.DirectorySpec{Name: "LDAP"})
	add(5400, "")
	if words := said(); !strings.Contains(words,
		"None of the first 6000 users of this account comes from this directory; the others were not read") {
		t.Errorf("of more than are read: %s", words)
	}
}
