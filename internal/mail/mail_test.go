package mail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"duodesk/internal/mail/mailtest"
)

const canary = "CANARY-p%40ss:word" // as it is written in an address

// open reads an address and has its certificates known.
func open(t *testing.T, s *mailtest.Server, address string) *Server {
	t.Helper()
	server, err := Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	server.From("desk.example")
	server.Roots = s.Roots
	return server
}

func message(to string) Message {
	return Message{ID: "n1.o1", To: to, Subject: "Northwind: Password reset", Text: "Line one.\n\nLine two.\n",
		At: time.Now()}
}

func TestSend(t *testing.T) {
	t.Parallel()
	plain, starts, whole := mailtest.Start(t), mailtest.Start(t), mailtest.StartTLS(t)
	plain.Auth, starts.Auth, whole.Auth = "LOGIN PLAIN", "PLAIN", "PLAIN"
	starts.StartTLS = true
	for _, test := range []struct {
		server *mailtest.Server
		scheme string
		user   string
		tls    bool
	}{
		{plain, "smtp", "", false}, {plain, "smtp", "desk:" + canary + "@", false},
		{starts, "smtp", "desk:" + canary + "@", true}, {whole, "smtps", "desk:" + canary + "@", true},
	} {
		address := test.scheme + "://" + test.user + test.server.Address
		if err := open(t, test.server, address).Send(t.Context(), message("ana@msp.example")); err != nil {
			t.Fatal(test.scheme, err)
		}
		mails := test.server.Mails()
		m := mails[len(mails)-1]
		head, subject, text := m.Read(t)
		if m.To != "ana@msp.example" || m.From != "duodesk@desk.example" || m.TLS != test.tls {
			t.Errorf("%s: the envelope is %+v", test.scheme, m)
		}
		if signed := m.SignedIn == "desk\x00CANARY-p@ss:word"; signed != (test.user != "") {
			t.Errorf("%s: signed in as %q", test.scheme, m.SignedIn)
		}
		if subject != "Northwind: Password reset" || strings.TrimSpace(text) != "Line one.\n\nLine two." {
			t.Errorf("%s: %q, %q", test.scheme, subject, text)
		}
		if id := head.Get("Message-Id"); id != "<n1.o1@desk.example>" ||
			!strings.HasPrefix(head.Get("Content-Type"), "text/plain") {
			t.Errorf("the head is %v", head)
		}
	}
}

// TestSendsNothingInTheOpen: a server elsewhere that offers no TLS, or that nobody vouches for, gets neither mail nor
// password.
func TestSendsNothingInTheOpen(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t)
	s.Auth = "PLAIN"
	elsewhere := open(t, s, "smtp://desk:"+canary+"@"+s.Address)
	elsewhere.loopback = false
	if err := elsewhere.Send(t.Context(), message("ana@msp.example")); err == nil {
		t.Error("a mail was sent without TLS")
	}
	for scheme, strange := range map[string]*mailtest.Server{"smtp": mailtest.Start(t), "smtps": mailtest.StartTLS(t)} {
		strange.StartTLS, strange.Auth = true, "PLAIN"
		strange.Fail(func(command, _ string) string {
			if command == "AUTH" || command == "MAIL" {
				t.Error(scheme, ": after a failed handshake: ", command)
			}
			return ""
		})
		server := open(t, s, scheme+"://desk:"+canary+"@"+strange.Address) // whose authority is another
		if err := server.Send(t.Context(), message("ana@msp.example")); err == nil {
			t.Error(scheme, ": the certificate was not checked")
		}
	}
	if n := len(s.Mails()); n > 0 {
		t.Error(n, " mails were sent")
	}
}

