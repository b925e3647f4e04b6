package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// keyFile is the form of the key file: two Tink keysets. The file itself is the
// root of trust, so they are in clear inside it.
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
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
			return fmt.Errorf("secret: write key: %w", err)
		}
		*k.into = b.Bytes()
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("secret: write key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// Load reads a key file. The errors are written for the person who starts the
// server: missing, a link, open to others, owned by somebody else, incomplete.
func Load(path string) (*Keyring, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("key file %s is missing; make one with: console key new %s", path, path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("key file %s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("key file %s is open to others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("key file %s belongs to another user (uid %d)", path, stat.Uid)
	}
	if parent, err := os.Stat(filepath.Dir(path)); err == nil && parent.Mode().Perm()&0o002 != 0 && parent.Mode()&fs.ModeSticky == 0 {
		return nil, fmt.Errorf("key file %s lies in a folder that anybody may write to", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file keyFile
	if err := json.Unmarshal(text, &file); err != nil || len(file.Sealing) == 0 || len(file.Digest) == 0 {
		return nil, fmt.Errorf("key file %s is too short or not a key file (%d bytes)", path, len(text))
	}
	return keyring(file)
}

func keyring(file keyFile) (*Keyring, error) {
	sealing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Sealing)))
	if err != nil {
		return nil, errors.New("key file: the sealing keys cannot be read")
	}
	digest, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Digest)))
	if err != nil {
		return nil, errors.New("key file: the digest keys cannot be read")
	}
	k := &Keyring{}
	if k.aead, err = aead.New(sealing); err != nil {
		return nil, errors.New("key file: the sealing keys are of another kind")
	}
	if k.mac, err = mac.New(digest); err != nil {
		return nil, errors.New("key file: the digest keys are of another kind")
	}
	return k, nil
}
