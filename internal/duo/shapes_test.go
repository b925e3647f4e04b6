package duo

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in      string
		sandbox bool
		host    string
		cleaned bool
		problem string
	}{
		{in: "api-1a2b3c4d.duosecurity.com", host: "api-1a2b3c4d.duosecurity.com"},
		{in: "api-1a2b3c4d.duofederal.com", host: "api-1a2b3c4d.duofederal.com"},
		{in: "API-1A2B3C4D.DuoSecurity.com", host: "api-1a2b3c4d.duosecurity.com"},
		{in: " api-1a2b3c4d.duosecurity.com\n", host: "api-1a2b3c4d.duosecurity.com", cleaned: true},
		{in: "HTTPS://api-1a2b3c4d.duosecurity.com/", host: "api-1a2b3c4d.duosecurity.com", cleaned: true},
		{in: "api-1a2b3c4d.duosim.localhost", sandbox: true, host: "api-1a2b3c4d.duosim.localhost"},
		{in: "api-1a2b3c4d.duosim.localhost", problem: "simulator"},
		{in: "", problem: "no host name"},
		{in: "http://api-1a2b3c4d.duosecurity.com", problem: "https only"},
		{in: "ldaps://api-1a2b3c4d.duosecurity.com", problem: "another kind of address"},
		{in: "https://api-1a2b3c4d.duosecurity.com/admin/v1", problem: "path"},
		{in: "api-1a2b3c4d.duosecurity.com?x", problem: "path"},
		{in: "api-1a2b3c4d.duosecurity.com:443", problem: "port"},
		{in: "me@api-1a2b3c4d.duosecurity.com", problem: "@"},
		{in: "api-1a2b3c4d.duosecurity.com.", problem: "dot"},
		{in: "https://admin-1a2b3c4d.duosecurity.com", problem: "admin panel"},
		{in: "m-1a2b3c4d.duosecurity.com", problem: "activation links"},
		{in: "DISIMULATEDKEY000001", problem: "integration key"},
		{in: "api-1a2b3c4d.duosecurity.com.evil.example", problem: "Duo's domains"},
		{in: "api-1a2b3c4d.evilduosecurity.com", problem: "Duo's domains"},
		{in: "localhost", sandbox: true, problem: "Duo's domains"},
		{in: "127.0.0.1", sandbox: true, problem: "Duo's domains"},
		{in: "sso-1a2b3c4d.duosecurity.com", problem: "does not start with api-"},
		{in: "api-1a2b3c4.duosecurity.com", problem: "7 characters"},
		{in: "api-1a2b3c4x.duosecurity.com", problem: "0-9 and a-f"},
		{in: "api-1a2b3c4ｄ.duosecurity.com", problem: "characters"},
	} {
		host, cleaned, err := ParseHost(test.in, test.sandbox)
		if host != test.host || cleaned != test.cleaned || (err == nil) != (test.problem == "") {
			t.Errorf("%q: %q, %t, %v", test.in, host, cleaned, err)
		}
		if err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%q: %q does not say %q", test.in, err, test.problem)
		}
	}
}

func TestKeyShapes(t *testing.T) {
	t.Parallel()
	const integration, secret = "DISIMULATEDKEY000001", "SimulatedSecretKeyForTestVectors00000001"
	for _, test := range []struct {
		name    string
		check   func(string) error
		in      string
		problem string
	}{
		{"integration key", CheckIntegrationKey, integration, ""},
		{"integration key", CheckIntegrationKey, "", "no integration key"},
		{"integration key", CheckIntegrationKey, secret, "length of a secret key"},
		{"integration key", CheckIntegrationKey, "api-1a2b3c4d.duosecurity.com", "host name"},
		{"integration key", CheckIntegrationKey, "disimulatedkey000001", "capital"},
		{"integration key", CheckIntegrationKey, integration + " ", "blanks"},
		{"integration key", CheckIntegrationKey, "DU4N8YC2H6J0F5S3KBQD", "start with DI"},
		{"integration key", CheckIntegrationKey, integration[:19], "19 characters"},
		{"integration key", CheckIntegrationKey, "DISIMULATEDKEY00000_", "capital letters and digits only"},
		{"secret key", CheckSecretKey, secret, ""},
		{"secret key", CheckSecretKey, "", "no secret key"},
		{"secret key", CheckSecretKey, integration, "integration key (DI…), not a secret key"},
		{"secret key", CheckSecretKey, "https://api-1a2b3c4d.duosecurity.com", "host name"},
		{"secret key", CheckSecretKey, secret[:39], "39 characters, Duo's secret keys have 40"},
		{"secret key", CheckSecretKey, "x", "1 character,"},
		{"secret key", CheckSecretKey, secret + "\n", "blanks"},
		{"secret key", CheckSecretKey, "••••••••••••", "dots"},
		{"secret key", CheckSecretKey, secret[:39] + "-", "letters and digits only"},
	} {
		err := test.check(test.in)
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s %q: %v, want %q", test.name, test.in, err, test.problem)
		}
		if err != nil && len(test.in) > 12 && strings.Contains(err.Error(), test.in[:12]) {
			t.Errorf("the message repeats what was typed: %v", err)
		}
	}
}

// FuzzParseHost: what is accepted is one of Duo's hosts and nothing else, as a
// URL reads it too, and stays as it is when it is read again.
func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{"api-1a2b3c4d.duosecurity.com", " HTTPS://API-1A2B3C4D.duosecurity.com/ ",
		"api-1a2b3c4d.duosim.localhost", "https://https://api-1a2b3c4d.duosecurity.com",
		"api-1a2b3c4d.duosecurity.com#@evil.example", "api-1a2b3c4d.duosecurity.com\x00.evil.example",
		"api-1a2b3c4d.duosecurity.com\r\nHost: evil.example", "me@api-1a2b3c4d.duosecurity.com",
		"api-1a2b3c4d\u3002duosecurity.com", "api-1a2b3c4d.duosecurity.com%2f@evil.example",
		"api-1a2b3c4\u212a.duosecurity.com", "\u00a0api-1a2b3c4d.duofederal.com\u2028", "127.0.0.1", "[::1]",
		"http://169.254.169.254/"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	whole := regexp.MustCompile(`\Aapi-[0-9a-f]{8}\.(duosecurity\.com|duofederal\.com|duosim\.localhost)\z`)
	f.Fuzz(func(t *testing.T, typed string, sandbox bool) {
		host, _, err := ParseHost(typed, sandbox)
		if err != nil {
			if host != "" {
				t.Fatalf("%q is refused and taken for %q", typed, host)
			}
			return
		}
		if !whole.MatchString(host) || strings.HasSuffix(host, SandboxSuffix) && !sandbox {
			t.Fatalf("%q is taken for %q", typed, host)
		}
		if u, err := url.Parse("https://" + host + "/"); err != nil || u.Host != host || u.Hostname() != host {
			t.Fatalf("%q: %q is %v as an address (%v)", typed, host, u, err)
		}
		if again, cleaned, err := ParseHost(host, sandbox); again != host || cleaned || err != nil {
			t.Fatalf("%q: %q becomes %q, %t, %v", typed, host, again, cleaned, err)
		}
	})
}
