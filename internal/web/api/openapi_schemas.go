package api

import (
	"maps"
	"net/http"
	"slices"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
)

// notDescribed are the statuses that no operation answers with.
var notDescribed = []int{http.StatusMethodNotAllowed}

// openProblems are the errors by their status, with an example of each code.
func openProblems() object {
	all := object{}
	for _, known := range site.ProblemCodes {
		if slices.Contains(notDescribed, known.Status) {
			continue
		}
		name := problemName(known.Status)
		answer, there := all[name].(object)
		if !there {
			answer = object{"description": "",
				"content": object{"application/problem+json": object{"schema": ref("Problem"), "examples": object{}}}}
			switch known.Status {
			case http.StatusTooManyRequests, http.StatusServiceUnavailable:
				answer["headers"] = object{"Retry-After": object{"description": "Seconds to wait.",
					"schema": object{"type": "integer"}}}
			case http.StatusUnauthorized:
				answer["headers"] = object{"WWW-Authenticate": object{
					"description": "Bearer, and invalid_token where one was sent.", "schema": textSchema()}}
			}
			all[name] = answer
		} else {
			answer["description"] = answer["description"].(string) + "\n\n"
		}
		answer["description"] = answer["description"].(string) + "`" + known.Code + "`: " + known.Means
		media := answer["content"].(object)["application/problem+json"].(object)
		media["examples"].(object)[known.Code] = object{"summary": known.Means,
			"value": problemExample(known.Code, known.Status, known.Means)}
	}
	return all
}

func problemExample(code string, status int, means string) object {
	shown := object{"type": site.ProblemType(code), "title": http.StatusText(status), "status": status, "detail": means,
		"code": code, "request_id": "rjd5vacinac5zovc"}
	switch code {
	case "invalid_fields":
		shown["errors"] = []object{{"field": "count", "message": "Give a whole number from 1 to 10."}}
	case "outcome_unknown":
		shown["run_id"], shown["state"] = exampleID, "sending"
	}
	return shown
}

func textSchema() object   { return object{"type": "string"} }
func momentSchema() object { return object{"type": "string", "format": "date-time"} }
func uuidSchema() object   { return object{"type": "string", "format": "uuid"} }

func withWords(schema object, words string) object {
	copied := maps.Clone(schema)
	copied["description"] = words
	return copied
}

