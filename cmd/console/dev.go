package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/devpg"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/factors"
	"duodesk/internal/run/members"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/task"
	"duodesk/static"
)

const (
	dataDir      = ".data"
	devEmail     = "owner@northwind.example"
	devWorkspace = "Northwind Managed IT"
	devDatabase  = "console"
	devHost      = "127.0.0.1" // where programs of a trial come from
)

// devFile is what a trial prints, also written to .data/dev.json for programs.
type devFile struct {
	URL      string            `json:"url"`
	Email    string            `json:"email"`
	Password string            `json:"password"`
	TOTP     string            `json:"totp_secret"` // of the owner's authenticator app; see console dev code
	Token    string            `json:"token"`       // access token of the owner
	Sandbox  map[string]string `json:"sandbox"`
	Duosim   devSimulator      `json:"duosim"`
}

type devSimulator struct {
	Address  string `json:"address"`
	CAFile   string `json:"ca_file"`
	Controls string `json:"controls"`
}

func devCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "code" {
		return printCode(args[1:], out)
	}
	flags := flag.NewFlagSet("dev", flag.ExitOnError)
	reset := flags.Bool("reset", false, "delete what earlier trials left, and stop")
	bound := flags.Bool("end-with-parent", false, "stop when the process that started this one dies")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if *reset {
		return resetTrial(out)
	}
	if *bound {
		endWithParent()
	}
	address := orElse(os.Getenv("ADDR"), "127.0.0.1:8080")
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("ADDR is %s; it takes a host and a port, such as 127.0.0.1:9000", address)
	}
	if !isLoopback(host) {
		return fmt.Errorf("ADDR is %s; a trial listens on a loopback address only, such as 127.0.0.1:9000", address)
	}
	listener, err := listen(address)
	if err != nil {
		return err
	}
	defer listener.Close()
	return trial(ctx, listener, out)
}

// resetTrial deletes the database and the simulator of earlier trials.
func resetTrial(out io.Writer) error {
	if os.Getenv("DATABASE_URL") != "" {
		return errors.New("DATABASE_URL is set: its database is not ours to delete; unset it to reset the private one")
	}
	if err := devpg.Remove(filepath.Join(dataDir, "postgres")); err != nil {
		return err
	}
	if err := os.RemoveAll(dataDir); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "Deleted. The next make run starts from nothing.")
	return err
}

// trial runs everything that a newcomer needs until ctx ends: Postgres, the
// simulator, the console.
func trial(ctx context.Context, listener net.Listener, out io.Writer) error {
	// The folder may be entered by the account that Postgres runs as; what is
	// secret in it is closed file by file.
	if err := os.MkdirAll(dataDir, 0o755); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	database, err := startDatabase(ctx, out)
	if err != nil {
		return err
	}
	defer database.stop()
	simulator, err := startSimulator(ctx, "127.0.0.1:0",
		duosim.Options{Estate: duosim.EstateDemo, StateFile: filepath.Join(dataDir, "duosim.json")},
		duosim.ListenOptions{CADir: filepath.Join(dataDir, "duosim-ca")})
	if err != nil {
		return err
	}
	file, err := prepare(ctx, database, simulator, listener)
	if err != nil {
		return err
	}
	c := config{
		address: listener.Addr().String(), databaseURL: database.appURL, keyFile: filepath.Join(dataDir, "key.json"),
		trial: true, keyLook: keyLook, idle: 30 * time.Minute, longest: 10 * time.Hour,
		sandboxAddress: file.Duosim.Address, sandboxCAFile: file.Duosim.CAFile,
	}
	if c.publicURL, err = publicURL(file.URL); err != nil {
		return fmt.Errorf("ADDR: %w", err)
	}
	if c.sandboxCA, err = sandboxCA(c); err != nil {
		return err
	}
	s, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	if file, err = withSecondFactor(ctx, s, file); err != nil {
		return err
	}
	if file, err = withToken(ctx, s, file); err != nil {
		return err
	}
	introduce(out, file)
	ctx, end := context.WithCancel(ctx)
	defer end()
	all := task.Group{Failed: end}
	all.Go(ctx, log, "simulator", func() error { return serveSimulator(ctx, simulator) })
	all.Go(ctx, log, "console", func() error { return serve(ctx, c, s, listener, log) })
	all.Go(ctx, log, "watch the database", func() error {
		select {
		case <-database.died:
			return errors.New("the database stopped; see its server.log under " + dataDir)
		case <-ctx.Done():
			return nil
		}
	})
	if err := all.Wait(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nStopped. The data stays in %s.\n", dataDir)
	return err
}

// prepare makes the key file, the owner and dev.json, or finds those of the
// trial before.
func prepare(ctx context.Context, d trialDatabase, simulator *duosim.Server, listener net.Listener) (devFile, error) {
	if err := secret.Create(filepath.Join(dataDir, "key.json")); err != nil && !errors.Is(err, fs.ErrExist) {
		return devFile{}, err
	}
	path := filepath.Join(dataDir, "dev.json")
	var before devFile
	if text, err := os.ReadFile(path); err == nil {
		// A file that cannot be read is written again, with a new password.
		_ = json.Unmarshal(text, &before)
	}
	ready := simulator.Ready()
	file := devFile{
		URL: localURL(listener), Email: devEmail, Password: orElse(before.Password, rand.Text()),
		TOTP: before.TOTP, Token: before.Token,
		Sandbox: sandboxValues(ready.Accounts), Duosim: devSimulator{Address: ready.Address, CAFile: ready.CAFile,
			Controls: ready.Controls},
	}
	hash, err := secret.HashPassword(ctx, file.Password)
	if err != nil {
		return devFile{}, err
	}
	n := store.NewOperator{Workspace: devWorkspace, Email: devEmail, PasswordHash: hash, Role: "owner"}
	if _, err := store.AddOperator(ctx, d.ownerURL, n); err != nil && !errors.Is(err, store.ErrBelongs) {
		return devFile{}, err
	}
	if file.Password != before.Password {
		if _, err := store.ResetPassword(ctx, d.ownerURL, devEmail, hash, time.Now()); err != nil {
			return devFile{}, err
		}
	}
	return file, file.write()
}

func (f devFile) write() error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(filepath.Join(dataDir, "dev.json"), append(text, '\n'))
}

