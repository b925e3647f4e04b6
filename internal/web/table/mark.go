package table

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

const otherMark = "The place to continue from does not belong to this list in this order. Open the list again."

// mark carries a place in the list in an address. It says nothing that its reader has not seen, means nothing in
// another list or order, and opens nothing: the scope decides what is behind it.
func (l List) mark(by Sort, m store.Mark) string {
	return base64.RawURLEncoding.EncodeToString(slices.Concat(l.seal(by), MarkBytes(m)))
}

// place reads what mark wrote.
func (l List) place(by Sort, text string) (*store.Mark, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	seal := l.seal(by)
	if err != nil || len(raw) < len(seal) || !slices.Equal(raw[:len(seal)], seal) {
		return nil, site.BadRequest(otherMark)
	}
	return MarkOf(raw[len(seal):])
}

// seal is short: it tells apart what a person might mix up, and protects nothing.
func (l List) seal(by Sort) []byte {
	sum := sha256.Sum256([]byte(l.At + "\n" + by.Name))
	return sum[:4]
}

// MarkBytes is a place in a list as bytes, and MarkOf reads them.
func MarkBytes(m store.Mark) []byte { return append(m.ID[:], m.Key...) }

func MarkOf(raw []byte) (*store.Mark, error) {
	if len(raw) < 16 {
		return nil, site.BadRequest(otherMark)
	}
	return &store.Mark{ID: uuid.UUID(raw[:16]), Key: string(raw[16:])}, nil
}
