package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
)

// beside are fields that have to be given for another to be looked at, by action and
// field.
var beside = map[string]map[string]any{
	"send-activation-by-sms installation_msg": {"install": true},
	"send-duo-authentication passcode":        {"factor": "passcode"},
	"send-duo-authentication username":        {"user_id": nil},
	"accounts-api-action path":                {"method": "get"},
	"accounts-api-action params":              {"method": "post"},
	"admin-api-action params":                 {"method": "post", "path": "/admin/v1/users"},
	"auth-api-action params":                  {"method": "post", "path": "/auth/v2/preauth"},
	"create-phone type":                       {"platform": nil},
}

// judgedElsewhere are fields whose value is right or wrong by what else is there, such
// as a name that is typed again, or a time zone that exists.
var judgedElsewhere = []string{"confirm", "timezone"}

// filledBesides are fields that may be empty, and not beside the others here.
var filledBesides = []string{"send-duo-authentication user_id", "send-duo-authentication username",
	"send-duo-authentication passcode"}

// TestSchemasAreAsStrictAsTheConsole holds the description of every field against the
// console: examples and the values at each border are taken by both or by neither.
// Besides what is described the console takes what it can read and clean: see
// TestWhatIsTakenBesides.
func TestSchemasAreAsStrictAsTheConsole(t *testing.T) {
	t.Parallel()
	s := &pages{&site.Site{}}
	fields, tried := 0, 0
	for _, a := range catalog.All() {
		for _, f := range a.Fields {
			spec := f.Spec()
			if slices.Contains(judgedElsewhere, spec.Name) {
				continue
			}
			fields++
			described := compiled(t, s.fieldsSchema(a)["properties"].(object)[spec.Name].(object))
			values := borders(f)
			if spec.Example != "" {
				values = append(values, site.Typed(f, spec.Example))
			}
			for _, value := range values {
				if text, is := value.(string); is && strings.Trim(text, " \u00a0\u200b") == "" &&
					slices.Contains(filledBesides, a.Slug+" "+spec.Name) {
					continue
				}
				tried++
				written, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				faults := faultsOf(t, a, spec, written)
				fits := described(t, written)
				if (fits == nil) != (len(faults) == 0) {
					t.Errorf("%s %s = %.80s: described as taken: %v, and the console says %q", a.Slug, spec.Name,
						written, fits == nil, faults)
				}
			}
		}
	}
	if fields < 150 || tried < 3000 {
		t.Errorf("%d values of %d fields were tried", tried, fields)
	}
}

// faultsOf are what the console says about one field, beside the examples of the
// others.
func faultsOf(t *testing.T, a catalog.Action, spec catalog.Spec, value json.RawMessage) (faults []string) {
	t.Helper()
	body := exampleFields(a)
	for name, other := range beside[a.Slug+" "+spec.Name] {
		if body[name] = other; other == nil {
			delete(body, name)
		}
	}
	body[spec.Name] = value
	if a.Slug == "delete-account" {
		body["confirm"] = "Client"
	}
	sent, err := json.Marshal(object{"run_id": exampleID, "fields": body})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := site.ParseBody(sent, a)
	var bad []catalog.FieldError
	if invalid, is := err.(*site.InvalidFields); is {
		bad = invalid.Bad
	} else if err != nil {
		t.Fatalf("%s: %v", sent, err)
	} else {
		_, bad = a.Parse(parsed.Get)
	}
	for _, b := range bad {
		if b.Field == spec.Name {
			faults = append(faults, b.Message)
		}
	}
	return faults
}

