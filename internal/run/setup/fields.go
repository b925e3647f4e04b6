package setup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/text"
)

// SecretField reports whether an input of the integration form is a secret key.
func SecretField(name string) bool { return strings.HasSuffix(name, "_secret_key") }

// keep stands for a secret key that is left as it is stored.
const keep = ""

// checkShape looks at the values of a form before anything is sent: missing,
// malformed, in the wrong box. It returns the values in their plain form, and
// notes on what was taken off. An empty secret keeps the one that is stored before.
func checkShape(form []Fields, typed map[string]string, before KeyState,
	sandbox bool) (plain, notes map[string]string, bad []catalog.FieldError) {
	s := shapes{typed: typed, plain: map[string]string{}, notes: map[string]string{}, cards: map[string]string{}}
	for _, f := range form {
		title := run.APITitle(f.API)
		_, stored := before.newest(f.API)
		s.host(f.Host, title, sandbox)
		s.integrationKey(f.IntegrationKey, title)
		s.secretKey(f.SecretKey, title, stored)
	}
	return s.plain, s.notes, s.bad
}

// shapes are what is known of a form's values so far, by input.
type shapes struct {
	typed, plain, notes map[string]string
	cards               map[string]string // integration key → the card it was first seen in
	bad                 []catalog.FieldError
}

func (s *shapes) fault(field, message string) {
	s.bad = append(s.bad, catalog.FieldError{Field: field, Message: message})
}

func (s *shapes) host(field, title string, sandbox bool) {
	host, cleaned, err := duo.ParseHost(s.typed[field], sandbox)
	s.plain[field] = host
	switch {
	case text.Key(s.typed[field]) == "":
		s.fault(field, "Fill this in: the API hostname of the "+title+" application.")
	case err != nil:
		s.fault(field, Sentence(err.Error()))
	case cleaned:
		s.notes[field] = "Blanks, invisible characters, https:// or a slash were removed from the host name."
	}
}

func (s *shapes) integrationKey(field, title string) {
	key := text.Key(s.typed[field])
	s.plain[field] = key
	switch err := duo.CheckIntegrationKey(key); {
	case key == "":
		s.fault(field, "Fill this in: the integration key of the "+title+" application.")
	case err != nil:
		s.fault(field, Sentence(err.Error()))
	case s.cards[key] != "":
		s.fault(field, "This is the key of the "+s.cards[key]+
			" above. Each API has an application, and a key, of its own.")
	default:
		s.cards[key] = title
		s.noteCleaned(field)
	}
}

func (s *shapes) secretKey(field, title string, stored bool) {
	key := text.Key(s.typed[field])
	s.plain[field] = key
	switch err := duo.CheckSecretKey(key); {
	case key == keep && stored:
	case key == "":
		s.fault(field, "Fill this in: the secret key of the "+title+" application.")
	case err != nil:
		s.fault(field, Sentence(err.Error()))
	default:
		s.noteCleaned(field)
	}
}

// noteCleaned says that a key is not what was typed.
func (s *shapes) noteCleaned(field string) {
	if s.plain[field] != s.typed[field] {
		s.notes[field] = "Blanks and invisible characters were removed from the key."
	}
}

// Sentence makes a phrase stand alone: a capital first and a full stop last.
func Sentence(phrase string) string {
	first, size := utf8.DecodeRuneInString(phrase)
	if size == 0 {
		return ""
	}
	phrase = string(unicode.ToUpper(first)) + phrase[size:]
	if !strings.HasSuffix(phrase, ".") {
		phrase += "."
	}
	return phrase
}
