package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestReadConfigSaysAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := readConfig([]string{
		"ADDR=nonsense", "CONSOLE_PUBLIC_URL=http://duo.example.com", "CONSOLE_SESSION_IDLE=soon",
		"CONSOLE_SESSION_LONGEST=1s",
		"CONSOLE_SESION_IDLE=10m", "CONSOLE_SANDBOX_ADDRESS=127.0.0.1:1",
	})
	if err == nil {
		t.Fatal("a configuration full of faults was accepted")
	}
	for _, words := range []string{
		"ADDR", "DATABASE_URL is missing", "CONSOLE_KEY_FILE is missing",
		"CONSOLE_PUBLIC_URL: duo.example.com is reached over plain http",
		"CONSOLE_SESSION_IDLE", "CONSOLE_SESSION_LONGEST", "CONSOLE_SESION_IDLE is not a setting",
		"CONSOLE_SANDBOX_CA_FILE is missing",
	} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("nothing is said of %q in:\n%v", words, err)
		}
	}
}

func TestReadConfig(t *testing.T) {
	t.Parallel()
	good := []string{"DATABASE_URL=postgres://console_app@db/console?sslmode=verify-full",
		"CONSOLE_KEY_FILE=/etc/console/key.json"}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	smtp, openSMTP := filepath.Join(t.TempDir(), "smtp"), filepath.Join(t.TempDir(), "smtp")
	for file, mode := range map[string]os.FileMode{smtp: 0o600, openSMTP: 0o644} {
		if err := os.WriteFile(file, []byte("smtps://desk:CANARY@mail.example\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		add   []string
		fault string // empty: accepted
	}{
		"plain":                   {nil, ""},
		"https":                   {[]string{"CONSOLE_PUBLIC_URL=https://duo.example.com"}, ""},
		"loopback name":           {[]string{"CONSOLE_PUBLIC_URL=http://localhost:9000"}, ""},
		"loopback v6":             {[]string{"CONSOLE_PUBLIC_URL=http://[::1]:9000"}, ""},
		"all addresses over http": {[]string{"ADDR=0.0.0.0:8080"}, "plain http"},
		"http elsewhere":          {[]string{"CONSOLE_PUBLIC_URL=http://10.0.0.1"}, "plain http"},
		"a name that begins so":   {[]string{"CONSOLE_PUBLIC_URL=http://localhost.example.com"}, "plain http"},
		"with a path": {[]string{"CONSOLE_PUBLIC_URL=https://example.com/duo"},
			"cannot be served below a path: remove /duo and"},
		"with a path of this machine": {[]string{"CONSOLE_PUBLIC_URL=http://localhost:9000/a%20b/"},
			"remove /a%20b/ and give it a host name of its own"},
		"with a slash": {[]string{"CONSOLE_PUBLIC_URL=https://example.com/"}, ""},
		"with two slashes": {[]string{"CONSOLE_PUBLIC_URL=https://example.com//"},
			"remove everything after the host name"},
		"with a query": {[]string{"CONSOLE_PUBLIC_URL=https://example.com?a=1"},
			"remove everything after the host name"},
		"with an empty query": {[]string{"CONSOLE_PUBLIC_URL=https://example.com?"},
			"remove everything after the host name"},
		"with a fragment": {[]string{"CONSOLE_PUBLIC_URL=https://example.com/#a"},
			"remove everything after the host name"},
		"with a user":    {[]string{"CONSOLE_PUBLIC_URL=https://a@example.com"}, "not an address"},
		"another scheme": {[]string{"CONSOLE_PUBLIC_URL=ftp://example.com"}, "https://"},
		"idle too long":  {[]string{"CONSOLE_SESSION_IDLE=48h"}, "CONSOLE_SESSION_IDLE"},
		"idle":           {[]string{"CONSOLE_SESSION_IDLE=10m"}, ""},
		"sandbox on a public address": {[]string{"CONSOLE_PUBLIC_URL=https://duo.example.com",
			"CONSOLE_SANDBOX_ADDRESS=127.0.0.1:1", "CONSOLE_SANDBOX_CA_FILE=" + ca},
			"only while CONSOLE_PUBLIC_URL is a loopback"},
		"sandbox without certificate": {[]string{"CONSOLE_SANDBOX_ADDRESS=127.0.0.1:1",
			"CONSOLE_SANDBOX_CA_FILE=" + ca}, "no certificate"},
		"sandbox without its address": {[]string{"CONSOLE_SANDBOX_CA_FILE=" + ca},
			"CONSOLE_SANDBOX_ADDRESS is missing"},
		"proxies":                    {[]string{"CONSOLE_TRUSTED_PROXIES=10.0.0.7/32, fd00::/8"}, ""},
		"a proxy without its length": {[]string{"CONSOLE_TRUSTED_PROXIES=10.0.0.7"}, "not a network"},
		"everybody as a proxy":       {[]string{"CONSOLE_TRUSTED_PROXIES=10.0.0.7/32,0.0.0.0/0"}, "everybody"},
		"metrics":                    {[]string{"CONSOLE_METRICS_ADDR=127.0.0.1:9464"}, ""},
		"metrics for a network":      {[]string{"CONSOLE_METRICS_ADDR=0.0.0.0:9464"}, ""},
		"metrics for anyone": {[]string{"CONSOLE_METRICS_ADDR=:9464"},
			"CONSOLE_METRICS_ADDR: this is not an address"},
		"metrics without a port": {[]string{"CONSOLE_METRICS_ADDR=127.0.0.1"},
			"CONSOLE_METRICS_ADDR: this is not an address"},
		"metrics on the public port": {[]string{"CONSOLE_METRICS_ADDR=0.0.0.0:8080"}, "port 8080 is ADDR's"},
		"a database in the open": {[]string{"DATABASE_URL=postgres://console_app@db/console"},
			"sslmode=verify-full"},
		"a database of any certificate": {[]string{"DATABASE_URL=postgres://console_app@db/console?sslmode=require"},
			"sslmode=verify-full"},
		"a database of any name": {[]string{"DATABASE_URL=postgres://console_app@db/console?sslmode=verify-ca"},
			"sslmode=verify-full"},
		"one of two in the open": {[]string{"DATABASE_URL=postgres://console_app@localhost,db/console"},
			"sslmode=verify-full"},
		"a private network": {[]string{"DATABASE_URL=postgres://console_app@db/console",
			"CONSOLE_DATABASE_TLS=unverified"}, ""},
		"a kind of TLS nobody knows": {[]string{"CONSOLE_DATABASE_TLS=off"}, "CONSOLE_DATABASE_TLS is"},
		"a socket":                   {[]string{"DATABASE_URL=postgres:///console?host=/run/postgresql"}, ""},
		"this machine":               {[]string{"DATABASE_URL=postgres://console_app@127.0.0.1/console"}, ""},
		"this machine by v6":         {[]string{"DATABASE_URL=postgres://console_app@[::1]/console"}, ""},
		"a URL that cannot be read": {[]string{"DATABASE_URL=postgres://a:b/c@db/console"},
			"DATABASE_URL: the database URL cannot be read: the port"},
		"a mail server":           {[]string{"CONSOLE_SMTP_URL=smtp://desk:CANARY@mail.example:587"}, ""},
		"a mail server in a file": {[]string{"CONSOLE_SMTP_URL_FILE=" + smtp}, ""},
		"a mail server given twice": {[]string{"CONSOLE_SMTP_URL_FILE=" + smtp,
			"CONSOLE_SMTP_URL=smtp://desk:CANARY@mail.example"}, "CONSOLE_SMTP_URL_FILE: CONSOLE_SMTP_URL is set too"},
		"a mail server in an open file": {[]string{"CONSOLE_SMTP_URL_FILE=" + openSMTP},
			"is open to others (mode 0644)"},
		"a mail server of another kind": {[]string{"CONSOLE_SMTP_URL=http://desk:CANARY@mail.example"},
			"CONSOLE_SMTP_URL: the address must begin with smtp://"},
		"a mail server that cannot be read": {[]string{"CONSOLE_SMTP_URL=smtp://desk:CANARY/x@mail.example"},
			"CONSOLE_SMTP_URL: this is not an address like"},
		"a typing error":               {[]string{"CONSOLE_KEYFILE=x"}, "not a setting"},
		"names of others do not count": {[]string{"PATH=/bin", "CONSOLES=2"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := readConfig(append(append([]string{}, good...), test.add...))
			switch {
			case test.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.fault == "" && (c.idle == 0 || c.longest != 10*time.Hour || c.publicURL == nil):
				t.Errorf("read as %+v", c)
			case strings.Contains(fmt.Sprintf("%v %+v", err, c), "CANARY"):
				t.Error("an error, or the configuration as it is printed, has the password of the mail server")
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
				t.Errorf("expected %q, got: %v", test.fault, err)
			}
		})
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ list, public, want string }{
		"https":       {"", "https://duo.example.com", "[127.0.0.0/8 ::1/128]"},
		"plain":       {"", "http://127.0.0.1:8080", "[]"},
		"given":       {"10.0.0.7/32,fd00::1/128", "https://duo.example.com", "[10.0.0.7/32 fd00::1/128]"},
		"not aligned": {" 10.1.2.3/8 ", "http://127.0.0.1:8080", "[10.0.0.0/8]"},
		"mapped": {"::ffff:10.0.0.0/104, ::ffff:10.0.0.7/128", "http://127.0.0.1:8080",
			"[10.0.0.0/8 10.0.0.7/32]"},
	} {
		public, err := url.Parse(test.public)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := trustedProxies(test.list, public); err != nil || fmt.Sprint(got) != test.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for list, want := range map[string]string{"::ffff:0.0.0.0/96": "everybody", "::ffff:10.0.0.0/90": "not a network",
		"::ffff:10.0.0.0": "not a network"} {
		if got, err := trustedProxies(list, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", list, got, err)
		}
	}
}

// serve must not start where a promise of the product would not hold.
func TestOpenRefusesToStart(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	key := filepath.Join(t.TempDir(), "key.json")
	if err := secret.Create(key); err != nil {
		t.Fatal(err)
	}
	open0644 := filepath.Join(t.TempDir(), "key.json")
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open0644, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open0644, 0o644); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(short, text[:40], 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(database string) string {
		u, err := url.Parse(db.AppURL)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + database
		return u.String()
	}
	db.Exec(t, `create database unmigrated`)
	db.Exec(t, `create database fresh`)
	owner, err := url.Parse(db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	owner.Path = "/fresh"
	if _, err := store.Migrate(t.Context(), owner.String()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		c      config
		faults []string
	}{
		"as it should be": {config{databaseURL: elsewhere("fresh"), keyFile: key}, nil},
		"key file of another": {config{databaseURL: db.AppURL, keyFile: key},
			[]string{"not the one that this database's secrets are sealed with"}},
		"superuser": {config{databaseURL: db.OwnerURL, keyFile: key}, []string{"is a superuser"}},
		"migrations pending": {config{databaseURL: elsewhere("unmigrated"), keyFile: key},
			[]string{"migrations are pending"}},
		"key file missing": {config{databaseURL: db.AppURL, keyFile: key + ".not"}, []string{"is missing"}},
		"key file open to all": {config{databaseURL: db.AppURL, keyFile: open0644},
			[]string{"open to others", "chmod 600"}},
		"key file cut off": {config{databaseURL: db.AppURL, keyFile: short}, []string{"too short"}},
		"no database":      {config{databaseURL: elsewhere("nowhere"), keyFile: key}, []string{"cannot be used"}},
		"several faults at once": {config{databaseURL: db.OwnerURL, keyFile: short},
			[]string{"is a superuser", "too short"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := open(t.Context(), test.c)
			if s != nil {
				defer s.Close()
			}
			if len(test.faults) == 0 && err != nil {
				t.Errorf("refused: %v", err)
			}
			for _, fault := range test.faults {
				if err == nil || !strings.Contains(err.Error(), fault) {
					t.Errorf("expected %q, got: %v", fault, err)
				}
			}
		})
	}
}