// localURL is where browsers find a trial: passkeys belong to a name, and every machine
// calls itself localhost.
func localURL(listener net.Listener) string {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err == nil && host == "127.0.0.1" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// withSecondFactor gives the owner an authenticator app whose secret is in dev.json.
func withSecondFactor(ctx context.Context, s *store.Store, file devFile) (devFile, error) {
	owner, err := s.OperatorByEmail(ctx, devEmail)
	if err != nil {
		return file, err
	}
	found, err := s.Factors(ctx, owner.ID)
	if err != nil || file.TOTP != "" && len(found) > 0 {
		return file, err
	}
	if file.TOTP, err = factors.NewTrialApp(ctx, s, owner, time.Now()); err != nil {
		return file, err
	}
	return file, file.write()
}

// printCode prints the code that the owner's authenticator app would show.
func printCode(args []string, out io.Writer) error {
	if err := parseFlags(flag.NewFlagSet("dev code", flag.ExitOnError), args); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dataDir, "dev.json"))
	if err != nil {
		return fmt.Errorf("there is no trial here; see: make run (%w)", err)
	}
	var file devFile
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	code, err := factors.Code(file.TOTP, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, code)
	return err
}

// withToken keeps an access token of the owner in dev.json, for programs.
func withToken(ctx context.Context, s *store.Store, file devFile) (devFile, error) {
	runner := run.New(run.Config{Store: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	_, _, err := members.New(runner).Token(ctx, file.Token, devHost)
	if errors.Is(err, store.ErrElsewhere) { // it exists: the workspace was limited to other addresses
		return file, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return file, err
	}
	owner, err := s.OperatorByEmail(ctx, devEmail)
	if err != nil {
		return file, err
	}
	access, err := s.Enter(ctx, owner.ID, devHost, store.Slug(devWorkspace), "", 0)
	if err != nil {
		return file, err
	}
	file.Token, _, err = members.New(runner).MakeToken(ctx, access.Workspace.ID,
		run.Actor{Operator: owner.ID, Epoch: owner.Epoch}, store.Token{
			ID: uuid.New(), Name: "dev.json of " + time.Now().UTC().Format("2006-01-02 15:04:05"), Role: "owner",
			Every: true, Acts: catalog.Acts(), ExpiresAt: time.Now().Add(30 * 24 * time.Hour)})
	if err != nil {
		return file, err
	}
	return file, file.write()
}

func writePrivate(path string, text []byte) error {
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return os.Chmod(path, 0o600) // WriteFile keeps the mode of a file that exists
}

// sandboxValues are the nine fields of the simulator's first parent account.
func sandboxValues(accounts []duosim.Account) map[string]string {
	values := map[string]string{}
	for _, a := range accounts {
		if !a.Parent {
			continue
		}
		for _, f := range []struct{ kind, host, key string }{
			{duosim.AuthAPI, "auth_host", "auth"}, {duosim.AccountsAPI, "account_host", "accounts"},
			{duosim.AdminAPI, "admin_host", "admin"},
		} {
			application := a.Application(f.kind)
			values[f.host] = a.APIHostname
			values[f.key+"_integration_key"], values[f.key+"_secret_key"] = application.IntegrationKey,
				application.SecretKey
		}
		break
	}
	return values
}

func introduce(out io.Writer, file devFile) {
	fmt.Fprintf(out,
		"\n  Open      %s\n  Email     %s\n  Password  %s\n  Code      bin/console dev code prints it\n\n  The nine values to paste on the Integration page:\n",
		file.URL, file.Email, file.Password)
	for _, f := range []struct{ label, name string }{
		{"Auth Host", "auth_host"}, {"Auth Integration Key", "auth_integration_key"},
		{"Auth Secret Key", "auth_secret_key"},
		{"Account Host", "account_host"}, {"Accounts API Integration Key", "accounts_integration_key"},
		{"Accounts API Secret Key", "accounts_secret_key"},
		{"Admin Host", "admin_host"}, {"Admin Integration Key", "admin_integration_key"},
		{"Admin Secret Key", "admin_secret_key"},
	} {
		fmt.Fprintf(out, "    %-30s%s\n", f.label, file.Sandbox[f.name])
	}
	fmt.Fprintf(out, "\n  Answer pushes, read text messages, make Duo fail: %s\n", file.Duosim.Controls)
	fmt.Fprintf(out, "\n  The same is in %s. Ctrl-C stops everything; data stays; make reset starts over.\n\n",
		filepath.Join(dataDir, "dev.json"))
	if !static.HasHTMX() {
		fmt.Fprint(out, "  Built without the scripts of npm: pages work, but without their live parts.\n\n")
	}
}
