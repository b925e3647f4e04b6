package duosim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// wireClient is how one of Duo's clients puts a call on the wire. Requests are written here byte by byte and signed
// with code of the test's own, so that neither Go's HTTP client nor the simulator's verifier smooths anything over.
type wireClient struct {
	name     string
	version  int  // of the signature: 2 or 5
	sha1     bool // version 2 only; else SHA-512
	date     string
	xDuoDate bool // the date travels, and is hashed, as X-Duo-Date
	port     bool // signs the host with its port
	sorted   func(a, b pair) int
	post     string // where a POST's parameters go: form, json, query, split (account_id in the query) or multipart
	json     func(any) string
	chunked  bool
	question bool // a bare ? after paths without parameters
	getBody  string
	unsent   bool // signs the parameters of DELETE and does not send them
}

const (
	utcMinus  = "Mon, 02 Jan 2006 15:04:05 -0000"
	utcPlus   = "Mon, 02 Jan 2006 15:04:05 +0000"
	localZone = time.RFC1123Z // in the zone of the machine, four hours west
)

// wireClients are the forms of section 1 of what is known of Duo's API. "as sent" leaves the order alone.
func wireClients() []wireClient {
	encoded := func(a, b pair) int {
		return strings.Compare(escape(a.key)+"="+escape(a.value), escape(b.key)+"="+escape(b.value))
	}
	raw := func(a, b pair) int { return strings.Compare(a.key+"\x00"+a.value, b.key+"\x00"+b.value) }
	keys := func(a, b pair) int { return strings.Compare(a.key, b.key) }
	return []wireClient{
		{name: "Python, version 5", version: 5, date: utcMinus, sorted: encoded, post: "json", json: pythonBody,
			question: true},
		{name: "Python, version 2, SHA-1", version: 2, sha1: true, date: utcMinus, sorted: encoded, post: "form",
			question: true},
		{name: "Python, version 2, SHA-512", version: 2, date: utcMinus, sorted: encoded, post: "form", question: true},
		{name: "Go, SignedCall", version: 2, date: utcPlus, port: true, sorted: raw, post: "form", chunked: true,
			unsent: true},
		{name: "Go, JSONSignedCall", version: 5, date: utcPlus, port: true, sorted: raw, post: "json", json: goBody},
		{name: "Ruby", version: 5, date: localZone, sorted: raw, post: "json", json: goBody},
		{name: "Node", version: 2, date: http.TimeFormat, sorted: keys, post: "form"},
		{name: "Node, version 5", version: 5, date: http.TimeFormat, sorted: keys, post: "json", json: goBody},
		{name: "PHP", version: 5, date: utcPlus, sorted: keys, post: "json", json: phpBody},
		{name: "Java", version: 5, date: localZone, sorted: encoded, post: "json", json: goBody},
		{name: "C#, older", version: 2, sha1: true, date: utcMinus, xDuoDate: true, sorted: encoded, post: "form"},
		{name: "duo_hmac", version: 5, date: utcPlus, xDuoDate: true, sorted: encoded, post: "json", json: pythonBody},
		{name: "duo_unix", version: 2, date: utcPlus, sorted: encoded, post: "form"},
		{name: "Postman, Accounts collection", version: 2, sha1: true, date: localZone, sorted: encoded, post: "query"},
		{name: "Postman, Auth collection", version: 2, sha1: true, date: localZone, sorted: encoded, post: "multipart"},
		{name: "Postman, Admin collection", version: 5, date: localZone, sorted: encoded, post: "query"},
		{name: "Postman of the MSP workshop", version: 5, date: localZone, sorted: encoded, post: "split", json: goBody,
			getBody: "{}"},
		{name: "PowerShell", version: 5, date: utcMinus, xDuoDate: true, sorted: encoded, post: "split", json: goBody},
	}
}

// pythonBody has sorted keys, no spaces and escapes whatever is not ASCII.
func pythonBody(value any) string {
	text, err := pythonJSON(value)
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer(`", "`, `","`, `": "`, `":"`).Replace(string(text))
}

