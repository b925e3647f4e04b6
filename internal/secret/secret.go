// Package secret seals what must not be readable in the database, opens it for
// the length of one use, and makes keyed digests. It wraps Tink: AES-256-GCM for
// sealing, HMAC-SHA-256 for digests, both with keysets, so that keys can rotate.
package secret

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrCannotOpen says that sealed bytes do not belong to the place they were
// found in, were changed, or were sealed under another key file.
var ErrCannotOpen = errors.New("secret: sealed value cannot be opened here")

// Keyring holds the installation's keys. It is safe for concurrent use.
type Keyring struct {
	aead tink.AEAD
	mac  tink.MAC
}

// Place names the one row and column that a sealed value belongs to. It is
// bound to the value as associated data: moved to any other place, or to an
// older version of the same place, the value does not open.
type Place struct {
	Table, Column string
	Workspace     uuid.UUID
	Row           string
	Version       int
}

// Secret is an opened value. It is a box around a function rather than a kind of
// string or slice: printed, logged or marshalled, it shows an address at most,
// also as an unexported field of another struct.
type Secret struct {
	lend func(use func([]byte))
}

// Box makes a Secret of b, which the caller must not keep.
func Box(b []byte) Secret {
	return Secret{lend: func(use func([]byte)) { use(b) }}
}

// Lend calls use with the secret's bytes, which are valid during the call only.
func (s Secret) Lend(use func(b []byte)) error {
	if s.lend == nil {
		return ErrCannotOpen
	}
	s.lend(use)
	return nil
}

// Seal encrypts b for one place.
func (k *Keyring) Seal(at Place, b []byte) ([]byte, error) {
	sealed, err := k.aead.Encrypt(b, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("secret: seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. It returns ErrCannotOpen for
// anything else.
func (k *Keyring) Open(at Place, sealed []byte) (Secret, error) {
	b, err := k.aead.Decrypt(sealed, at.associatedData())
	if err != nil {
		return Secret{}, ErrCannotOpen
	}
	return Box(b), nil
}

// MAC returns a keyed digest of parts. Without the key nobody can tell from it
// which values were digested, however few there are to guess from.
func (k *Keyring) MAC(parts ...string) ([]byte, error) {
	mac, err := k.mac.ComputeMAC(lengthPrefixed(parts...))
	if err != nil {
		return nil, fmt.Errorf("secret: digest: %w", err)
	}
	return mac, nil
}

// SameMAC reports whether mac is a digest of exactly these parts.
func (k *Keyring) SameMAC(mac []byte, parts ...string) bool {
	return k.mac.VerifyMAC(mac, lengthPrefixed(parts...)) == nil
}

func (p Place) associatedData() []byte {
	ad := lengthPrefixed("duodesk/1", p.Table, p.Column, p.Workspace.String(), p.Row)
	return binary.BigEndian.AppendUint64(ad, uint64(p.Version))
}

// lengthPrefixed joins parts so that no two lists give the same bytes.
func lengthPrefixed(parts ...string) []byte {
	var b []byte
	for _, part := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return slices.Clip(b)
}