// whole is an object of the console's own that has these members and no others.
func whole(properties object, optional ...string) object {
	var required []string
	for name := range properties {
		if !slices.Contains(optional, name) {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return object{"type": "object", "additionalProperties": false, "required": required, "properties": properties}
}

// shownAs adds an example, written as JSON.
func shownAs(schema object, shown string) object {
	schema["examples"] = []any{example(shown)}
	return schema
}

// partOf is a part of a list, for programs.
func partOf(schemas object, item string) object {
	part := whole(object{
		"items": object{"type": "array", "items": ref(item)},
		"total": withWords(object{"type": "integer"}, "Of the whole list, where that is known."),
		"next": object{"type": []string{"string", "null"},
			"description": "cursor of the part after this; null: this is the last part."}}, "total")
	part["examples"] = []any{object{"items": []any{exampleOf(schemas, item)}, "total": 1, "next": nil}}
	return part
}

// openSchemas are all components: those of the console, those of Duo, and three for
// each action.
func (s *pages) openSchemas() object {
	all := ownSchemas()
	maps.Copy(all, duoSchemas())
	maps.Copy(all, plainResults())
	for _, item := range []string{"Organization", "Mapping", "Run", "DuoUser", "DuoPhone", "DuoBypassCode"} {
		all[item+"Part"] = partOf(all, item)
	}
	for _, a := range catalog.All() {
		name := pascal(a.Slug)
		all[name+"Fields"], all[name+"Request"] = s.fieldsSchema(a), bodySchema(a)
		outcome := outcomeSchema(a)
		outcome["examples"] = []any{outcomeExample(a, all)}
		all[name+"Outcome"] = outcome
	}
	return all
}

func ownSchemas() object {
	text, moment := textSchema(), momentSchema()
	texts := object{"type": "array", "items": text}
	connection := object{"type": "string", "enum": []string{"child", "parent", "own", "none"}}
	connected := withWords(text,
		"Names the connection: it changes whenever the connection does. A body may repeat it, so that nothing is done in another account.")
	var codes []string
	for _, known := range site.ProblemCodes {
		codes = append(codes, known.Code)
	}
	return object{
		"State": object{"type": "string", "enum": []string{"sending", "applied", "refused", "unknown"},
			"description": "sending: Duo is being asked, or the outcome is being looked up. applied: Duo did it. refused: Duo did not do it. unknown: Duo may have done it; check before you repeat it."},
		"Secret": shownAs(whole(object{"label": text, "value": text}),
			`{"label": "Bypass code", "value": "618204957"}`),
		"Workspace": shownAs(whole(object{"workspace": text, "name": text, "operator": text, "token": text,
			"role": object{"type": "string",
				"enum": []string{"owner", "admin", "technician", "helpdesk", "auditor"}},
			"organizations": object{"type": "string", "enum": []string{"all", "chosen"}}}),
			`{"workspace": "northwind", "name": "Northwind Managed IT", "operator": "ana@northwind.example", "token": "nightly", "role": "technician", "organizations": "all"}`),
		"Organization": shownAs(whole(object{"slug": text, "name": text, "aliases": texts, "tags": texts,
			"time_zone": text, "connection": connection, "connection_id": connected,
			"failing": withWords(object{"type": "boolean"}, "It cannot be reached as it is connected.")}),
			`{"slug": "casey-dental", "name": "Casey Dental", "aliases": [], "tags": ["dental"], "time_zone": "Europe/London", "connection": "child", "connection_id": "FRhsqrVOqab_Da4QRldT3g", "failing": false}`),
		"Mapping": shownAs(whole(object{"organization": withWords(text, "Slug."), "name": text,
			"connection": connection, "connection_id": connected, "account_id": text, "api_hostname": text,
			"directory_key": text,
			"failing":       object{"type": "boolean"}}),
			`{"organization": "casey-dental", "name": "Casey Dental", "connection": "child", "connection_id": "FRhsqrVOqab_Da4QRldT3g", "account_id": "DA0000000000000000EX", "api_hostname": "api-1a2b3c4d.duosecurity.com", "directory_key": "", "failing": false}`),
		"Run": shownAs(whole(object{"run_id": uuidSchema(), "action": text,
			"organization": object{"type": []string{"string", "null"}, "description": "Slug; null: of the workspace."},
			"account_id":   text, "subject": text, "state": ref("State"), "summary": text,
			"answer": withWords(text,
				"Of a person who was asked through Duo; empty: nobody was, or nobody answered yet."),
			"fields": object{"type": "object", "additionalProperties": text}, "ticket": text,
			"reason": withWords(text, "Why it was done after a report of fraud."),
			"after_fraud": object{"type": "string", "enum": []string{"", "other", "same"},
				"description": "Who decided after a report of fraud: other than the operator who sent the push, or the same, where there was no other; empty: there was no report."}, "operator": text, "token": withWords(text, "Name of the access token; empty: by a page."),
			"token_id": object{"type": []string{"string", "null"}, "format": "uuid",
				"description": "Of the access token, and the run_id of the run that made it; null: by a page, or before ids were kept."},
			"started_at": moment, "finished_at": object{"type": []string{"string", "null"}, "format": "date-time"}}),
			`{"run_id": "`+exampleID+
				`", "action": "create-user", "organization": "casey-dental", "account_id": "DA0000000000000000EX", "subject": "casey.example", "state": "applied", "summary": "Created user casey.example.", "answer": "",
			"fields": {"username": "casey.example"}, "ticket": "T-1001", "reason": "", "after_fraud": "", "operator": "ana@northwind.example", "token": "nightly", "token_id": "dac52617-4dd6-4d1b-b7d4-5b4af9060355",
			"started_at": "`+exampleMoment+`", "finished_at": "`+exampleMoment+`"}`),
		"Problem": whole(object{"type": object{"type": "string", "format": "uri"}, "title": text,
			"status": object{"type": "integer"}, "detail": text,
			"code":       object{"type": "string", "enum": codes},
			"request_id": withWords(text, "Give it to the administrator of the console."),
			"errors":     object{"type": "array", "items": whole(object{"field": text, "message": text})},
			"run_id":     uuidSchema(), "state": ref("State")}, "errors", "run_id", "state"),
	}
}
