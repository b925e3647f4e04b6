package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"duodesk/internal/secret"
)

// keyMaterial returns the raw keys of a key file: in Tink's form the last 32
// bytes of each value.
func keyMaterial(t testing.TB, path string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	type keyset struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	var file struct{ Sealing, Digest keyset }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var keys [][]byte
	for _, set := range []keyset{file.Sealing, file.Digest} {
		for _, k := range set.Key {
			value, err := base64.StdEncoding.DecodeString(k.KeyData.Value)
			if err != nil || len(value) < 32 {
				t.Fatalf("the key file holds a value of %d bytes (%v)", len(value), err)
			}
			keys = append(keys, value[len(value)-32:])
		}
	}
	if len(keys) != 2 {
		t.Fatalf("the key file holds %d keys", len(keys))
	}
	return keys
}

func TestNewKeyFile(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
	before, _ := os.ReadFile(path)
	if err := secret.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made where there is one: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the key file was overwritten: everything sealed is lost")
	}
	dangling := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), dangling); err != nil {
		t.Fatal(err)
	}
	if err := secret.Create(dangling); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made through a link: %v", err)
	}
	_, other := keyring(t)
	if string(keyMaterial(t, path)[0]) == string(keyMaterial(t, other)[0]) {
		t.Error("two key files have the same key")
	}
}

func TestKeyFileThatIsRefused(t *testing.T) {
	t.Parallel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(text string) func(string) {
		return func(path string) { must(os.WriteFile(path, []byte(text), 0o600)) }
	}
	_, good := keyring(t)
	text, err := os.ReadFile(good)
	must(err)
	var whole map[string]json.RawMessage
	must(json.Unmarshal(text, &whole))
	swapped, err := json.Marshal(map[string]json.RawMessage{"sealing": whole["digest"], "digest": whole["sealing"]})
	must(err)
	material := base64.StdEncoding.EncodeToString(keyMaterial(t, good)[0])

	for what, c := range map[string]struct {
		spoil func(path string)
		want  string
	}{
		"missing": {func(path string) { must(os.Remove(path)) }, "is missing"},
		"dangling link": {func(path string) { must(os.Remove(path)); must(os.Symlink(path+".real", path)) },
			"is missing"},
		"link to a device": {func(path string) { must(os.Remove(path)); must(os.Symlink("/dev/null", path)) },
			"not a regular file"},
		"pipe": {func(path string) { must(os.Remove(path)); must(syscall.Mkfifo(path, 0o600)) },
			"not a regular file"},
		"folder": {func(path string) { must(os.Remove(path)); must(os.Mkdir(path, 0o700)) },
			"not a regular file"},
		"read by all":      {func(path string) { must(os.Chmod(path, 0o644)) }, "open to others (mode 0644)"},
		"read by group":    {func(path string) { must(os.Chmod(path, 0o640)) }, "open to others (mode 0640)"},
		"written by group": {func(path string) { must(os.Chmod(path, 0o620)) }, "open to others (mode 0620)"},
		"folder for all": {func(path string) { must(os.Chmod(filepath.Dir(path), 0o777)) },
			"a folder that anybody may write to"},
		"empty": {write(""), "too short or not a key file (0 bytes)"},
		"truncated": {func(path string) { must(os.Truncate(path, int64(len(text)/2))) },
			"too short or not a key file"},
		"no JSON":       {write("correct horse battery staple"), "too short or not a key file"},
		"half of it":    {write(`{"sealing": ` + string(whole["sealing"]) + `}`), "too short or not a key file"},
		"empty keysets": {write(`{"sealing": {}, "digest": {}}`), "cannot be read"},
		"keys swapped":  {write(string(swapped)), "of another kind"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "key.json")
		must(os.WriteFile(path, text, 0o600))
		c.spoil(path)
		keys, err := secret.Load(path)
		if keys != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", what, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), material) {
			t.Errorf("%s: the error shows the key", what)
		}
	}
}

func TestKeyFileOfAnotherUser(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	link := filepath.Join(t.TempDir(), "key.json")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		// Only root can give a file away; this one is root's, and closed to others.
		if _, err := secret.Load("/proc/1/environ"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v", err)
		}
		return
	}
	if err := os.Lchown(link, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Load(link); err == nil || !strings.Contains(err.Error(), "is a link of another user") {
		t.Errorf("error %v", err)
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Load(path); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("error %v", err)
	}
	if err := secret.Replaceable(path); err == nil || !strings.Contains(err.Error(), "another account") {
		t.Errorf("replaceable: %v", err)
	}
}

// A sticky folder such as /tmp lets nobody replace another's file.
func TestKeyFileInASharedFolder(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	if err := os.Chmod(filepath.Dir(path), 0o777|fs.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Load(path); err != nil {
		t.Error(err)
	}
}
