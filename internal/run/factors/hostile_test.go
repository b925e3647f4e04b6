package factors_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/run/factors"
	"duodesk/internal/store"
)

// TestHostileAnswers: what a browser sends can be any text. It is refused and keeps nothing.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	b.enroll(b.mia, p)
	for name, answer := range map[string]string{
		"nothing": "", "blank": " ", "null": "null", "number": "1", "list": "[]", "object": "{}", "not JSON": "<a>",
		"not UTF-8": "\xff\xfe", "NUL": `{"id":"` + "\x00" + `"}`, "cut off": `{"id":"YQ","rawId":"YQ","type":"publ`,
		"two":         `{"id":"YQ"}{"id":"YQ"}`,
		"wrong types": `{"id":1,"rawId":{},"type":[],"response":"x","clientExtensionResults":7}`,
		"empty parts": `{"id":"YQ","rawId":"YQ","type":"public-key","response":{}}`,
		"not base64": `{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"*",` +
			`"authenticatorData":"*","signature":"*","attestationObject":"*"}}`,
		"deep": strings.Repeat("[", 16_000) + strings.Repeat("]", 16_000),
		"deep text": `{"id":"YQ","response":{"clientDataJSON":"` +
			encoded([]byte(strings.Repeat(`{"a":`, 3000))) + `"}}`,
		"deep CBOR": `{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"` +
			encoded([]byte(strings.Repeat("\x81", 12_000))) + `"}}`,
		"long CBOR": `{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"` +
			encoded([]byte("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff")) + `"}}`,
		"huge": `{"id":"` + strings.Repeat("A", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := *b
			b.t = t
			q := b.askAny()
			b.refuses(unreadable, func() (store.Proof, error) {
				_, proof, err := b.desk.SignInByPasskey(t.Context(), q.Token, answer, b.origin)
				return proof, err
			})
			q = b.ask(b.mia)
			b.refuses(unreadable, func() (store.Proof, error) {
				return b.desk.ProvePasskey(t.Context(), b.mia, b.bound, q.Token, answer, b.origin)
			})
			q = b.beginPasskey(b.mia)
			b.refuses(unreadable, func() (store.Proof, error) {
				return b.desk.AddPasskey(t.Context(), b.owner(b.mia), q.Token, answer, "")
			})
		})
	}
	t.Run("hostile tokens", func(t *testing.T) {
		for _, token := range []string{"", "\x00", "\xff", strings.Repeat("A", 1<<20), "' or true --"} {
			b.refuses(startAgain, func() (store.Proof, error) {
				_, proof, err := b.desk.SignInByPasskey(t.Context(), token, "{}", b.origin)
				return proof, err
			})
		}
	})
}

// TestLongAnswerIsNotKept: a right answer is kept as long as it is, up to what a real one has.
func TestLongAnswerIsNotKept(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	p.client["padding"] = strings.Repeat("x", 40_000)
	q := b.beginPasskey(b.mia)
	b.refuses(unreadable, func() (store.Proof, error) {
		return b.desk.AddPasskey(t.Context(), b.owner(b.mia), q.Token, p.create(q), "")
	})
}

// TestChangedAnswers changes a byte of every part of right answers: what is signed is
// refused, and nothing of the rest stops the program or fails in the database.
func TestChangedAnswers(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	b.enroll(b.mia, p)
	for _, part := range []string{"clientDataJSON", "authenticatorData", "signature", "userHandle"} {
		for at := range 40 {
			q := b.ask(b.mia)
			changed := changedAt(t, p.use(q), part, at)
			_, err := b.desk.ProvePasskey(t.Context(), b.mia, b.bound, q.Token, changed, b.origin)
			var refused *factors.Refused
			if !errors.As(err, &refused) {
				t.Errorf("%s, byte %d: %v", part, at, err)
			}
		}
	}
	for at := range 240 {
		q := b.beginPasskey(b.mia)
		changed := changedAt(t, newPasskey(t).create(q), "attestationObject", at)
		proof, err := b.desk.AddPasskey(t.Context(), b.owner(b.mia), q.Token, changed, "")
		var refused *factors.Refused
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("attestation, byte %d: %v", at, err)
		}
		if err == nil { // a byte of the id or the model, which nobody signs
			b.Exec(t, `delete from factor where id = $1`, proof.Factor)
		}
	}
}

