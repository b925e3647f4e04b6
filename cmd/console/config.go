package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"duodesk/internal/mail"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// config is what serve is told by the environment. All of it is read here and
// nowhere else.
type config struct {
	address     string // where to listen
	metrics     string // where to listen for who collects metrics; empty: nowhere
	databaseURL string // as the role console_app
	publicURL   *url.URL
	proxies     []netip.Prefix // whose X-Forwarded-For is believed
	keyFile     string
	keyLook     time.Duration // how often the key file is looked at
	idle        time.Duration
	longest     time.Duration
	linger      time.Duration // how long a stopping server still answers, sending clients away

	mail *mail.Server // by which notices are mailed; nil: they are not

	sandboxAddress string // of a Duo simulator; empty: the real Duo only
	sandboxCAFile  string
	sandboxCA      *x509.CertPool

	trial bool // takes second factors whose secret lies beside the program
}

// presetAddress is where serve listens if it is not told.
const presetAddress = "127.0.0.1:8080"

// knownSettings are all names with our prefix. Another one is a typing error,
// which must not switch something off unseen.
var knownSettings = []string{
	"CONSOLE_PUBLIC_URL", "CONSOLE_TRUSTED_PROXIES", "CONSOLE_KEY_FILE", "CONSOLE_SESSION_IDLE",
	"CONSOLE_SESSION_LONGEST", "CONSOLE_METRICS_ADDR", mailURL, mailURLFile,
	"CONSOLE_SANDBOX_ADDRESS", "CONSOLE_SANDBOX_CA_FILE", "CONSOLE_OWNER_DATABASE_URL", databaseTLS,
}

// databaseTLS is the setting that says how a database on another machine proves
// who it is: verify-full, or unverified where the network to it is private.
const databaseTLS = "CONSOLE_DATABASE_TLS"

// mailURL is the setting for the mail server, and mailURLFile that for the file that holds
// it: an environment can be read where a file cannot.
const (
	mailURL     = "CONSOLE_SMTP_URL"
	mailURLFile = "CONSOLE_SMTP_URL_FILE"
)

// mailServer reads where notices are mailed by; nil: nowhere. No error quotes the URL.
func mailServer(address, file string, public *url.URL) (*mail.Server, error) {
	switch {
	case address == "" && file == "":
		return nil, nil
	case address != "" && file != "":
		return nil, fmt.Errorf("%s is set too; set one of them", mailURL)
	case file != "":
		text, err := secret.ReadPrivate(file)
		if err != nil {
			return nil, err
		}
		address = strings.TrimSpace(string(text))
	}
	server, err := mail.Parse(address)
	if err == nil && public != nil {
		server.From(public.Hostname())
	}
	return server, err
}

// checkDatabase refuses a database's URL that cannot be read, or whose connection
// others could read. tls is the setting.
func checkDatabase(url, tls string) error {
	switch tls {
	case "", "verify-full":
		err := store.CheckURL(url)
		if errors.Is(err, store.ErrUnverified) {
			err = fmt.Errorf("%w; or, where the network between is private, set %s=unverified", err, databaseTLS)
		}
		return err
	case "unverified":
		if err := store.CheckURL(url); !errors.Is(err, store.ErrUnverified) {
			return err
		}
		return nil
	}
	return fmt.Errorf("%s is verify-full or unverified", databaseTLS)
}

