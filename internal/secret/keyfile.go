package secret

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keyFile is the form of the key file: two Tink keysets. The file itself is the
// root of trust, so they are in clear inside it.
//
// Only the sealing keys rotate. Digests are kept in the record, which nobody may
// rewrite, and what they were made from is not kept: under another digest key
// a form that is sent twice would not be known again.
type keyFile struct {
	Sealing json.RawMessage `json:"sealing"`
	Digest  json.RawMessage `json:"digest"`
}

// Create writes a new key file with fresh keys, mode 0600. It refuses to touch
// a file that exists: without the old one everything sealed is lost.
func Create(path string) error {
	var file keyFile
	for _, k := range []struct {
		template *tinkpb.KeyTemplate
		into     *json.RawMessage
	}{
		{aead.AES256GCMKeyTemplate(), &file.Sealing},
		{mac.HMACSHA256Tag256KeyTemplate(), &file.Digest},
	} {
		handle, err := keyset.NewHandle(k.template)
		if err != nil {
			return fmt.Errorf("secret: make key: %w", err)
		}
		if *k.into, err = inClear(handle); err != nil {
			return err
		}
	}
	return file.create(path)
}

func inClear(handle *keyset.Handle) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("secret: write key: %w", err)
	}
	return b.Bytes(), nil
}

// create writes a file that did not exist, and returns when it is on the disk.
func (file keyFile) create(path string) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("secret: write key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close(), syncFolder(path))
}

// syncFolder makes the name of a new or renamed file outlive a power cut.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Load reads a key file, or a mounted secret. The errors are written for the
// person who starts the server: missing, open to others, owned by somebody else,
// incomplete.
func Load(path string) (*Keyring, error) {
	file, err := read(path)
	if err != nil {
		return nil, err
	}
	return file.keyring()
}

func read(path string) (keyFile, error) {
	text, err := ReadPrivate(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return keyFile{}, fmt.Errorf("key file %s is missing; make one with: console key new %s", path, path)
	case err != nil:
		return keyFile{}, fmt.Errorf("key file %w", err)
	}
	var file keyFile
	if err := json.Unmarshal(text, &file); err != nil || len(file.Sealing) == 0 || len(file.Digest) == 0 {
		return keyFile{}, fmt.Errorf("key file %s is too short or not a key file (%d bytes)", path, len(text))
	}
	return file, nil
}

// ReadPrivate reads a file that holds a secret. It refuses one that others than this
// account and root may read or put something else in the place of; see private.
//
// It looks at the file that it opened, so that nothing can be put in its place
// between the look and the reading. A path through links is taken, since that is
// how secrets are mounted: what counts is whose file it leads to.
func ReadPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(private(path, info), enclosed(path)); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

// private refuses a file that others than this account and root may read or
// write. A group may read one that nobody may write (0440): so does a secret
// reach an account that does not own it.
func private(path string, info fs.FileInfo) error {
	mode := info.Mode().Perm()
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	case mode&0o077 != 0 && mode&^0o440 != 0:
		return fmt.Errorf(
			"%s is open to others (mode %04o); run: chmod 600 %s (a mounted secret: mode 0400 or 0440)",
			path, mode, path)
	}
	if owner := ownerOf(info); owner != os.Geteuid() && owner != 0 {
		return fmt.Errorf("%s belongs to another user (uid %d)", path, owner)
	}
	return nil
}

// enclosed refuses a path that others could lead elsewhere: through a link of
// theirs, or a folder in which anybody may replace files.
func enclosed(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if owner := ownerOf(info); owner != os.Geteuid() && owner != 0 {
		return fmt.Errorf("%s is a link of another user (uid %d)", path, owner)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, name := range []string{path, real} {
		if folder, err := os.Stat(filepath.Dir(name)); err == nil && folder.Mode().Perm()&0o002 != 0 &&
			folder.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("%s lies in a folder that anybody may write to", name)
		}
	}
	return nil
}

func ownerOf(info fs.FileInfo) int {
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

func (file keyFile) keyring() (*Keyring, error) {
	sealing, err := file.sealingKeys()
	if err != nil {
		return nil, err
	}
	digest, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Digest)))
	if err != nil {
		return nil, errors.New("key file: the digest keys cannot be read")
	}
	k := &Keyring{sealing: map[KeyID]tink.AEAD{}}
	if k.mac, err = mac.New(digest); err != nil {
		return nil, errors.New("key file: the digest keys are of another kind")
	}
	for i := range sealing.Len() {
		entry, err := sealing.Entry(i)
		if err != nil || entry.KeyStatus() != keyset.Enabled {
			continue
		}
		if err := k.add(sealing, entry); err != nil {
			return nil, errors.New("key file: the sealing keys are of another kind")
		}
	}
	return k, nil
}

func (file keyFile) sealingKeys() (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Sealing)))
	if err != nil {
		return nil, errors.New("key file: the sealing keys cannot be read")
	}
	return handle, nil
}

// add makes one key of the file usable by its id: Tink itself would seal with
// the primary key only.
func (k *Keyring) add(all *keyset.Handle, entry *keyset.Entry) error {
	manager := keyset.NewManagerFromHandle(all)
	if err := manager.SetPrimary(entry.KeyID()); err != nil {
		return err
	}
	handle, err := manager.Handle()
	if err != nil {
		return err
	}
	id := keyID(entry.KeyID())
	if k.sealing[id], err = aead.New(handle); err != nil {
		return err
	}
	k.ids = append(k.ids, id)
	if entry.IsPrimary() {
		k.newest = id
	}
	return nil
}

func keyID(tinks uint32) (id KeyID) {
	binary.BigEndian.PutUint32(id[:], tinks)
	return id
}
