// Package mailtest is a small SMTP server on loopback for tests: it keeps what it is sent, and fails on request.
package mailtest

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/task"
)

// Mail is a mail that the server took.
type Mail struct {
	From, To string // of the envelope
	Data     string // head and text, as they came
	TLS      bool
	SignedIn string // user and password, with a NUL between; empty: nobody
}

// Read takes a mail apart: its head, and subject and text as a person reads them.
func (m Mail) Read(t testing.TB) (head mail.Header, subject, text string) {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	return parsed.Header, subject, strings.ReplaceAll(string(body), "\r\n", "\n")
}

// Server is a mail server. Its fields are set before it is asked.
type Server struct {
	Address  string // host and port
	Roots    *x509.CertPool
	StartTLS bool   // is offered
	Auth     string // what it offers, such as "PLAIN"

	mu     sync.Mutex
	mails  []Mail
	asked  int
	fault  func(command, argument string) string // an answer in place of its own; empty: its own
	listen net.Listener
	config *tls.Config
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server { return at(t, "127.0.0.1:0", false) }

// StartTLS is Start for a server that speaks TLS from the first byte.
func StartTLS(t testing.TB) *Server { return at(t, "127.0.0.1:0", true) }

// StartAt is Start at an address that another server had before.
func StartAt(t testing.TB, address string) *Server { return at(t, address, false) }

func at(t testing.TB, address string, whole bool) *Server {
	t.Helper()
	s := &Server{}
	var err error
	if s.listen, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	s.Address = s.listen.Addr().String()
	s.certify(t)
	if whole {
		s.listen = tls.NewListener(s.listen, s.config)
	}
	ctx, stop := context.WithCancel(context.Background())
	var all task.Group
	all.Go(ctx, slog.Default(), "mail server", func() error {
		for {
			conn, err := s.listen.Accept()
			if err != nil {
				return nil
			}
			all.Go(ctx, slog.Default(), "mail connection", func() error {
				end := task.AfterFunc(ctx, slog.Default(), "end", func() { conn.Close() })
				defer end()
				defer conn.Close()
				s.talk(conn, whole)
				return nil
			})
		}
	})
	t.Cleanup(func() { s.Stop(); stop(); _ = all.Wait() })
	return s
}

// Stop takes no further connections.
func (s *Server) Stop() { s.listen.Close() }

// Fail has the server answer by fault, where that returns something: "" leaves its own answer.
func (s *Server) Fail(fault func(command, argument string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// Mails are those that the server took.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Asked is how many connections the server had.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// certify gives the server a certificate for loopback, of an authority of its own.
func (s *Server) certify(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"mail.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(certificate)
	s.config = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// talk is one connection.
func (s *Server) talk(conn net.Conn, secure bool) {
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	in := bufio.NewReader(conn)
	say := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	greeting := "220 mail.example ESMTP"
	if text := s.answer("CONNECT", ""); text != "" {
		greeting = text
	}
	say(greeting)
	mail := Mail{TLS: secure}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		command, argument, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		command = strings.ToUpper(command)
		if text := s.answer(command, argument); text != "" {
			say(text)
			continue
		}
		switch command {
		case "EHLO":
			for _, can := range s.can(mail.TLS) {
				say("250-" + can)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, s.config)
			in, mail.TLS = bufio.NewReader(conn), true
		case "AUTH":
			_, text, _ := strings.Cut(argument, " ")
			raw, _ := base64.StdEncoding.DecodeString(text)
			mail.SignedIn = strings.TrimPrefix(string(raw), "\x00")
			say("235 welcome")
		case "MAIL":
			mail.From = between(argument)
			say("250 ok")
		case "RCPT":
			mail.To += between(argument)
			say("250 ok")
		case "DATA":
			say("354 go on")
			if mail.Data, err = body(in); err != nil {
				return
			}
			s.keep(mail)
			say("250 taken")
			mail.To, mail.Data = "", ""
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *Server) answer(command, argument string) string {
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault == nil {
		return ""
	}
	return fault(command, argument) // it may wait
}

func (s *Server) keep(mail Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, mail)
}

func (s *Server) can(secure bool) (all []string) {
	all = []string{"mail.example"}
	if s.StartTLS && !secure {
		all = append(all, "STARTTLS")
	}
	if s.Auth != "" {
		all = append(all, "AUTH "+s.Auth)
	}
	return all
}

func between(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

func body(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == ".\r\n" {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}
