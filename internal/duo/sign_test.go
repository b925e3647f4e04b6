package duo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// vector is one request as the official Python client signed it.
type vector struct {
	Name          string
	Version       int `json:"sig_version"`
	HMAC          string
	IKey, SKey    string
	Date          string
	Method        string
	Host, Path    string
	Params        map[string]any
	Canonical     string
	Authorization string
	SignedBody    string            `json:"signed_body"`
	XDuoHeaders   map[string]string `json:"x_duo_headers"`
	Wire          struct {
		Target  string
		Headers map[string]string
		Body    string
	}
}

func (v vector) signature() Signature {
	return map[string]Signature{"5sha512": V5, "4sha512": V4, "2sha512": V2SHA512,
		"2sha1": V2SHA1}[fmt.Sprint(v.Version, v.HMAC)]
}

func (v vector) params() Params {
	params := Params{}
	for name, value := range v.Params {
		if values, ok := value.([]any); ok {
			var texts []string
			for _, value := range values {
				texts = append(texts, fmt.Sprint(value))
			}
			value = texts
		}
		params[name] = value
	}
	return params
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/signature-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 24 {
		t.Fatalf("%d vectors, expected 24 or more", len(file.Vectors))
	}
	return file.Vectors
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			m := message{date: v.Date, method: v.Method, host: v.Host, path: v.Path, body: []byte(v.SignedBody),
				header: http.Header{}}
			for name, value := range v.XDuoHeaders {
				m.header.Set(name, value)
			}
			if v.Version == 2 || strings.Contains(v.Wire.Target, "?") {
				line, err := v.params().canonical()
				if err != nil {
					t.Fatal(err)
				}
				m.params = line
			}
			if got := m.canonical(v.signature()); got != v.Canonical {
				t.Errorf("canonical\n got %q\nwant %q", got, v.Canonical)
			}
			got, err := m.authorization(v.signature(), v.IKey, lend(v.SKey))
			if err != nil || got != v.Authorization {
				t.Errorf("authorization %q, %v\nwant %q", got, err, v.Authorization)
			}
		})
	}
}

// TestRequestsMatchVectors holds whole requests of the client, bodies and queries included,
// against those of the official client.
func TestRequestsMatchVectors(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, v := range vectors(t) {
		splitOverQuery := v.Method == "POST" && strings.Contains(v.Wire.Target, "?")
		if splitOverQuery || strings.Contains(v.Host, "X") {
			continue // forms that this client does not send, and the documentation's sample host
		}
		compared++
		c := New(Credentials{Host: strings.ToLower(v.Host), IntegrationKey: v.IKey, Secret: lend(v.SKey)}, Options{})
		p, err := c.prepare(Request{Method: v.Method, Path: v.Path, Params: v.params(), Signature: v.signature()})
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if v.Version > 2 && string(p.body) != v.SignedBody {
			t.Errorf("%s: body %s, want %s", v.Name, p.body, v.SignedBody)
		}
		if want, _ := url.ParseQuery(v.Wire.Body); v.Version == 2 && v.Wire.Body != "" {
			if got, _ := url.ParseQuery(string(p.body)); got.Encode() != want.Encode() {
				t.Errorf("%s: form %s, want %s", v.Name, p.body, v.Wire.Body)
			}
		}
		p.date = v.Date
		p.header = http.Header{}
		for name, value := range v.XDuoHeaders {
			p.header.Set(name, value)
		}
		if got, _ := p.authorization(p.signature, v.IKey, lend(v.SKey)); got != v.Authorization {
			t.Errorf("%s: authorization %s, want %s", v.Name, got, v.Authorization)
		}
	}
	if compared < 15 {
		t.Errorf("only %d vectors were compared", compared)
	}
}

// FuzzCanonical checks that whatever the parameters are, the line is plain ASCII in the documented
// alphabet, sorted, and reads back as the same parameters.
func FuzzCanonical(f *testing.F) {
	f.Add("username", "Jürgen 名前 🔑", "limit", "300")
	f.Add("users", "a.", "users/", "a/ +&=~*'()!")
	f.Add("", "", "é", "\x00")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		for _, s := range []string{name1, value1, name2, value2} {
			if !utf8.ValidString(s) {
				return
			}
		}
		params := Params{name1: []string{value1, value2}}
		params[name2] = value2
		line, err := params.canonical()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%=&") != "" {
			t.Errorf("characters that must be escaped in %q", line)
		}
		back, err := url.ParseQuery(line)
		if err != nil {
			t.Fatal(err)
		}
		for name := range params {
			texts, _ := paramTexts(params[name])
			if len(back[name]) != len(texts) || back.Get(name) != texts[0] && back.Get(name) != texts[len(texts)-1] {
				t.Errorf("%q reads back as %q", params, back)
			}
		}
	})
}
