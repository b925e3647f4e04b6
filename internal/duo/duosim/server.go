package duosim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"duodesk/internal/task"
)

// ListenOptions say how a simulator is served.
type ListenOptions struct {
	HTTP  bool   // plain HTTP; else HTTPS with a certificate of a private CA
	CADir string // where the CA is kept over restarts, made if missing; "": a temporary folder, removed by Close
}

// Server is a simulator with a listening socket.
type Server struct {
	sim      *Sim
	listener net.Listener
	server   http.Server
	desk     net.Listener // of the tester's controls; nil with plain HTTP, where the main one has them, too
	controls http.Server
	ready    Ready
	tempDir  string
}

// Ready tells a parent process or a test where the simulator is and which keys open its accounts.
type Ready struct {
	Address  string    `json:"address"`  // host:port
	Scheme   string    `json:"scheme"`   // "https" or "http"
	CAFile   string    `json:"ca_file"`  // PEM file of the CA to trust; "" with plain HTTP
	Controls string    `json:"controls"` // address of the tester's page, always plain HTTP and on this machine only
	Accounts []Account `json:"accounts"`
}

// Listen opens the socket; requests wait until Serve is called. addr is host:port, port 0 for any free one.
func Listen(ctx context.Context, addr string, sim *Sim, o ListenOptions) (*Server, error) {
	s := &Server{sim: sim, ready: Ready{Scheme: "http"}}
	s.server.Handler, s.controls.Handler = sim, sim.Controls()
	for _, server := range []*http.Server{&s.server, &s.controls} {
		server.ReadHeaderTimeout = 10 * time.Second
		server.ErrorLog = log.New(io.Discard, "", 0) // it would only tell of clients that do not trust the CA
	}
	var certificate tls.Certificate
	if !o.HTTP {
		var err error
		if certificate, err = s.prepareTLS(o.CADir); err != nil {
			s.removeTemp()
			return nil, err
		}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		s.removeTemp()
		return nil, fmt.Errorf("duosim: %w", err)
	}
	s.ready.Address = listener.Addr().String()
	s.ready.Controls = "http://" + s.ready.Address + controlsPath
	if !o.HTTP {
		// People's browsers do not trust the CA, so their page has an address of its own.
		if s.desk, err = config.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			s.removeTemp()
			return nil, errors.Join(fmt.Errorf("duosim: %w", err), listener.Close())
		}
		s.ready.Controls = "http://" + s.desk.Addr().String() + controlsPath
		// Duo speaks HTTP/1.1, and its clients depend on nothing newer.
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate},
			NextProtos: []string{"http/1.1"}})
	}
	s.listener = listener
	return s, nil
}

func (s *Server) prepareTLS(dir string) (tls.Certificate, error) {
	var err error
	if dir == "" {
		dir, err = os.MkdirTemp("", "duosim-ca-")
		s.tempDir = dir
	} else {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("duosim: %w", err)
	}
	ca, err := openAuthority(dir)
	if err != nil {
		return tls.Certificate{}, err
	}
	if s.ready.CAFile, err = filepath.Abs(filepath.Join(dir, caFile)); err != nil {
		return tls.Certificate{}, fmt.Errorf("duosim: %w", err)
	}
	s.ready.Scheme = "https"
	return ca.hostCertificate()
}

// Ready describes the server with its present accounts. It holds secret keys: print it only to the people they are
// meant for.
func (s *Server) Ready() Ready {
	ready := s.ready
	ready.Accounts = s.sim.Accounts()
	return ready
}

// Serve answers requests until Close; it then returns nil.
func (s *Server) Serve() error {
	if s.desk != nil {
		// It ends with Close; without it, everything else works.
		task.Go(context.Background(), slog.Default(), "page for testers",
			func() error { return s.controls.Serve(s.desk) })
	}
	if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("duosim: %w", err)
	}
	return nil
}

// Close stops listening, lets requests in flight finish until the context ends, and then cuts them off.
func (s *Server) Close(ctx context.Context) error {
	defer s.removeTemp()
	if s.desk != nil {
		_ = s.controls.Close()
		_ = s.desk.Close()
	}
	err := s.server.Shutdown(ctx)
	// Shutdown does not know a listener that Serve was never called with.
	_ = s.listener.Close()
	if err != nil {
		return errors.Join(err, s.server.Close())
	}
	return nil
}

func (s *Server) removeTemp() {
	if s.tempDir != "" {
		_ = os.RemoveAll(s.tempDir)
	}
}
