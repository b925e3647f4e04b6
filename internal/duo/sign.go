package duo

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
)

// Signature is a version of Duo's request signature. The version is not sent: Duo tries the ones
// it knows.
type Signature int

const (
	// V5 signs the query, the body and every X-Duo-* header. It is what Duo recommends and the
	// default of this package.
	V5 Signature = iota
	// V4 signs the query and the body.
	V4
	// V2SHA512 signs the parameters, wherever they travel, and sends them as a form, not as JSON.
	V2SHA512
	// V2SHA1 is V2SHA512 with the older digest, which every Duo endpoint of version 1 accepts.
	V2SHA1
)

// jsonBody tells whether parameters of a request with a body travel in it as JSON; version 2
// covers no body, so there they are a form.
func (s Signature) jsonBody() bool { return s == V5 || s == V4 }

func (s Signature) hash() func() hash.Hash {
	if s == V2SHA1 {
		return sha1.New
	}
	return sha512.New
}

// Secret lends a secret key to a function for the time of one signature, and fails if the key
// cannot be had. The function must not keep the bytes.
type Secret func(use func(key []byte)) error

// message is what a signature covers.
type message struct {
	date, method, host, path string
	params                   string      // canonical; for V4 and V5 of the query only
	body                     []byte      // V4 and V5
	header                   http.Header // V5: the X-Duo-* headers
}

// canonical returns the text that is signed: the parts, one a line.
func (m message) canonical(s Signature) string {
	lines := []string{m.date, strings.ToUpper(m.method), strings.ToLower(m.host), m.path, m.params}
	if s == V5 || s == V4 {
		lines = append(lines, sha512Hex(m.body))
	}
	if s == V5 {
		lines = append(lines, sha512Hex(duoHeaders(m.header)))
	}
	return strings.Join(lines, "\n")
}

// authorization returns the value of the Authorization header: HTTP Basic with the integration key
// as the user and the signature as the password.
func (m message) authorization(s Signature, integrationKey string, secret Secret) (string, error) {
	if secret == nil {
		return "", errors.New("no secret key")
	}
	var signature string
	err := secret(func(key []byte) {
		mac := hmac.New(s.hash(), key)
		mac.Write([]byte(m.canonical(s)))
		signature = hex.EncodeToString(mac.Sum(nil))
	})
	if err != nil {
		return "", fmt.Errorf("borrow the secret key: %w", err)
	}
	if signature == "" {
		return "", errors.New("the secret key was not lent")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(integrationKey+":"+signature)), nil
}

// duoHeaders joins the X-Duo-* headers, lower-cased and sorted by name, with NUL bytes.
func duoHeaders(header http.Header) []byte {
	var fields []string
	for name, values := range header {
		if name := strings.ToLower(name); strings.HasPrefix(name, "x-duo-") {
			fields = append(fields, name+"\x00"+strings.Join(values, ","))
		}
	}
	slices.Sort(fields)
	return []byte(strings.Join(fields, "\x00"))
}

func sha512Hex(b []byte) string {
	sum := sha512.Sum512(b)
	return hex.EncodeToString(sum[:])
}
