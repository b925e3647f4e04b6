package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
)

// TestDescriptionBuildsClients looks for what tools that make clients stumble over:
// properties of several types, defaults of another type, patterns of one language
// only, operations whose names are no names of methods, and what lacks a description
// or an example.
func TestDescriptionBuildsClients(t *testing.T) {
	t.Parallel()
	home, err := url.Parse("https://desk.example")
	if err != nil {
		t.Fatal(err)
	}
	s := &pages{&site.Site{Config: site.Config{PublicURL: home}}}
	rows := append(Routes(s.Site, nil), site.Post("/api/v1/w/:ws/actions/:action", site.APIWorkspace, nil),
		site.Post("/api/v1/w/:ws/o/:org/actions/:action", site.APIOrganization, nil))
	written, err := json.Marshal(s.openAPI(rows))
	if err != nil {
		t.Fatal(err)
	}
	if raw := inASCII(written); slices.ContainsFunc(raw, func(b byte) bool { return b < ' ' || b > '~' }) ||
		string(must(json.Marshal(example(string(raw))))) != string(must(json.Marshal(example(string(written))))) {
		t.Error("what is sent is not the document, or not ASCII")
	}
	document := example(string(written)).(map[string]any)
	shape := &shapeOf{t: t, schemas: document["components"].(map[string]any)["schemas"].(map[string]any),
		used: map[string]bool{"Problem": true}}
	shape.checks = components(t, shape.schemas)
	for name, schema := range shape.schemas {
		shape.schema(name, schema.(map[string]any))
	}
	ids, tags := map[string]bool{}, map[string]bool{}
	for _, tag := range document["tags"].([]any) {
		tag := tag.(map[string]any)
		if tags[tag["name"].(string)] = true; tag["description"] == nil || tag["description"] == "" {
			t.Errorf("tag %s has no description", tag["name"])
		}
	}
	for path, operations := range document["paths"].(map[string]any) {
		for method, operation := range operations.(map[string]any) {
			shape.operation(method+" "+path, operation.(map[string]any), ids, tags)
		}
	}
	if len(ids) != len(catalog.All())+8 {
		t.Errorf("%d operations", len(ids))
	}
	for name := range document["components"].(map[string]any)["responses"].(map[string]any) {
		if !shape.used["response "+name] {
			t.Errorf("no operation answers with %s", name)
		}
	}
	for name := range shape.schemas {
		if !shape.used[name] {
			t.Errorf("nothing uses %s", name)
		}
	}
	info := document["info"].(map[string]any)
	for _, slot := range []string{"contact", "license"} {
		if held, is := info[slot].(map[string]any); !is || held["name"] == "" {
			t.Errorf("info has no %s", slot)
		}
	}
	if shape.properties < 600 {
		t.Errorf("only %d properties were seen", shape.properties)
	}
}

type shapeOf struct {
	t          *testing.T
	schemas    map[string]any
	used       map[string]bool
	properties int
	checks     func(t *testing.T, name string, value []byte) error // holds a value against a component
}

var (
	goodMethod = regexp.MustCompile(`^[a-z][A-Za-z0-9]{2,50}$`)
	goodType   = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
	// What one of Go, ECMAScript and Python reads in another way, or not at all.
	oneLanguage = regexp.MustCompile(`\\[pPuzAZdDwWsSbB]|\(\?[^:]`)
)

func (s *shapeOf) operation(at string, o map[string]any, ids, tags map[string]bool) {
	id, _ := o["operationId"].(string)
	if !goodMethod.MatchString(id) || ids[strings.ToLower(id)] {
		s.t.Errorf("%s: the name %q is no method's, or there twice", at, id)
	}
	ids[strings.ToLower(id)] = true
	for _, tag := range o["tags"].([]any) {
		if !tags[tag.(string)] {
			s.t.Errorf("%s: tag %s is not listed", at, tag)
		}
	}
	if o["summary"] == "" || o["description"] == "" {
		s.t.Errorf("%s has no summary or description", at)
	}
	for _, p := range o["parameters"].([]any) {
		p := p.(map[string]any)
		if s.schema(at+" "+p["name"].(string), p["schema"].(map[string]any)); p["description"] == "" {
			s.t.Errorf("%s: %s has no description", at, p["name"])
		}
	}
	if body, has := o["requestBody"].(map[string]any); has {
		s.content(at, body["content"], "application/json")
	}
	errors := 0
	for status, response := range o["responses"].(map[string]any) {
		response := response.(map[string]any)
		if status[0] == '2' {
			s.content(at, response["content"], "application/json")
		} else if errors++; response["$ref"] != "#/components/responses/Problem"+status {
			s.t.Errorf("%s: %s is not described", at, status)
		}
		s.used["response Problem"+status] = true
	}
	if errors < 8 {
		s.t.Errorf("%s: only %d errors are described", at, errors)
	}
}