// borders are values on both sides of what a field may be, and of other types.
func borders(f catalog.Field) []any {
	spec := f.Spec()
	all := []any{nil, json.RawMessage("1.5"), "", " ", "\u00a0", "\u200b", "a\u0000b", "a\x1fb", "a\ufffdb", []any{1},
		[]any{nil}, []any{[]any{}}}
	if spec.Kind != "text" || spec.Pattern != "" {
		// Blanks and what is invisible are cleaned, and nothing is left.
		all = slices.DeleteFunc(all, func(v any) bool { return v == " " || v == "\u00a0" || v == "\u200b" })
	}
	others := map[string][]any{
		"number": {7, json.RawMessage("1e400")}, "yesno": {true, false}, "lines": {[]any{}, []any{"a"}},
		"object": {object{}},
	}
	kind := spec.Kind
	switch {
	case kind == "duration":
		kind = "number"
	case spec.TakesObject():
		kind = "object"
	}
	if kind == "object" || kind == "number" || kind == "yesno" || kind == "lines" {
		// Texts are taken for these besides, as forms send them.
		all = slices.DeleteFunc(all, func(v any) bool { _, is := v.(string); return is })
	}
	for other, values := range others {
		if other != kind && !(kind == "object" && other == "object") {
			all = append(all, values...)
		}
	}
	runes := func(n int) string { return strings.Repeat("ü", n) }
	switch spec.Kind {
	case "number", "duration":
		for _, n := range []int{spec.Min - 1, spec.Min, spec.Min + 1, spec.Max - 1, spec.Max, spec.Max + 1, 0, 1, -1,
			spec.Least - 1, spec.Least, 1 << 40} {
			all = append(all, n, json.RawMessage(fmt.Sprintf("%d.0", n)), json.RawMessage(fmt.Sprintf("%de0", n)),
				json.RawMessage(fmt.Sprintf("%d.5", n)))
		}
		all = append(all, json.RawMessage("1e1"), json.RawMessage("-0"), json.RawMessage("1e-1"),
			json.RawMessage("10e-1"))
	case "yesno":
		all = append(all, true, false)
	case "lines":
		many := func(n int) (list []string) {
			for i := range n {
				list = append(list, fmt.Sprint("u", i))
			}
			return list
		}
		all = append(all, []string{}, []string{"a"}, []string{"a", "b"}, []string{"a", "a"}, []string{"a\nb"},
			[]string{"a\x00b"}, []string{runes(255)}, []string{runes(256)}, many(spec.Max), many(spec.Max+1))
	case "choice":
		for _, o := range spec.Options {
			all = append(all, o.Value, o.Value+"x")
		}
		all = append(all, "nothing")
	case "id":
		all = append(all, "DU0000000000000000EX", "A", "1", "abc", "abC", "ABC", "a1", "A-B", "A B", "A/B", "é1",
			strings.Repeat("A", 64), strings.Repeat("A", 65), strings.Repeat("a", 63)+"1", strings.Repeat("a", 64))
	case "phone":
		all = append(all, "+442079460123", "+12025550177", "+", "+44", "abc", "+0123456789", "+1234567890123456789",
			"+44207946012x")
	case "moment":
		// as if not given
		all = slices.DeleteFunc(all,
			func(v any) bool { text, is := v.(string); return is && strings.Trim(text, " \u00a0\u200b") == "" })
		all = append(all, "2021-08-04T12:34:56Z", "2021-08-04T12:34:56.789+05:30", "1971-01-01T00:00:00Z",
			"1970-12-31T23:59:59Z", "2021-02-30T00:00:00Z", "2021-08-04T24:00:00Z", "2021-08-04T12:60:00Z",
			"2021-08-04t12:34:56z", "2021-08-04T12:34:60Z", "0021-08-04T12:34:56Z", "yesterday", "2021")
	case "text":
		if spec.TakesObject() {
			return append(all, object{}, object{"a": "b"}, object{"a.b[1]-c_d": []string{"x"}})
		}
		all = append(all, "x", "a b", "7", "é", "a\tb", "a\nb", "a\rb", runes(spec.Max), runes(spec.Max+1), "#", "*",
			"77", "a,b", "1,2#*", "<acturl>", "x <acturl> y", "x <insturl> y", "<actur>",
			"1.2.3.4", "256.2.3.4", "2001:db8::7", "a@b.example", "a@b", "a@@b", "a b@c", "a=b", "=b", "a=", "a=b\nc=d",
			"a=b\nc", "a=b\n\nc=d=e",
			"/admin/v1/users", "/admin/v4/users", "/admin/v1/", "/admin/v1", "/admin/v1/users/", "/admin/v1//users",
			"/admin/v1/users?x", "/admin/v1/Users", "/admin/v3/integrations/DI0000000000000000EX", "/auth/v2/check",
			"/auth/v1/check", "/accounts/v1/account/list", "/accounts/v1/../x", "/auth/v2/%63heck")
	}
	return all
}

