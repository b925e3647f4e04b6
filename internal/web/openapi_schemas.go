package web

import (
	"maps"
	"net/http"
	"slices"
)

func openProblems() object {
	all := object{}
	for _, known := range problemCodes {
		name := problemName(known.status)
		means := "`" + known.code + "`: " + known.means
		if before, there := all[name].(object); there {
			means = before["description"].(string) + "\n\n" + means
		}
		answer := object{"description": means, "content": object{"application/problem+json": object{"schema": ref("Problem")}}}
		if known.status == http.StatusTooManyRequests || known.status == http.StatusServiceUnavailable {
			answer["headers"] = object{"Retry-After": object{"description": "Seconds to wait.", "schema": object{"type": "integer"}}}
		}
		all[name] = answer
	}
	return all
}

func openSchemas() object {
	text, moment := object{"type": "string"}, object{"type": "string", "format": "date-time"}
	texts := object{"type": "array", "items": text}
	described := func(schema object, words string) object {
		copied := maps.Clone(schema)
		copied["description"] = words
		return copied
	}
	whole := func(properties object, optional ...string) object {
		var required []string
		for name := range properties {
			if !slices.Contains(optional, name) {
				required = append(required, name)
			}
		}
		slices.Sort(required)
		return object{"type": "object", "additionalProperties": false, "required": required, "properties": properties}
	}
	uuidText := object{"type": "string", "format": "uuid"}
	connection := object{"type": "string", "enum": []string{"child", "parent", "own", "none"}}
	connected := described(text, "Names the connection: it changes whenever the connection does. A body may repeat it, so that nothing is done in another account.")
	var codes []string
	for _, known := range problemCodes {
		codes = append(codes, known.code)
	}
	return object{
		"State":     object{"type": "string", "enum": []string{"sending", "applied", "refused", "unknown"}, "description": "sending: Duo is being asked, or what it did is being looked up. applied: Duo did it. refused: Duo did not do it. unknown: Duo may have done it, look before you do it again."},
		"DuoObject": object{"type": "object", "description": "An object as Duo's Admin API describes it, secrets masked."},
		"Workspace": whole(object{"workspace": text, "name": text, "operator": text, "token": text,
			"role": object{"type": "string", "enum": []string{"owner", "admin", "technician", "helpdesk", "auditor"}}, "organizations": object{"type": "string", "enum": []string{"all", "chosen"}}}),
		"Organization": whole(object{"slug": text, "name": text, "aliases": texts, "tags": texts, "time_zone": text, "connection": connection, "connection_id": connected, "failing": described(object{"type": "boolean"}, "It cannot be reached as it is connected.")}),
		"Mapping": whole(object{"organization": described(text, "Slug."), "name": text, "connection": connection, "connection_id": connected, "account_id": text, "api_hostname": text, "directory_key": text,
			"failing": object{"type": "boolean"}}),
		"Run": whole(object{"run_id": uuidText, "action": text, "organization": object{"type": []string{"string", "null"}, "description": "Slug; null: of the workspace."}, "account_id": text, "subject": text, "state": ref("State"), "summary": text,
			"answer": described(text, "Of a person who was asked through Duo; empty: nobody was, or nobody answered yet."), "fields": object{"type": "object", "additionalProperties": text}, "ticket": text, "reason": described(text, "Why it was done after a report of fraud."), "after_fraud": object{"type": "string", "enum": []string{"", "other", "same"}, "description": "Who decided after a report of fraud: other than the operator who sent the push, or the same, where there was no other; empty: there was no report."}, "operator": text, "token": described(text, "Name of the access token; empty: by a page."),
			"token_id":   object{"type": []string{"string", "null"}, "format": "uuid", "description": "Of the access token, and the run_id of the run that made it; null: by a page, or before ids were kept."},
			"started_at": moment, "finished_at": object{"type": []string{"string", "null"}, "format": "date-time"}}),
		"Outcome": whole(object{"run_id": uuidText, "state": ref("State"), "summary": text, "replayed": described(object{"type": "boolean"}, "It was done before; result and secrets are not shown again."),
			"result":     object{"description": "Duo's answer, secrets masked. Of a generic action it is whole."},
			"secrets":    object{"type": "array", "description": "Shown in this answer and never again.", "items": whole(object{"label": text, "value": text})},
			"created_id": described(text, "Duo's id of what was made."), "expires_at": described(moment, "When the secrets run out.")}, "result", "secrets", "created_id", "expires_at"),
		"Problem": whole(object{"type": object{"type": "string", "format": "uri"}, "title": text, "status": object{"type": "integer"}, "detail": text,
			"code": object{"type": "string", "enum": codes}, "request_id": described(text, "Tell it to whoever runs the console."),
			"errors": object{"type": "array", "items": whole(object{"field": text, "message": text})}, "run_id": uuidText, "state": ref("State")}, "errors", "run_id", "state"),
	}
}
