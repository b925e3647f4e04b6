package duosim

import (
	"net/http"
	"testing"
	"time"
)

func TestSyncUser(t *testing.T) {
	t.Parallel()
	now := noon
	b := newBench(t, Options{Now: func() time.Time { return now }})
	account := b.child.AccountID
	key := b.AddDirectory(account, DirectorySpec{Name: "AD",
		People: []Person{{Username: "ada", Realname: "Ada Lovelace", Email: "ada@acme.example"}}})
	busy := b.AddDirectory(account, DirectorySpec{Name: "Entra", Busy: true})
	elsewhere := b.AddDirectory(b.parent.AccountID, DirectorySpec{Name: "Ours", People: []Person{{Username: "ada"}}})
	b.AddUser(account, UserSpec{Username: "by.hand"})
	sync := func(key, username string) reply {
		return b.asParent(http.MethodPost, "/admin/v1/users/directorysync/"+key+"/syncuser", "username", username)
	}
	if r := sync(key, "ADA"); r.Status != http.StatusOK || r.object()["realname"] != "Ada Lovelace" ||
		r.object()["directory_key"] != key {
		t.Errorf("created: %+v", r)
	}
	for what, r := range map[string]reply{
		"the same user at once": sync(key, "ada"),
		"a busy directory":      sync(busy, "ada"),
	} {
		if r.Code != 42901 {
			t.Errorf("%s: %+v", what, r)
		}
	}
	for what, r := range map[string]reply{
		"nobody of this name":          sync(key, "nobody"),
		"a user of no directory":       sync(key, "by.hand"),
		"a key of another account":     sync(elsewhere, "ada"),
		"a key that nobody has":        sync("DS00000000000000NONE", "ada"),
		"a key that would be a folder": sync("..", "ada"),
	} {
		if r.Code != 40401 {
			t.Errorf("%s: %+v", what, r)
		}
	}
	now = now.Add(syncEvery)
	b.ChangeDirectory(account, key, Person{Username: "ada", Realname: "Ada King"})
	if r := sync(key, "ada"); r.object()["realname"] != "Ada King" {
		t.Errorf("changed: %+v", r)
	}
	now = now.Add(syncEvery)
	b.ChangeDirectory(account, key)
	if r := sync(key, "ada"); r.object()["status"] != PendingDeletion {
		t.Errorf("gone from the directory: %+v", r)
	}
	if n := len(b.Ledger()); n != 3 {
		t.Errorf("%d effects", n)
	}
}