// compiled is a schema as a validator of JSON Schema reads it.
func compiled(t *testing.T, schema object) func(*testing.T, []byte) error {
	t.Helper()
	check := components(t, object{"Only": schema})
	return func(t *testing.T, value []byte) error { return check(t, "Only", value) }
}

// components are schemas that refer to each other, by name.
func components(t *testing.T, schemas map[string]any) func(t *testing.T, name string, value []byte) error {
	t.Helper()
	written := strings.ReplaceAll(string(must(json.Marshal(object{"$defs": schemas}))),
		"#/components/schemas/", "#/$defs/")
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("all.json", must(jsonschema.UnmarshalJSON(strings.NewReader(written)))); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, name string, value []byte) error {
		t.Helper()
		schema, err := c.Compile("all.json#/$defs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(must(jsonschema.UnmarshalJSON(strings.NewReader(string(value)))))
	}
}

// TestWhatIsTakenBesides: what programs send today goes on being taken, though the
// description has one type each.
func TestWhatIsTakenBesides(t *testing.T) {
	t.Parallel()
	for field, values := range map[string][]any{
		"create-bypass-code-for-user count": {"3", " 3 "}, "create-bypass-code-for-user valid_secs": {"1 hour", "never",
			"3600"}, "create-bypass-code-for-user preserve_existing": {"yes", "TRUE", "0", "off"},
		"create-user aliases": {"a\nb", "", []string{"a", ""}}, "create-user email": {" casey@client.example\u200b"},
		"create-user status": {"ACTIVE"}, "create-user notes": {"one\r\ntwo\n"},
		"get-user user_id": {" DU0000000000000000EX\u200b"}, "create-phone number": {"+44 (20) 7946-0123"},
		"admin-api-action params":         {"limit=1\noffset=0", `{"limit": 1}`},
		"read-authentication-log mintime": {"2021-08-04", "2021-08-04 14:30", "2021-08-04T14:30:00", "1628080496", ""},
		"preauth-user ipaddr":             {"fe80::1%eth0"},
	} {
		slug, name, _ := strings.Cut(field, " ")
		a, _ := catalog.Lookup(slug)
		i := slices.IndexFunc(a.Fields, func(f catalog.Field) bool { return f.Spec().Name == name })
		for _, value := range values {
			written, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if faults := faultsOf(t, a, a.Fields[i].Spec(), written); len(faults) > 0 {
				t.Errorf("%s = %s: %q", field, written, faults)
			}
		}
	}
}

// TestEditsHaveNoDefaults: a client that fills in defaults must not change what was
// left out.
func TestEditsHaveNoDefaults(t *testing.T) {
	t.Parallel()
	s, edits, defaults := &pages{&site.Site{}}, 0, 0
	for _, a := range catalog.All() {
		if a.Edits {
			edits++
		}
		for name, schema := range s.fieldsSchema(a)["properties"].(object) {
			value, has := schema.(object)["default"]
			switch {
			case has && a.Edits:
				t.Errorf("%s %s: default %v", a.Slug, name, value)
			case has:
				defaults++
				if err := compiled(t, maps.Clone(schema.(object)))(t, must(json.Marshal(value))); err != nil {
					t.Errorf("%s %s: default %v: %v", a.Slug, name, value, err)
				}
			}
		}
	}
	if edits != 4 || defaults < 40 {
		t.Error(edits, defaults)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
