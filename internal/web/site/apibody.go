package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/text"
)

// APIBody is what a program asks for. Fields stand in it as text, as a form
// would have sent them.
type APIBody struct {
	RunID      uuid.UUID
	Ticket     string
	Reason     string
	Account    string // the Duo account that is meant; empty: not named
	Connection string // as lists return it; empty: not named
	Fields     map[string]string
}

// Get returns a field as Action.Parse wants it: its text, and whether it was given.
func (b APIBody) Get(name string) (string, bool) {
	text, given := b.Fields[name]
	return text, given
}

// APIBodyOf reads the body of a request for an action. An error that is not
// *InvalidFields says that it is not the JSON that is asked for.
func APIBodyOf(c echo.Context, a catalog.Action) (APIBody, error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return APIBody{}, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return APIBody{}, err
		}
		return APIBody{}, BadRequest("The body could not be read to its end.")
	}
	return ParseBody(data, a)
}

// withoutBlanks is text.Key, where a variable has the package's name.
func withoutBlanks(id string) string { return text.Key(id) }

// ParseBody reads {"run_id": …, "fields": {…}, "ticket": …, "reason": …,
// "account_id": …, "connection_id": …} strictly: a member
// that is not known, or is there twice, could mean something else to the program that
// sent it.
func ParseBody(data []byte, a catalog.Action) (APIBody, error) {
	b := APIBody{Fields: map[string]string{}}
	var bad []catalog.FieldError
	fault := func(field, message string) {
		bad = append(bad, catalog.FieldError{Field: field, Message: message})
	}
	members, err := membersOf(withoutMarks(data))
	if err != nil {
		return b, err
	}
	for _, m := range members {
		var text string
		isText := json.Unmarshal(m.value, &text) == nil && m.value[0] == '"'
		switch m.name {
		case "run_id":
			if b.RunID, err = uuid.Parse(text); !isText || err != nil || len(text) != 36 {
				fault("run_id", "Give a UUID as text, a new one for each thing to be done.")
			}
		case "ticket":
			if b.Ticket = text; !isText {
				fault("ticket", "Give a text.")
			}
		case "reason":
			if b.Reason = text; !isText {
				fault("reason", "Give a text.")
			}
		case "account_id":
			if b.Account = withoutBlanks(text); !isText || b.Account == "" || a.OfWorkspace() {
				fault("account_id", "Give the id of the organization's Duo account as text, for a child account only.")
			}
		case "connection_id":
			if b.Connection = withoutBlanks(text); !isText || b.Connection == "" || a.OfWorkspace() {
				fault("connection_id", "Give the organization's connection_id as text, as the lists return it.")
			}
		case "fields":
			b.Fields, bad = fieldsOf(m.value, a, bad)
		default:
			fault(Known(m.name),
				"This member is not known. Use run_id, fields, ticket, reason, account_id and connection_id.")
		}
	}
	if !slices.ContainsFunc(members, func(m member) bool { return m.name == "run_id" }) {
		fault("run_id", "Give a UUID as text, a new one for each thing to be done.")
	}
	if len(bad) > 0 {
		return b, &InvalidFields{Bad: bad}
	}
	return b, nil
}

// fieldsOf puts the fields of an action into the texts that its Parse takes.
func fieldsOf(data json.RawMessage, a catalog.Action, bad []catalog.FieldError) (map[string]string,
	[]catalog.FieldError) {
	texts := map[string]string{}
	members, err := membersOf(data)
	if why, is := errors.AsType[*notUnderstood](err); is {
		return texts, append(bad, catalog.FieldError{Field: "fields", Message: why.reason})
	} else if err != nil {
		return texts, append(bad, catalog.FieldError{Field: "fields", Message: "Give a JSON object."})
	}
	for _, m := range members {
		i := slices.IndexFunc(a.Fields, func(f catalog.Field) bool { return f.Spec().Name == m.name })
		if i < 0 {
			bad = append(bad, catalog.FieldError{Field: Known(m.name), Message: "This action has no such field."})
			continue
		}
		text, fault := fieldText(m.value, a.Fields[i].Spec())
		if fault != "" {
			bad = append(bad, catalog.FieldError{Field: m.name, Message: fault})
		}
		texts[m.name] = text
	}
	return texts, bad
}

// fieldText is a JSON value as a form would have sent it. Every kind of field
// takes a text; beside that a number, true or false, a list of texts, or an
// object, each where it can be meant.
func fieldText(value json.RawMessage, spec catalog.Spec) (text, fault string) {
	switch first := value[0]; {
	case first == '"':
		if json.Unmarshal(value, &text) != nil {
			return "", "This is not a text."
		}
		return text, ""
	case (first == '-' || first >= '0' && first <= '9') && (spec.Kind == "number" || spec.Kind == "duration"):
		return wholeNumber(string(value)), ""
	case (first == 't' || first == 'f') && spec.Kind == "yesno":
		return string(value), ""
	case first == '[' && spec.Kind == "lines":
		return linesText(value)
	case first == '{' && spec.TakesObject():
		var object bytes.Buffer
		if json.Compact(&object, value) != nil {
			return "", "Give " + jsonKinds(spec) + "."
		}
		return object.String(), ""
	}
	return "", "Give " + jsonKinds(spec) + "."
}

