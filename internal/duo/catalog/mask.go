package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// masked stands where a secret was.
const masked = "(masked)"

// Masked returns an answer of Duo without what must not be seen twice: members
// that hold secrets by their name, links that activate or enroll, and everything
// that is one of the secrets. What cannot be read is left out altogether.
func Masked(raw json.RawMessage, secrets []Secret) json.RawMessage {
	return maskedWhole(raw, &masker{secrets: secrets})
}

// Answer returns what a role may see of Raw, Duo's own answer.
func (r Result) Answer(role Role) json.RawMessage {
	switch {
	case !r.Plain:
		return Masked(r.Raw, r.Secrets)
	case role < r.Least:
		return maskedWhole(r.Raw, &masker{nameless: true})
	}
	return r.Raw
}

func maskedWhole(raw json.RawMessage, m *masker) json.RawMessage {
	m.decoder = json.NewDecoder(bytes.NewReader(raw))
	m.decoder.UseNumber()
	if m.value(0, false, false) != nil {
		return nil
	}
	return m.out.Bytes()
}

// masker copies one JSON value and masks what is secret in it. It goes token by
// token: an answer can have 20 MB, and would take ten times that as a tree.
type masker struct {
	decoder  *json.Decoder
	out      bytes.Buffer
	secrets  []Secret
	nameless bool // texts that no member names are masked too: a bare code or key has no name
}

// deepest is how deep values may nest; Duo's answers are held to much less.
const deepest = 1000

var errTooDeep = errors.New("catalog: values nest too deep")

// value copies the next value. named says that a member has it, directly or
// around lists; secret that it is within a member whose name is like a secret's.
func (m *masker) value(depth int, named, secret bool) error {
	token, err := m.decoder.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		if depth > deepest {
			return errTooDeep
		}
		m.out.WriteString(t.String())
		for first := true; m.decoder.More(); first = false {
			if !first {
				m.out.WriteByte(',')
			}
			if t == '{' {
				err = m.member(depth+1, secret)
			} else {
				err = m.value(depth+1, named, secret)
			}
			if err != nil {
				return err
			}
		}
		closing, err := m.decoder.Token()
		if err != nil {
			return err
		}
		m.out.WriteString(closing.(json.Delim).String())
	case string:
		m.text(m.shown(t, named, secret))
	case json.Number:
		m.out.WriteString(t.String())
	default:
		literal, _ := json.Marshal(t) // true, false or null
		m.out.Write(literal)
	}
	return nil
}

func (m *masker) member(depth int, secret bool) error {
	token, err := m.decoder.Token()
	if err != nil {
		return err
	}
	name := token.(string)
	m.text(name)
	m.out.WriteByte(':')
	if !isSecretName(name) {
		return m.value(depth, true, secret || likeSecretName(name))
	}
	var whole json.RawMessage
	if err := m.decoder.Decode(&whole); err != nil {
		return err
	}
	if text := string(whole); text == "null" || text == `""` {
		m.out.WriteString(text) // it is seen that there is none
		return nil
	}
	m.text(masked)
	return nil
}

// shown is what may be seen of a text.
func (m *masker) shown(text string, named, secret bool) string {
	switch {
	case text == "":
		return text
	case secret, m.nameless && !named, isSecretLink(text),
		slices.ContainsFunc(m.secrets, func(s Secret) bool { return s.Value != "" && strings.Contains(text, s.Value) }):
		return masked
	}
	return maskedJSON(text)
}

// text writes a text as JSON. What would end a script or a comment on a page is
// left as it is: pages and answers have an encoding of their own.
func (m *masker) text(text string) {
	encoder := json.NewEncoder(&m.out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can always be written
	m.out.Truncate(m.out.Len() - 1)
}

// maskedParams are the parameters of a generic call as the record keeps them.
func maskedParams(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return maskedJSON(text)
	}
	var rows []string
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name = strings.TrimSpace(name); {
		case name == "":
		case isSecretName(name):
			rows = append(rows, name+"="+masked)
		default:
			m := masker{}
			rows = append(rows, name+"="+m.shown(value, true, likeSecretName(name) && !isPlainValue(value)))
		}
	}
	return strings.Join(rows, "\n")
}

// isPlainValue reports whether a text is a number or a yes or no: a length, not a
// password.
func isPlainValue(text string) bool {
	return text == "true" || text == "false" || len(text) < 5 && strings.Trim(text, "0123456789") == ""
}

// maskedJSON masks a text that holds an object or a list, and the texts in it
// that hold such again; others are left as they are.
func maskedJSON(text string) string {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") && !strings.HasPrefix(strings.TrimSpace(text), "[") {
		return text
	}
	m := masker{decoder: json.NewDecoder(strings.NewReader(text))}
	m.decoder.UseNumber()
	err := m.value(0, true, false)
	if err == nil {
		if _, err = m.decoder.Token(); err == io.EOF {
			return m.out.String()
		}
	}
	// It is no JSON, or more than one value. What cannot be taken apart is shown
	// only if nothing in it could name a secret.
	if errors.Is(err, errTooDeep) || hasSecretPart(plainName(text)) {
		return masked
	}
	return text
}
