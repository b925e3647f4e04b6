package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
)

// object is a JSON object of the description: its names are OpenAPI's.
type object map[string]any

// apiRoute describes an address for programs but for what its row and the
// catalogue say.
type apiRoute struct {
	id, title, help string
	query           []apiParameter
	list            string // schema of the answer, where it is a part of a list
	answer          string // schema of the answer otherwise
	asksDuo         bool
}

type apiParameter struct {
	name, help string
	schema     object
}

var (
	searchParameter = apiParameter{"q", "Words to search for: the first 300 characters count.",
		object{"type": "string"}}
	showParameter = apiParameter{"show", "Only these.",
		object{"type": "string", "enum": []string{"unmapped", "unkeyed", "failing"}}}
	tagParameter = apiParameter{"show", "Only these: unmapped, unkeyed, failing, or tag: with a tag.",
		object{"type": "string", "pattern": "^(unmapped|unkeyed|failing|tag:.+)$"}}
	partParameters = []apiParameter{
		{"limit", "Maximum number.", object{"type": "integer", "minimum": 1, "maximum": site.PartMost,
			"default": site.PartDefault}},
		{"cursor", "next of the previous part, with the same other parameters.", object{"type": "string"}},
	}
)

// sortParameter are the orders of a list, which its page has too.
func sortParameter(of table.List) apiParameter {
	return apiParameter{"sort", "Order; with a minus, the other way round. The first is the default.",
		object{"type": "string", "enum": of.Orders()}}
}

// daysKept describes the days that a filter takes: those of the years 2000 to 8999.
const daysKept = "^[2-8][0-9]{3}-"

// Routes are the addresses for programs by their row; those of actions are
// described by the catalogue.
var apiRoutes = map[string]apiRoute{
	"GET /api/v1/w/:ws": {id: "get-workspace", title: "What the token allows",
		help: "The workspace, operator, role and organizations of the access token, as of now.", answer: "Workspace"},
	"GET /api/v1/w/:ws/organizations": {id: "get-organizations", title: "Organizations",
		help:  "The organizations that the token reaches.",
		query: []apiParameter{searchParameter, tagParameter, sortParameter(organizationList)},
		list:  "OrganizationPart"},
	"GET /api/v1/w/:ws/mapping": {id: "get-mapping", title: "Mapping",
		help:  "Which Duo account belongs to which organization, and its primary directory key.",
		query: []apiParameter{searchParameter, showParameter, sortParameter(mappingList)}, list: "MappingPart"},
	"GET /api/v1/w/:ws/runs": {id: "get-runs", title: "Runs",
		help: "What people and programs did, latest first unless sort is -when. A search without from covers the last 12 months. A part can hold fewer than limit, or none, and still have a next.", list: "RunPart",
		query: []apiParameter{searchParameter, sortParameter(runList),
			{"from", "First day, in UTC.", object{"type": "string", "format": "date", "pattern": daysKept}},
			{"to", "Last day, in UTC.", object{"type": "string", "format": "date", "pattern": daysKept}},
			{"operator", "Id of the operator.", object{"type": "string", "format": "uuid"}},
			{"organization", "Slug of the organization.", object{"type": "string"}},
			{"action", "Slug of the action.", object{"type": "string"}},
			{"state", "State of the run.", object{"$ref": "#/components/schemas/State"}}}},
	"GET /api/v1/w/:ws/runs/:run": {id: "get-run", title: "One run",
		help: "The result of a run. Ask again while its state is sending.", answer: "Run"},
	"GET /api/v1/w/:ws/o/:org/users": {id: "get-users", title: "Users",
		help: "The users of an organization, from Duo, as Duo describes them.", list: "DuoUserPart", asksDuo: true},
	"GET /api/v1/w/:ws/o/:org/phones": {id: "get-phones", title: "Phones",
		help: "The phones of an organization, from Duo, as Duo describes them.", list: "DuoPhonePart", asksDuo: true},
	"GET /api/v1/w/:ws/o/:org/bypass-codes": {id: "get-bypass-codes", title: "Bypass codes",
		help: "The bypass codes of an organization, from Duo. Duo never shows the codes again.",
		list: "DuoBypassCodePart", asksDuo: true},
}

