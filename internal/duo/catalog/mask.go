package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// masked stands where a secret was.
const masked = "(masked)"

// secretNames are the members of Duo's answers that hold a secret, or a link that
// is as good as one.
var secretNames = []string{
	"secret_key", "client_secret", "skey", "secret", "password", "aes_key", "private_id", "activation_url", "activation_barcode", "activation_code", "activation_msg",
	"enroll_portal_url", "code", "codes", "bypass_codes", "link", "message", "confirmation_code", "verification_code", "trusted_device_token",
	"passcode",
}

// Masked returns an answer of Duo without what must not be seen twice: members
// that hold secrets by their name, and everything that is one of the secrets.
// What cannot be read is left out altogether.
func Masked(raw json.RawMessage, secrets []Secret) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var answer any
	if decoder.Decode(&answer) != nil {
		return nil
	}
	out, err := json.Marshal(mask(answer, secrets))
	if err != nil {
		return nil
	}
	return out
}

func mask(value any, secrets []Secret) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = mask(member, secrets); isSecretName(name) && member != nil && member != "" {
				v[name] = masked
			}
		}
	case []any:
		for i, item := range v {
			v[i] = mask(item, secrets)
		}
	case string:
		if slices.ContainsFunc(secrets, func(s Secret) bool { return s.Value != "" && strings.Contains(v, s.Value) }) {
			return masked
		}
	}
	return value
}

func isSecretName(name string) bool { return slices.Contains(secretNames, strings.ToLower(name)) }

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
			rows = append(rows, name+"="+maskedJSON(value))
		}
	}
	return strings.Join(rows, "\n")
}

// maskedJSON masks a text that holds an object or a list, and the texts in it
// that hold such again; others are left as they are.
func maskedJSON(text string) string {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") && !strings.HasPrefix(strings.TrimSpace(text), "[") {
		return text
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return text
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(maskTexts(mask(value, nil))) != nil {
		return masked
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func maskTexts(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = maskTexts(member)
		}
	case []any:
		for i, item := range v {
			v[i] = maskTexts(item)
		}
	case string:
		return maskedJSON(v)
	}
	return value
}
