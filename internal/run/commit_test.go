package run_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// losing is a way to the database on which the answer to one commit is lost: the
// one of a transaction that inserts a run.
func losing(t *testing.T, d *runtest.Desk) *store.Store {
	t.Helper()
	target, err := url.Parse(d.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	query := target.Query()
	socket := filepath.Join(query.Get("host"), ".s.PGSQL."+query.Get("port"))
	dir, err := os.MkdirTemp("", "duodesk-losing-") // t.TempDir is too long a name for a socket
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL."+query.Get("port")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		listener.Close()
		os.RemoveAll(dir)
	})
	var lost atomic.Bool
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				client.Close()
				continue
			}
			var inserted, committing atomic.Bool
			go func() {
				relay(client, server, func(sent []byte) bool {
					if bytes.Contains(sent, []byte("insert into run (")) {
						inserted.Store(true)
					}
					if inserted.Load() && bytes.Contains(sent, []byte("commit\x00")) {
						committing.Store(true)
					}
					return true
				})
				server.Close()
			}()
			go func() {
				relay(server, client, func(answer []byte) bool {
					return !committing.Load() || !bytes.Contains(answer, []byte("COMMIT\x00")) ||
						!lost.CompareAndSwap(false, true)
				})
				client.Close()
			}()
		}
	}()
	query.Set("host", dir)
	target.RawQuery = query.Encode()
	s, err := store.Open(t.Context(), target.String(), d.Keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func relay(from io.Reader, to io.Writer, pass func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !pass(buffer[:n]) {
			return
		}
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// TestACommitNobodyHeardOf: the run is on record, its process does not know it and
// sends nothing. The record says so; a form that is sent again under the same id
// acts, or finds that.
func TestACommitNobodyHeardOf(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	r := d.Process(t, run.Config{Store: losing(t, d)})
	q := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
	if _, err := r.Do(t.Context(), q); err == nil {
		t.Fatal("the answer to the commit was not lost")
	}
	if record := d.Record(t, q.ID); record.Action != "create-user" {
		t.Fatalf("the commit itself was lost: %+v", record)
	}
	eventually(t, "the run is closed", func() bool { return d.Record(t, q.ID).State != store.Sending })
	if record := d.Record(t, q.ID); record.State != store.Refused || !strings.HasPrefix(record.Summary, "Not sent") ||
		writes(d) != 0 {
		t.Errorf("recorded as %s: %q, with %d changes in Duo", record.State, record.Summary, writes(d))
	}
}
