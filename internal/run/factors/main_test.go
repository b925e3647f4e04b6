package factors_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// public is where the console of the tests is found.
const public = "https://console.example"

// clock begins for all tests at the same moment, since they share a database.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a desk, an operator with no factor, and one of the same workspace with an app.
type bench struct {
	storetest.DB
	t      testing.TB
	desk   *factors.Desk
	clock  *clock
	ws     store.Workspace
	mia    store.Operator
	other  store.Operator
	bound  []byte // the session or sign-in in which mia asks
	origin store.Origin
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return newBenchIn(t, storetest.Open(t))
}

func newBenchIn(t testing.TB, db storetest.DB) *bench {
	t.Helper()
	b := &bench{DB: db, t: t, clock: &clock{now: time.Date(2027, 3, 1, 9, 0, 10, 0, time.UTC)},
		bound: randomBytes(32), origin: store.Origin{Address: "203.0.113.7", Agent: "test"}}
	b.ws, b.mia = b.Workspace(t)
	b.other = b.Member(t, b.ws, catalog.Owner)
	b.Exec(t, `delete from factor where operator_id = $1`, b.mia.ID)
	b.desk = b.deskAt(public, false)
	return b
}

func (b *bench) deskAt(address string, trial bool) *factors.Desk {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	desk, err := factors.New(b.Store, b.clock.Now, u, trial)
	if err != nil {
		b.t.Fatal(err)
	}
	return desk
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw)
	return raw
}

func (b *bench) owner(o store.Operator) factors.Enrollment {
	return factors.Enrollment{Operator: o, Bound: b.bound, From: b.origin}
}

// enroll sets a passkey up for an operator.
func (b *bench) enroll(o store.Operator, p *passkey) store.Proof {
	b.t.Helper()
	asked := b.beginPasskey(o)
	proof, err := b.desk.AddPasskey(b.t.Context(), b.owner(o), asked.Token, p.create(asked), "Key")
	if err != nil {
		b.t.Fatal(err)
	}
	return proof
}

func (b *bench) beginPasskey(o store.Operator) factors.Ceremony {
	b.t.Helper()
	asked, err := b.desk.BeginPasskey(b.t.Context(), o, b.bound)
	if err != nil {
		b.t.Fatal(err)
	}
	return asked
}

// factorsOf lists the factors of an operator.
func (b *bench) factorsOf(o store.Operator) []store.Factor {
	b.t.Helper()
	found, err := b.Factors(b.t.Context(), o.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// record is what is kept of an operator's only passkey.
func (b *bench) record(o store.Operator) (c webauthn.Credential) {
	b.t.Helper()
	for _, f := range b.factorsOf(o) {
		if f.Kind == store.Passkey {
			if err := json.Unmarshal(f.Credential, &c); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	return c
}

// events are the kinds of an operator's account events, the latest first.
func (b *bench) events(o store.Operator) (kinds []string) {
	b.t.Helper()
	found, err := b.AccountEvents(b.t.Context(), o.ID, 50)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range found {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// open begins a session by a proof.
func (b *bench) open(o store.Operator, proof store.Proof) error {
	return b.StartSession(b.t.Context(), store.Opening{TokenHash: randomBytes(32), Operator: o, Proof: proof,
		EndsAt: b.clock.Now().Add(time.Hour), From: b.origin}, b.clock.Now())
}

func (b *bench) sessions(o store.Operator) (n int) {
	b.t.Helper()
	conn := b.Superuser(b.t)
	if err := conn.QueryRow(b.t.Context(), `select count(*) from session where operator_id = $1`, o.ID).
		Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// refuses checks that try is refused with those words, proves nothing, opens no session and
// leaves the factors of both operators as they were.
func (b *bench) refuses(words string, try func() (store.Proof, error)) {
	b.t.Helper()
	mine, theirs := b.factorsOf(b.mia), b.factorsOf(b.other)
	sessions := b.sessions(b.mia) + b.sessions(b.other)
	proof, err := try()
	var refused *factors.Refused
	if !errors.As(err, &refused) || refused.Words != words {
		b.t.Errorf("got %v\nwant %q", err, words)
	}
	if proof != (store.Proof{}) {
		b.t.Error("a refused factor proves something: ", proof)
	}
	if len(mine) > 0 {
		if err := b.open(b.mia, proof); !errors.Is(err, store.ErrEnded) {
			b.t.Error("a session began: ", err)
		}
	}
	if b.sessions(b.mia)+b.sessions(b.other) != sessions {
		b.t.Error("there is a session more")
	}
	if !reflect.DeepEqual(mine, b.factorsOf(b.mia)) || !reflect.DeepEqual(theirs, b.factorsOf(b.other)) {
		b.t.Error("the factors were changed")
	}
}

// ended checks that what a proof was for has ended meanwhile.
func (b *bench) ended(err error) {
	b.t.Helper()
	if !errors.Is(err, store.ErrEnded) {
		b.t.Errorf("got %v, want ErrEnded", err)
	}
}

// atOnce runs try twenty times at the same moment and returns how many succeed; the others
// must be refused.
func (b *bench) atOnce(try func() error) (won int) {
	b.t.Helper()
	start := make(chan struct{})
	results := make(chan error, 20)
	for range cap(results) {
		go func() {
			<-start
			results <- try()
		}()
	}
	close(start)
	for range cap(results) {
		err := <-results
		var refused *factors.Refused
		switch {
		case err == nil:
			won++
		case !errors.As(err, &refused):
			b.t.Error(err)
		}
	}
	return won
}
