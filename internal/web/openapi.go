package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
)

// object is a JSON object of the description: its names are OpenAPI's.
type object map[string]any

// apiRoute describes an address for programs but for what its row and the
// catalogue say.
type apiRoute struct {
	id, title, help string
	query           []apiParameter
	list            string // schema of the items, where the answer is a part of a list
	answer          string // schema of the answer otherwise
	asksDuo         bool
}

type apiParameter struct {
	name, help string
	schema     object
}

var (
	searchParameter = apiParameter{"q", "Words to search for.", object{"type": "string", "maxLength": 200}}
	showParameter   = apiParameter{"show", "Only these.", object{"type": "string", "enum": []string{"unmapped", "unkeyed", "failing"}}}
	partParameters  = []apiParameter{
		{"limit", "How many at most.", object{"type": "integer", "minimum": 1, "maximum": partMost, "default": partDefault}},
		{"cursor", "next of the part before, with the same other parameters.", object{"type": "string"}},
	}
)

// apiRoutes are the addresses for programs by their row; those of actions are
// described by the catalogue.
var apiRoutes = map[string]apiRoute{
	"GET /api/v1/w/:ws": {id: "get-workspace", title: "What the token gives", help: "Workspace, operator, role and reach of the access token at this moment.", answer: "Workspace"},
	"GET /api/v1/w/:ws/organizations": {id: "get-organizations", title: "Organizations", help: "The organizations that the token reaches, by name.",
		query: []apiParameter{searchParameter, showParameter}, list: "Organization"},
	"GET /api/v1/w/:ws/mapping": {id: "get-mapping", title: "Mapping", help: "Which Duo account belongs to which organization, and its primary directory key.",
		query: []apiParameter{searchParameter, showParameter}, list: "Mapping"},
	"GET /api/v1/w/:ws/runs": {id: "get-runs", title: "Runs", help: "What was done, by people and by programs, latest first. A search without from looks at the last 12 months. A part can hold fewer than limit, or none, and have a next.", list: "Run",
		query: []apiParameter{searchParameter,
			{"from", "First day, in UTC.", object{"type": "string", "format": "date"}}, {"to", "Last day, in UTC.", object{"type": "string", "format": "date"}},
			{"operator", "Id of the operator.", object{"type": "string", "format": "uuid"}}, {"organization", "Slug of the organization.", object{"type": "string"}},
			{"action", "Slug of the action.", object{"type": "string"}}, {"state", "State of the run.", object{"$ref": "#/components/schemas/State"}}}},
	"GET /api/v1/w/:ws/runs/:run":               {id: "get-run", title: "One run", help: "What came of a run. Ask again while its state is sending.", answer: "Run"},
	"GET /api/v1/w/:ws/o/:org/users":            {id: "get-users", title: "Users", help: "The users of an organization, from Duo, as Duo describes them.", list: "DuoObject", asksDuo: true},
	"GET /api/v1/w/:ws/o/:org/phones":           {id: "get-phones", title: "Phones", help: "The phones of an organization, from Duo, as Duo describes them.", list: "DuoObject", asksDuo: true},
	"GET /api/v1/w/:ws/o/:org/bypass-codes":     {id: "get-bypass-codes", title: "Bypass codes", help: "The bypass codes of an organization, from Duo. Duo never shows the codes again.", list: "DuoObject", asksDuo: true},
	"POST /api/v1/w/:ws/actions/:action":        {},
	"POST /api/v1/w/:ws/o/:org/actions/:action": {},
}

// slots are the parameters of addresses.
var slots = map[string]apiParameter{
	"ws":  {"ws", "Slug of the workspace: what stands behind /w/ in the addresses of its pages.", object{"type": "string"}},
	"org": {"org", "Slug of the organization.", object{"type": "string"}},
	"run": {"run", "Id of the run.", object{"type": "string", "format": "uuid"}},
}

func (s *Server) getOpenAPI(c echo.Context, _ visitor) error {
	sendJSON(c, http.StatusOK, "application/json", s.openAPI())
	return nil
}

