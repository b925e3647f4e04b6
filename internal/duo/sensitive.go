package duo

import (
	"fmt"
	"io"
	"log/slog"
)

// Sensitive is text from an answer that lets anyone who has it log in, enroll a device or sign
// requests. It is not printed by accident: package fmt with any verb, log/slog and encoding/json
// give "(hidden)" in its place. The text itself is string(s).
type Sensitive string

const hidden = "(hidden)"

// String returns "(hidden)", or "" if there is no text.
func (s Sensitive) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format implements [fmt.Formatter].
func (s Sensitive) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText implements [encoding.TextMarshaler], and with it that of JSON.
func (s Sensitive) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements [slog.LogValuer].
func (s Sensitive) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Codes are the texts of bypass codes, each worth a log-in. Like [Sensitive] they are not printed
// as a list; one of them, codes[0], is a plain string.
type Codes []string

// String tells how many codes there are.
func (c Codes) String() string { return fmt.Sprintf("%d %s", len(c), hidden) }

// Format implements [fmt.Formatter].
func (c Codes) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// MarshalText implements [encoding.TextMarshaler], and with it that of JSON.
func (c Codes) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue implements [slog.LogValuer].
func (c Codes) LogValue() slog.Value { return slog.StringValue(c.String()) }