// TestNobodyWritesHeaders: what comes from outside changes neither head nor envelope.
func TestNobodyWritesHeaders(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t)
	server := open(t, s, "smtp://"+s.Address)
	m := message("ana@msp.example")
	m.Subject = "North\r\nBcc: thief@evil.example\r\n\r\nwind\n: x\u2028y\x00z ümlaut"
	m.Text = "Hello\r\n.\r\nMAIL FROM:<thief@evil.example>\r\n..\n"
	if err := server.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mails := s.Mails()
	if len(mails) != 1 {
		t.Fatal(len(mails), " mails")
	}
	head, subject, text := mails[0].Read(t)
	if strings.ContainsAny(subject, "\r\n\x00\u2028") || head.Get("Bcc") != "" || len(head["Subject"]) != 1 {
		t.Errorf("the head is %q", head)
	}
	if !strings.Contains(subject, "ümlaut") || !strings.Contains(text, "Hello\n.\nMAIL FROM:<thief@evil.example>\n..") {
		t.Errorf("%q, %q", subject, text)
	}
	for _, to := range []string{"ana@msp.example\r\nBcc: thief@evil.example", "ana@msp.example, thief@evil.example",
		"Ana <ana@msp.example>", "ana@msp.example>\r\nRCPT TO:<thief@evil.example", ""} {
		m := message(to)
		if err := server.Send(t.Context(), m); err == nil {
			t.Errorf("%q was taken for an address", to)
		}
	}
	if n := len(s.Mails()); n != 1 {
		t.Error(n, " mails")
	}
}

// TestErrorsSayNothingOfAnyone: neither the server's words nor the password are in an error or in a printed Server.
func TestErrorsSayNothingOfAnyone(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t)
	s.Auth = "PLAIN"
	server := open(t, s, "smtp://desk:"+canary+"@"+s.Address)
	refused := ""
	s.Fail(func(command, argument string) string {
		if command == refused {
			return "550 5.1.1 " + argument + " CANARY-words ana@msp.example"
		}
		return ""
	})
	for _, refused = range []string{"AUTH", "MAIL", "RCPT", "DATA"} {
		err := server.Send(t.Context(), message("ana@msp.example"))
		if err == nil {
			t.Fatal(refused, " was refused, and the mail sent")
		}
		for _, text := range []string{"CANARY", "ana@", "desk"} {
			if strings.Contains(err.Error(), text) {
				t.Errorf("%s: the error has %s: %v", refused, text, err)
			}
		}
		if refused != "AUTH" && !strings.Contains(err.Error(), "550") {
			t.Errorf("%s: the error lacks the code: %v", refused, err)
		}
	}
	s.Stop()
	if err := server.Send(t.Context(), message("ana@msp.example")); err == nil ||
		!strings.Contains(err.Error(), "mail: connecting failed") {
		t.Error(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, server) + fmt.Sprintf(verb, *server); strings.Contains(text, "CANARY") {
			t.Error(verb, " prints the password")
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for address, fault := range map[string]string{
		"smtp://desk:" + canary + "@mail.example:587":                 "",
		"smtps://desk:" + canary + "@mail.example":                    "",
		"smtp://mail.example?from=desk@msp.example":                   "",
		"smtp://127.0.0.1:25/":                                        "",
		"http://desk:" + canary + "@mail.example":                     "must begin with smtp://",
		"mail.example:587":                                            "not an address",
		"smtp://desk:" + canary + "@mail.example:99999":               "not an address",
		"smtp://desk:CANARY@x/y@mail.example:587":                     "not an address",
		"smtp://desk:CANARY%zz@mail.example":                          "not an address",
		"smtp://desk@mail.example":                                    "a user without a password",
		"smtp://:CANARY@mail.example":                                 "a user without a password",
		"smtp://desk:" + canary + "@mail.example?verify=no":           "only option",
		"smtp://mail.example?from=a%40b.example%0d%0aBcc:c@d.example": "only option",
		"smtp://mail.example?from=Desk <desk@msp.example>":            "only option",
		"smtp://mail.example#CANARY":                                  "not an address",
	} {
		_, err := Parse(address)
		switch {
		case fault == "" && err != nil, fault != "" && (err == nil || !strings.Contains(err.Error(), fault)):
			t.Errorf("%s: %v, want %q", address, err, fault)
		case err != nil && strings.Contains(err.Error(), "CANARY"):
			t.Errorf("the error quotes the address: %v", err)
		}
	}
	for address, want := range map[string]string{"smtp://mail.example?from=ops@msp.example": "ops@msp.example",
		"smtp://me@msp.example:x@mail.example": "", "smtp://me%40msp.example:x@mail.example": "me@msp.example",
		"smtp://mail.example": "duodesk@desk.example"} {
		server, err := Parse(address)
		if want == "" {
			continue // an @ that is not written as %40 is taken as the host's, or refused
		}
		if err != nil {
			t.Fatal(err)
		}
		if server.From("desk.example"); server.from != want {
			t.Errorf("%s is sent from %s, want %s", address, server.from, want)
		}
	}
}
