package site

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
)

// The sizes of a part of a list for programs.
const (
	PartDefault = 100
	PartMost    = 500
)

// APIList is what a request asks of a list: how many, and from where on.
type APIList struct {
	Limit int
	After []byte // what stands in the cursor; nil: from the beginning
	key   []byte // names the list, its filters included
}

// APIListOf reads the address of a list. A parameter that the list does not
// know, or that is there twice, is refused: it was meant to choose something. A
// cursor leads on in the list that it came from and in no other; what it names
// is looked for within the visitor's reach like everything else.
func APIListOf(c echo.Context, filters ...string) (APIList, error) {
	list := APIList{Limit: PartDefault}
	query := c.QueryParams()
	var bad []catalog.FieldError
	for name, values := range query {
		if len(values) > 1 || name != "limit" && name != "cursor" && !slices.Contains(filters, name) {
			bad = append(bad, catalog.FieldError{Field: Known(name),
				Message: "The list does not have this parameter, or it is given twice."})
		}
	}
	if text := query.Get("limit"); query.Has("limit") {
		n, err := strconv.Atoi(text)
		if list.Limit = n; err != nil || n < 1 || n > PartMost {
			bad = append(bad, catalog.FieldError{Field: "limit", Message: "Give a whole number from 1 to 500."})
		}
	}
	if len(bad) > 0 {
		return list, &InvalidFields{Bad: bad}
	}
	list.key = listKey(c.Request().URL.Path, query)
	if text := query.Get("cursor"); text != "" {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil || len(raw) <= len(list.key) || !slices.Equal(raw[:len(list.key)], list.key) {
			return list, BadRequest(otherCursor)
		}
		list.After = raw[len(list.key):]
	}
	return list, nil
}

// otherCursor says that a cursor cannot be read on from.
const otherCursor = "cursor is not the next of this list with the same other parameters. Leave it out to begin with the first part."

// listKey is short: it tells apart what a program might mix up, and protects
// nothing.
func listKey(path string, query url.Values) []byte {
	filters := url.Values{}
	for name, values := range query {
		if name != "limit" && name != "cursor" {
			filters[name] = values
		}
	}
	sum := sha256.Sum256([]byte(path + "?" + filters.Encode()))
	return sum[:8]
}

// Cursor is where the list goes on.
func (l APIList) Cursor(after []byte) *string {
	text := base64.RawURLEncoding.EncodeToString(slices.Concat(l.key, after))
	return &text
}

// Offset reads a cursor of a list that counts its places.
func (l APIList) Offset() (int, error) {
	if l.After == nil {
		return 0, nil
	}
	if len(l.After) != 4 {
		return 0, BadRequest(otherCursor)
	}
	return int(binary.BigEndian.Uint32(l.After) & 0x7fffffff), nil
}

// OffsetBytes is a place in a list as the bytes of a cursor.
func OffsetBytes(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
