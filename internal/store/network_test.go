package store_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// network is the way to a database, which can go silent.
type network struct {
	net.Listener
	mu     sync.Mutex
	frozen chan struct{} // nil, or closed when it speaks again
}

// throughNetwork returns a URL for a database that leads through a network.
func throughNetwork(t testing.TB, address string) (string, *network) {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{Listener: listener}
	t.Cleanup(func() { n.thaw(); listener.Close() })
	socket := filepath.Join(config.Host, fmt.Sprintf(".s.PGSQL.%d", config.Port))
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer near.Close()
				n.wait()
				far, err := net.Dial("unix", socket)
				if err != nil {
					return
				}
				defer far.Close()
				go func() { n.carry(far, near); far.Close() }()
				n.carry(near, far)
			}()
		}
	}()
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	u := url.URL{Scheme: "postgres", User: url.User(config.User), Host: net.JoinHostPort(host, port),
		Path: config.Database, RawQuery: "sslmode=disable"}
	return u.String(), n
}

func (n *network) carry(to io.Writer, from io.Reader) {
	b := make([]byte, 32<<10)
	for {
		got, err := from.Read(b)
		n.wait()
		if _, failed := to.Write(b[:got]); failed != nil || err != nil {
			return
		}
	}
}

func (n *network) wait() {
	n.mu.Lock()
	frozen := n.frozen
	n.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
}

func (n *network) freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frozen = make(chan struct{})
}

func (n *network) thaw() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.frozen != nil {
		close(n.frozen)
	}
	n.frozen = nil
}

// A database that keeps its connections open and says nothing is given up by this
// side, also in the middle of a transaction, and is found again when it speaks.
func TestSilentDatabaseIsGivenUp(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	ws, _ := db.Workspace(t)
	address, way := throughNetwork(t, db.AppURL)
	s, err := store.OpenImpatient(t.Context(), address, db.Keys, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	say := func(what string, err error, began time.Time) {
		t.Helper()
		if trouble, _ := store.TroubleOf(err); trouble != store.NoAnswer || time.Since(began) > 9*time.Second {
			t.Errorf("%s: %v (%q) after %v", what, err, trouble, time.Since(began))
		}
	}
	for range 2 {
		if err := together(t.Context(), s, ws, 8); err != nil {
			t.Fatal(err)
		}
		var began time.Time
		err = s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			way.freeze()
			began = time.Now()
			_, _, err := tx.Organizations(t.Context(), store.Query{Limit: 10})
			return err
		})
		say("in a transaction", err, began)
		var crowd sync.WaitGroup
		for range 30 {
			crowd.Go(func() {
				began := time.Now()
				say("a request after that", work(t.Context(), s, ws), began)
			})
		}
		crowd.Wait()
		way.thaw()
		began = time.Now()
		for work(t.Context(), s, ws) != nil {
			if time.Since(began) > 5*time.Second {
				t.Fatal("it does not recover")
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for together(soon(ctx, 2*time.Second), s, ws, 8) != nil {
			if ctx.Err() != nil {
				t.Fatal("there are never eight connections again")
			}
		}
	}
}
