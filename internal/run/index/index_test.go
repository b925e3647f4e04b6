package index_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/index"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// desk is a Desk and an index whose requests for pages of users a test sees first.
type desk struct {
	*runtest.Desk
	*index.Index
	t     *testing.T
	asked int // pages, since the last read
	page  func(n int) (answer string, err error)
}

// RoundTrip is the way to Duo. An answer of page's takes the place of Duo's.
func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.page == nil || r.URL.Path != "/admin/v1/users" {
		return d.Transport.RoundTrip(r)
	}
	d.asked++
	answer, err := d.page(d.asked)
	if err != nil {
		return nil, err
	}
	if answer != "" {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader(answer))}, nil
	}
	return d.Transport.RoundTrip(r)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Desk: runtest.New(t), t: t}
	d.Index = index.New(d.Over(t, d))
	return d
}

// people adds users to the client's account.
func (d *desk) people(many int) (ids []string) {
	for range many {
		name := "user." + strings.ToLower(uuid.NewString()[:13])
		ids = append(ids, d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: name}))
	}
	return ids
}

// read makes one pass; page sees each request for a page before Duo does.
func (d *desk) read(page func(n int) (string, error)) error {
	d.asked, d.page = 0, page
	return d.Read(d.t.Context(), d.Workspace.ID, d.Client.ID)
}

// indexed lists what a query finds of the index.
func (d *desk) indexed(query string) (ids []string) {
	d.t.Helper()
	rows, err := d.Superuser(d.t).Query(d.t.Context(), `select user_id from index_user where organization_id = $1 and `+
		query+` order by 1`, d.Client.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			d.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// holds fails unless the index has these users, and no others that are not gone.
func (d *desk) holds(what string, ids []string) {
	d.t.Helper()
	slices.Sort(ids)
	if got := d.indexed(`gone_at is null`); !slices.Equal(got, ids) {
		d.t.Errorf("%s: the index has %d users, want %d", what, len(got), len(ids))
	}
}

var errCut = errors.New("cut")

// TestAPassThatFailsDeletesNothing, at whatever page; what it read is there, its failure is
// noted, and the next one heals.
func TestAPassThatFailsDeletesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.people(700)
	for k := 1; k <= 3; k++ {
		cut := func(n int) (string, error) {
			if n >= k {
				return "", errCut
			}
			return "", nil
		}
		if err := d.read(cut); err == nil {
			t.Fatalf("cut at page %d: no error", k)
		}
		d.holds(fmt.Sprintf("new, cut at page %d", k), ids[:min(len(ids), (k-1)*300)])
	}
	if err := d.read(nil); err != nil {
		t.Fatal(err)
	}
	d.holds("whole", ids)
	gone := ids[650]
	d.Sim.RemoveUser(d.Account.AccountID, gone)
	for k := 1; k <= 3; k++ {
		if err := d.read(func(n int) (string, error) {
			if n >= k {
				return "", errCut
			}
			return "", nil
		}); err == nil {
			t.Fatalf("cut at page %d: no error", k)
		}
		d.holds(fmt.Sprintf("cut at page %d", k), ids)
		var failing bool
		var why string
		if err := d.Superuser(t).QueryRow(t.Context(), `select failed_at is not null, failure from index_pass
			where organization_id = $1`, d.Client.ID).Scan(&failing, &why); err != nil || !failing ||
			!strings.HasPrefix(why, "Duo did not answer") {
			t.Errorf("cut at page %d: %t %q, %v", k, failing, why, err)
		}
	}
	if err := d.read(nil); err != nil {
		t.Fatal(err)
	}
	d.holds("healed", slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == gone }))
	if got := d.indexed(`gone_at is not null`); !slices.Equal(got, []string{gone}) {
		t.Errorf("gone are %v", got)
	}
}

// TestEmptyListIsAskedAgain: an answer without anybody, where there were users, is not believed.
func TestEmptyListIsAskedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.people(3)
	if err := d.read(nil); err != nil {
		t.Fatal(err)
	}
	empty := `{"stat":"OK","response":[],"metadata":{"total_objects":0}}`
	for name, page := range map[string]func(int) (string, error){
		"once": func(n int) (string, error) {
			if n == 1 {
				return empty, nil
			}
			return "", nil
		},
		"always": func(int) (string, error) { return empty, nil }, // each is asked for singly, and is there
	} {
		if err := d.read(page); err != nil || d.asked < 2 {
			t.Errorf("%s: asked %d times, %v", name, d.asked, err)
		}
		d.holds(name, ids)
	}
}

// TestPagesThatShift: users who come and go while pages are read make nobody gone who is there,
// and leave nobody who is not after the next pass.
func TestPagesThatShift(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.people(650)
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		if err := d.read(func(int) (string, error) {
			for range r.IntN(80) {
				i := r.IntN(len(ids))
				d.Sim.RemoveUser(d.Account.AccountID, ids[i])
				ids = slices.Delete(ids, i, i+1)
			}
			ids = append(ids, d.people(r.IntN(80))...)
			return "", nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, id := range d.indexed(`gone_at is not null`) {
			if slices.Contains(ids, id) {
				t.Fatalf("schedule %d: %s is gone and is there", seed, id)
			}
		}
		if err := d.read(nil); err != nil {
			t.Fatal(err)
		}
		d.holds(fmt.Sprint("after schedule ", seed), ids)
	}
}

// TestUnchangedIsNotWritten: a pass over users that are as they were writes no row, and one
// changed user is one row.
func TestUnchangedIsNotWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people(40)
	changed := d.people(1)[0]
	written := func() []string {
		since := d.Now()
		if err := d.read(nil); err != nil {
			t.Fatal(err)
		}
		rows := d.indexed(fmt.Sprintf(`asked_at >= to_timestamp(%f)`, float64(since.UnixMicro())/1e6))
		return rows
	}
	if n := len(written()); n != 41 {
		t.Errorf("%d rows at first", n)
	}
	if got := written(); len(got) > 0 {
		t.Errorf("%d rows of what is as it was", len(got))
	}
	q := d.Request(t, catalog.Owner, "update-user", map[string]string{"user_id": changed, "realname": "Jane Roe",
		"was.realname": ""})
	if _, err := d.Desk.Runner.Do(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if got := written(); !slices.Equal(got, []string{changed}) {
		t.Errorf("written: %v", got)
	}
}

// TestAnotherConnectionEndsThePass: what is connected with another account in the middle of a
// pass has nothing of the one before.
func TestAnotherConnectionEndsThePass(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.people(700)
	other := d.Sim.AddChild(d.Parent.AccountID, "Another")
	theirs := d.Sim.AddUser(other.AccountID, duosim.UserSpec{Username: "theirs"})
	if err := d.read(func(n int) (string, error) {
		if n == 2 {
			if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Owner), d.Client, store.Child,
				other.AccountID); err != nil || len(bad) > 0 {
				t.Error(bad, err)
			}
		}
		return "", nil
	}); err != nil {
		t.Error(err)
	}
	d.holds("connected with another account", nil)
	if err := d.read(nil); err != nil {
		t.Fatal(err)
	}
	d.holds("read again", []string{theirs})
}
