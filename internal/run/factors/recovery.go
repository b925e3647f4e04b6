package factors

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

const (
	recoveryCodes = 10
	recoveryBytes = 10 // random bytes in each: 80 bits cannot be guessed
)

// readable encodes with letters and digits that are not mistaken for each other.
var readable = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewRecoveryCodes replaces an operator's recovery codes and returns the ten new ones. Only
// their hashes are stored. It returns store.ErrEnded as store.SetRecoveryCodes does.
func (d *Desk) NewRecoveryCodes(ctx context.Context, o store.Operator, session uuid.UUID,
	from store.Origin) ([]string, error) {
	shown := make([]string, recoveryCodes)
	hashes := make([][]byte, recoveryCodes)
	for i := range shown {
		raw := make([]byte, recoveryBytes)
		rand.Read(raw)
		code := readable.EncodeToString(raw)
		hashes[i] = hashOf(code)
		shown[i] = code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
	}
	return shown, d.store.SetRecoveryCodes(ctx, o, session, hashes, from, d.now())
}

// misread replaces letters that readable leaves out by what a person meant.
var misread = strings.NewReplacer("o", "0", "i", "1", "l", "1", "u", "v")

// typedCode returns a typed recovery code as NewRecoveryCodes hashed it.
func typedCode(typed string) string {
	return misread.Replace(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, strings.ToLower(typed)))
}

// UseRecoveryCode uses up one of an operator's recovery codes. It returns *Refused if the
// code is wrong or was used before.
func (d *Desk) UseRecoveryCode(ctx context.Context, o store.Operator, typed string, from store.Origin) (store.Proof,
	error) {
	now := d.now()
	if err := d.store.UseRecoveryCode(ctx, o.ID, hashOf(typedCode(typed)), from, now); err != nil {
		return store.Proof{}, gone(err, "This recovery code is wrong or was used already.")
	}
	return store.Proof{Kind: store.RecoveryCode, At: now}, nil
}
