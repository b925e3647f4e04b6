package factors

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"

	"duodesk/internal/store"
	"duodesk/internal/text"
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
var misread = strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1", "u", "v")

// UseRecoveryCode takes one of an operator's recovery codes.
func (d *Desk) UseRecoveryCode(ctx context.Context, o store.Operator, typed string, from store.Origin) (store.Proof,
	error) {
	code := misread.Replace(strings.ToLower(text.Key(typed)))
	now := d.now()
	err := d.store.UseRecoveryCode(ctx, o.ID, hashOf(code), from, now)
	return store.Proof{Kind: store.RecoveryCode, At: now},
		gone(err, "This recovery code is wrong or was used already.")
}