// readConfig reads the environment, given as "NAME=value" lines, and reports
// everything that is wrong with it at once.
func readConfig(environment []string) (config, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	settings := map[string]string{}
	for _, line := range environment {
		name, value, _ := strings.Cut(line, "=")
		settings[name] = value
		if strings.HasPrefix(name, "CONSOLE_") && !slices.Contains(knownSettings, name) {
			fault("%s is not a setting; known are %s", name, strings.Join(knownSettings, ", "))
		}
	}
	c := config{
		address: orElse(settings["ADDR"], presetAddress), databaseURL: settings["DATABASE_URL"],
		keyFile: settings["CONSOLE_KEY_FILE"], keyLook: keyLook, linger: linger,
		metrics:        settings["CONSOLE_METRICS_ADDR"],
		sandboxAddress: settings["CONSOLE_SANDBOX_ADDRESS"], sandboxCAFile: settings["CONSOLE_SANDBOX_CA_FILE"],
	}
	if _, _, err := net.SplitHostPort(c.address); err != nil {
		fault("ADDR is not an address like 127.0.0.1:8080")
	}
	if c.metrics != "" {
		if err := checkMetricsAddress(c.metrics, c.address); err != nil {
			fault("CONSOLE_METRICS_ADDR: %w", err)
		}
	}
	if c.databaseURL == "" {
		fault("DATABASE_URL is missing: the database, as the role console_app")
	} else if err := checkDatabase(c.databaseURL, settings[databaseTLS]); err != nil {
		fault("DATABASE_URL: %w", err)
		c.databaseURL = ""
	}
	if c.keyFile == "" {
		fault(
			"CONSOLE_KEY_FILE is missing: the file that secrets are sealed with (make one with: console key new FILE)")
	}
	var err error
	if c.publicURL, err = publicURL(orElse(settings["CONSOLE_PUBLIC_URL"], "http://"+c.address)); err != nil {
		fault("CONSOLE_PUBLIC_URL: %w", err)
	}
	if c.proxies, err = trustedProxies(settings["CONSOLE_TRUSTED_PROXIES"], c.publicURL); err != nil {
		fault("CONSOLE_TRUSTED_PROXIES: %w", err)
	}
	if c.idle, err = span(settings["CONSOLE_SESSION_IDLE"], 30*time.Minute, time.Minute, 24*time.Hour); err != nil {
		fault("CONSOLE_SESSION_IDLE: %w", err)
	}
	if c.longest, err = span(settings["CONSOLE_SESSION_LONGEST"], 10*time.Hour, 5*time.Minute,
		7*24*time.Hour); err != nil {
		fault("CONSOLE_SESSION_LONGEST: %w", err)
	}
	if c.mail, err = mailServer(settings[mailURL], settings[mailURLFile], c.publicURL); err != nil {
		name := mailURL
		if settings[mailURLFile] != "" {
			name = mailURLFile
		}
		fault("%s: %w", name, err)
	}
	if c.sandboxAddress != "" || c.sandboxCAFile != "" {
		if c.sandboxCA, err = sandboxCA(c); err != nil {
			fault("the sandbox: %w", err)
		}
	}
	return c, errors.Join(faults...)
}

func orElse(value, preset string) string {
	if value == "" {
		return preset
	}
	return value
}

// publicURL is where browsers find the console: https, or a loopback address.
func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return nil, errors.New("this is not an address like https://duo.example.com")
	case strings.Trim(u.Path, "/") != "":
		return nil,
			fmt.Errorf(
				"the console cannot be served below a path: remove %s and give it a host name of its own, such as https://duo.example.com", u.EscapedPath())
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil,
			errors.New(
				"this is more than an address: remove everything after the host name, as in https://duo.example.com")
	case u.Scheme == "https":
	case u.Scheme != "http":
		return nil, errors.New("the address must begin with https://")
	case !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("%s is reached over plain http; only a loopback address may be", u.Host)
	}
	return u, nil
}

// trustedProxies are the networks of a comma-separated list; without a list, this
// machine when the console is reached over https, which takes a proxy.
func trustedProxies(text string, public *url.URL) ([]netip.Prefix, error) {
	if text == "" && public != nil && public.Scheme == "https" {
		text = "127.0.0.0/8, ::1/128"
	}
	var proxies []netip.Prefix
	for network := range strings.SplitSeq(text, ",") {
		if network = strings.TrimSpace(network); network == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(network)
		// Clients have their plain IPv4 addresses, also those that a socket shows as IPv6.
		if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		switch {
		case err != nil, prefix.Addr().Is4In6():
			return nil, fmt.Errorf("%q is not a network like 10.0.0.7/32", network)
		case prefix.Bits() == 0:
			return nil, fmt.Errorf("%s is everybody, and then anybody could say who asks", network)
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && address.IsLoopback()
}

func span(text string, preset, least, most time.Duration) (time.Duration, error) {
	if text == "" {
		return preset, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		return preset, fmt.Errorf("%q is not a time from %v to %v, such as 30m", text, least, most)
	}
	return d, nil
}

// sandboxCA reads the authority of the simulator. The simulator takes any
// secret for granted that was made in it, so it must not stand in for Duo where
// others than this machine can reach the console.
func sandboxCA(c config) (*x509.CertPool, error) {
	switch {
	case c.sandboxAddress == "":
		return nil, errors.New("CONSOLE_SANDBOX_ADDRESS is missing")
	case c.sandboxCAFile == "":
		return nil, errors.New("CONSOLE_SANDBOX_CA_FILE is missing")
	case c.publicURL != nil && !isLoopback(c.publicURL.Hostname()):
		return nil, fmt.Errorf("it is allowed only while CONSOLE_PUBLIC_URL is a loopback address, which %s is not",
			c.publicURL.Host)
	}
	pool, err := readAuthorities(c.sandboxCAFile)
	if err != nil {
		return nil, fmt.Errorf("CONSOLE_SANDBOX_CA_FILE: %w", err)
	}
	return pool, nil
}

func readAuthorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}
