package run_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// usernames reads the list of users and returns their names.
func usernames(t *testing.T, d *runtest.Desk, o store.Organization, fresh bool) string {
	t.Helper()
	list, err := d.Runner.Users(t.Context(), d.Scope(), o, fresh)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range list.Items {
		names = append(names, u.Username)
	}
	return strings.Join(names, " ")
}

func TestListsAreHeldForAMinute(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	add := func(name string) { d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: name}) }
	add("ada")
	if got := usernames(t, d, d.Client, false); got != "ada" {
		t.Fatal(got)
	}
	add("bob")
	d.Clock.Move(55 * time.Second)
	if got, calls := usernames(t, d, d.Client, false), d.Sim.Calls(d.Account.AccountID); got != "ada" || calls != 1 {
		t.Errorf("within a minute: %q after %d calls, want what is held", got, calls)
	}
	d.Clock.Move(6 * time.Second)
	if got := usernames(t, d, d.Client, false); got != "ada bob" {
		t.Errorf("after a minute: %q", got)
	}
	add("eve")
	if got := usernames(t, d, d.Client, true); got != "ada bob eve" {
		t.Errorf("read afresh: %q", got)
	}
	if got := usernames(t, d, d.Client, false); got != "ada bob eve" {
		t.Errorf("held after a fresh reading: %q", got)
	}
}

func TestAWriteDropsTheLists(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	lists := func() string {
		phones, err := d.Runner.Phones(t.Context(), d.Scope(), d.Client, false)
		if err != nil {
			t.Fatal(err)
		}
		codes, err := d.Runner.BypassCodes(t.Context(), d.Scope(), d.Client, false)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s, %d phones, %d codes", usernames(t, d, d.Client, false), len(phones.Items),
			len(codes.Items))
	}
	if got := lists(); got != "ada, 1 phones, 0 codes" {
		t.Fatal(got)
	}
	for _, q := range []struct {
		action string
		form   form
	}{{"create-bypass-code-for-user", form{"user_id": user}}, {"create-user", form{"username": "bob"}}} {
		if _, err := d.Do(t, d.Request(t, catalog.Owner, q.action, q.form)); err != nil {
			t.Fatal(err)
		}
	}
	if got := lists(); got != "ada bob, 1 phones, 1 codes" {
		t.Errorf("after the writes: %s", got)
	}
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	if _, err := d.Do(t, d.Request(t, catalog.Owner, "create-user",
		form{"username": "eve"})); err == nil {
		t.Fatal("the answer was not lost")
	}
	if got := usernames(t, d, d.Client, false); got != "ada bob eve" {
		t.Errorf("after a write without an answer: %s", got)
	}
}

// TestAListFromBeforeAWriteIsNotKept holds a reading back until a write is done.
// Who asked before gets the old list; who asks after does not.
func TestAListFromBeforeAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	addUser(d, "ada")
	read, write := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		answer, err := d.Transport.RoundTrip(r)
		if r.Method == http.MethodGet && held.CompareAndSwap(false, true) {
			close(read)
			<-write // Duo has answered; the answer is on its way
		}
		return answer, err
	}))
	early := make(chan string)
	go func() { early <- usernames(t, d, d.Client, false) }()
	<-read
	if _, err := d.Do(t, d.Request(t, catalog.Owner, "create-user",
		form{"username": "bob"})); err != nil {
		t.Fatal(err)
	}
	if got := usernames(t, d, d.Client, false); got != "ada bob" {
		t.Errorf("asked after the write: %q", got)
	}
	close(write)
	if got := <-early; got != "ada" {
		t.Errorf("asked before the write: %q", got)
	}
	if got := usernames(t, d, d.Client, false); got != "ada bob" {
		t.Errorf("the old list came back: %q", got)
	}
}

// TestReadersShareOneReading has twenty ask at once; the first of them leaves.
func TestReadersShareOneReading(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	addUser(d, "ada")
	reading, goOn := make(chan struct{}, 20), make(chan struct{})
	d.Runner = d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		reading <- struct{}{}
		<-goOn
		return d.Transport.RoundTrip(r)
	}))
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := d.Runner.Users(ctx, d.Scope(), d.Client, false)
		left <- err
	}()
	<-reading
	// A list being read is not for a scope that does not reach the organization.
	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := d.Runner.Users(soon, store.Within(d.Workspace.ID, uuid.New()), d.Client, false); !errors.Is(err,
		store.ErrNotFound) {
		t.Errorf("from another scope, during the reading: %v", err)
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the first, who left: %v", err)
	}
	var others, asking sync.WaitGroup
	asking.Add(19)
	for range 19 {
		others.Go(func() {
			asking.Done()
			if got := usernames(t, d, d.Client, false); got != "ada" {
				t.Errorf("another reader got %q", got)
			}
		})
	}
	asking.Wait()
	close(goOn)
	others.Wait()
	// One who looked just before the list was there may have begun another.
	if n := d.Sim.Calls(d.Account.AccountID); n > 2 {
		t.Errorf("%d calls to Duo for one list", n)
	}
}

func TestListsOfSeveralPages(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for i := range run.ListLimit {
		d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: fmt.Sprint("user", i)})
	}
	list, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, false)
	if err != nil || len(list.Items) != run.ListLimit || list.Total != run.ListLimit || list.TooMany {
		t.Errorf("%d users of %d, too many: %t, %v", len(list.Items), list.Total, list.TooMany, err)
	}
	d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "one more", Email: "one@client.example"})
	before := d.Sim.Calls(d.Account.AccountID)
	list, err = d.Runner.Users(t.Context(), d.Scope(), d.Client, true)
	if err != nil || len(list.Items) != 0 || list.Total != run.ListLimit+1 || !list.TooMany {
		t.Errorf("%d users of %d, too many: %t, %v", len(list.Items), list.Total, list.TooMany, err)
	}
	if calls := d.Sim.Calls(d.Account.AccountID) - before; calls != 1 {
		t.Errorf("%d calls to learn that they are too many", calls)
	}
}

