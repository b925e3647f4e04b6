package duosim

import "io"

const (
	digits         = "0123456789"
	lowerHex       = digits + "abcdef"
	upperDigits    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
	letterDigits   = upperDigits + "abcdefghijklmnopqrstuvwxyz"
	secretLength   = 40
	objectIDLength = 20
)

// identifiers makes ids, keys and codes. The demo estate reads them from a seeded stream, everything else from the
// operating system.
type identifiers struct{ random io.Reader }

func (ids identifiers) text(alphabet string, length int) string {
	out := make([]byte, 0, length)
	var b [1]byte
	fair := 256 - 256%len(alphabet) // bytes beyond would favour the first characters
	for len(out) < length {
		if _, err := io.ReadFull(ids.random, b[:]); err != nil {
			panic(err)
		}
		if int(b[0]) < fair {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(out)
}

// object makes the id of an object from Duo's two-letter prefix of its kind.
func (ids identifiers) object(prefix string) string {
	return prefix + ids.text(upperDigits, objectIDLength-len(prefix))
}

func (ids identifiers) application(kind string, grants []Grant) *application {
	return &application{Type: kind, IntegrationKey: ids.object("DI"), SecretKey: ids.text(letterDigits, secretLength),
		Grants: grants}
}
