//go:build proof

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/store"
)

// script is what one page sends to Postgres, statement by statement.
type script struct {
	statements []statement
	pgbench    string            // as a script of pgbench's
	values     map[string]string // of its variables
}

type statement struct {
	sql  string
	args []*string // as text; nil is NULL
}

// recordSQL has a console draw a page and reads from the server's log what it
// sent. The second time counts: by then lists are held and statements prepared.
func (s *proofSite) recordSQL(path string) script {
	s.t.Helper()
	s.db.Exec(s.t, `alter role console_app set log_statement = 'all'`)
	defer s.db.Exec(s.t, `alter role console_app reset log_statement`)
	conn := s.db.Superuser(s.t)
	var data string
	if err := conn.QueryRow(s.t.Context(), `show data_directory`).Scan(&data); err != nil {
		s.t.Fatal(err)
	}
	c := s.serve("")
	client := s.browser(s.owner)
	defer client.CloseIdleConnections()
	log := filepath.Join(filepath.Dir(data), "server.log")
	var before []byte
	for range 2 {
		var err error
		if before, err = os.ReadFile(log); err != nil {
			s.t.Fatal(err)
		}
		if !isOK(client, s.home()+path) {
			s.t.Fatal(path, " is not drawn; ", c.tail())
		}
	}
	after, err := os.ReadFile(log)
	if err != nil {
		s.t.Fatal(err)
	}
	c.stop()
	return s.scriptOf(string(after[len(before):]))
}

var (
	logLine      = regexp.MustCompile(`^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] ([A-Z]+):  (.*)$`)
	logStatement = regexp.MustCompile(`(?s)^(?:statement|execute [^:]+): (.*)$`)
	logParameter = regexp.MustCompile(`(?s)\$\d+ = (NULL|'((?:[^']|'')*)')`)
	placeholder  = regexp.MustCompile(`\$(\d+)`)
)

// scriptOf reads statements and their parameters out of a server's log.
func (s *proofSite) scriptOf(log string) script {
	s.t.Helper()
	var entries [][2]string // kind and text
	lines := bufio.NewScanner(strings.NewReader(log))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := logLine.FindStringSubmatch(lines.Text()); m != nil {
			entries = append(entries, [2]string{m[1], m[2]})
		} else if more, ok := strings.CutPrefix(lines.Text(), "\t"); ok && len(entries) > 0 {
			entries[len(entries)-1][1] += "\n" + more
		}
	}
	made := script{values: map[string]string{}}
	for _, e := range entries {
		if m := logStatement.FindStringSubmatch(e[1]); e[0] == "LOG" && m != nil {
			made.statements = append(made.statements, statement{sql: m[1]})
		}
		if text, ok := strings.CutPrefix(e[1], "parameters: "); ok && e[0] == "DETAIL" && len(made.statements) > 0 {
			last := &made.statements[len(made.statements)-1]
			for _, m := range logParameter.FindAllStringSubmatch(text, -1) {
				value := strings.ReplaceAll(m[2], "''", "'")
				if last.args = append(last.args, &value); m[1] == "NULL" {
					last.args[len(last.args)-1] = nil
				}
			}
		}
	}
	if len(made.statements) < 5 {
		s.t.Fatalf("a page cannot come of so little:\n%s", log)
	}
	var b strings.Builder
	// pgbench takes no empty text from its command line.
	b.WriteString("\\if :ready = 0\nselect '' as empty \\gset\n\\set ready 1\n\\endif\n")
	made.values["ready"] = "0"
	for i, st := range made.statements {
		b.WriteString(placeholder.ReplaceAllStringFunc(st.sql, func(p string) string {
			n, _ := strconv.Atoi(p[1:])
			switch {
			case st.args[n-1] == nil:
				return "null"
			case *st.args[n-1] == "":
				return ":empty"
			}
			name := fmt.Sprintf("v%d_%d", i, n)
			made.values[name] = *st.args[n-1]
			return ":" + name
		}))
		b.WriteString(";\n")
	}
	made.pgbench = b.String()
	return made
}

// replay sends a page's statements over as many connections as a console has,
// by pgbench, or by a loop of ours where there is none.
func (s *proofSite) replay(page script, during time.Duration) pace {
	s.t.Helper()
	program, err := s.pg.Tool("pgbench")
	if err != nil {
		return s.replayHere(page, during)
	}
	dir, err := os.MkdirTemp(s.dir, "pgbench-")
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(dir, "page.sql")
	if err := os.WriteFile(file, []byte(page.pgbench), 0o600); err != nil {
		s.t.Fatal(err)
	}
	at := mustParse(s.db.AppURL).Query()
	args := []string{"-n", "-M", "prepared", "-c", strconv.Itoa(benchConnections), "-j", "2", "-T",
		strconv.Itoa(int(during.Seconds())), "-f", file,
		"-l", "--log-prefix", filepath.Join(dir, "log"), "-h", at.Get("host"), "-U", store.AppRole}
	for name, value := range page.values {
		args = append(args, "-D", name+"="+value)
	}
	out, err := exec.Command(program, append(args, "console")...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("pgbench: %v\n%s\n%s", err, out, page.pgbench)
	}
	if failed := regexp.MustCompile(`number of failed transactions: [1-9]`); failed.Match(out) ||
		bytes.Contains(out, []byte("aborted")) {
		s.t.Fatalf("pgbench:\n%s", out)
	}
	var took []time.Duration
	logs, _ := filepath.Glob(filepath.Join(dir, "log*"))
	for _, l := range logs {
		text, err := os.ReadFile(l)
		if err != nil {
			s.t.Fatal(err)
		}
		for row := range strings.Lines(string(text)) {
			// The third column is how long the script took, in microseconds.
			if columns := strings.Fields(row); len(columns) > 2 {
				us, _ := strconv.Atoi(columns[2])
				took = append(took, time.Duration(us)*time.Microsecond)
			}
		}
	}
	return paceOf(took, during)
}

func (s *proofSite) replayHere(page script, during time.Duration) pace {
	s.t.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var working sync.WaitGroup
	began := time.Now()
	for range benchConnections {
		conn, err := pgx.Connect(s.t.Context(), s.db.AppURL)
		if err != nil {
			s.t.Fatal(err)
		}
		working.Go(func() {
			defer conn.Close(context.Background())
			for time.Since(began) < during {
				at := time.Now()
				for _, st := range page.statements {
					var args []any
					for _, a := range st.args {
						args = append(args, a)
					}
					rows, err := conn.Query(context.Background(), st.sql, args...)
					if err == nil {
						for rows.Next() {
						}
						err = rows.Err()
					}
					if err != nil {
						s.t.Error(err)
						return
					}
				}
				mu.Lock()
				took = append(took, time.Since(at))
				mu.Unlock()
			}
		})
	}
	working.Wait()
	return paceOf(took, time.Since(began))
}
