// Package mail sends plain-text mail through one SMTP server.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"duodesk/internal/secret"
	"duodesk/internal/task"
	"duodesk/internal/text"
)

// Patience is the longest time that Send takes.
const Patience = 40 * time.Second

// stepTime bounds each of the three steps of Send: connecting, signing in, and sending.
const stepTime = 10 * time.Second

// Server is an SMTP server to send by. Printing one does not show its password.
type Server struct {
	host     string
	port     int
	tls      bool // from the first byte; otherwise by STARTTLS
	loopback bool // STARTTLS is used if offered, and not required
	user     string
	password secret.Secret
	from     string         // empty: see From
	Roots    *x509.CertPool // nil: those of the machine
}

// errAddress quotes nothing of the URL, because it has a password.
var errAddress = errors.New("this is not an address like smtp://user:password@mail.example.com:587 " +
	"(characters such as @ : / in the password are written as %40 %3A %2F)")

// Parse reads smtp://user:password@host:587, which requires STARTTLS unless the host is this
// machine, or smtps://user:password@host:465. The user may be missing, and so may the port.
// ?from=ADDRESS is the sender's address.
func Parse(address string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errAddress
	}
	s := &Server{host: u.Hostname(), port: 587, loopback: isLoopback(u.Hostname()), user: u.User.Username()}
	switch u.Scheme {
	case "smtp":
	case "smtps":
		s.tls, s.port = true, 465
	default:
		return nil, errors.New("the address must begin with smtp:// (with STARTTLS) or smtps://")
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errAddress
		}
	}
	given, _ := u.User.Password()
	if s.password = secret.Box([]byte(given)); (s.user == "") != (given == "") {
		return nil, errors.New("the address has a user without a password, or a password without a user")
	}
	return s, s.options(u.RawQuery)
}

// options reads what follows the ? of an address.
func (s *Server) options(query string) error {
	options, err := url.ParseQuery(query)
	if err != nil {
		return errAddress
	}
	for name, values := range options {
		if name != "from" || len(values) != 1 || !isAddress(values[0]) {
			return errors.New("the only option of the address is ?from=, with an email address")
		}
		s.from = values[0]
	}
	return nil
}

// From sets the sender's address if the address of the server names none: the user, or
// duodesk@host.
func (s *Server) From(host string) {
	switch {
	case s.from != "":
	case isAddress(s.user):
		s.from = s.user
	case net.ParseIP(host) != nil:
		s.from = "duodesk@[" + host + "]"
	default:
		s.from = "duodesk@" + host
	}
}

func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == ""
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Message is one mail to one person. ID names it: a receiver can merge repetitions.
type Message struct {
	ID, To, Subject, Text string
	At                    time.Time
}

// Connecting is the step of an Error about the server, and not about one mail.
const Connecting = "connecting"

// Error says what went wrong without quoting the server, whose words may contain the user,
// the password or the recipient.
type Error struct {
	Step string
	Code int // of SMTP; 0: none
	Late bool
}

func (e *Error) Error() string {
	switch {
	case e.Code > 0:
		return fmt.Sprintf("mail: %s: the server answered %d", e.Step, e.Code)
	case e.Late:
		return "mail: " + e.Step + ": no answer in time"
	}
	return "mail: " + e.Step + " failed"
}

// Send sends a mail, within Patience, and ends with ctx. The error is an *Error.
func (s *Server) Send(ctx context.Context, m Message) error {
	message, err := s.compose(m)
	if err != nil {
		return &Error{Step: "composing"} // the address that is refused is in err
	}
	hangUp := func() bool { return true }
	defer func() { hangUp() }()
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(dialing, network, address)
		if err == nil {
			hangUp = task.AfterFunc(ctx, slog.New(slog.DiscardHandler), "hang up", func() { _ = conn.Close() })
		}
		return conn, err
	}
	client, err := gomail.NewClient(s.host, append(s.settings(), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return &Error{Step: "configuring"}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return failed(Connecting, err)
	}
	defer client.Close()
	// What comes after the server took the mail is no failure of it.
	if err := client.Send(message); err != nil && !message.IsDelivered() {
		return failed("sending", err)
	}
	return nil
}

// secure returns the TLS configuration for the server.
func (s *Server) secure() *tls.Config {
	return &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
}

func (s *Server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.tls {
		return (&tls.Dialer{Config: s.secure()}).DialContext(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (s *Server) settings() []gomail.Option {
	settings := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(stepTime), gomail.WithoutNoop(),
		gomail.WithTLSConfig(s.secure())}
	methods := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
	switch {
	case s.tls:
		settings = append(settings, gomail.WithSSL())
	case s.loopback:
		settings = append(settings, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		methods = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc,
			gomail.SMTPAuthLoginNoEnc}
	default:
		settings = append(settings, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.user != "" {
		s.password.Lend(func(password []byte) {
			settings = append(settings, gomail.WithOpportunisticSMTPAuth(methods...), gomail.WithUsername(s.user),
				gomail.WithPassword(string(password)))
		})
	}
	return settings
}

// compose writes a mail. Texts from outside come into the subject and the text only, and
// without line breaks of their own in the subject.
func (s *Server) compose(m Message) (*gomail.Msg, error) {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.FromFormat("Duodesk", s.from); err != nil {
		return nil, err
	}
	if !isAddress(m.To) {
		return nil, errors.New("mail: not an address")
	}
	if err := message.To(m.To); err != nil {
		return nil, err
	}
	_, host, _ := strings.Cut(s.from, "@")
	message.Subject(text.Line(plain(m.Subject)))
	message.SetMessageIDWithValue(m.ID + "@" + host)
	message.SetDateWithValue(m.At)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, plain(m.Text))
	return message, nil
}

// plain is a text without control characters but line feeds.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, text)
}

// failed returns an Error with what is safe to log of err.
func failed(step string, err error) *Error {
	e := &Error{Step: step}
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		e.Code = said.Code
	} else if of, ok := errors.AsType[*gomail.SendError](err); ok {
		e.Code = of.ErrorCode()
	}
	if waited, ok := errors.AsType[net.Error](err); ok {
		e.Late = waited.Timeout()
	}
	return e
}
