package store

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrUnverified says that a connection to the database could be read or changed
// on its way.
var ErrUnverified = errors.New(
	"the database is on another machine, and the connection to it is not held to TLS with a verified certificate: " +
		"add sslmode=verify-full (and sslrootcert=FILE for an authority of your own) to its URL")

// readURL reads the URL of a database. Its error says which part is wrong and
// repeats none, since pgx repeats the URL, with what it takes for the password
// left out.
func readURL(text string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(text)
	if err != nil || blankIn(text) {
		return nil, errors.New("the database URL cannot be read: " + faultOfURL(text, err))
	}
	config.ConnConfig.DialFunc = dialer(0)
	return config, nil
}

// CheckURL reads the URL of a database as Open and Migrate do, and returns
// ErrUnverified unless each host it names is this machine or has to prove who it
// is by a certificate.
func CheckURL(text string) error {
	config, err := readURL(text)
	if err != nil {
		return err
	}
	c := config.ConnConfig
	ways := []func() (string, *tls.Config){func() (string, *tls.Config) { return c.Host, c.TLSConfig }}
	for _, f := range c.Fallbacks {
		ways = append(ways, func() (string, *tls.Config) { return f.Host, f.TLSConfig })
	}
	for _, way := range ways {
		if host, verified := way(); !onThisMachine(host) && (verified == nil || verified.InsecureSkipVerify) {
			return ErrUnverified
		}
	}
	return nil
}

func onThisMachine(host string) bool {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.HasPrefix(host, "/") || host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

const escapes = "in a user or password write % / ? # [ ] @ as %25 %2F %3F %23 %5B %5D %40"

// faultOfURL says in words what pgx could not read. Only names that Postgres knows
// are repeated: whatever else stands there may be a part of the password.
func faultOfURL(text string, cause error) string {
	scheme, _, isURL := strings.Cut(text, "://")
	u, err := url.Parse(text)
	var escape url.EscapeError
	var host url.InvalidHostError
	switch {
	case blankIn(text):
		return "there is a blank or a line break around it or in it"
	case isURL && scheme != "postgres" && scheme != "postgresql", !isURL && !strings.Contains(text, "="):
		return "it has to begin with postgres://"
	case !isURL:
		return "one of its keyword=value pairs is wrong"
	case errors.As(err, &escape):
		return "a % in it is not followed by two hexadecimal digits; " + escapes
	case errors.As(err, &host):
		return "the host has a character that no host has; " + escapes
	case err != nil && strings.Contains(err.Error(), "port"):
		return "the port is not a number; " + escapes
	case err != nil && strings.Contains(err.Error(), "userinfo"):
		return "the user or the password has a character that a URL cannot have; " + escapes
	case err != nil:
		return "the host is not written as in a URL; " + escapes
	}
	if option := faultyOption(u); option != "" {
		switch {
		case errors.Is(cause, fs.ErrNotExist):
			return "the file of its option " + option + " does not exist"
		case errors.Is(cause, fs.ErrPermission):
			return "the file of its option " + option + " may not be read"
		}
		return "its option " + option + " has a value that Postgres does not know"
	}
	return "its host or port is wrong; " + escapes
}

// blankIn reports a blank around a URL or a line break in it, as a file leaves
// behind: pgx would take it for a part of the database's name.
func blankIn(text string) bool {
	return text != strings.TrimSpace(text) || strings.ContainsFunc(text, unicode.IsControl)
}

// options are those whose values are checked before anything is connected.
var options = []string{
	"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslnegotiation", "sslsni", "connect_timeout",
	"target_session_attrs", "port", "passfile",
	"service", "servicefile", "channel_binding", "require_auth", "min_protocol_version", "max_protocol_version",
	"pool_max_conns", "pool_min_conns",
	"pool_min_idle_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time", "pool_health_check_period",
	"pool_max_conn_lifetime_jitter",
	"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity",
}

// faultyOption finds the option without which the rest can be read.
func faultyOption(u *url.URL) string {
	for name := range u.Query() {
		rest := *u
		left := u.Query()
		left.Del(name)
		rest.RawQuery = left.Encode()
		if _, err := pgxpool.ParseConfig(rest.String()); err == nil && slices.Contains(options, name) {
			return name
		}
	}
	return ""
}

// connect opens a connection for a command of the host.
func connect(ctx context.Context, text string) (*pgx.Conn, error) {
	config, err := readURL(text)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("store: connect: %w", err)
	}
	return conn, nil
}
