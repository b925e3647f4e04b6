// Package web joins the rows of the rooms into one table of addresses. Each room is a package
// below this one and knows only site, which admits a request and answers it, and words, which
// has the texts that rooms share.
package web

import (
	"net/http"
	"slices"

	"duodesk/internal/web/actions"
	"duodesk/internal/web/api"
	"duodesk/internal/web/estate"
	"duodesk/internal/web/flows"
	"duodesk/internal/web/operators"
	"duodesk/internal/web/records"
	"duodesk/internal/web/setup"
	"duodesk/internal/web/signin"
	"duodesk/internal/web/site"
)

// Handler returns the whole web application.
func Handler(s *site.Site) http.Handler { return s.Handler(routes(s)) }

// routes is every address of the console; testdata/routes.txt lists them with their policies.
func routes(s *site.Site) []site.Route {
	rows := slices.Concat(s.Routes(), signin.Routes(s), operators.Routes(s), estate.Routes(s), actions.Routes(s),
		records.Routes(s),
		setup.Routes(s), flows.Routes(s))
	return append(rows, api.Routes(s, rows)...)
}
