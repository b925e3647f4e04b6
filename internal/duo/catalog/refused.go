package catalog

import (
	"errors"
	"strings"

	"duodesk/internal/duo"
)

// asRefusal is Duo's refusal behind an error.
func asRefusal(err error) (*duo.Error, bool) { return errors.AsType[*duo.Error](err) }

// Shown is the message fit to be shown and recorded: names of Duo's that it quotes
// are bounded as by Plain, and the words of a refusal are whole.
func (e *FieldError) Shown() string {
	if e.Refused {
		return Sentences(e.Message)
	}
	return Plain(e.Message)
}

// refusedField is Duo's refusal as a fault of a field: our sentence, and what Duo said.
func refusedField(field, message string, refused *duo.Error) *FieldError {
	return &FieldError{Field: field, Message: strings.TrimSpace(message + " " + refused.Said()), Refused: true}
}