// changedAt changes the nth byte of a part of an answer.
func changedAt(t *testing.T, answer, part string, n int) string {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(answer), &whole); err != nil {
		t.Fatal(err)
	}
	response := whole["response"].(map[string]any)
	raw, err := base64.RawURLEncoding.DecodeString(response[part].(string))
	if err != nil {
		t.Fatal(err)
	}
	raw[n%len(raw)] ^= 0x41
	response[part] = encoded(raw)
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNoSecretInErrors: what is refused or fails says nothing that opens something, and the
// database holds nothing to read that does.
func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	b, p := newBench(t), newPasskey(t)
	b.AddApp(t, b.mia)
	b.enroll(b.mia, p)
	ctx := t.Context()
	setup, err := b.desk.BeginTOTP(ctx, b.mia, b.bound)
	if err != nil {
		t.Fatal(err)
	}
	code := b.code(setup.Secret)
	recovery, err := b.desk.NewRecoveryCodes(ctx, b.mia, uuid.Nil, b.origin)
	if err != nil {
		t.Fatal(err)
	}
	q := b.ask(b.mia)
	answer := p.use(q)
	canaries := map[string]string{"setup token": setup.Token, "secret": setup.Secret, "challenge token": q.Token,
		"challenge": optionsOf(t, q).PublicKey.Challenge, "recovery code": recovery[3],
		"recovery code without dashes": strings.ReplaceAll(recovery[3], "-", ""), "answer": answer}
	var said []string
	try := func(what string, err error) {
		if err == nil {
			t.Error(what, " was taken")
		}
		said = append(said, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	p.client["challenge"] = optionsOf(t, b.askAny()).PublicKey.Challenge
	_, err = b.desk.ProvePasskey(ctx, b.mia, b.bound, q.Token, p.use(q), b.origin)
	try("another challenge", err)
	_, err = b.desk.ProvePasskey(ctx, b.mia, b.bound, q.Token, answer, b.origin)
	try("a replay", err)
	_, err = b.desk.AddTOTP(ctx, b.owner(b.other), setup.Token, "000000", setup.Secret)
	try("a wrong code", err)
	_, err = b.desk.ProveTOTP(ctx, b.mia, code)
	try("the code of an app that is not set up", err)
	_, err = b.desk.UseRecoveryCode(ctx, b.other, recovery[3], b.origin)
	try("another's recovery code", err)
	gone, cancel := b.gone()
	defer cancel()
	_, err = b.desk.AddTOTP(gone, b.owner(b.mia), setup.Token, code, "")
	try("a code without a database", err)
	_, err = b.desk.UseRecoveryCode(gone, b.mia, recovery[3], b.origin)
	try("a recovery code without a database", err)
	conn := b.Superuser(t)
	for _, table := range []string{"factor", "challenge", "recovery_code", "account_event"} {
		var text *string
		if err := conn.QueryRow(ctx,
			`select string_agg(t::text || encode(convert_to(t::text, 'UTF8'), 'escape'), ' ') from `+table+
				` t`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		if text != nil && table != "challenge" {
			said = append(said, *text)
		}
	}
	var kept []byte
	if err := conn.QueryRow(ctx, `select string_agg(data, '') from challenge where bound = $1`,
		b.bound).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	whole := strings.Join(said, "\n")
	for _, name := range slices.Sorted(maps.Keys(canaries)) {
		if strings.Contains(whole, canaries[name]) {
			t.Errorf("the %s is said or stored", name)
		}
	}
	for _, name := range []string{"secret", "setup token", "challenge token"} {
		if strings.Contains(string(kept), canaries[name]) {
			t.Errorf("a challenge holds the %s", name)
		}
	}
}
