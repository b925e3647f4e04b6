package catalog_test

import (
	"errors"
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
	key := s.sim.AddDirectory(account, duosim.DirectorySpec{Name: "AD", People: []duosim.Person{{Username: "grace", Realname: "Grace Hopper"}, {Username: "ada", Realname: "Ada Lovelace"}}})
	busy := s.sim.AddDirectory(account, duosim.DirectorySpec{Name: "Busy", Busy: true})
	sync := func(key, username string) (catalog.Result, error) {
		t.Helper()
		return action.Run(t.Context(), s.client, parse(t, action, map[string]string{"directory_key": key, "username": username}))
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
	if done, err := sync(key, "grace"); err != nil || done.Summary != "Synchronized user grace: created." || done.Created == "" || done.Subject != "grace" {
		t.Errorf("created: %+v (%v)", done, err)
	}
	refused(key, "nobody", "username", "The key works")
	refused("DS00000000000000NONE", "grace", "directory_key", "compare the key")
	if done, err := sync(key, "ada"); err != nil || done.Summary != "Synchronized user ada: changed full name from empty to Ada Lovelace, the directory." {
		t.Errorf("changed: %+v (%v)", done, err)
	}
	for what, test := range map[string][2]string{"the same user again": {key, "ada"}, "a busy directory": {busy, "ada"}} {
		var limited *duo.Error
		if _, err := sync(test[0], test[1]); !errors.As(err, &limited) || limited.Code != duo.CodeRateLimited {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(s.sim.Ledger()); n != 2 {
		t.Errorf("%d effects", n)
	}
}
