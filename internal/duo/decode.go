package duo

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object whose members are read by name. Duo's answers vary by age and edition
// of the account, so a scalar that is missing, null or of another type reads as the zero value,
// numbers may be text, and unknown members are ignored. A list that is not a list is an error.
type object struct {
	members map[string]json.RawMessage
	err     error // the first list that could not be read
}

// maxDepth is how deep an answer may nest. Duo's nest ten levels or so; each level is read again by
// the one above, so that an answer as large and as deep as JSON allows would take hours.
const maxDepth = 20

// tooDeep tells whether objects and lists nest deeper than maxDepth. It takes valid and invalid JSON.
func tooDeep(data []byte) bool {
	depth, text, escaped := 0, false, false
	for _, b := range data {
		switch {
		case escaped:
			escaped = false
		case text:
			escaped, text = b == '\\', b != '"'
		case b == '"':
			text = true
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

func parseObject(data []byte) (*object, error) {
	o := &object{}
	if err := json.Unmarshal(data, &o.members); err != nil {
		return nil, err
	}
	if o.members == nil {
		return nil, errors.New("null instead of an object")
	}
	return o, nil
}

// text reads a string; numbers and booleans give their literal.
func (o *object) text(name string) string { return scalar(o.members[name]) }

// words reads a string; an object or a list gives its JSON.
func (o *object) words(name string) string {
	if value := o.members[name]; len(value) > 0 && (value[0] == '{' || value[0] == '[') {
		return string(value)
	}
	return o.text(name)
}

// scalar reads one value as text; what is not a scalar is "".
func scalar(value json.RawMessage) string {
	raw := string(value)
	switch {
	case raw == "" || raw == "null" || raw[0] == '{' || raw[0] == '[':
		return ""
	case raw[0] != '"':
		return raw
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// bare is a response that is a text and nothing around it.
type bare string

func (b *bare) UnmarshalJSON(data []byte) error {
	if data[0] == '{' || data[0] == '[' {
		return errors.New("no text")
	}
	*b = bare(scalar(data))
	return nil
}

// number reads an integer; a fraction is cut off and what no int64 can hold is 0.
func (o *object) number(name string) int64 {
	text := strings.TrimSpace(o.text(name))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) >= math.MaxInt64 {
		return 0
	}
	return int64(f)
}

// count reads a number that cannot be negative.
func (o *object) count(name string) int {
	return int(min(max(o.number(name), 0), math.MaxInt32))
}

// flag reads a boolean in any of Duo's spellings.
func (o *object) flag(name string) bool {
	switch strings.ToLower(o.text(name)) {
	case "true", "1":
		return true
	}
	return false
}

// seconds reads a Unix time; what is not between 1970 and the year 9999 is unset.
func (o *object) seconds(name string) time.Time {
	const endOfYear9999 = 253402300799
	n := o.number(name)
	if n <= 0 || n > endOfYear9999 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// isoTime reads ISO 8601 text; without a zone it is UTC.
func (o *object) isoTime(name string) time.Time {
	text := o.text(name)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// list reads a list of objects; missing, null and "" are empty lists.
func list[T any](o *object, name string) []T {
	raw := o.members[name]
	if len(raw) == 0 || string(raw) == "null" || string(raw) == `""` {
		return nil
	}
	var items []T
	if err := json.Unmarshal(raw, &items); err != nil {
		if o.err == nil {
			o.err = err
		}
		return nil
	}
	return items
}

// optional reads an object that may be missing, null or "".
func optional[T any](o *object, name string) T {
	var value, none T
	raw := o.members[name]
	if len(raw) == 0 || raw[0] != '{' {
		return none
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		if o.err == nil {
			o.err = err
		}
		return none
	}
	return value
}