// slots are the parameters of addresses.
var slots = map[string]apiParameter{
	"ws":  {"ws", "Slug of the workspace: the part after /w/ in the addresses of its pages.", object{"type": "string"}},
	"org": {"org", "Slug of the organization.", object{"type": "string"}},
	"run": {"run", "Id of the run.", object{"type": "string", "format": "uuid"}},
}

func (s *pages) getOpenAPI(rows []site.Route) site.Handler {
	return func(c echo.Context, _ site.Visitor) error {
		// Most tools read JSON as YAML, which takes fewer characters: all are escaped that
		// are not ASCII.
		text, err := json.Marshal(s.openAPI(rows))
		if err != nil {
			return err
		}
		site.SendJSON(c, http.StatusOK, "application/json", json.RawMessage(inASCII(text)))
		return nil
	}
}

// inASCII escapes what is not ASCII in the texts of JSON.
func inASCII(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

// openAPI is the description of the API, made of rows of the route table and the
// catalogue. It holds nothing of any workspace.
func (s *pages) openAPI(rows []site.Route) object {
	paths, schemas := object{}, s.openSchemas()
	for _, r := range rows {
		if !r.Policy.Token {
			continue
		}
		known := apiRoutes[r.Method+" "+r.Path]
		if !strings.HasSuffix(r.Path, "/:action") {
			paths[openPath(r.Path)] = object{strings.ToLower(r.Method): readOperation(r, known, schemas)}
			continue
		}
		for _, a := range catalog.All() {
			if a.OfWorkspace() == !strings.Contains(r.Path, ":org") {
				paths[openPath(strings.Replace(r.Path, ":action", a.Slug,
					1))] = object{strings.ToLower(r.Method): actionOperation(r, a, schemas)}
			}
		}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Duodesk", "version": "1",
			"summary":     "One console for every client's Duo, for programs.",
			"description": "Everything that the pages can do. An operator creates an access token on the account page. An action is executed once for each run_id: the same request again returns the result of the first. HEAD works wherever GET does.",
			"contact":     object{"name": apiContact, "url": s.PublicURL.Scheme + "://" + s.PublicURL.Host},
			"license":     object{"name": apiLicense, "identifier": apiLicenseID}},
		"servers":  []object{{"url": s.PublicURL.Scheme + "://" + s.PublicURL.Host, "description": "This console."}},
		"security": []object{{"token": []string{}}},
		"tags":     openTags(),
		"paths":    paths,
		"components": object{"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer",
			"description": "An access token. It may be limited to address ranges: from any other address it is answered like one that does not exist, with 401. It is ddk_ and 114 letters, digits, - and _; 64 in one made before stamps."}},
			"schemas": schemas, "responses": openProblems()},
	}
}

// Who keeps this API, and under which terms it may be used, is the owner's to say:
// until then the description says that nothing is said, in a form that tools take.
const (
	apiContact   = "The operators of this console"
	apiLicense   = "Not stated"
	apiLicenseID = "LicenseRef-Not-Stated"
)

const readsTag = "Reading"

// categories says what the actions of a category are about.
var categories = map[string]string{
	"Accounts API":                     "Child accounts of the workspace's Duo account.",
	"Admin API - Bypass Code":          "Codes that a user logs in with instead of a device.",
	"Admin API - General":              "Any call of the Auth API and the Admin API.",
	"Admin API - Phones":               "Phones and tablets: activation, messages and users.",
	"Admin API - Settings":             "The settings of a Duo account.",
	"Admin API - Users":                "Users: create, change, enroll, unlock, verify, delete and restore.",
	"Auth API":                         "What a login does: ask a user for the second factor.",
	"Admin API - Groups":               "Groups, their status and their members.",
	"Admin API - Hardware Tokens":      "Hardware tokens and their users.",
	"Admin API - WebAuthn Credentials": "Security keys and passkeys.",
	"Admin API - Administrators":       "Administrators of the Duo Admin Panel.",
	"Admin API - Account":              "The summary of an account.",
	"Admin API - Billing":              "Edition, telephony credits and the limit of users.",
	"Admin API - Logs":                 "Logins, changes, messages and calls.",
	"Admin API - Integrations":         "Applications, which Duo also calls integrations.",
}

