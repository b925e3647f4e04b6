//go:build proof

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/store"
)

// clientsTime bounds everything that tools of others do, the fetching of them included.
const clientsTime = 5 * time.Minute

// TestProofClients: clients in Go and TypeScript that tools of others make of the
// description compile, and act on the console; linters have nothing to say about it.
// The tools are pinned in testdata/clients.
func TestProofClients(t *testing.T) {
	for _, program := range []string{"npm", "node"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf(
				"%s is missing: the clients in TypeScript and the linters need Node.js 20 or later (Debian: apt-get install nodejs npm)", program)
		}
	}
	var user string
	s := startSite(t, func(sim *duosim.Sim, parent duosim.Account) {
		account := sim.AddChild(parent.AccountID, "Acme Dental").AccountID
		user = sim.AddUser(account, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	})
	c := s.serve("")
	token, _, err := members.New(s.runner()).MakeToken(t.Context(), s.ws.ID,
		run.Actor{Operator: s.owner.ID, Role: catalog.Owner},
		store.Token{ID: uuid.New(), Name: "clients", Role: catalog.Owner.String(), Every: true, Acts: catalog.Acts(),
			ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	w := workshop{t: t, dir: filepath.Join(s.dir, "clients")}
	if err := os.CopyFS(w.dir, os.DirFS("testdata/clients")); err != nil {
		t.Fatal(err)
	}
	operations := w.fetch(s.url + "/api/v1/openapi.json")
	w.env = []string{"CONSOLE=" + s.url, "TOKEN=" + token, "WORKSPACE=" + s.ws.Slug,
		"ORGANIZATION=" + s.organizations()[0].Slug, "USER_ID=" + user}
	ctx, cancel := context.WithTimeout(t.Context(), clientsTime)
	defer cancel()

	w.run(ctx, "go", "go", "tool", "oapi-codegen", "-config", "oapi-codegen.yaml", "../openapi.json")
	w.run(ctx, "go", "go", "vet", ".")
	inGo := w.run(ctx, "go", "go", "run", ".")

	w.run(ctx, "", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	w.run(ctx, "", "node_modules/.bin/openapi-typescript", "openapi.json", "--output", "console.ts")
	w.run(ctx, "", "node_modules/.bin/tsc")
	inTypeScript := w.run(ctx, "", "node", "built/drive.js")

	w.run(ctx, "", "node_modules/.bin/spectral", "lint", "openapi.json", "--ruleset", ".spectral.yaml",
		"--fail-severity", "hint")
	var said struct {
		Totals struct{ Errors, Warnings, Ignored int }
	}
	if linted := w.run(ctx, "", "node_modules/.bin/redocly", "lint", "openapi.json", "--config", "redocly.yaml",
		"--format", "json"); json.Unmarshal([]byte(linted), &said) != nil ||
		said.Totals.Errors+said.Totals.Warnings+said.Totals.Ignored > 0 {
		t.Errorf("redocly: %s", linted)
	}

	// What the clients say they did was done, once each.
	if done := s.sim.Ledger(); len(done) != 2 || !strings.Contains(done[0].Path, user+"/bypass_codes") ||
		done[1].Parameters["username"] != "ts.client" {
		t.Errorf("in Duo: %+v", done)
	}
	if len(c.lines("panic"))+len(c.lines("request failed")) > 0 {
		t.Error("a request broke the console; ", c.tail())
	}
	c.stop()
	tell(t, "%d operations; oapi-codegen: %s; openapi-typescript: %s; spectral and redocly: nothing", operations, inGo,
		inTypeScript)
}

// workshop is where tools of others work: a copy of what pins them.
type workshop struct {
	t   *testing.T
	dir string
	env []string
}

// fetch keeps the description as a client gets it, and counts its operations.
func (w workshop) fetch(address string) (operations int) {
	w.t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	var document struct{ Paths map[string]map[string]any }
	if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(text, &document) != nil {
		w.t.Fatal(answer.Status, err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "openapi.json"), text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	for _, methods := range document.Paths {
		operations += len(methods)
	}
	return operations
}

// run runs a program in a folder of the workshop, ends the test if it fails, and
// returns what it said.
func (w workshop) run(ctx context.Context, folder, program string, args ...string) string {
	w.t.Helper()
	if strings.HasPrefix(program, "node_modules/") {
		program = filepath.Join(w.dir, program)
	}
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = filepath.Join(w.dir, folder)
	command.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "npm_config_update_notifier=false",
		"REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "CI=true")
	command.Env = append(command.Env, w.env...)
	var errors strings.Builder
	command.Stderr = &errors
	said, err := command.Output()
	if err != nil {
		w.t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, said, errors.String())
	}
	return strings.TrimSpace(string(said))
}