// openAPI is the description of the API, made of the route table and the
// catalogue. It holds nothing of any workspace.
func (s *Server) openAPI() object {
	paths := object{}
	for _, r := range s.routes() {
		if !r.policy.token {
			continue
		}
		known := apiRoutes[r.method+" "+r.path]
		if !strings.HasSuffix(r.path, "/:action") {
			paths[openPath(r.path)] = object{strings.ToLower(r.method): readOperation(r, known)}
			continue
		}
		for _, a := range catalog.All() {
			if a.OfWorkspace() == !strings.Contains(r.path, ":org") {
				paths[openPath(strings.Replace(r.path, ":action", a.Slug, 1))] = object{strings.ToLower(r.method): actionOperation(r, a)}
			}
		}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Duodesk", "version": "1", "summary": "One desk for every client's Duo, for programs.",
			"description": "Everything that the pages can do. An operator makes an access token on the account page. An action is carried out once for each run_id: the same request again is answered with what came of it."},
		"servers":    []object{{"url": s.PublicURL.Scheme + "://" + s.PublicURL.Host}},
		"security":   []object{{"token": []string{}}},
		"tags":       openTags(),
		"paths":      paths,
		"components": object{"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "An access token: ddk_ and 114 letters, digits, - and _; 64 in one made before stamps."}}, "schemas": openSchemas(), "responses": openProblems()},
	}
}

const readsTag = "Reading"

func openTags() []object {
	tags := []object{{"name": readsTag}}
	var seen []string
	for _, a := range catalog.All() {
		if !slices.Contains(seen, a.Category) {
			seen = append(seen, a.Category)
			tags = append(tags, object{"name": a.Category})
		}
	}
	return tags
}

var slotInPath = regexp.MustCompile(`:(\w+)`)

func openPath(path string) string { return slotInPath.ReplaceAllString(path, "{$1}") }

func openParameters(r route, query []apiParameter) []object {
	var all []object
	for _, m := range slotInPath.FindAllStringSubmatch(r.path, -1) {
		if p, known := slots[m[1]]; known {
			all = append(all, object{"name": p.name, "in": "path", "required": true, "description": p.help, "schema": p.schema})
		}
	}
	for _, p := range query {
		all = append(all, object{"name": p.name, "in": "query", "description": p.help, "schema": p.schema})
	}
	return all
}

func readOperation(r route, known apiRoute) object {
	query, schema := known.query, ref(known.answer)
	if known.list != "" {
		query = slices.Concat(query, partParameters)
		schema = object{"type": "object", "additionalProperties": false, "required": []string{"items", "next"}, "properties": object{
			"items": object{"type": "array", "items": ref(known.list)}, "total": object{"type": "integer", "description": "Of the whole list, where that is known."},
			"next": object{"type": []string{"string", "null"}, "description": "cursor of the part after this; null: there is none."}}}
	}
	statuses := []int{400, 401, 404, 421, 422, 429, 500, 503}
	if known.asksDuo {
		statuses = append(statuses, 409, 502)
	}
	return object{
		"operationId": known.id, "tags": []string{readsTag}, "summary": known.title, "description": known.help + " " + leastRole(r.policy.role),
		"parameters": openParameters(r, query), "responses": openResponses(object{"200": answerOf("What was asked for.", schema)}, statuses),
	}
}

func leastRole(role catalog.Role) string { return "Least role: " + role.String() + "." }

func actionOperation(r route, a catalog.Action) object {
	answers := object{
		"200": answerOf("What came of it; with replayed, what came of it the first time.", ref("Outcome")),
		"202": answerOf("It goes on. Location is the address of the run.", ref("Outcome")),
	}
	return object{
		"operationId": a.Slug, "tags": []string{a.Category}, "summary": a.Title,
		"description": a.Help + " Stands for " + a.Call + ". " + leastRole(a.Role) + roleNote(a),
		"parameters":  openParameters(r, nil),
		"requestBody": object{"required": true, "content": object{"application/json": object{"schema": bodySchema(a), "example": exampleBody(a)}}},
		"responses":   openResponses(answers, []int{400, 401, 403, 404, 409, 413, 415, 421, 422, 429, 500, 502, 503}),
	}
}

func roleNote(a catalog.Action) string {
	if a.RoleFor == nil {
		return ""
	}
	return " Some fields ask for more."
}

