package site

import "duodesk/static"

// Routes are the rows of the table that belong to no room.
func (s *Site) Routes() []Route {
	return []Route{
		Get("/healthz", Public, s.getHealth),
		Get("/readyz", Public, s.getReady),
		Post("/csp", Public, s.postCSPReport),
		Get("/static/*", Public, fromHandler(static.Handler())),
		Get("/signin", Public, s.getSignIn),
		Post("/signin", Public, s.postSignIn),
		Get("/w/:ws/proof", InWorkspace, s.getProofBySignOn),
		Post("/held", AnySession, s.postHeld).Taking(HeldLimit).Unproved("it waits until the visitor signs in"),
		Post("/signout", AnySession, s.PostSignOut).Unproved("it ends access"),
	}
}