// wholeNumber is a number of JSON without a fraction or an exponent where it is whole:
// 1.0 and 1e2 are 1 and 100. Others are left as they are, for the field to refuse.
func wholeNumber(number string) string {
	if number == "-0" {
		return "0"
	}
	if !strings.ContainsAny(number, ".eE") || len(number) > 100 {
		return number
	}
	f, _, err := big.ParseFloat(number, 10, 512, big.ToZero)
	if err != nil || f.MantExp(nil) > 64 || !f.IsInt() {
		return number
	}
	return f.Text('f', 0)
}

// linesText is a list of texts as lines. An element that is no text is none: null
// would be read as an empty one.
func linesText(value json.RawMessage) (text, fault string) {
	var items []*string
	if json.Unmarshal(value, &items) != nil || slices.Contains(items, nil) {
		return "", "Give a list of texts."
	}
	var lines []string
	for _, item := range items {
		if strings.ContainsAny(*item, "\r\n") {
			return "", "A text of the list holds a line break."
		}
		lines = append(lines, *item)
	}
	return strings.Join(lines, "\n"), ""
}

// jsonKinds says what a field takes in JSON.
func jsonKinds(spec catalog.Spec) string {
	switch {
	case spec.Kind == "number":
		return "a number, or a text"
	case spec.Kind == "duration":
		return "a number of seconds, or a text such as 1 hour"
	case spec.Kind == "yesno":
		return "true or false, or a text"
	case spec.Kind == "lines":
		return "a list of texts, or a text with line breaks"
	case spec.TakesObject():
		return "an object, or a text"
	}
	return "a text"
}

// member is one member of a JSON object, its value unread.
type member struct {
	name  string
	value json.RawMessage
}

// The limits of the JSON that programs send: how deep it may be nested, and how many
// members an object may have.
const (
	deepest     = 32
	mostMembers = 200
)

// withoutMarks has blanks in the place of the byte order marks that programs write
// before UTF-8: what is said about a byte counts from the start of the body.
func withoutMarks(data []byte) []byte {
	rest := bytes.TrimLeft(data, "\ufeff")
	return append(bytes.Repeat([]byte(" "), len(data)-len(rest)), rest...)
}

// membersOf reads a JSON object, member by member: the standard library takes
// the last of several with the same name, and finds names in any case. Its errors are
// *notUnderstood.
func membersOf(data []byte) ([]member, error) {
	if why := unreadable(data); why != "" {
		return nil, BadRequest(why)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var members []member
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: token.(string)} // unreadable would have found anything else
		if slices.ContainsFunc(members, func(other member) bool { return other.name == m.name }) {
			return nil, BadRequest("The JSON has a name twice in one object: " + Known(m.name) + ".")
		}
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		if members = append(members, m); len(members) > mostMembers {
			return nil, BadRequest(fmt.Sprintf("The JSON has more than %d members in one object.", mostMembers))
		}
	}
	return members, nil
}

// unreadable says why data is not one JSON object in UTF-8; empty: it is one.
func unreadable(data []byte) string {
	var broken *json.SyntaxError
	var whole json.RawMessage
	err := json.Unmarshal(data, &whole)
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) ||
		bytes.Count(data, []byte{0}) > len(data)/4:
		return "The body is not UTF-8 but looks like UTF-16. Send it as UTF-8."
	case !utf8.Valid(data):
		return fmt.Sprintf("The body is not UTF-8: byte %d is not part of a character.", firstInvalid(data)+1)
	case len(bytes.TrimSpace(data)) == 0:
		return "The body is empty. Send a JSON object."
	case nesting(data) > deepest:
		return fmt.Sprintf("The JSON is nested more than %d deep.", deepest)
	case errors.As(err, &broken):
		return fmt.Sprintf("The body is not JSON: %s, at byte %d.", catalog.Plain(broken.Error()), broken.Offset)
	case bytes.TrimSpace(data)[0] != '{':
		return "The JSON is not an object."
	}
	return ""
}

// firstInvalid is where data stops being UTF-8.
func firstInvalid(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// nesting is how deep brackets are nested at most, those in texts aside.
func nesting(data []byte) int {
	depth, most, inText := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			depth++
			most = max(most, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return most
}

// Typed is a field's value in the type that the description gives it.
func Typed(f catalog.Field, text string) any {
	plain := catalog.PlainForm(f, text)
	switch f.Spec().Kind {
	case "number", "duration":
		if n, err := strconv.Atoi(plain); err == nil {
			return n
		}
	case "yesno":
		return plain == "true"
	case "lines":
		return strings.Split(plain, "\n")
	}
	return plain
}