func openTags() []object {
	tags := []object{{"name": readsTag,
		"description": "What the console holds: organizations, mapping and runs; and lists from Duo."}}
	var seen []string
	for _, a := range catalog.All() {
		if !slices.Contains(seen, a.Category) {
			seen = append(seen, a.Category)
			tags = append(tags, object{"name": a.Category, "description": categories[a.Category]})
		}
	}
	return tags
}

var slotInPath = regexp.MustCompile(`:(\w+)`)

func openPath(path string) string { return slotInPath.ReplaceAllString(path, "{$1}") }

func openParameters(r site.Route, query []apiParameter) []object {
	var all []object
	for _, m := range slotInPath.FindAllStringSubmatch(r.Path, -1) {
		if p, known := slots[m[1]]; known {
			all = append(all, object{"name": p.name, "in": "path", "required": true, "description": p.help,
				"schema": p.schema})
		}
	}
	for _, p := range query {
		all = append(all, object{"name": p.name, "in": "query", "description": p.help, "schema": p.schema})
	}
	return all
}

func readOperation(r site.Route, known apiRoute, schemas object) object {
	query, schema := known.query, known.answer
	if known.list != "" {
		query, schema = slices.Concat(query, partParameters), known.list
	}
	statuses := []int{400, 401, 404, 421, 422, 429, 500, 503}
	if known.asksDuo {
		statuses = append(statuses, 409, 502)
	}
	return object{
		"operationId": camel(known.id), "tags": []string{readsTag}, "summary": known.title,
		"description": known.help + " " + leastRole(r.Policy.Role),
		"parameters":  openParameters(r, query),
		"responses": openResponses(r, object{"200": answerOf("What was asked for.",
			ref(schema), exampleOf(schemas, schema))}, statuses),
	}
}

func exampleOf(schemas object, name string) any { return schemas[name].(object)["examples"].([]any)[0] }

func leastRole(role catalog.Role) string { return "Requires the role " + role.String() + " or higher." }

func actionOperation(r site.Route, a catalog.Action, schemas object) object {
	outcome := pascal(a.Slug) + "Outcome"
	shown := exampleOf(schemas, outcome)
	later := answerOf("Still in progress. Location is the address of the run.", ref(outcome), shown)
	later["headers"] = object{"Location": object{"description": "Address of the run.",
		"schema": object{"type": "string"}}}
	answers := object{"200": answerOf("The result; with replayed, the result of the first request.", ref(outcome),
		shown), "202": later}
	return object{
		"operationId": camel(a.Slug), "tags": []string{a.Category}, "summary": a.Title,
		"description": a.Help + " Calls " + a.Call + ". " + leastRole(a.Role) + roleNote(a) + actNote(a),
		"parameters":  openParameters(r, nil),
		"requestBody": object{"required": true, "content": object{
			"application/json": object{"schema": ref(pascal(a.Slug) + "Request"), "example": exampleBody(a)}}},
		"responses": openResponses(r, answers, []int{400, 401, 403, 404, 409, 413, 415, 421, 422, 429, 500, 502, 503}),
	}
}

func roleNote(a catalog.Action) string {
	if a.RoleFor == nil {
		return ""
	}
	return " Some fields require a higher role."
}

// actNote says that an access token has to name an action that takes a second factor each time.
func actNote(a catalog.Action) string {
	switch {
	case !slices.Contains(catalog.Acts(), a.Slug):
		return ""
	case a.Tier == catalog.Act && a.TierFor == nil && a.Kind != catalog.Generic:
		return " The access token must name this action; otherwise the answer is 403 with the code not_named."
	}
	return " With some fields the access token must name this action; otherwise the answer is 403 with the code not_named."
}

func ref(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }

func answerOf(means string, schema object, shown any) object {
	return object{"description": means,
		"content": object{"application/json": object{"schema": schema, "example": shown}}}
}

// openResponses adds the errors to the answers of an operation. 405 is not among
// them: it is the answer to what is no operation.
func openResponses(r site.Route, answers object, statuses []int) object {
	if strings.Contains(r.Path, "/:org") {
		statuses = append(statuses, http.StatusGone) // the organization is archived
	}
	for _, status := range statuses {
		answers[strconv.Itoa(status)] = object{"$ref": "#/components/responses/" + problemName(status)}
	}
	return answers
}

func problemName(status int) string { return "Problem" + strconv.Itoa(status) }
