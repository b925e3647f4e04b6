package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// linger is how long a stopping server still answers. A connection that is in
	// use brings a request in this time and is sent away with its answer; one that
	// idles for longer is closed, and losing a request to that takes sending it in
	// the same instant.
	linger = 2 * time.Second

	// queueTime is what handshakes that have begun get to end, and the accept loop
	// to take them.
	queueTime = 100 * time.Millisecond
)

// listen opens an address that nobody else listens on.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	return listener, inUse(err, "ADDR", address)
}

// listenShared takes the socket that systemd hands over, or opens one that the
// next serve of the same account can open as well: it listens before this one
// is told to stop.
func listenShared(ctx context.Context, address string) (net.Listener, error) {
	if os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) {
		return listenHandedOver()
	}
	return openShared(ctx, "ADDR", address)
}

// openShared opens a setting's address in a way that lets others of the same
// account open it as well.
func openShared(ctx context.Context, setting, address string) (net.Listener, error) {
	share := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return control(raw, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	}}
	share.SetMultipathTCP(false) // knows less than TCP; see emptyQueue
	listener, err := share.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, inUse(err, setting, address)
	}
	return &sharedListener{TCPListener: listener.(*net.TCPListener)}, nil
}

func inUse(err error, setting, address string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another program; stop it, or set %s to another address", address, setting)
	}
	return err
}

// listenHandedOver takes systemd's socket (sd_listen_fds(3)). It stays open there
// while one serve follows another, and connections wait in it.
func listenHandedOver() (net.Listener, error) {
	if n := os.Getenv("LISTEN_FDS"); n != "1" {
		return nil, fmt.Errorf("systemd hands over %s sockets, and serve takes one", n)
	}
	const first = 3
	file := os.NewFile(first, "systemd's socket")
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("systemd's socket: %w", err)
	}
	if _, ok := listener.(*net.TCPListener); !ok {
		listener.Close()
		return nil, errors.New("systemd's socket is not a TCP socket")
	}
	return listener, nil
}

// sharedListener is one of several sockets that listen on one address. The
// kernel deals connections out among them.
type sharedListener struct {
	*net.TCPListener
	closing atomic.Bool
}

func (l *sharedListener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if l.closing.Load() {
		_ = onSocket(conn, hearAll) // refused only where emptyQueue was refused before
	}
	return conn, nil
}

// emptyQueue readies a listener for being closed. The kernel resets what still
// waits in a closing socket, even while another one listens on the address: so
// first nothing new may come into it. A client whose first packet is ignored here
// sends it again after a second, to the process that listens then.
func emptyQueue(listener net.Listener) error {
	shared, ok := listener.(*sharedListener)
	if !ok {
		return nil // systemd keeps the queue, or nobody comes after us
	}
	shared.closing.Store(true)
	if err := onSocket(shared, ignoreNewcomers); err != nil {
		return err
	}
	time.Sleep(queueTime)
	return nil
}

func onSocket(socket syscall.Conn, do func(fd int) error) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	return control(raw, do)
}

func control(raw syscall.RawConn, do func(fd int) error) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = do(int(fd)) })
	return errors.Join(err, failed)
}

// sendAway answers as h does and, while leaving, ends every connection with its
// answer and tells probes to look elsewhere.
func sendAway(leaving *atomic.Bool, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if leaving.Load() && r.URL.Path == "/readyz" {
			w.Header().Set("Connection", "close")
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(&leavingWriter{w, leaving}, r)
	})
}

// leavingWriter looks when the answer begins: the request may be older than the
// wish to leave.
type leavingWriter struct {
	http.ResponseWriter
	leaving *atomic.Bool
}

func (w *leavingWriter) WriteHeader(status int) {
	if w.leaving.Load() {
		w.Header().Set("Connection", "close")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *leavingWriter) Write(b []byte) (int, error) {
	if w.leaving.Load() {
		w.Header().Set("Connection", "close")
	}
	return w.ResponseWriter.Write(b)
}

func (w *leavingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
