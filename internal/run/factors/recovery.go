package factors

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"unicode"

	"duodesk/internal/store"
)

const (
	recoveryCodes = 10
	recoveryBytes = 10 // of chance in each: nobody guesses 80 bits
)

// readable are letters and digits that nobody takes for each other.
var readable = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewRecoveryCodes makes ten recovery codes, in the place of those that an operator had.
// They are stored nowhere: only their hashes are.
func (d *Desk) NewRecoveryCodes(ctx context.Context, o store.Operator, from store.Origin) ([]string, error) {
	shown := make([]string, recoveryCodes)
	hashes := make([][]byte, recoveryCodes)
	for i := range shown {
		raw := make([]byte, recoveryBytes)
		rand.Read(raw)
		code := readable.EncodeToString(raw)
		hashes[i] = hashOf(code)
		shown[i] = code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
	}
	return shown, d.store.SetRecoveryCodes(ctx, o, hashes, from, d.now())
}

// misread are letters that a person writes for others.
var misread = strings.NewReplacer("o", "0", "i", "1", "l", "1", "u", "v")

// typedCode is a recovery code as it was made, without what separates its parts.
func typedCode(typed string) string {
	return misread.Replace(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, strings.ToLower(typed)))
}

// UseRecoveryCode takes one of an operator's recovery codes.
func (d *Desk) UseRecoveryCode(ctx context.Context, o store.Operator, typed string, from store.Origin) (store.Proof,
	error) {
	now := d.now()
	if err := d.store.UseRecoveryCode(ctx, o.ID, hashOf(typedCode(typed)), from, now); err != nil {
		return store.Proof{}, gone(err, "This recovery code is wrong or was used already.")
	}
	return store.Proof{Kind: store.RecoveryCode, At: now}, nil
}
