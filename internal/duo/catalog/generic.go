package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"duodesk/internal/duo"
)

// A generic action makes one call that the catalogue has no action for, or has
// one for that does not do everything. What it may do is judged by its effect:
// see judge.

var (
	callMethod = Choice{Name: "method", Label: "Method", Default: "get", Required: true, Example: "get",
		Options: []Option{{"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}}}
	callParams = Text{Name: "params", Label: "Parameters", Max: 32_000, Multiline: true,
		Help: "One name=value per line, or a JSON object. Do not enter account_id: the console adds it."}
	callParts = Int{Name: "parts", Label: "Maximum pages", Help: "For a list, how many pages to read.", Min: 1,
		Max: 20, Default: 1}
	callTyped = Text{Name: "confirm", Label: "Type the path again", Again: true,
		Help: "Required only for a call that deletes permanently, or for a change that the console has no action for.", Max: 300}
)

const (
	accountParam = "account_id"
	noAccount    = "Do not enter account_id: the organization decides which account it is."
)

var paramName = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)

func callPath(prefix, example, pattern string) Text {
	return Text{Name: "path", Label: "Path", Required: true, Max: 300, Help: "Begins with " + prefix +
		"; without host and without ?.", Example: example, Pattern: pattern + `(?:/` + pathWord + `)+`}
}

func accountsAPIAction() Action {
	path := callPath("/accounts/v1/", "/accounts/v1/account/list", `/accounts/v1`)
	method := callMethod
	method.Default, method.Example = "post", "post"
	return generic(Action{
		Slug: "accounts-api-action", Title: "Accounts API Action", Category: accountsCategory, API: Accounts,
		Call:   "any /accounts/v1/…",
		Help:   "Makes any call to the Accounts API with the workspace's keys.",
		Fields: []Field{method, path, callParams, callParts, callTyped},
	})
}

func authAPIAction() Action {
	path := callPath("/auth/v2/", "/auth/v2/check", `/auth/v2`)
	return generic(Action{
		Slug: "auth-api-action", Title: "Auth API Action", Category: "Admin API - General", API: Auth,
		Call:   "any /auth/v2/…",
		Help:   "Makes any call to the Auth API with the organization's keys.",
		Fields: []Field{callMethod, path, callParams, callParts, callTyped},
	})
}

func adminAPIAction() Action {
	path := callPath("/admin/v1/, /admin/v2/ or /admin/v3/", "/admin/v1/info/summary", `/admin/v[123]`)
	return generic(Action{
		Slug: "admin-api-action", Title: "Admin API Action", Category: "Admin API - General", API: Admin,
		Call:   "any /admin/v1, v2, v3/…",
		Help:   "Makes any call to the Admin API in the organization's account.",
		Fields: []Field{callMethod, path, callParams, callParts, callTyped},
	})
}

func generic(a Action) Action {
	a.Kind, a.Role = Generic, Administrator
	a.Check = func(in Values) []FieldError { return checkCall(a.API, in) }
	a.RoleFor = func(in Values) Role { return judged(a.API, in).role }
	a.AsksFor = func(in Values) string { return judged(a.API, in).asks }
	a.Run = runCall
	return a
}

// call is what a generic action sends.
type call struct {
	method, path string
	params       duo.Params
}

func (c call) String() string { return c.method + " " + c.path }

func callOf(in Values) (call, *FieldError) {
	params, fault := parseParams(callParams.Of(in))
	if fault != "" {
		return call{}, &FieldError{Field: callParams.Name, Message: fault}
	}
	c := call{strings.ToUpper(in.given["method"]), in.given["path"], params}
	if c.method == http.MethodPost && c.path == bulkPath {
		// What is judged is what is sent: a text could be read in another way by Duo.
		if params["operations"] = listOf(params["operations"]); params["operations"] == nil {
			return c, &FieldError{Field: callParams.Name, Message: notOperations}
		}
	}
	if c.method == http.MethodGet || c.method == http.MethodDelete {
		for name, value := range params {
			if params[name] = inQuery(value); params[name] == nil {
				return c, &FieldError{Field: callParams.Name, Message: name +
					" has to be a text, a number, yes or no, or a list of texts: it travels in the address."}
			}
		}
	}
	return c, nil
}

// inQuery is a value of a JSON object as it travels in an address; nil if it
// cannot.
func inQuery(value any) any {
	switch v := value.(type) {
	case string, bool, []string:
		return v
	case json.Number:
		return v.String()
	case []any:
		var texts []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil
			}
			texts = append(texts, text)
		}
		return texts
	}
	return nil
}

