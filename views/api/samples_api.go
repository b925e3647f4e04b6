package api

import (
	"duodesk/views"
	"duodesk/views/sample"
)

func Samples() []sample.Sample {
	docs := APIDocsPage{Total: 1, Try: "curl -sS https://duo.northwind.example/api/v1/w/WORKSPACE",
		Repeat: `{"replayed": true}`,
		Reads: []APIRead{{ID: "get-runs", Title: "Runs", Address: "/api/v1/w/{ws}/runs", Help: "What was done.",
			Role: "auditor", Parameters: []APIField{{Name: "limit", Kind: "1 to 500", Words: "Maximum number."}}}},
		Problems: []APIProblem{{Status: 409, Code: "run_id_used",
			Means: "The run_id was used before, with other fields."}},
		Groups: []APIGroup{{Name: "Admin API - Phones",
			Actions: []APIAction{{Slug: "create-phone", Title: "Create Phone",
				Address: "/api/v1/w/{ws}/o/{org}/actions/create-phone", Help: "Makes a phone.",
				Call: "POST /admin/v1/phones",
				Kind: views.Chip{Level: "info", Text: "changes"}, Role: "technician",
				Fields: []APIField{{Name: "number",
					Kind: "phone number", Words: "Number.", Required: true}}, Curl: "curl …"}}}}}
	return []sample.Sample{{Name: "api-docs", Shell: sample.AccountShell(), Page: docs}}
}
