package api

import (
	"slices"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
)

// bodySchema is what a program sends for an action; its fields are a component of
// their own.
func bodySchema(a catalog.Action) object {
	required := []string{"run_id"}
	if slices.ContainsFunc(a.Fields, func(f catalog.Field) bool { return f.Spec().Required }) {
		required = append(required, "fields")
	}
	line := catalog.Spec{Kind: "text"}.Shape()
	properties := object{
		"run_id": object{"type": "string", "format": "uuid",
			"pattern":     "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
			"description": "A new id for each execution. With the same id, the action is executed once."},
		"fields": ref(pascal(a.Slug) + "Fields"),
		"ticket": object{"type": "string", "maxLength": site.TicketBox.Max, "pattern": line,
			"description": "Number in your ticket system, kept with the run. The owners of a workspace can require one for an action: without it nothing is sent (422, with a fault on the field ticket)."},
		"reason": object{"type": "string", "maxLength": run.LongestReason, "pattern": line,
			"description": "Why this is done. Needed within 60 minutes after the person reported a push as fraud; kept with the run."},
	}
	if !a.OfWorkspace() {
		properties["account_id"] = object{"type": "string", "minLength": 1,
			"description": "The Duo account that you mean, for an organization that is a child account: with any other nothing is sent (409, connection_changed). Absent: the account it is connected with."}
		properties["connection_id"] = object{"type": "string", "minLength": 1,
			"description": "The connection that you mean, as the lists of organizations return it: with any other nothing is sent (409, connection_changed). Absent: the current connection."}
	}
	return object{"type": "object", "additionalProperties": false, "required": required, "properties": properties}
}

func (s *pages) fieldsSchema(a catalog.Action) object {
	// An edit leaves what is not given as it is: it has no defaults.
	properties := object{}
	var required []string
	for _, f := range a.Fields {
		spec := f.Spec()
		schema := fieldSchema(spec)
		if spec.Default != "" && !spec.Required && !a.Edits {
			schema["default"] = site.Typed(f, spec.Default)
		}
		if spec.Example != "" {
			schema["examples"] = []any{site.Typed(f, spec.Example)}
		}
		properties[spec.Name] = schema
		if spec.Required {
			required = append(required, spec.Name)
		}
	}
	all := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		all["required"] = required
	}
	return all
}

// fieldSchema is what a field takes. The console takes texts for numbers, yes and
// no, lists and objects too, as forms send them: a description of several types is
// one that most tools cannot read.
func fieldSchema(spec catalog.Spec) object {
	schema := object{"title": spec.Label, "type": "string"}
	if spec.Help != "" {
		schema["description"] = spec.Help
	}
	if shape := spec.Shape(); shape != "" {
		schema["pattern"] = shape
	}
	switch spec.Kind {
	case "number", "duration":
		schema["type"], schema["minimum"], schema["maximum"] = "integer", spec.Min, spec.Max
		if spec.Least > 1 {
			schema["not"] = object{"type": "integer", "minimum": 1, "maximum": spec.Least - 1}
		}
		if spec.Kind == "duration" {
			schema["description"] = strings.TrimSpace(spec.Help + " In seconds.")
		}
	case "yesno":
		schema["type"] = "boolean"
	case "lines":
		schema["type"], schema["maxItems"], schema["uniqueItems"] = "array", spec.Max, true
		schema["items"] = object{"type": "string", "maxLength": 255, "pattern": schema["pattern"]}
		delete(schema, "pattern")
	case "choice":
		schema["enum"] = choices(spec)
	case "moment":
		schema["format"] = "date-time"
		schema["description"] = strings.TrimSpace(spec.Help + " Without a zone it is in UTC.")
	default:
		if spec.TakesObject() {
			delete(schema, "pattern")
			schema["type"], schema["additionalProperties"] = "object", true
			break
		}
		if spec.Max > 0 {
			schema["maxLength"] = spec.Max
		}
		if spec.Required || spec.Filled {
			schema["minLength"] = 1
		}
	}
	if spec.Secret {
		schema["writeOnly"] = true
	}
	return schema
}

func choices(spec catalog.Spec) []string {
	var values []string
	for _, o := range spec.Options {
		values = append(values, o.Value)
	}
	if !spec.Required && !spec.Filled && !slices.Contains(values, "") {
		values = append(values, "")
	}
	return values
}

// The values of examples that are no field's.
const (
	exampleID     = "3f1c9a52-6d0b-4e57-9c1e-2b8f0a7d4c11"
	exampleMoment = "2026-08-04T12:34:56Z"
)

func exampleBody(a catalog.Action) object {
	return object{"run_id": exampleID, "fields": exampleFields(a)}
}

func exampleFields(a catalog.Action) object {
	fields := object{}
	for _, f := range a.Fields {
		if spec := f.Spec(); spec.Example != "" {
			fields[spec.Name] = site.Typed(f, spec.Example)
		}
	}
	return fields
}
