package duo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzEnvelope gives whole bodies to what looks at them first. A body is OK, FAIL or nothing, what
// is handed on is JSON that does not nest too deep, and a page never leads to itself.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"response": "", "stat": "OK"}`,
		`{"metadata": {"next_offset": 100, "total_objects": 951}, "response": [], "stat": "OK"}`,
		`{"response": {"authlogs": [{}], "metadata": {"next_offset": ["1785846896123", "9de5069c"], "total_objects": {"relation": "eq", "value": 1}}}, "stat": "OK"}`,
		`{"response": {"items": [{}], "metadata": {"next_offset": null}}, "stat": "OK"}`,
		`{"code": 40002, "message": "Invalid request parameters", "message_detail": "username", "stat": "FAIL"}`,
		`{"stat": "OK"}`, `{"stat": "OK", "response": null}`, `{"stat": ["OK"], "response": 1}`,
		`{"stat": "OK", "stat": "FAIL", "response": 1}`,
		`{"stat": "OK", "response": ` + strings.Repeat(`[`, 19) + strings.Repeat(`]`, 19) + `}`,
		`{"stat": "OK", "response": ` + strings.Repeat(`{"x":`, 30) + `1` + strings.Repeat(`}`, 30) + `}`,
		"\xef\xbb\xbf{}", `{"stat": "OK", "response": "\ud800"}`,
		`{"stat": "O\u004b", "response": "[[[[[[[[[[[[[[[[[[[[[[[[[["}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, stat := openEnvelope(body)
		switch stat {
		case "OK":
			if !json.Valid(answer.Response) || depth(t, answer.Response) > maxDepth {
				t.Errorf("handed on: %s", answer.Response)
			}
			if answer.Metadata.Next < 0 || answer.Metadata.Total < 0 {
				t.Errorf("metadata %+v", answer.Metadata)
			}
			if name, next := nextPage("/admin/v2/logs/activity", answer); next != "" &&
				(name == "" || answer.Metadata.Next == 0 && name != "next_offset") {
				t.Errorf("the next page is %s=%q", name, next)
			}
		case "FAIL", "":
			if answer.Response != nil {
				t.Errorf("%q with a response", stat)
			}
		default:
			t.Errorf("stat %q", stat)
		}
		resp := &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {string(body)}}}
		e := refusal(http.MethodGet, "/", resp, body, time.Now())
		if !utf8.ValidString(e.Message) || !utf8.ValidString(e.Detail) || strings.ContainsAny(e.Error(), "\r\n\x00") ||
			e.RetryAfter < 0 {
			t.Errorf("refusal %q, wait %v", e, e.RetryAfter)
		}
	})
}

// depth counts with the reader of encoding/json how deep valid JSON nests.
func depth(t *testing.T, valid []byte) int {
	decoder := json.NewDecoder(bytes.NewReader(valid))
	now, most := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return most
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
		case json.Delim('}'), json.Delim(']'):
			now--
		}
		most = max(most, now)
	}
}

// FuzzDepth holds the count of brackets against encoding/json.
func FuzzDepth(f *testing.F) {
	f.Add([]byte(`{"a\"[[[[": "\\", "b": [1, {"c": "}]"}]}`))
	f.Add([]byte(strings.Repeat(`[`, maxDepth) + strings.Repeat(`]`, maxDepth)))
	f.Add([]byte(strings.Repeat(`[`, maxDepth+1) + strings.Repeat(`]`, maxDepth+1)))
	f.Add([]byte(strings.Repeat(`{"[":`, maxDepth+1) + `0` + strings.Repeat(`}`, maxDepth+1)))
	f.Add([]byte(`"` + strings.Repeat(`[`, 2*maxDepth) + `"`))
	f.Add([]byte(`"\"` + strings.Repeat(`[`, 2*maxDepth) + `"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		deep := tooDeep(data)
		if json.Valid(data) && deep != (depth(t, data) > maxDepth) {
			t.Errorf("%s is too deep: %t", data, deep)
		}
	})
}

// FuzzPushInfo: what stands on the phone is what was written, row by row.
func FuzzPushInfo(f *testing.F) {
	f.Add("from", "login portal", "domain", "a&b=c;d")
	f.Add("", "", "Jürgen 名前", "100 % +1\n")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		encoded := encodePushInfo([]PushInfo{{name1, value1}, {name2, value2}})
		read, err := url.ParseQuery(encoded)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{}
		want.Add(name1, value1)
		want.Add(name2, value2)
		if read.Encode() != want.Encode() {
			t.Errorf("%q reads as %v", encoded, read)
		}
		if first, _, _ := strings.Cut(encoded, "&"); first != url.QueryEscape(name1)+"="+url.QueryEscape(value1) {
			t.Errorf("the rows of %q changed places", encoded)
		}
	})
}
