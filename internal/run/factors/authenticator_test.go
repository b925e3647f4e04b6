package factors_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"duodesk/internal/run/factors"
)

// Flags of an authenticator's answers.
const (
	present  = 0x01
	verified = 0x04
	eligible = 0x08 // it can be backed up
	backedUp = 0x10
	attested = 0x40 // the answer holds a new credential
)

// passkey is an authenticator with one credential, and the browser around it. Tests change
// its parts to make it lie.
type passkey struct {
	t          testing.TB
	key        *ecdsa.PrivateKey
	id, handle []byte // handle names the operator
	aaguid     []byte
	counter    uint32
	flags      byte
	site       string // the relying party's id
	origin     string
	format     string // of the attestation: none or packed
	transports []string
	client     map[string]any // more of what the browser says
}

func newPasskey(t testing.TB) *passkey {
	t.Helper()
	p := &passkey{t: t, key: newKey(t), id: make([]byte, 32), aaguid: make([]byte, 16), flags: present | verified,
		site: "console.example", origin: public, format: "none", transports: []string{"internal"},
		client: map[string]any{}}
	rand.Read(p.id)
	return p
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// options is what a question holds that an authenticator looks at.
type options struct {
	PublicKey struct {
		Challenge        string `json:"challenge"`
		RPID             string `json:"rpId"`
		UserVerification string `json:"userVerification"`
		Timeout          int    `json:"timeout"`
		AllowCredentials []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
		ExcludeCredentials []struct {
			ID         string   `json:"id"`
			Transports []string `json:"transports"`
		} `json:"excludeCredentials"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		AuthenticatorSelection struct {
			ResidentKey      string `json:"residentKey"`
			UserVerification string `json:"userVerification"`
		} `json:"authenticatorSelection"`
	} `json:"publicKey"`
}

func optionsOf(t testing.TB, c factors.Ceremony) (o options) {
	t.Helper()
	if err := json.Unmarshal(c.Options, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// create answers a question for a new passkey.
func (p *passkey) create(c factors.Ceremony) string {
	p.t.Helper()
	asked := optionsOf(p.t, c).PublicKey
	var err error
	if p.handle, err = base64.RawURLEncoding.DecodeString(asked.User.ID); err != nil {
		p.t.Fatal(err)
	}
	client := p.clientData("webauthn.create", asked.Challenge)
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	cose := p.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := slices.Concat(p.authData(p.flags|attested), p.aaguid,
		binary.BigEndian.AppendUint16(nil, uint16(len(p.id))), p.id, cose)
	statement := map[string]any{}
	if p.format == "packed" {
		statement = map[string]any{"alg": -7, "sig": p.sign(data, client)}
	}
	object := p.cbor(map[string]any{"fmt": p.format, "attStmt": statement, "authData": data})
	return p.answer(map[string]any{"clientDataJSON": encoded(client), "attestationObject": encoded(object),
		"transports": p.transports})
}

// use answers a question for a passkey.
func (p *passkey) use(c factors.Ceremony) string {
	p.t.Helper()
	client := p.clientData("webauthn.get", optionsOf(p.t, c).PublicKey.Challenge)
	data := p.authData(p.flags)
	return p.answer(map[string]any{"clientDataJSON": encoded(client), "authenticatorData": encoded(data),
		"signature": encoded(p.sign(data, client)), "userHandle": encoded(p.handle)})
}

func (p *passkey) clientData(kind, challenge string) []byte {
	said := map[string]any{"type": kind, "challenge": challenge, "origin": p.origin, "crossOrigin": false}
	for name, value := range p.client {
		said[name] = value
	}
	return p.json(said)
}

func (p *passkey) authData(flags byte) []byte {
	site := sha256.Sum256([]byte(p.site))
	return binary.BigEndian.AppendUint32(append(site[:], flags), p.counter)
}

func (p *passkey) sign(data, client []byte) []byte {
	hash := sha256.Sum256(client)
	whole := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, p.key, whole[:])
	if err != nil {
		p.t.Fatal(err)
	}
	return signature
}

func (p *passkey) answer(response map[string]any) string {
	return string(p.json(map[string]any{"id": encoded(p.id), "rawId": encoded(p.id), "type": "public-key",
		"authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{}, "response": response}))
}

func (p *passkey) json(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p *passkey) cbor(v any) []byte {
	data, err := webauthncbor.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}