func bodySchema(a catalog.Action) object {
	fields := object{}
	var required []string
	for _, f := range a.Fields {
		spec := f.Spec()
		fields[spec.Name] = fieldSchema(spec)
		if spec.Required {
			required = append(required, spec.Name)
		}
	}
	inner := object{"type": "object", "additionalProperties": false, "properties": fields}
	outer := []string{"run_id"}
	if len(required) > 0 {
		inner["required"], outer = required, append(outer, "fields")
	}
	properties := object{
		"run_id": object{"type": "string", "format": "uuid", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "description": "A new one for each thing to be done: with the same, it is done once."},
		"fields": inner,
		"ticket": object{"type": "string", "maxLength": 100, "description": "Number in your ticket system, kept with the run."},
		"reason": object{"type": "string", "maxLength": run.LongestReason, "description": "Why this is done. Needed within 60 minutes after the person reported a push as fraud; kept with the run."},
	}
	if !a.OfWorkspace() {
		properties["account_id"] = object{"type": "string", "minLength": 1, "description": "The Duo account that you mean, for an organization that is a child account: with any other nothing is sent (409, connection_changed). Absent: whichever it is connected with."}
		properties["connection_id"] = object{"type": "string", "minLength": 1, "description": "The connection that you mean, as the lists of organizations return it: with any other nothing is sent (409, connection_changed). Absent: whichever it is."}
	}
	return object{"type": "object", "additionalProperties": false, "required": outer, "properties": properties}
}

// fieldSchema is what a field takes; how a text is read is the field's own.
func fieldSchema(spec catalog.Spec) object {
	schema := object{"title": spec.Label, "type": "string"}
	if spec.Help != "" {
		schema["description"] = spec.Help
	}
	switch spec.Kind {
	case "number", "duration":
		schema["type"], schema["minimum"], schema["maximum"] = []string{"integer", "string"}, spec.Min, spec.Max
	case "yesno":
		schema["type"] = []string{"boolean", "string"}
	case "lines":
		schema["type"], schema["items"] = []string{"array", "string"}, object{"type": "string", "maxLength": 255}
	case "id":
		schema["pattern"] = "^[A-Za-z0-9]{1,64}$"
	case "choice":
		var values []string
		for _, o := range spec.Options {
			values = append(values, o.Value)
		}
		if !spec.Required && !slices.Contains(values, "") {
			values = append(values, "")
		}
		schema["enum"] = values
	default:
		if spec.Max > 0 {
			schema["maxLength"] = spec.Max
		}
		if takesObject(spec) {
			schema["type"] = []string{"object", "string"}
		}
	}
	if spec.Secret {
		schema["writeOnly"] = true
	}
	if spec.Default != "" {
		schema["default"] = typed(spec, spec.Default)
	}
	if spec.Example != "" {
		schema["examples"] = []any{typed(spec, spec.Example)}
	}
	return schema
}

// typed is a field's value as JSON says it best.
func typed(spec catalog.Spec, text string) any {
	switch spec.Kind {
	case "number", "duration":
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case "yesno":
		if yes, err := strconv.ParseBool(text); err == nil {
			return yes
		}
	case "lines":
		return strings.Split(text, "\n")
	}
	return text
}

// exampleID is the run_id of examples.
const exampleID = "3f1c9a52-6d0b-4e57-9c1e-2b8f0a7d4c11"

func exampleBody(a catalog.Action) object {
	return object{"run_id": exampleID, "fields": exampleFields(a)}
}

func exampleFields(a catalog.Action) object {
	fields := object{}
	for _, f := range a.Fields {
		if spec := f.Spec(); spec.Example != "" {
			fields[spec.Name] = typed(spec, spec.Example)
		}
	}
	return fields
}

func ref(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }

func answerOf(means string, schema object) object {
	return object{"description": means, "content": object{"application/json": object{"schema": schema}}}
}

// openResponses adds the errors to the answers of an operation. 405 is not among
// them: it is the answer to what is no operation.
func openResponses(answers object, statuses []int) object {
	for _, status := range statuses {
		answers[strconv.Itoa(status)] = object{"$ref": "#/components/responses/" + problemName(status)}
	}
	return answers
}

func problemName(status int) string { return "Problem" + strconv.Itoa(status) }
