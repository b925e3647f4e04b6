package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"
)

// healthcheckCommand asks a server on this machine whether it can work: a
// container of ours holds no other program that could.
func healthcheckCommand(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("healthcheck", flag.ExitOnError)
	ca := flags.String("ca", "", "PEM file of the authority to trust with https")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target := "http://" + dialable(orElse(os.Getenv("ADDR"), presetAddress)) + "/readyz"
	switch flags.NArg() {
	case 0:
	case 1:
		target = flags.Arg(0)
	default:
		return errors.New("usage: console healthcheck [--ca FILE] [URL]")
	}
	// The proxy variables of the environment are not for what is on this machine.
	transport := &http.Transport{DisableKeepAlives: true}
	if *ca != "" {
		pool, err := readAuthorities(*ca)
		if err != nil {
			return err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", target, answer.Status)
	}
	return nil
}

// dialable is an address to listen on as one to connect to: "all addresses"
// becomes this machine's own.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}
