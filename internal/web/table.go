package web

import (
	"net/http"
	"slices"
)

// Handler returns the whole web application.
func Handler(s *Server) http.Handler { return s.Handler(routes(s)) }

// routes is every address of the console; testdata/routes.txt lists them with their policies.
func routes(s *Server) []route {
	rows := slices.Concat(s.siteRoutes(), s.operatorsRoutes(), s.estateRoutes(), s.actionsRoutes(), s.recordsRoutes(), s.setupRoutes())
	return append(rows, s.apiRoutes(rows)...)
}