func goBody(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func phpBody(value any) string { return strings.ReplaceAll(goBody(value), "/", `\/`) }

// write makes the request's text. host is with port; params keep their order.
func (w wireClient) write(app Application, now time.Time, method, host, path string, params []pair) string {
	var query, body []pair
	switch {
	case method != "POST" || w.post == "query":
		query = params
	case w.post == "split":
		for _, p := range params {
			if p.key == "account_id" {
				query = append(query, p)
			} else {
				body = append(body, p)
			}
		}
	default:
		body = params
	}
	text, contentType := w.body(method, body)
	date := now.UTC().Format(w.date)
	if w.date == localZone {
		date = now.In(time.FixedZone("", -4*3600)).Format(w.date)
	}
	signedHost, _, _ := strings.Cut(host, ":")
	if w.port {
		signedHost = host
	}
	line := params
	if w.version == 5 {
		line = query
	}
	sum := func(text string) string { s := sha512.Sum512([]byte(text)); return hex.EncodeToString(s[:]) }
	canonical := []string{date, method, signedHost, path, w.line(line)}
	if w.version == 5 {
		headers := ""
		if w.xDuoDate {
			headers = "x-duo-date\x00" + date
		}
		canonical = append(canonical, sum(text), sum(headers))
	}
	algorithm := func() hash.Hash { return sha512.New() }
	if w.sha1 {
		algorithm = sha1.New
	}
	mac := hmac.New(algorithm, []byte(app.SecretKey))
	mac.Write([]byte(strings.Join(canonical, "\n")))
	credentials := base64.StdEncoding.EncodeToString([]byte(app.IntegrationKey + ":" +
		hex.EncodeToString(mac.Sum(nil))))

	target := path
	if sent := wireQuery(query); sent != "" && !(w.unsent && method == "DELETE") {
		target += "?" + sent
	} else if w.question && method != "POST" {
		target += "?"
	}
	dateName := "Date"
	if w.xDuoDate {
		dateName = "X-Duo-Date"
	}
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n%s: %s\r\nAuthorization: Basic %s\r\nUser-Agent: %s\r\n", method,
		target, host, dateName, date, credentials, w.name)
	if contentType != "" {
		head += "Content-Type: " + contentType + "\r\n"
	}
	switch {
	case text == "":
		return head + "\r\n"
	case w.chunked:
		half := len(text) / 2
		return head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half,
			text[:half], len(text)-half, text[half:])
	}
	return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text)
}

func (w wireClient) body(method string, params []pair) (text, contentType string) {
	switch {
	case method != "POST":
		if w.getBody != "" {
			return w.getBody, "application/json"
		}
		return "", ""
	case w.post == "query" && w.version == 5:
		return "", "application/json"
	case w.post == "query":
		return "", "application/x-www-form-urlencoded"
	case w.post == "form":
		return wireQuery(params), "application/x-www-form-urlencoded"
	case w.post == "multipart" && len(params) == 0:
		return "", ""
	case w.post == "multipart":
		var out bytes.Buffer
		form := multipart.NewWriter(&out)
		for _, p := range params {
			_ = form.WriteField(p.key, p.value)
		}
		form.Close()
		return out.String(), "application/x-www-form-urlencoded" // which is what it says, wrongly
	}
	members := map[string]any{}
	for _, p := range params {
		members[p.key] = p.value
	}
	return w.json(members), "application/json"
}

// line is the canonical line of parameters in the client's own order.
func (w wireClient) line(params []pair) string {
	sorted := slices.Clone(params)
	slices.SortStableFunc(sorted, w.sorted)
	var parts []string
	for _, p := range sorted {
		parts = append(parts, strings.ReplaceAll(url.QueryEscape(p.key), "+", "%20")+"="+
			strings.ReplaceAll(url.QueryEscape(p.value), "+", "%20"))
	}
	return strings.Join(parts, "&")
}

func wireQuery(params []pair) string {
	var parts []string
	for _, p := range params {
		parts = append(parts, url.QueryEscape(p.key)+"="+url.QueryEscape(p.value))
	}
	return strings.Join(parts, "&")
}