// content wants a named schema and an example that fits it.
func (s *shapeOf) content(at string, content any, kind string) {
	media, _ := content.(map[string]any)[kind].(map[string]any)
	schema, _ := media["schema"].(map[string]any)
	name, named := strings.CutPrefix(fmt.Sprint(schema["$ref"]), "#/components/schemas/")
	if s.used[name] = true; !named || media["example"] == nil {
		s.t.Errorf("%s has no named schema, or no example", at)
		return
	}
	if err := s.checks(s.t, name, must(json.Marshal(media["example"]))); err != nil {
		s.t.Errorf("%s: the example does not fit: %v", at, err)
	}
}

func (s *shapeOf) schema(at string, schema map[string]any) {
	s.properties++
	if name, is := strings.CutPrefix(fmt.Sprint(schema["$ref"]), "#/components/schemas/"); is {
		s.used[name] = true
		return
	}
	switch kind := schema["type"].(type) {
	case []any: // null and one other
		if len(kind) != 2 || !slices.Contains(kind, any("null")) || strings.Contains(at, "Request") ||
			strings.Contains(at, "Fields") {
			s.t.Errorf("%s has the types %v", at, kind)
		}
	case nil:
		if fields := strings.Contains(at, "Fields."); fields {
			s.t.Errorf("%s has no type", at)
		}
	}
	for _, shown := range append(asList(schema["examples"]), asList(schema["default"])...) {
		if s.schemas[at] != nil {
			if err := s.checks(s.t, at, must(json.Marshal(shown))); err != nil {
				s.t.Errorf("%s: the example does not fit: %v", at, err)
			}
		} else {
			plain := map[string]any{}
			for name, value := range schema {
				if name != "examples" && name != "default" {
					plain[name] = value
				}
			}
			if err := compiled(s.t, plain)(s.t, must(json.Marshal(shown))); err != nil {
				s.t.Errorf("%s: the example or default does not fit: %v", at, err)
			}
		}
	}
	if pattern, has := schema["pattern"].(string); has {
		if _, err := regexp.Compile(pattern); err != nil || oneLanguage.MatchString(pattern) {
			s.t.Errorf("%s: the pattern %s is of one language only: %v", at, pattern, err)
		}
	}
	for name, property := range asMap(schema["properties"]) {
		if more := asMap(property); more != nil {
			s.schema(at+"."+name, more)
		}
	}
	for _, inner := range []string{"items", "additionalProperties", "not"} {
		if more := asMap(schema[inner]); more != nil {
			s.schema(at+"."+inner, more)
		}
	}
	for _, one := range asList(schema["oneOf"]) {
		s.schema(at+".oneOf", asMap(one))
	}
	if strings.HasPrefix(at, "Duo") && !strings.HasSuffix(at, "Part") && schema["properties"] != nil &&
		schema["additionalProperties"] != true {
		s.t.Errorf("%s: Duo may add members", at)
	}
	if s.schemas[at] != nil && !goodType.MatchString(at) {
		s.t.Errorf("%s is no name of a type", at)
	}
}

func asMap(value any) map[string]any { m, _ := value.(map[string]any); return m }

func asList(value any) []any {
	switch v := value.(type) {
	case []any:
		return v
	case nil:
		return nil
	}
	return []any{value}
}

// TestEveryResultIsDescribed: each action says what it brings back, and shows it.
func TestEveryResultIsDescribed(t *testing.T) {
	t.Parallel()
	objects := duoSchemas()
	for name := range plainResults() {
		objects[name] = true
	}
	for _, a := range catalog.All() {
		r := a.Brings
		if !strings.HasSuffix(r.Summary, ".") || a.Reveals != (r.Secret.Value != "") {
			t.Errorf("%s: %+v", a.Slug, r)
		}
		for _, name := range append([]string{r.Of}, r.Others...) {
			if generic := a.Kind == catalog.Generic; generic != (name == catalog.BringsAny) ||
				!generic && name != catalog.BringsNone && objects[name] == nil {
				t.Errorf("%s brings %q", a.Slug, name)
			}
		}
		if categories[a.Category] == "" {
			t.Errorf("%s is in a category without a description: %s", a.Slug, a.Category)
		}
	}
}
