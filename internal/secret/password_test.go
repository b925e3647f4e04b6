package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	const password = "correct horse battery staple"
	hash, err := HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	second, err := HashPassword(t.Context(), password)
	if err != nil || hash == second {
		t.Errorf("equal passwords have equal hashes (%v)", err)
	}
	if want := fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", today.memory, today.time,
		today.threads); !strings.HasPrefix(hash, want) || strings.Contains(hash, password) {
		t.Errorf("hash %q, want it to begin with %q", hash, want)
	}
	for typed, want := range map[string]bool{
		password: true, password + " ": false, strings.ToUpper(password): false, "": false, hash: false,
		password + "\x00": false,
	} {
		if fits, renew, err := CheckPassword(t.Context(), hash, typed); fits != want || renew || err != nil {
			t.Errorf("%q: fits %t, renew %t (%v)", typed, fits, renew, err)
		}
	}
}

// The memory of today's hash is at least what OWASP asks for with one pass.
func TestHashIsCostly(t *testing.T) {
	t.Parallel()
	if today.memory < 46*1024 || today.time < 1 {
		t.Errorf("parameters %+v", today)
	}
}

func TestHashOfOtherParametersIsRenewed(t *testing.T) {
	t.Parallel()
	// What the reference program prints for: argon2 somesalt -id -t 2 -m 16 -p 1.
	const old = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if fits, renew, err := CheckPassword(t.Context(), old, "password"); !fits || !renew || err != nil {
		t.Errorf("fits %t, renew %t (%v)", fits, renew, err)
	}
	if fits, _, err := CheckPassword(t.Context(), old, "Password"); fits || err != nil {
		t.Errorf("a wrong password: fits %t (%v)", fits, err)
	}
}

func TestMalformedHashFitsNothing(t *testing.T) {
	t.Parallel()
	good, err := HashPassword(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, "$")
	with := func(i int, text string) string {
		changed := append([]string{}, parts...)
		changed[i] = text
		return strings.Join(changed, "$")
	}
	for _, hash := range []string{
		"x", "$", "$$$$$", good + "$", strings.TrimSuffix(good, parts[5]),
		with(1, "argon2i"), with(1, "bcrypt"), with(2, "v=16"),
		with(3, ""), with(3, "m=0,t=0,p=0"), with(3, "m=47104,t=1"), with(3, "m=47104,t=1,p=0"),
		with(3, "m=-1,t=1,p=1"),
		with(3, "m=4294967295,t=1,p=1"), with(3, "m=47104,t=4294967295,p=1"),
		with(4, "*"), with(5, "*"), with(5, "AAAA"),
	} {
		if fits, _, err := CheckPassword(t.Context(), hash, "x"); fits || err == nil ||
			strings.Contains(err.Error(), parts[5]) {
			t.Errorf("%q: fits %t (%v)", hash, fits, err)
		}
	}
}

// A sign-in with an unknown name must do the same work as one with a known name.
// The places for hashing are counted here, not the time.
func TestUnknownNameCostsAHash(t *testing.T) {
	c, salt, sum, err := parseHash(nobody)
	if err != nil || c != today || len(salt) != saltLength || len(sum) != hashLength {
		t.Errorf("the hash of nobody is %+v with %d and %d bytes (%v)", c, len(salt), len(sum), err)
	}
	for range 2 {
		if fits, renew, err := CheckPassword(t.Context(), "", ""); fits || renew || err != nil {
			t.Errorf("nobody's password: fits %t, renew %t (%v)", fits, renew, err)
		}
	}
	known, err := HashPassword(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	// Not parallel: no other test finds a place meanwhile.
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	leaving, cancel := context.WithCancel(t.Context())
	cancel()
	for name, hash := range map[string]string{"known": known, "unknown": ""} {
		if fits, _, err := CheckPassword(leaving, hash, "x"); fits || !errors.Is(err, ErrBusy) {
			t.Errorf("a %s name reached no hash: fits %t (%v)", name, fits, err)
		}
	}
	if _, err := HashPassword(leaving, "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("a hash beyond the places: %v", err)
	}
	for range cap(hashing) {
		<-hashing
	}
	if fits, _, err := CheckPassword(t.Context(), known, "x"); !fits || err != nil {
		t.Errorf("with places free again: fits %t (%v)", fits, err)
	}
	if len(hashing) != 0 {
		t.Errorf("%d places never came back", len(hashing))
	}
}

func BenchmarkKnownName(b *testing.B) {
	hash, err := HashPassword(b.Context(), "x")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		CheckPassword(b.Context(), hash, "y")
	}
}

func BenchmarkUnknownName(b *testing.B) {
	for b.Loop() {
		CheckPassword(b.Context(), "", "y")
	}
}
