package duosim

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"net/mail"
	"slices"
	"sort"
	"strings"
	"time"
)

// authenticate finds the application whose key signed the request, or says why it does not believe it. The order of
// the checks is Duo's where known; date before key is our choice.
func (s *Sim) authenticate(req *request, host *account, fault Fault, now time.Time) (*application, *refusal) {
	if !req.hasCredentials {
		return nil, refuse(40101)
	}
	if len(req.signature) != sha1.Size*2 && len(req.signature) != sha512.Size*2 {
		return nil, refuse(40103)
	}
	date := req.date()
	if date == "" {
		return nil, refuse(40104)
	}
	signed, err := mail.ParseDate(date)
	if err != nil || now.Truncate(time.Second).Sub(signed).Abs() > s.window {
		return nil, refuse(40105)
	}
	app := s.applicationAt(host, req.integrationKey)
	if app == nil || fault.Kind == Revoked {
		return nil, refuse(40102)
	}
	if !req.signedWith(app.SecretKey) {
		return nil, refuse(40103)
	}
	return app, nil
}

// applicationAt looks a key up among the applications of the account behind the host and the Accounts API applications
// of its parent, which may call every child's host.
func (s *Sim) applicationAt(host *account, integrationKey string) *application {
	if host == nil {
		return nil
	}
	if app := host.application(integrationKey); app != nil {
		return app
	}
	if parent := s.account(host.ParentID); parent != nil {
		if app := parent.application(integrationKey); app != nil && app.Type == AccountsAPI {
			return app
		}
	}
	return nil
}

func (req *request) date() string {
	if date := req.headers.Get("X-Duo-Date"); date != "" {
		return date
	}
	return req.headers.Get("Date")
}

// signedWith recomputes every signature that an official client may have sent for this request: the version is not
// on the wire, and clients differ in the order of parameters, in the port of the host and in escaping the path.
func (req *request) signedWith(secretKey string) bool {
	newHash := sha512.New
	if len(req.signature) == sha1.Size*2 {
		newHash = sha1.New
	}
	for _, canonical := range req.canonicalForms() {
		mac := hmac.New(newHash, []byte(secretKey))
		mac.Write([]byte(canonical))
		want := hex.EncodeToString(mac.Sum(nil))
		if hmac.Equal([]byte(want), []byte(req.signature)) {
			return true
		}
	}
	return false
}

func (req *request) canonicalForms() []string {
	bodyHash := sha512Hex(string(req.body))
	headerHash := sha512Hex(req.duoHeaders())
	queryLines := canonicalParams(req.query)
	allLines := canonicalParams(append(slices.Clone(req.query), req.form...))
	sha1Only := len(req.signature) == sha1.Size*2

	var forms []string
	for _, host := range distinct(req.hostname, req.host) {
		for _, path := range distinct(req.rawPath, req.path) {
			start := req.date() + "\n" + strings.ToUpper(req.sent) + "\n" + host + "\n" + path + "\n"
			if !req.opaque { // version 2 does not cover such a body, so it must not vouch for it
				for _, line := range allLines {
					forms = append(forms, start+line)
				}
			}
			if sha1Only {
				continue
			}
			for _, line := range queryLines {
				version4 := start + line + "\n" + bodyHash
				forms = append(forms, version4+"\n"+headerHash, version4)
			}
		}
	}
	return forms
}

// canonicalParams returns the parameter line in each order that a client is known to sign: sorted after encoding
// (Python), sorted raw (Go, Ruby), by key alone (Node, PHP), as sent.
func canonicalParams(pairs []pair) []string {
	encoded := make([]pair, len(pairs))
	for i, p := range pairs {
		encoded[i] = pair{escape(p.key), escape(p.value)}
	}
	ordered := func(source []pair, before func(a, b pair) bool) string {
		order := make([]int, len(source))
		for i := range order {
			order[i] = i
		}
		sort.SliceStable(order, func(i, j int) bool { return before(source[order[i]], source[order[j]]) })
		parts := make([]string, len(order))
		for i, from := range order {
			parts[i] = encoded[from].key + "=" + encoded[from].value
		}
		return strings.Join(parts, "&")
	}
	byKeyAndValue := func(a, b pair) bool { return a.key < b.key || a.key == b.key && a.value < b.value }
	return distinct(
		ordered(encoded, byKeyAndValue),
		ordered(pairs, byKeyAndValue),
		ordered(pairs, func(a, b pair) bool { return a.key < b.key }),
		ordered(pairs, func(a, b pair) bool { return false }),
	)
}

// duoHeaders joins the X-Duo-* headers for version 5: lower-case names, sorted, names and values separated by NUL.
func (req *request) duoHeaders() string {
	values := map[string]string{}
	var names []string
	for name, value := range req.headers {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-duo-") {
			names = append(names, name)
			values[name] = value[0]
		}
	}
	sort.Strings(names)
	var parts []string
	for _, name := range names {
		parts = append(parts, name, values[name])
	}
	return strings.Join(parts, "\x00")
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

// escape percent-encodes every byte outside RFC 3986's unreserved set, as RFC 5849 section 3.6 asks.
func escape(text string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		b := text[i]
		if strings.IndexByte(unreserved, b) >= 0 {
			out.WriteByte(b)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(digits[b>>4])
		out.WriteByte(digits[b&15])
	}
	return out.String()
}

func sha512Hex(text string) string { return hexSum(sha512.New(), text) }

func hexSum(h hash.Hash, text string) string {
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

func distinct(texts ...string) []string {
	var out []string
	for _, text := range texts {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