func TestOrganizationsShareNoList(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	account := d.Sim.AddChild(d.Parent.AccountID, "Beta")
	other := d.Map(t, "Beta", account)
	d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "ada"})
	d.Sim.AddUser(account.AccountID, duosim.UserSpec{Username: "bob"})
	for range 2 {
		if a, b := usernames(t, d, d.Client, false), usernames(t, d, other, false); a != "ada" || b != "bob" {
			t.Errorf("%q and %q", a, b)
		}
	}
	// The same organization with another account has another list, at once.
	connected(t, d, other, "", account)
	remapped := connected(t, d, d.Client, store.Child, account)
	if got := usernames(t, d, remapped, false); got != "bob" {
		t.Errorf("after mapping to another account: %q", got)
	}
	if _, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, false); !store.IsConflict(err, "connection_pkey") {
		t.Errorf("asked as before, the list of the account it had: %v", err)
	}
	d.Client = connected(t, d, d.Client, store.Child, d.Account)
	if got := usernames(t, d, d.Client, false); got != "ada" {
		t.Errorf("and mapped back: %q", got)
	}
	// A list that is held is not for a scope that does not reach the organization.
	if list, err := d.Runner.Users(t.Context(), store.Within(d.Workspace.ID, other.ID), d.Client,
		false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("from the scope of another organization: %d users, %v", len(list.Items), err)
	}
}

func TestAFailedReadingIsNotHeld(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	addUser(d, "ada")
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{Kind: duosim.Down})
	if _, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, false); err == nil || run.Explain(err).Fix == "" {
		t.Errorf("Duo is down: %v", err)
	}
	d.Sim.SetFault(d.Account.AccountID, duosim.Fault{})
	if got := usernames(t, d, d.Client, false); got != "ada" {
		t.Errorf("after that: %q", got)
	}
}

// TestAnOlderListIsShownWithItsReason: while Duo limits or is away, pages get the latest list beside the error, and
// a look-up gets none. A refusal is an answer: the keys may have been taken away.
func TestAnOlderListIsShownWithItsReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault duosim.Fault
		older bool
	}{
		"limited":     {duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 65535 * time.Second}, true},
		"away":        {duosim.Fault{Kind: duosim.Down}, true},
		"in trouble":  {duosim.Fault{Kind: duosim.Unavailable}, true},
		"revoked":     {duosim.Fault{Kind: duosim.Revoked}, false},
		"not allowed": {duosim.Fault{Kind: duosim.PermissionRemoved}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := runtest.New(t)
			addUser(d, "ada")
			read := d.Clock.Now()
			if got := usernames(t, d, d.Client, false); got != "ada" {
				t.Fatal(got)
			}
			shown := func() (int, bool, error) {
				t.Helper()
				list, err := d.Runner.UsersToShow(t.Context(), d.Scope(), d.Client, true)
				if err == nil {
					t.Fatal("no error")
				}
				if looked, _ := d.Runner.Users(t.Context(), d.Scope(), d.Client, true); len(looked.Items) > 0 {
					t.Error("somebody who looks something up gets the older list")
				}
				if len(list.Items) > 0 && (list.ReadAt.Before(read) || list.ReadAt.After(read.Add(10*time.Second))) {
					t.Errorf("read at %v, shown as of %v", read, list.ReadAt)
				}
				return len(list.Items), list.Behind, err
			}
			d.Sim.SetFault(d.Account.AccountID, test.fault)
			d.Clock.Move(8 * time.Minute)
			if n, behind, err := shown(); (n == 1) != test.older || behind {
				t.Errorf("%d users, behind: %t, beside %v", n, behind, err)
			}
			// What was read before a write says so. The write itself may have been lost.
			if _, err := d.Do(t, d.Request(t, catalog.Owner, "create-user",
				form{"username": "bob"})); err == nil {
				t.Fatal("it was carried out")
			}
			if n, behind, err := shown(); (n == 1) != test.older || behind != test.older {
				t.Errorf("after a write: %d users, behind: %t, beside %v", n, behind, err)
			}
			if list, err := d.Runner.UsersToShow(t.Context(), store.Within(d.Workspace.ID, uuid.New()), d.Client,
				false); !errors.Is(err, store.ErrNotFound) || len(list.Items) > 0 {
				t.Errorf("from another scope: %d users, %v", len(list.Items), err)
			}
			d.Clock.Move(2 * time.Minute)
			if n, _, _ := shown(); n != 0 {
				t.Error("a list of ten minutes is shown")
			}
			d.Sim.SetFault(d.Account.AccountID, duosim.Fault{})
			d.Clock.Move(11 * time.Second) // the next probe
			if got := usernames(t, d, d.Client, false); got != "ada" {
				t.Errorf("when Duo is back: %q", got)
			}
		})
	}
}

// TestAListThatIsTooLargeIsNotHeld: few objects can be large too.
func TestAListThatIsTooLargeIsNotHeld(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for i := range 60 {
		d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: fmt.Sprint("user", i),
			Notes: strings.Repeat("x", 300_000)})
	}
	list, err := d.Runner.Users(t.Context(), d.Scope(), d.Client, false)
	if err == nil && (!list.TooMany || len(list.Items) > 0 || list.Total != 60) {
		t.Errorf("%d of %d, too many: %t", len(list.Items), list.Total, list.TooMany)
	}
}
