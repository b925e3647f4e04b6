package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ignoreNewcomers makes a socket drop every packet that is not fresh from this
// very link: a time to live of 255, with which systems do not send. For a
// listening socket these are the packets that begin a connection; handshakes
// under way are not asked. Accepted connections inherit it and need hearAll. A
// filter would say it more plainly, but newer kernels want CAP_NET_ADMIN for one.
func ignoreNewcomers(fd int) error { return leastTTL(fd, 255) }

func hearAll(fd int) error { return leastTTL(fd, 0) }

func leastTTL(fd, ttl int) error {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return err
	}
	// A socket of IPv6 serves IPv4 as well, unless it listens on one address.
	err = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_MINTTL, ttl)
	if domain == unix.AF_INET6 {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_MINHOPCOUNT, ttl))
	}
	return err
}
