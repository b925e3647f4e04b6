package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views/api"
)

func (s *pages) getAPIDocs(rows []site.Route) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		return s.Render(c, http.StatusOK, v, site.Place{}, s.apiDocsPage(rows))
	}
}

// apiDocsPage says for people what openAPI says for tools.
func (s *pages) apiDocsPage(rows []site.Route) api.APIDocsPage {
	page := api.APIDocsPage{Try: s.FirstRequest("WORKSPACE"), Total: len(catalog.All()),
		Repeat: `{"run_id": "` + exampleID +
			`", "state": "applied", "summary": "Created 1 bypass code.", "replayed": true}`}
	for _, known := range site.ProblemCodes {
		page.Problems = append(page.Problems, api.APIProblem{Status: known.Status, Code: known.Code,
			Means: known.Means})
	}
	addresses := map[bool]string{}
	for _, r := range rows {
		known := apiRoutes[r.Method+" "+r.Path]
		switch {
		case !r.Policy.Token:
		case strings.HasSuffix(r.Path, "/:action"):
			addresses[!strings.Contains(r.Path, ":org")] = openPath(strings.TrimSuffix(r.Path, ":action"))
		default:
			read := api.APIRead{ID: known.id, Title: known.title, Address: openPath(r.Path), Help: known.help,
				Role: r.Policy.Role.String()}
			query := known.query
			if known.list != "" {
				query = append(query[:len(query):len(query)], partParameters...)
			}
			for _, p := range query {
				read.Parameters = append(read.Parameters,
					api.APIField{Name: p.name, Kind: parameterKind(p.schema), Words: p.help})
			}
			page.Reads = append(page.Reads, read)
		}
	}
	for _, a := range catalog.All() {
		i := slices.IndexFunc(page.Groups, func(g api.APIGroup) bool { return g.Name == a.Category })
		if i < 0 {
			i, page.Groups = len(page.Groups), append(page.Groups, api.APIGroup{Name: a.Category})
		}
		shown := api.APIAction{Slug: a.Slug, Title: a.Title, Address: addresses[a.OfWorkspace()] + a.Slug, Help: a.Help,
			Call: a.Call, Kind: words.KindChip(a),
			Role: a.Role.String(), RoleNote: roleNote(a), Curl: s.curlOf(a)}
		for _, f := range a.Fields {
			spec := f.Spec()
			shown.Fields = append(shown.Fields, api.APIField{Name: spec.Name, Kind: fieldKind(spec),
				Words: s.fieldWords(a, spec), Required: spec.Required})
		}
		group := &page.Groups[i]
		group.Actions = append(group.Actions, shown)
	}
	return page
}

func parameterKind(schema object) string {
	switch {
	case schema["enum"] != nil:
		return strings.Join(schema["enum"].([]string), ", ")
	case schema["format"] != nil:
		return schema["format"].(string)
	case schema["maximum"] != nil:
		return fmt.Sprintf("%d to %d", schema["minimum"], schema["maximum"])
	case schema["$ref"] != nil:
		return "sending, applied, refused, unknown"
	}
	return "text"
}

// fieldKind is what a field takes, with its limits, in words.
func fieldKind(spec catalog.Spec) string {
	switch spec.Kind {
	case "number":
		return fmt.Sprintf("number, %d to %d", spec.Min, spec.Max)
	case "duration":
		return fmt.Sprintf("seconds, %d to %d", spec.Min, spec.Max)
	case "yesno":
		return "true or false"
	case "lines":
		return "list of texts"
	case "id":
		return "Duo’s id of a " + spec.Of
	case "phone":
		return "phone number"
	case "choice":
		var values []string
		for _, o := range spec.Options {
			values = append(values, o.Value)
		}
		return strings.Join(values, ", ")
	}
	if spec.TakesObject() {
		return "object, or text"
	}
	return fmt.Sprintf("text, up to %d characters", spec.Max)
}

func (s *pages) fieldWords(a catalog.Action, spec catalog.Spec) string {
	words := spec.Label + "."
	if spec.Help != "" {
		words += " " + spec.Help
	}
	// An edit leaves what is not given as it is.
	if spec.Default != "" && !a.Edits {
		words += " Without it: " + spec.Default + "."
	}
	return words
}

// curlOf is a request for an action as a command.
func (s *pages) curlOf(a catalog.Action) string {
	at := "/o/ORGANIZATION"
	if a.OfWorkspace() {
		at = ""
	}
	fields, err := json.Marshal(exampleFields(a))
	if err != nil {
		panic("web: " + err.Error()) // they are texts, numbers and lists of texts
	}
	return "curl -sS " + s.PublicURL.Scheme + "://" + s.PublicURL.Host + "/api/v1/w/WORKSPACE" + at + "/actions/" +
		a.Slug + " \\\n" +
		"  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n" +
		"  -d '{\"run_id\": \"'$(uuidgen)'\", \"fields\": " + strings.ReplaceAll(string(fields), "'", `'\''`) + "}'"
}
