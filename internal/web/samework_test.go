package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// statements keeps what is sent to the database, in order.
type statements struct {
	mu   sync.Mutex
	sent []string
}

func (s *statements) add(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, strings.Join(strings.Fields(sql), " "))
}

func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := s.sent
	s.sent = nil
	return sent
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.add(q.SQL)
	return ctx
}
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	for _, q := range b.Batch.QueuedQueries {
		s.add(q.SQL)
	}
	return ctx
}
func (s *statements) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// TestRefusedSignInsDoTheSame: for a name that exists and one that does not, the
// same statements in the same order and one hash, and all of it before the answer,
// so that neither its time nor that of the next request on the connection tells
// who is an operator. It counts hashes of the whole process: not parallel.
func TestRefusedSignInsDoTheSame(t *testing.T) {
	d := runtest.New(t)
	traced := &statements{}
	var err error
	if d.Store, err = store.Open(t.Context(), d.AppURL, d.Keys, traced); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Store.Close)
	s := serve(t, d)
	second, _ := d.DB.Workspace(t)
	several := d.Member(t, d.Workspace, catalog.Technician)
	if _, err := store.AddOperator(t.Context(), d.OwnerURL,
		store.NewOperator{Workspace: second.Name, Email: several.Email, Role: "auditor"}); err != nil {
		t.Fatal(err)
	}
	disabled, lonely := d.Member(t, d.Workspace, catalog.Auditor), d.Member(t, d.Workspace, catalog.Auditor)
	d.Exec(t, `update operator set disabled_at = now() where id = $1`, disabled.ID)
	d.Exec(t, `delete from membership where operator_id = $1`, lonely.ID)
	var want []string
	for _, try := range []struct{ what, email, password string }{
		{"known", d.Owner.Email, "wrong"}, {"unknown", "nobody@msp.example", "wrong"},
		{"of two workspaces", several.Email, "wrong"},
		{"disabled", disabled.Email, storetest.Password}, {"of no workspace", lonely.Email, "wrong"},
		{"no name", "", "wrong"}, {"no password", d.Owner.Email, ""},
		{"a password for a name", storetest.Password, ""}, {"upper case", strings.ToUpper(d.Owner.Email), "wrong"},
	} {
		b := s.stranger(t)
		b.get("/healthz") // the connection is made
		traced.take()
		hashes := secret.Hashed()
		// The answer is read as a browser gets it: what the handler does afterwards is
		// counted too, since the next request on the connection waits for it.
		b.request(http.MethodPost, "/signin", url.Values{"email": {try.email},
			"password": {try.password}}).want(http.StatusUnprocessableEntity, "Email or password is wrong.")
		atAnswer := traced.take()
		b.get("/healthz")
		if late := traced.take(); len(late) > 0 {
			t.Errorf("%s: after the answer %q", try.what, late)
		}
		if n := secret.Hashed() - hashes; n != 1 {
			t.Errorf("%s: %d hashes, want 1", try.what, n)
		}
		if want == nil {
			want = atAnswer
			if len(want) < 5 || !slices.ContainsFunc(want,
				func(sql string) bool { return strings.HasPrefix(sql, "insert into account_event") }) {
				t.Fatalf("this test counts too little: %q", want)
			}
		}
		if !slices.Equal(atAnswer, want) {
			t.Errorf("%s: %q, and for a known name %q", try.what, atAnswer, want)
		}
	}

	// Too many guesses: the attempt is counted before anything is looked at, so that
	// guesses sent at once get no more answers than guesses one by one.
	b := s.stranger(t)
	for range 5 {
		b.signIn(d.Owner, "wrong").want(http.StatusUnprocessableEntity)
	}
	traced.take()
	hashes := secret.Hashed()
	b.signIn(d.Owner, storetest.Password).want(http.StatusTooManyRequests)
	if n := secret.Hashed() - hashes; n != 0 {
		t.Errorf("slowed down: %d hashes", n)
	}
	if slices.ContainsFunc(traced.take(),
		func(sql string) bool { return strings.Contains(sql, "from operator where email") }) {
		t.Error("slowed down, and the operator is looked for")
	}
}
