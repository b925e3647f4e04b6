package web

import (
	"context"
	"encoding/csv"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// longFile is more runs than connections, and all that is between, hold: the server
// waits for its reader.
const longFile = 4000

func (s *console) addLongRuns(t testing.TB) {
	t.Helper()
	s.Exec(t, `
		insert into run (workspace_id, id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
		select $1, gen_random_uuid(), $2, 'update-user', 'long', '{}', '', '', 'applied', repeat('x ', 1500), $3::timestamptz - i * interval '1 minute', $3
		from generate_series(1, $4::int) i`, s.Workspace.ID, s.Owner.ID, s.Clock.Now(), longFile)
}

// narrow is a client that holds little of what it does not read: the file must not
// fit into the buffers of its connection.
var narrow = &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
	DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		}
		return conn, err
	}}}

// beginFile asks for the file of runs and reads no more than its head.
func (s *console) beginFile(t testing.TB, token string) io.ReadCloser {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+s.ws("/runs.csv"),
		strings.NewReader(url.Values{"action": {"update-user"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", s.url)
	request.AddCookie(&http.Cookie{Name: sessionCookie, Value: token})
	answer, err := narrow.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		t.Fatal("the file is answered with ", answer.Status)
	}
	return answer.Body
}

// waitUntil polls.
func waitUntil(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit, poll := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-limit:
			t.Fatal("waited in vain until ", what)
		case <-poll.C:
		}
	}
}

// takenOut is how many rows of files an operator is counted for.
func (s *console) takenOut(t testing.TB, operator store.Operator) (rows int) {
	t.Helper()
	for _, r := range s.readingsOf(t) {
		if r.OperatorID == operator.ID && r.List == "runs.csv" {
			rows += r.Rows
		}
	}
	return rows
}

// A file is sent under the rights of each moment: what ends them cuts it off, so that
// it does not pass for the whole, and what was sent until then is counted.
func TestFileEndsWithTheRight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addLongRuns(t)
	for what, end := range map[string]func(auditor store.Operator, token string){
		"nothing": func(store.Operator, string) {},
		"signed out": func(a store.Operator, _ string) {
			s.Exec(t, `delete from session where operator_id = $1`, a.ID)
		},
		"membership disabled": func(a store.Operator, _ string) {
			s.Exec(t, `update membership set disabled_at = now() where operator_id = $1`, a.ID)
		},
		"part of it taken away": func(a store.Operator, _ string) {
			s.Exec(t, `update membership set every_organization = false where operator_id = $1`, a.ID)
		},
		"signed out everywhere": func(a store.Operator, _ string) {
			s.Exec(t, `update operator set epoch = epoch + 1 where id = $1`, a.ID)
		},
		"limit used up": func(a store.Operator, _ string) { s.tookOut(t, a, 49_000) },
	} {
		auditor := s.Member(t, s.Workspace, catalog.Auditor)
		token := s.token(t, auditor)
		body := s.beginFile(t, token)
		// It has begun, and waits for its reader.
		counted, same := 0, 0
		waitUntil(t, "the server waits", func() bool {
			before := counted
			if counted = s.takenOut(t, auditor); counted != before {
				same = 0
			}
			same++
			return counted > 0 && same > 20
		})
		end(auditor, token)
		text, err := io.ReadAll(body)
		whole := what == "nothing"
		if (err == nil) != whole {
			t.Errorf("%s: the file ended with %v after %d bytes", what, err, len(text))
		}
		counted = s.takenOut(t, auditor)
		if rows, _ := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll(); whole &&
			len(rows) != longFile+1 || len(rows)-1 > counted {
			t.Errorf("%s: %d rows were sent, %d counted", what, len(rows)-1, counted)
		}
		if (counted == longFile) != whole || counted > longFile {
			t.Errorf("%s: %d rows counted", what, counted)
		}
	}
}

// Readers who take nothing hold no connection to the database, and are cut off.
func TestFilesOfReadersWhoStall(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Apart(t))
	s.server.StallTime = time.Hour // until it is meant
	s.addLongRuns(t)
	auditor := s.Member(t, s.Workspace, catalog.Auditor)
	token := s.token(t, auditor)
	s.Exec(t, `update workspace set rows_a_day = 1000000 where id = $1`, s.Workspace.ID)
	n := s.Connections().Max + 1
	for range n {
		s.beginFile(t, token)
	}
	s.as(t, s.Owner).get(s.ws("/runs")).want(http.StatusOK)
	waitUntil(t, "no connection is held", func() bool { return s.Connections().Acquired == 0 })
	s.server.StallTime = 100 * time.Millisecond
	file := s.beginFile(t, token)
	waitUntil(t, "it is cut off", func() bool { return strings.Contains(s.Log.String(), "a file was cut off") })
	if text, err := io.ReadAll(file); err == nil {
		t.Errorf("a file of %d bytes passes for the whole", len(text))
	}
	for range site.MostStreams - n {
		s.server.Streams.Enter(auditor.ID)
	}
	s.as(t, auditor).request(http.MethodPost, s.ws("/runs.csv"), url.Values{}).want(http.StatusTooManyRequests)
}
