package secret

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Replaceable says why a key file cannot be replaced where it is: it is reached
// through a link, as mounted secrets are, or belongs to another account.
func Replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file, but a link or a mount", path)
	case ownerOf(info) != os.Geteuid():
		return fmt.Errorf("%s belongs to another account (uid %d): run this as that account", path, ownerOf(info))
	case info.Mode().Perm()&0o200 == 0:
		return fmt.Errorf("%s may be read only (mode %04o)", path, info.Mode().Perm())
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".writable")
	if err != nil {
		return fmt.Errorf("nothing can be written beside %s: %w", path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// AddKey writes the key file at path with one more sealing key, as its newest, to
// out: another file that must not exist yet, or path itself.
func AddKey(path, out string) (KeyID, error) {
	file, err := read(path)
	if err != nil {
		return KeyID{}, err
	}
	handle, err := file.sealingKeys()
	if err != nil {
		return KeyID{}, err
	}
	manager := keyset.NewManagerFromHandle(handle)
	added, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return KeyID{}, fmt.Errorf("secret: make key: %w", err)
	}
	if err := manager.SetPrimary(added); err != nil {
		return KeyID{}, fmt.Errorf("secret: make key: %w", err)
	}
	return keyID(added), file.write(manager, path, out)
}

// KeepKey writes the key file at path to out (see AddKey) with one sealing key
// only. What is sealed with the others opens with older copies of the file alone.
func KeepKey(path, out string, only KeyID) error {
	file, err := read(path)
	if err != nil {
		return err
	}
	handle, err := file.sealingKeys()
	if err != nil {
		return err
	}
	manager := keyset.NewManagerFromHandle(handle)
	if err := manager.SetPrimary(binary.BigEndian.Uint32(only[:])); err != nil {
		return fmt.Errorf("secret: keep key: %w", err)
	}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return fmt.Errorf("secret: read key: %w", err)
		}
		if keyID(entry.KeyID()) == only {
			continue
		}
		if err := manager.Delete(entry.KeyID()); err != nil {
			return fmt.Errorf("secret: take key away: %w", err)
		}
	}
	return file.write(manager, path, out)
}

func (file keyFile) write(manager *keyset.Manager, path, out string) error {
	handle, err := manager.Handle()
	if err != nil {
		return fmt.Errorf("secret: write key: %w", err)
	}
	if file.Sealing, err = inClear(handle); err != nil {
		return err
	}
	if out == path {
		return file.replace(path)
	}
	return file.create(out)
}

// replace puts the new file in the place of the old one in a single step: who
// reads, or dies, at any moment finds one of the two, whole.
func (file keyFile) replace(path string) error {
	// What a run that was killed left here was never in use.
	if err := os.Remove(beside(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := file.create(beside(path)); err != nil {
		return err
	}
	if err := os.Rename(beside(path), path); err != nil {
		return err
	}
	return syncFolder(path)
}

func beside(path string) string { return path + ".new" }
