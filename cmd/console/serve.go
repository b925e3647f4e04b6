package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/run"
	"duodesk/internal/run/factors"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/task"
	"duodesk/internal/web"
	"duodesk/internal/web/site"
	"duodesk/static"
)

// stopAtMost is how long requests in flight may take to finish once no new ones
// are taken: longer than any write to Duo and its record.
const stopAtMost = 35 * time.Second

// heartbeat is how often a server writes to the database that it lives. Tests make
// it shorter.
var heartbeat = run.HeartbeatEvery

// wallClock is this machine's clock. Tests make it wrong.
var wallClock = time.Now

// closeAtMost is how long a stopping server goes on trying to record outcomes that
// are known, when the database does not answer.
const closeAtMost = 10 * time.Second

func serveCommand(ctx context.Context, args []string, _ io.Writer) error {
	if err := parseFlags(flag.NewFlagSet("serve", flag.ExitOnError), args); err != nil {
		return err
	}
	if err := leaveNoCore(); err != nil {
		return fmt.Errorf("core dumps, which would hold opened keys, cannot be switched off: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	c, faults := readConfig(os.Environ())
	s, err := open(ctx, c)
	if err = errors.Join(faults, err); err != nil {
		return fmt.Errorf("cannot start:\n%w", err)
	}
	defer s.Close()
	s.UseClock(wallClock)
	listener, err := listenShared(ctx, c.address)
	if err != nil {
		return err
	}
	if !static.HasHTMX() {
		log.Warn("built without the scripts of npm: pages work, but without their live parts")
	}
	return serve(ctx, c, s, listener, log)
}

// open opens key file and database and says everything that forbids a start.
func open(ctx context.Context, c config) (*store.Store, error) {
	var faults []error
	var keys *secret.Keyring
	if c.keyFile != "" {
		var err error
		if keys, err = secret.Load(c.keyFile); err != nil {
			faults = append(faults, err)
		}
	}
	if c.databaseURL == "" {
		return nil, errors.Join(faults...)
	}
	s, err := store.Open(ctx, c.databaseURL, keys)
	if err != nil {
		return nil, errors.Join(append(faults, err)...)
	}
	if err := s.Ping(ctx); err != nil {
		faults = append(faults, fmt.Errorf("the database cannot be used: %w", err))
	} else {
		schema := s.CheckSchema(ctx)
		faults = append(faults, s.CheckRole(ctx), schema)
		if keys != nil && schema == nil {
			faults = append(faults, s.CheckKeys(ctx))
		}
	}
	if err := errors.Join(faults...); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// serve answers requests until ctx ends. Then it sends clients away, for as long
// as the configuration says, takes no new connections, and lets what is in
// flight finish.
func serve(ctx context.Context, c config, s *store.Store, listener net.Listener, log *slog.Logger) error {
	log = slog.New(site.LogHandler(log.Handler()))
	m := newMetrics(s)
	if c.metrics != "" {
		if err := m.listen(ctx, c.metrics, log); err != nil {
			return err
		}
	}
	desk, err := factors.New(s, s.Now, c.publicURL, c.trial)
	if err != nil {
		return fmt.Errorf("passkeys: %w", err)
	}
	var leaving atomic.Bool
	counted := runConfig(c, s, log)
	counted.Called, counted.Turned = m.called, m.turned
	counted.Heartbeat = heartbeat
	runner := run.New(counted)
	if err := runner.Begin(ctx); err != nil {
		return fmt.Errorf("this process cannot be registered in the database: %w", err)
	}
	defer func() {
		runner.Stop()
		closing, giveUp := context.WithTimeout(context.Background(), closeAtMost)
		defer giveUp()
		runner.Wait(closing)
	}()
	runner.Watch()
	if c.mail != nil {
		runner.MailNotices(c.mail, run.MailEvery)
	}
	server := &http.Server{
		Handler: sendAway(&leaving, handler(c, s, runner, desk, log, m)), ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 30 * time.Second, WriteTimeout: 90 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	task.Go(ctx, log, "watch the key file", func() error { watchKeys(ctx, c, s, log); return nil })
	ended := task.Go(ctx, log, "serve", func() error { return server.Serve(listener) })
	log.Info("serving", "address", listener.Addr().String(), "public_url", c.publicURL.String(), "sandbox",
		c.sandboxAddress != "")
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: sending clients away, finishing what is in flight")
	leaving.Store(true)
	if c.linger > 0 {
		select {
		case err := <-ended:
			return err
		case <-time.After(c.linger):
		}
		if err := emptyQueue(listener); err != nil {
			log.Warn("connections that arrive at this moment may be lost", "error", err)
		}
	}
	// What waits for a person is closed, which also ends the streams about it.
	runner.Stop()
	finishing, cancel := context.WithTimeout(context.Background(), stopAtMost)
	defer cancel()
	return server.Shutdown(finishing)
}

// handler joins the parts of the web console.
func handler(c config, s *store.Store, runner *run.Runner, desk *factors.Desk, log *slog.Logger,
	m *metrics) http.Handler {
	return web.Handler(site.New(site.Config{
		Store: s, Runner: runner, Factors: desk, Served: m.served, Log: log, Now: s.Now, PublicURL: c.publicURL,
		TrustedProxies: c.proxies, Idle: c.idle, Longest: c.longest, Sandbox: c.sandboxAddress != "",
	}))
}

func runConfig(c config, s *store.Store, log *slog.Logger) run.Config {
	return run.Config{
		Store: s, Now: s.Now, Log: log, Sandbox: c.sandboxAddress != "",
		// The simulator counts calls only when it is told to, and nobody else calls it.
		Paced: c.sandboxAddress == "",
		HTTP:  duo.NewTransport(duo.TransportOptions{SandboxAddress: c.sandboxAddress, SandboxCA: c.sandboxCA}),
	}
}
