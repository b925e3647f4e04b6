package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/secret"
)

func load(t testing.TB, path string) *secret.Keyring {
	t.Helper()
	keys, err := secret.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestAddedKeyOpensWhatEitherSealed(t *testing.T) {
	t.Parallel()
	before, path := keyring(t)
	old := before.Newest()
	sealed, err := before.Seal(old, somewhere, []byte("value"))
	if err != nil {
		t.Fatal(err)
	}
	digest, err := before.MAC("a")
	if err != nil {
		t.Fatal(err)
	}
	// What a killed run left.
	if err := os.WriteFile(path+".new", []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	added, err := secret.AddKey(path, path)
	if err != nil {
		t.Fatal(err)
	}
	both := load(t, path)
	if both.Newest() != added || !slices.Equal(both.Keys(), []secret.KeyID{old, added}) {
		t.Errorf("keys %v, newest %v; want %v and %v", both.Keys(), both.Newest(), old, added)
	}
	if !both.SameMAC(digest, "a") {
		t.Error("the digest key changed: a form sent twice would not be known again")
	}
	if _, err := both.Open(somewhere, sealed); err != nil {
		t.Error("what the old key sealed: ", err)
	}
	for _, id := range both.Keys() {
		again, err := both.Seal(id, somewhere, []byte("value"))
		if err != nil || secret.KeyID(again[1:5]) != id {
			t.Errorf("sealed with %v instead of %v (%v)", again[1:5], id, err)
		}
		_, err = before.Open(somewhere, again)
		if opens := err == nil; opens != (id == old) {
			t.Errorf("one without the new key opens what %v sealed: %t", id, opens)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}

	if err := secret.KeepKey(path, path, added); err != nil {
		t.Fatal(err)
	}
	after := load(t, path)
	if !slices.Equal(after.Keys(), []secret.KeyID{added}) || !after.SameMAC(digest, "a") {
		t.Errorf("keys %v", after.Keys())
	}
	if _, err := after.Open(somewhere, sealed); !errors.Is(err, secret.ErrCannotOpen) {
		t.Error("the old key is still there: ", err)
	}
	if _, err := after.Seal(old, somewhere, nil); err == nil {
		t.Error("sealed with a key that is gone")
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/*"); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
	if err := secret.KeepKey(path, path, old); err == nil {
		t.Error("a key that is not there was kept")
	}
	if len(load(t, path).Keys()) != 1 {
		t.Error("a refusal changed the file")
	}
}

func TestChangedKeyFileGoesElsewhere(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	before, _ := os.ReadFile(path)
	out := filepath.Join(t.TempDir(), "key.json")
	added, err := secret.AddKey(path, out)
	if err != nil {
		t.Fatal(err)
	}
	if !load(t, out).Holds(added) {
		t.Error("the new file lacks the new key")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file in use changed")
	}
	if _, err := secret.AddKey(path, out); !errors.Is(err, fs.ErrExist) {
		t.Error("a file that exists was overwritten: ", err)
	}
}

// A server may look at any moment: it must find the old file or the new one.
func TestKeyFileIsReplacedInOneStep(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	changed := make(chan error)
	go func() {
		defer close(changed)
		for range 20 {
			id, err := secret.AddKey(path, path)
			if err == nil {
				err = secret.KeepKey(path, path, id)
			}
			if err != nil {
				changed <- err
				return
			}
		}
	}()
	for looks := 0; ; looks++ {
		select {
		case err := <-changed:
			if err != nil {
				t.Fatal(err)
			}
			if looks == 0 {
				t.Error("nobody looked")
			}
			return
		default:
			load(t, path)
		}
	}
}

// mounted makes a key file the way Kubernetes mounts a secret, and returns where
// the program finds it and where it is.
func mounted(t testing.TB, mode fs.FileMode) (path, real string) {
	t.Helper()
	_, made := keyring(t)
	text, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	real = filepath.Join(dir, "..2026", "key.json")
	path = filepath.Join(dir, "key.json")
	for _, err := range []error{
		os.Mkdir(filepath.Dir(real), 0o755), os.WriteFile(real, text, 0o600), os.Chmod(real, mode),
		os.Symlink("..2026", filepath.Join(dir, "..data")), os.Symlink("..data/key.json", path),
		os.Chmod(dir, 0o777|fs.ModeSticky),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return path, real
}

func TestMountedSecret(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fs.FileMode]string{
		0o400: "", 0o440: "", 0o600: "",
		0o444: "open to others", 0o640: "open to others", 0o460: "open to others", 0o404: "open to others",
		0o450: "open to others",
	} {
		path, _ := mounted(t, mode)
		_, err := secret.Load(path)
		if want == "" && err != nil {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("mode %04o: error %v", mode, err)
		}
		if err := secret.Replaceable(path); err == nil {
			t.Errorf("mode %04o: a mount passes for a file that may be replaced", mode)
		}
	}
	path, real := mounted(t, 0o400)
	if err := os.Chmod(filepath.Dir(real), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Load(path); err == nil || !strings.Contains(err.Error(), "a folder that anybody may write to") {
		t.Error("the link leads to a folder open to all: ", err)
	}
}

func TestFileThatCannotBeReplaced(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	if err := secret.Replaceable(path); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := secret.Replaceable(path); err == nil || !strings.Contains(err.Error(), "read only") {
		t.Error("a file that may be read only: ", err)
	}
	if err := secret.Replaceable(path + ".not"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
