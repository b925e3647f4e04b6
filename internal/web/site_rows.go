package web

import "duodesk/static"

func (s *Server) siteRoutes() []route {
	return []route{
		get("/healthz", public, s.getHealth),
		get("/readyz", public, s.getReady),
		post("/csp", public, s.postCSPReport),
		get("/static/*", public, fromHandler(static.Handler())),
		get("/signin", public, s.getSignIn),
		post("/signin", public, s.postSignIn),
		post("/held", signed, s.postHeld).taking(heldLimit),
		post("/signout", signed, s.postSignOut),
	}
}
