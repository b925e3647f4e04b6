// Package secret seals what must not be readable in the database, opens it for
// the length of one use, and makes keyed digests. It wraps Tink: AES-256-GCM for
// sealing, HMAC-SHA-256 for digests, both with keysets, so that keys can rotate.
package secret

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrCannotOpen says that sealed bytes do not belong to the place they were
// found in, were changed, or were sealed under another key file.
var ErrCannotOpen = errors.New("secret: sealed value cannot be opened here")

// KeyID tells the sealing keys of a key file apart. It is no secret: every sealed
// value begins with the one of its key.
type KeyID [4]byte

func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// sealedBy are the first bytes of what Tink seals: a version, then the key's id.
const (
	tinkVersion  = 1
	tinkKeyIDEnd = 1 + len(KeyID{})
)

// Keyring holds the installation's keys: the sealing keys of a key file, of which
// there are two while one takes the place of the other, and the digest key. It
// is safe for concurrent use.
type Keyring struct {
	sealing map[KeyID]tink.AEAD
	ids     []KeyID
	newest  KeyID
	mac     tink.MAC
}

// Keys returns the ids of the sealing keys, in the order of the key file.
func (k *Keyring) Keys() []KeyID { return slices.Clone(k.ids) }

// Newest returns the id of the sealing key that was added last, whether or not it
// is in use yet.
func (k *Keyring) Newest() KeyID { return k.newest }

// Holds reports whether the keyring opens what was sealed with a key.
func (k *Keyring) Holds(id KeyID) bool { return k.sealing[id] != nil }

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

// Seal encrypts b for one place with one of the keys. Which one is in use is not
// the keyring's to know: another server may not hold the newest yet.
func (k *Keyring) Seal(with KeyID, at Place, b []byte) ([]byte, error) {
	key := k.sealing[with]
	if key == nil {
		return nil, fmt.Errorf("secret: seal: the key file lacks the key %v", with)
	}
	sealed, err := key.Encrypt(b, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("secret: seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. It returns ErrCannotOpen for
// anything else.
func (k *Keyring) Open(at Place, sealed []byte) (Secret, error) {
	if len(sealed) < tinkKeyIDEnd || sealed[0] != tinkVersion {
		return Secret{}, ErrCannotOpen
	}
	key := k.sealing[KeyID(sealed[1:tinkKeyIDEnd])]
	if key == nil {
		return Secret{}, ErrCannotOpen
	}
	b, err := key.Decrypt(sealed, at.associatedData())
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
