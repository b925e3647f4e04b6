package factors_test

import (
	"context"
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

const wrongRecovery = "This recovery code is wrong or was used already."

func (b *bench) recoveryCodes(o store.Operator) []string {
	b.t.Helper()
	codes, err := b.desk.NewRecoveryCodes(b.t.Context(), o, uuid.Nil, b.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	return codes
}

func (b *bench) recover(o store.Operator, code string) (store.Proof, error) {
	return b.desk.UseRecoveryCode(b.t.Context(), o, code, b.origin)
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.AddApp(t, b.mia)
	codes := b.recoveryCodes(b.mia)
	if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 {
		t.Fatal("there are not ten different codes: ", len(codes))
	}
	for _, code := range codes {
		if !regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$`).MatchString(code) {
			t.Error("a code is hard to read")
		}
	}
	refused := func(o store.Operator, code string) {
		t.Helper()
		b.refuses(wrongRecovery, func() (store.Proof, error) { return b.recover(o, code) })
	}
	for _, code := range []string{"", "----", "0000-0000-0000-0000", codes[0][:18], "\x00", "\xff",
		strings.Repeat("a", 1<<20)} {
		refused(b.mia, code)
	}
	refused(b.other, codes[0])
	for i, code := range codes {
		proof, err := b.recover(b.mia, code)
		if err != nil || proof.Kind != store.RecoveryCode {
			t.Fatal(proof, err)
		}
		if err := b.open(b.mia, proof); err != nil {
			t.Error(err)
		}
		refused(b.mia, code)
		if left, err := b.RecoveryCodesLeft(t.Context(), b.mia.ID); err != nil || left != 9-i {
			t.Error(left, err)
		}
	}
	if !slices.Contains(b.events(b.mia), store.AccountRecoveryCodeUsed) {
		t.Error(b.events(b.mia))
	}
}

// TestRecoveryCodesAreReplaced: new codes end those before, used or not.
func TestRecoveryCodesAreReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.recoveryCodes(b.mia)
	after := b.recoveryCodes(b.mia)
	for _, code := range before {
		b.refuses(wrongRecovery, func() (store.Proof, error) { return b.recover(b.mia, code) })
	}
	if _, err := b.recover(b.mia, after[0]); err != nil {
		t.Error(err)
	}
	b.Exec(t, `update operator set epoch = epoch + 1 where id = $1`, b.mia.ID)
	_, err := b.desk.NewRecoveryCodes(t.Context(), b.mia, uuid.Nil, b.origin)
	b.ended(err)
	if _, err := b.recover(b.mia, after[1]); err != nil {
		t.Error("codes that were not made ended those before: ", err)
	}
}

func TestRecoveryCodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	code := b.recoveryCodes(b.mia)[0]
	if won := b.atOnce(func() error {
		_, err := b.desk.UseRecoveryCode(context.Background(), b.mia, code, b.origin)
		return err
	}); won != 1 {
		t.Errorf("%d of 20 uses of one code were taken", won)
	}
}

// TestRecoveryCodesAreMisread: a code is typed from paper.
func TestRecoveryCodesAreMisread(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, spell := range []func(string) string{
		strings.ToUpper,
		func(code string) string { return strings.ReplaceAll(code, "-", "") },
		func(code string) string { return "  " + strings.ReplaceAll(code, "-", " ") + "\u200b\n" },
		func(code string) string { return strings.ReplaceAll(code, "-", "–") + "." },
		func(code string) string { return strings.NewReplacer("0", "o", "1", "l", "v", "u").Replace(code) },
		func(code string) string { return strings.NewReplacer("0", "O", "1", "I", "v", "U").Replace(code) },
	} {
		for _, code := range b.recoveryCodes(b.mia) {
			if _, err := b.recover(b.mia, spell(code)); err != nil {
				t.Errorf("%q: %v", spell("0123-jkv1"), err)
			}
		}
	}
}

// TestRecoveryCodesAreHashed: the database holds their SHA-256.
func TestRecoveryCodesAreHashed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	codes := b.recoveryCodes(b.mia)
	var kept [][]byte
	if err := b.Superuser(t).QueryRow(t.Context(),
		`select array_agg(code_hash) from recovery_code where operator_id = $1`,
		b.mia.ID).Scan(&kept); err != nil || len(kept) != 10 {
		t.Fatal(len(kept), err)
	}
	for _, code := range codes {
		sum := sha256.Sum256([]byte(strings.ReplaceAll(code, "-", "")))
		if !slices.ContainsFunc(kept, func(hash []byte) bool { return string(hash) == string(sum[:]) }) {
			t.Error("a code is not there by its hash")
		}
	}
}
