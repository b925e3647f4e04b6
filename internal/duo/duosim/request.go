package duosim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
)

type pair struct{ key, value string }

// request is what arrived on the wire, kept both as received (for the signature) and decoded (for the handlers).
type request struct {
	method   string // GET for a HEAD, which is answered alike but for the body
	sent     string // the method as it was sent, and signed
	host     string // Host header, lower case, with its port if it has one
	hostname string // the same without port
	rawPath  string // as received, still percent-encoded
	path     string
	query    []pair
	form     []pair // fields of a form or multipart body
	opaque   bool   // the body is neither empty nor a form: only signatures that hash it can vouch for it
	body     []byte
	headers  http.Header

	hasCredentials            bool
	integrationKey, signature string

	params     map[string]string // query and body together; the body wins, lists of a JSON body stay JSON text
	structured map[string]bool   // of those: which a JSON body has as list or object
	malformed  *refusal          // a body that cannot be read, reported only to callers whose signature is good
}

func readRequest(r *http.Request, body []byte) *request {
	target, query, _ := strings.Cut(r.RequestURI, "?")
	req := &request{
		method: r.Method, sent: r.Method, host: strings.ToLower(r.Host), rawPath: target, path: r.URL.Path,
		query: parsePairs(query), body: body, headers: r.Header, params: map[string]string{},
	}
	if req.sent == http.MethodHead {
		req.method = http.MethodGet
	}
	req.hostname = req.host
	if name, _, err := net.SplitHostPort(req.host); err == nil {
		req.hostname = name
	}
	req.readCredentials(r.Header.Get("Authorization"))
	for _, p := range req.query {
		req.params[p.key] = p.value
	}
	req.readBody(r.Header.Get("Content-Type"))
	for _, p := range req.form {
		req.params[p.key] = p.value
	}
	return req
}

func (req *request) readCredentials(authorization string) {
	scheme, encoded, _ := strings.Cut(authorization, " ")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return
	}
	req.integrationKey, req.signature, _ = strings.Cut(string(decoded), ":")
	req.hasCredentials = req.integrationKey != ""
}

func (req *request) readBody(contentType string) {
	if len(req.body) == 0 {
		return
	}
	kind, options, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/json":
		req.opaque = true
		req.readJSON()
	case kind == "multipart/form-data" || looksMultipart(req.body):
		boundary := options["boundary"]
		if boundary == "" { // Duo's Auth API collection labels its multipart bodies as url-encoded
			boundary, _, _ = strings.Cut(string(req.body[2:]), "\r\n")
		}
		req.readMultipart(boundary)
	case kind == "application/x-www-form-urlencoded":
		req.form = parsePairs(string(req.body))
	default:
		req.opaque = true
		req.malformed = refuse(40106)
	}
}

func looksMultipart(body []byte) bool {
	return bytes.HasPrefix(body, []byte("--")) && bytes.Contains(body, []byte("Content-Disposition: form-data"))
}

func (req *request) readMultipart(boundary string) {
	parts := multipart.NewReader(bytes.NewReader(req.body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			req.malformed = refuse(40002)
			return
		}
		value, err := io.ReadAll(part)
		if err != nil {
			req.malformed = refuse(40002)
			return
		}
		req.form = append(req.form, pair{part.FormName(), string(value)})
	}
}

func (req *request) readJSON() {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(req.body, &members); err != nil {
		req.malformed = refuse(40002)
		return
	}
	req.takeMembers(members)
}

// takeMembers takes parameters from JSON: scalars as their text, lists and objects as they are written.
func (req *request) takeMembers(members map[string]json.RawMessage) {
	if req.structured == nil {
		req.structured = map[string]bool{}
	}
	for name, raw := range members {
		var text string
		switch {
		case string(raw) == "null":
			continue
		case json.Unmarshal(raw, &text) == nil:
			req.params[name] = text
			delete(req.structured, name)
		default:
			req.params[name] = string(raw)
			if raw[0] == '{' || raw[0] == '[' {
				req.structured[name] = true
			}
		}
	}
}

// parsePairs splits a query or form text, keeping order, repetitions and empty values. A broken escape stays as it is.
func parsePairs(text string) []pair {
	var pairs []pair
	for _, part := range strings.Split(text, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescape(key), unescape(value)})
	}
	return pairs
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
