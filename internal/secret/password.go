package secret

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// ErrBusy says that too many passwords are being checked now.
var ErrBusy = errors.New("secret: too many passwords are being checked")

// Hashing takes this much memory and time; the parameters are part of every
// hash, so that they can be raised later.
type cost struct {
	memory, time uint32 // KiB, passes
	threads      uint8
}

var today = cost{memory: 46 * 1024, time: 1, threads: 1}

// most bounds what a stored hash may ask for: a damaged one must not take all
// memory and end the process.
var most = cost{memory: 256 * 1024, time: 16, threads: 16}

const (
	saltLength = 16
	hashLength = 32
	// LongestPassword bounds, in bytes, what one request may make us hash: more is cut off.
	LongestPassword = 1024
	hashWait        = 2 * time.Second
)

// hashing admits as many hashes at once as there are cores: each takes tens of
// megabytes, and sign-ins must not starve everything else.
var hashing = make(chan struct{}, runtime.NumCPU())

// hashed counts the hashes that were made.
var hashed atomic.Int64

// Hashed returns how many password hashes this process has made: what sign-ins
// cost, for metrics and tests.
func Hashed() int64 { return hashed.Load() }

// HashPassword returns the argon2id hash of a password, with its parameters, in
// the PHC string form. It returns ErrBusy when it had to wait too long.
func HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	sum, err := today.hash(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, today.memory, today.time, today.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// nobody is a hash that no password fits: it is checked for names that do not
// exist, so that they take as long as those that do.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, today.memory, today.time, today.threads,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// CheckPassword reports whether a password fits a hash, and whether the hash was
// made with other parameters than today's and should be renewed. An empty hash
// takes as long as any and fits nothing. It returns ErrBusy when it had to wait
// too long.
func CheckPassword(ctx context.Context, hash, password string) (fits, renew bool, err error) {
	known := hash != ""
	if !known {
		hash = nobody
	}
	c, salt, want, err := parseHash(hash)
	if err != nil {
		return false, false, err
	}
	got, err := c.hash(ctx, password, salt)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, c != today, nil
}

func (c cost) hash(ctx context.Context, password string, salt []byte) ([]byte, error) {
	if len(password) > LongestPassword {
		password = password[:LongestPassword]
	}
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ErrBusy
	}
	hashed.Add(1)
	return argon2.IDKey([]byte(password), salt, c.time, c.memory, c.threads, hashLength), nil
}

func parseHash(hash string) (c cost, salt, sum []byte, err error) {
	bad := errors.New("secret: a stored password hash cannot be read")
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, bad
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); err != nil || c.time == 0 ||
		c.threads == 0 ||
		c.memory > most.memory || c.time > most.time || c.threads > most.threads {
		return c, nil, nil, bad
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, bad
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) != hashLength {
		return c, nil, nil, bad
	}
	return c, salt, sum, nil
}
