package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/mail/mailtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestServeMailsNotices: a console that reads its mail server from a file mails the owners when the host resets a
// password, also by a server that refuses at first, and neither its log, its metrics, its command line nor its
// environment has the password.
func TestServeMailsNotices(t *testing.T) {
	t.Parallel()
	db := storetest.Apart(t)
	ws, owner := db.Workspace(t)
	technician := db.Member(t, ws, catalog.Technician)
	s := mailtest.Start(t)
	s.Auth = "PLAIN"
	s.Fail(func(command, argument string) string {
		if command == "AUTH" && s.Asked() == 1 {
			return "535 wrong: " + argument
		}
		return ""
	})
	const password = "CANARY-mail-password"
	file := filepath.Join(t.TempDir(), "smtp-url")
	if err := os.WriteFile(file, []byte("smtp://desk:"+password+"@"+s.Address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	metrics := reserve(t)
	p := startServing(t, []string{"ADDR=" + reserve(t), "DATABASE_URL=" + db.AppURL, "CONSOLE_KEY_FILE=" + db.KeyFile,
		"CONSOLE_METRICS_ADDR=" + metrics, "CONSOLE_SMTP_URL_FILE=" + file})
	reset := func(at time.Time) {
		if _, err := store.ResetPassword(t.Context(), db.OwnerURL, technician.Email, "hash", at); err != nil {
			t.Fatal(err)
		}
	}
	reset(time.Now())
	p.says(`"msg":"a notice was not mailed"`)
	reset(time.Now())
	for end := time.Now().Add(30 * time.Second); len(s.Mails()) == 0; {
		if time.Now().After(end) {
			t.Fatal("no mail came: ", p.out.String())
		}
	}
	m := s.Mails()[0]
	_, subject, text := m.Read(t)
	if m.To != owner.Email || subject != ws.Name+": Password reset" || !strings.Contains(text, technician.Email) ||
		!strings.Contains(text, "From: On the host") || m.SignedIn != "desk\x00"+password {
		t.Errorf("%s: %q\n%s", m.To, subject, text)
	}
	answer, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	numbers, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{"the log": p.out.String(), "the metrics": string(numbers)}
	for _, name := range []string{"cmdline", "environ"} {
		path := fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name)
		if raw, err := os.ReadFile(path); err == nil { // no other system has it
			seen[path] = string(raw)
		}
	}
	for place, text := range seen {
		if strings.Contains(text, "CANARY") {
			t.Error(place, " has the password of the mail server")
		}
	}
	p.stop(syscall.SIGTERM)
}
