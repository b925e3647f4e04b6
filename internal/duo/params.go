package duo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Params are the parameters of a request by name. A value is a string, a bool, an int, an int64 or
// a []string (the parameter repeated). In a JSON body any value that encoding/json takes will do.
type Params map[string]any

func (p Params) with(name string, value any) Params {
	q := make(Params, len(p)+1)
	maps.Copy(q, p)
	q[name] = value
	return q
}

// canonical encodes the parameters the way Duo signs them: RFC 5849 escaping (upper-case hex,
// a space is %20), sorted by encoded name and then by encoded value. The same text is a valid
// query string and a valid form body, so what is signed is what is sent.
func (p Params) canonical() (string, error) {
	var pairs [][2]string
	for name, value := range p {
		texts, err := paramTexts(value)
		if err != nil {
			return "", fmt.Errorf("parameter %q: %w", name, err)
		}
		for _, text := range texts {
			pairs = append(pairs, [2]string{escape(name), escape(text)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		if byName := strings.Compare(a[0], b[0]); byName != 0 {
			return byName
		}
		return strings.Compare(a[1], b[1])
	})
	var line strings.Builder
	for i, pair := range pairs {
		if i > 0 {
			line.WriteByte('&')
		}
		line.WriteString(pair[0] + "=" + pair[1])
	}
	return line.String(), nil
}

func paramTexts(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case int:
		return []string{strconv.Itoa(v)}, nil
	case int64:
		return []string{strconv.FormatInt(v, 10)}, nil
	}
	return nil, fmt.Errorf("a %T can only travel in a JSON body", value)
}

func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// json encodes the parameters as a compact JSON object with sorted keys, {} if there are none.
func (p Params) json() ([]byte, error) {
	if p == nil {
		p = Params{}
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), nil
}

// put adds the value only if there is one: parameters that are not sent stay as they are at Duo.
func put[T any](p Params, name string, value *T) {
	if value != nil {
		p[name] = *value
	}
}

// wholeSeconds refuses what Duo cannot express. Rounding is not an option: half a second would
// become 0, which Duo reads as "for ever".
func wholeSeconds(name string, d time.Duration) (string, error) {
	if d < 0 || d%time.Second != 0 {
		return "", invalid(fmt.Errorf("%s must be a whole number of seconds, 0 or more", name))
	}
	return strconv.FormatInt(int64(d/time.Second), 10), nil
}

// digit writes a boolean the way that the oldest of Duo's parameters take it.
func digit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
