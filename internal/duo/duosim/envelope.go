package duosim

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"sort"
	"strconv"
	"time"
	"unicode/utf16"
)

// refusal is a failure answer. The first three digits of the code are the HTTP status.
type refusal struct {
	code       int
	message    string        // "": the usual message of the code
	detail     string        // message_detail; "": left out
	retryAfter time.Duration // of 42901; 0: no such header
	status     int           // HTTP status; 0: the one of the code
}

// The usual messages. Those of 40106, 40501 and 50000 are our wording.
var messages = map[int]string{
	40001: "Missing required request parameters",
	40002: "Invalid request parameters",
	40003: "Duplicate resource",
	40101: "Missing request credentials",
	40102: "Invalid integration key in request credentials",
	40103: "Invalid signature in request credentials",
	40104: "Missing request timestamp",
	40105: "Bad request timestamp",
	40106: "Invalid content type",
	40301: "Access forbidden",
	40401: "Resource not found",
	40501: "Method not allowed",
	42901: "Too Many Requests",
	50000: "Internal server error",
	50001: "Unknown internal server error",
}

// refuse makes a failure with the usual message of its code; detail, at most one, is mostly the parameter's name.
func refuse(code int, detail ...string) *refusal {
	no := &refusal{code: code}
	if len(detail) > 0 {
		no.detail = detail[0]
	}
	return no
}

// answer is what goes back: either a response with optional paging metadata, or a refusal.
type answer struct {
	response any
	metadata map[string]any
	refusal  *refusal
	changed  bool
}

// picture is a response that is a picture and stands without an envelope.
type picture []byte

func ok(response any) answer { return answer{response: response} }

func refused(no *refusal) answer { return answer{refusal: no} }

func (a answer) envelope() (status int, body map[string]any) {
	if no := a.refusal; no != nil {
		body = map[string]any{"code": no.code, "message": no.message, "stat": "FAIL"}
		if no.message == "" {
			body["message"] = messages[no.code]
		}
		if no.detail != "" {
			body["message_detail"] = no.detail
		}
		return cmp.Or(no.status, no.code/100), body
	}
	body = map[string]any{"response": a.response, "stat": "OK"}
	if a.metadata != nil {
		body["metadata"] = a.metadata
	}
	return http.StatusOK, body
}

func (a answer) write(w http.ResponseWriter, method string, now time.Time) {
	h := w.Header()
	h.Set("Server", "Duo/1.0")
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	if shown, isPicture := a.response.(picture); isPicture && a.refusal == nil {
		h.Set("Content-Type", "image/png")
		_, _ = w.Write(shown)
		return
	}
	status, body := a.envelope()
	text, err := pythonJSON(body)
	if err != nil {
		panic(err) // every response is built here from plain values
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	if a.refusal != nil && a.refusal.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.refusal.retryAfter.Seconds()))))
	}
	if status == http.StatusOK {
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache")
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("Content-Security-Policy", "default-src 'self'; frame-src 'self' ; img-src 'self'  ; connect-src 'self'")
		if method == http.MethodGet {
			h.Set("Etag", `"`+hexSum(sha1.New(), string(text))+`"`)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a caller that has gone away is no concern of ours
}

// pythonJSON writes a value as Python's json.dumps(value, sort_keys=True) does, which is how Duo's answers look: their
// ETags can be reproduced that way. That non-ASCII text is escaped is our choice.
func pythonJSON(value any) ([]byte, error) {
	compact, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(compact))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return nil, err
	}
	return appendPython(nil, plain), nil
}

func appendPython(out []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...)
	case bool:
		return strconv.AppendBool(out, v)
	case json.Number:
		return append(out, v...)
	case string:
		return appendPythonString(out, v)
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = appendPython(out, item)
		}
		return append(out, ']')
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		out = append(out, '{')
		for i, key := range keys {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = append(appendPythonString(out, key), ": "...)
			out = appendPython(out, v[key])
		}
		return append(out, '}')
	}
	panic(fmt.Sprintf("duosim: %T is not JSON", value))
}

var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func appendPythonString(out []byte, text string) []byte {
	out = append(out, '"')
	for _, r := range text {
		short, special := shortEscapes[r]
		switch {
		case special:
			out = append(out, short...)
		case r >= ' ' && r <= '~':
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return append(out, '"')
}
