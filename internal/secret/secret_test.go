package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/secret"
)

// keyring makes a key file and loads it; it returns the file's path too.
func keyring(t testing.TB) (*secret.Keyring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.json")
	if err := secret.Create(path); err != nil {
		t.Fatal(err)
	}
	keys, err := secret.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys, path
}

var somewhere = secret.Place{Table: "integration_secret", Column: "sealed_secret", Workspace: uuid.New(),
	Row: "admin", Version: 3}

func TestSealedOpensInItsPlace(t *testing.T) {
	t.Parallel()
	keys, path := keyring(t)
	again, err := secret.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "k", strings.Repeat("long ", 10000), "\x00\xff"} {
		sealed, err := keys.Seal(keys.Newest(), somewhere, []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		if len(value) > 1 && bytes.Contains(sealed, []byte(value)) {
			t.Error("the sealed bytes hold the value")
		}
		second, _ := keys.Seal(keys.Newest(), somewhere, []byte(value))
		if bytes.Equal(sealed, second) {
			t.Error("equal values look equal when sealed")
		}
		opened, err := again.Open(somewhere, sealed)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := opened.Lend(func(b []byte) { got = string(b) }); err != nil || got != value {
			t.Errorf("opened %.20q, want %.20q (%v)", got, value, err)
		}
	}
}

func TestSealedDoesNotOpenElsewhere(t *testing.T) {
	t.Parallel()
	keys, _ := keyring(t)
	others, _ := keyring(t)
	sealed, err := keys.Seal(keys.Newest(), somewhere, []byte("value"))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, k *secret.Keyring, at secret.Place, b []byte) {
		t.Helper()
		opened, err := k.Open(at, b)
		if !errors.Is(err, secret.ErrCannotOpen) {
			t.Errorf("%s: opened (%v)", what, err)
		}
		if err := opened.Lend(func([]byte) { t.Errorf("%s: lent", what) }); err == nil {
			t.Errorf("%s: a secret that was not opened is lent", what)
		}
	}
	for what, change := range map[string]func(*secret.Place){
		"another table":     func(p *secret.Place) { p.Table = "draft" },
		"another column":    func(p *secret.Place) { p.Column = "host" },
		"another workspace": func(p *secret.Place) { p.Workspace = uuid.New() },
		"another row":       func(p *secret.Place) { p.Row = "auth" },
		"an older version":  func(p *secret.Place) { p.Version-- },
		"a newer version":   func(p *secret.Place) { p.Version++ },
		"parts shifted":     func(p *secret.Place) { p.Table, p.Column = p.Table+p.Column[:1], p.Column[1:] },
	} {
		at := somewhere
		change(&at)
		refused(what, keys, at, sealed)
	}
	refused("another installation", others, somewhere, sealed)
	refused("nothing", keys, somewhere, nil)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 0x80
		refused(fmt.Sprintf("byte %d changed", i), keys, somewhere, changed)
		refused(fmt.Sprintf("cut at %d", i), keys, somewhere, sealed[:i])
	}
	refused("a byte more", keys, somewhere, append(bytes.Clone(sealed), 0))
}

func TestDigest(t *testing.T) {
	t.Parallel()
	keys, _ := keyring(t)
	others, _ := keyring(t)
	mac, err := keys.MAC("a", "bc")
	if err != nil {
		t.Fatal(err)
	}
	if !keys.SameMAC(mac, "a", "bc") {
		t.Error("the same parts differ")
	}
	for _, parts := range [][]string{{"ab", "c"}, {"abc"}, {"a", "bc", ""}, {"", "a", "bc"}, {"bc", "a"}, {}} {
		if keys.SameMAC(mac, parts...) {
			t.Errorf("%q has the digest of others", parts)
		}
	}
	if others.SameMAC(mac, "a", "bc") {
		t.Error("the digest needs no key")
	}
	if keys.SameMAC(nil, "a", "bc") || keys.SameMAC(mac[:len(mac)-1], "a", "bc") {
		t.Error("a cut digest fits")
	}
}

// A secret gets into a log by being printed as part of something else: no verb,
// encoder or handler may show its bytes, nor those of the keys.
func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	keys, path := keyring(t)
	value := rand.Text()
	sealed, err := keys.Seal(keys.Newest(), somewhere, []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := keys.Open(somewhere, sealed)
	if err != nil {
		t.Fatal(err)
	}
	type request struct {
		Exported secret.Secret
		hidden   secret.Secret
		pointer  *secret.Secret
		keys     *secret.Keyring
		Keys     *secret.Keyring
		ring     secret.Keyring
		any      any
	}
	r := request{opened, opened, &opened, keys, keys, *keys, opened}

	var out bytes.Buffer
	for _, thing := range []any{opened, &opened, keys, *keys, r, &r, []any{opened, r},
		map[string]any{"s": opened, "r": r}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", thing)
		}
		if text, err := json.Marshal(thing); err == nil {
			out.Write(text)
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Error("failed", "thing", thing, slog.Group("group", "inner", thing))
		}
		func() {
			defer func() { fmt.Fprintln(&out, recover()) }()
			panic(thing)
		}()
	}
	text := out.String()
	decimal := strings.Trim(fmt.Sprint([]byte(value)), "[]")
	for _, form := range []string{value, hex.EncodeToString([]byte(value)),
		strings.ToUpper(hex.EncodeToString([]byte(value))), base64.StdEncoding.EncodeToString([]byte(value)), decimal} {
		if strings.Contains(text, form) {
			t.Errorf("the secret is printed as %q", form)
		}
	}
	for _, key := range keyMaterial(t, path) {
		for _, form := range []string{string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
			base64.StdEncoding.EncodeToString(key), strings.Trim(fmt.Sprint(key), "[]")} {
			if strings.Contains(text, form) {
				t.Errorf("a key of the key file is printed as %.20q…", form)
			}
		}
	}
}