func judged(api API, in Values) demand {
	c, fault := callOf(in)
	if fault != nil {
		return demand{role: Owner}
	}
	return judge(api, c)
}

func checkCall(api API, in Values) []FieldError {
	c, fault := callOf(in)
	if fault != nil {
		return []FieldError{*fault}
	}
	if fault := pathFault(api, c.path); fault != "" {
		return []FieldError{{Field: "path", Message: fault}}
	}
	for name := range c.params {
		switch {
		case !paramName.MatchString(name):
			return []FieldError{{Field: callParams.Name,
				Message: "The name of a parameter is made of letters, digits and _ - . [ ]: " + Plain(name)}}
		case strings.EqualFold(name, accountParam) && (name != accountParam || c.path != deleteAccountPath):
			return []FieldError{{Field: callParams.Name, Message: noAccount}}
		}
	}
	if c.asksAPerson() {
		return []FieldError{{Field: "path", Message: asksAPerson}}
	}
	v := judge(api, c)
	if v.fault != "" {
		return []FieldError{{Field: callParams.Name, Message: v.fault}}
	}
	if v.typed && !typedAs(callTyped.Of(in), c.path) {
		return []FieldError{{Field: callTyped.Name, Message: "Type the path again: " + c.path}}
	}
	return nil
}

// parseParams reads parameters as rows or as a JSON object. A name that is there
// twice is one parameter with two values, in rows.
func parseParams(text string) (duo.Params, string) {
	params := duo.Params{}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&params); err != nil || decoder.More() {
			return nil, "This is not one JSON object."
		}
		return params, ""
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, fmt.Sprintf("%q is no name=value.", line)
		}
		switch before := params[name].(type) {
		case nil:
			params[name] = value
		case string:
			params[name] = []string{before, value}
		case []string:
			params[name] = append(before, value)
		}
	}
	return params, ""
}

func runCall(ctx context.Context, d *duo.Client, in Values) (Result, error) {
	c, fault := callOf(in)
	if fault != nil {
		return Result{}, fault
	}
	request := duo.Request{Method: c.method, Path: c.path, Params: c.params}
	if c.method != http.MethodGet {
		answer, err := d.Do(ctx, request)
		if err != nil {
			return Result{Subject: c.String()}, err
		}
		done := Result{Subject: c.String(), Summary: c.String() + " was answered.", Raw: answer.Response, Plain: true}
		if c.reads() {
			done.Least = Owner
		}
		return done, nil
	}
	var parts []json.RawMessage
	held, more := 0, ""
	for answer, err := range d.DoPages(ctx, request, callParts.Of(in)) {
		switch {
		case errors.Is(err, duo.ErrMorePages):
			more = " There is more to read."
		case err != nil:
			return Result{Subject: c.String()}, err
		default:
			held += len(answer.Response)
			parts = append(parts, answer.Response)
		}
		if held > mostRead {
			parts, more = parts[:len(parts)-1], " There is more to read; this is as much as one call brings, 20 MB."
			break
		}
	}
	summary := c.String() + " was answered" + inParts(len(parts)) + "." + more
	return Result{Subject: c.String(), Summary: summary, Raw: joined(parts), Plain: true, Least: Owner}, nil
}

// mostRead is how much a generic read holds of Duo's answers, in bytes. One answer
// has at most half of that.
const mostRead = 20 << 20

// reads reports whether what a call brings back was in Duo before: what a call
// makes, such as bypass codes, is nowhere else.
func (c call) reads() bool { return duo.OnlyReads(c.method, c.path) }

func inParts(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" in %d parts", n)
}

// joined makes one list of the parts of a list, and one list of other parts.
func joined(parts []json.RawMessage) json.RawMessage {
	if len(parts) == 1 {
		return parts[0]
	}
	var all []json.RawMessage
	for _, part := range parts {
		var items []json.RawMessage
		if json.Unmarshal(part, &items) != nil {
			items = []json.RawMessage{part}
		}
		all = append(all, items...)
	}
	whole, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return whole
}
