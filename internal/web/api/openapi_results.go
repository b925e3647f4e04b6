package api

import (
	"strings"

	"duodesk/internal/duo/catalog"
)

// plainResults are the results that are no objects.
func plainResults() object {
	return object{
		"DuoMaskedCodes": object{"type": "array", "items": object{"type": "string"},
			"description": "A mask for each code: secrets has them.", "examples": []any{[]string{"(masked)"}}},
		"DuoEnrollStatus": object{"type": "string", "description": "success, waiting or invalid.",
			"examples": []any{"waiting"}},
	}
}

func resultSchema(r catalog.Brings) object {
	switch {
	case r.Of == catalog.BringsAny:
		return object{"description": "Duo's answer, whole."}
	case r.List && len(r.Others) == 0:
		return object{"type": "array", "items": ref(r.Of)}
	case len(r.Others) == 0:
		return ref(r.Of)
	}
	first := ref(r.Of)
	if r.List {
		first = object{"type": "array", "items": first}
	}
	several := []object{first}
	for _, other := range r.Others {
		several = append(several, ref(other))
	}
	return object{"oneOf": several, "description": "The last answer of several calls to Duo."}
}

// shown is the example of what is brought back.
func resultShown(r catalog.Brings, schemas object) any {
	if r.Of == catalog.BringsAny {
		return object{"time": 1785846896}
	}
	one := schemas[r.Of].(object)["examples"].([]any)[0]
	if r.List {
		return []any{one}
	}
	return one
}

// outcomeSchema is the answer to an action.
func outcomeSchema(a catalog.Action) object {
	members := object{
		"run_id": uuidSchema(), "state": ref("State"),
		"summary": withWords(textSchema(), "What was done, in a sentence."),
		"replayed": withWords(object{"type": "boolean"},
			"It was already done; result and secrets are not shown again."),
		"created_id": withWords(textSchema(), "Duo's id of what was made."),
	}
	if r := a.Brings; r.Of != catalog.BringsNone {
		members["result"] = resultSchema(r)
	}
	if a.Reveals {
		members["secrets"] = object{"type": "array", "description": "Shown in this answer and never again.",
			"items": ref("Secret")}
		members["expires_at"] = withWords(momentSchema(), "When the secrets run out.")
	}
	return whole(members, "result", "secrets", "created_id", "expires_at")
}

func outcomeExample(a catalog.Action, schemas object) object {
	r := a.Brings
	shown := object{"run_id": exampleID, "state": "applied", "summary": r.Summary, "replayed": false}
	if r.Of != catalog.BringsNone {
		shown["result"] = resultShown(r, schemas)
	}
	if a.Follow != nil {
		shown["state"] = "sending"
	}
	if a.Reveals {
		shown["secrets"], shown["expires_at"] = []object{{"label": r.Secret.Label, "value": r.Secret.Value}},
			exampleMoment
	}
	if r.Created != "" {
		shown["created_id"] = r.Created
	}
	return shown
}

// pascal is a slug as a name of a type: create-user is CreateUser.
func pascal(slug string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(slug, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// camel is a slug as a name of a method: create-user is createUser.
func camel(slug string) string {
	name := pascal(slug)
	return strings.ToLower(name[:1]) + name[1:]
}
