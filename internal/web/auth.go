package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// policy says who may use an address. The zero policy is not one: a row without
// a policy stops the program.
type policy struct {
	reach reach
	role  catalog.Role // the least role, within a workspace
	whole bool         // only for those whose membership holds every organization
	token bool         // with an access token, and never with a session
}

type reach int

const (
	anyone         reach = iota + 1
	signedIn             // any operator
	inWorkspace          // a member of :ws
	inOrganization       // a member of :ws whose scope holds :org
)

// String says who may use an address.
func (p policy) String() string {
	text := map[reach]string{anyone: "anyone", signedIn: "signed in", inWorkspace: "workspace ", inOrganization: "organization "}[p.reach]
	if p.reach >= inWorkspace {
		text += p.role.String()
	}
	if p.whole {
		text += ", whole scope"
	}
	if p.token {
		text += ", token"
	}
	return text
}

// visitor is who asks, and the objects of the address as they may see them.
// Handlers get these, never an id that was not resolved in scope.
type visitor struct {
	operator     store.Operator // zero for anyone
	token        run.ByToken    // by which a program asks; zero on pages
	workspace    store.Workspace
	role         catalog.Role
	membership   store.Scope // all that the visitor may see of the workspace
	scope        store.Scope // of this address
	organization store.Organization
	zone         *time.Location // chosen, or of the browser; nil: neither says
	policy       policy         // by which the visitor was let in
}

func (v visitor) location() *time.Location {
	if v.zone == nil {
		return time.UTC
	}
	return v.zone
}

func (v visitor) actor() run.Actor {
	return run.Actor{Operator: v.operator.ID, Epoch: v.operator.Epoch, Role: v.role, Token: v.token}
}

// mayIntegrate reports whether the visitor's role and scope reach what
// concerns the whole workspace: the nine fields, the mapping, new organizations.
func (v visitor) mayIntegrate() bool {
	return v.role >= catalog.Administrator && v.membership.Every()
}

type handler func(c echo.Context, v visitor) error

var errSignedOut = errors.New("web: not signed in")

// allow wraps a route's handler with its policy and its deadline. What may not
// be seen is answered like what does not exist.
func (s *Server) allow(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		whole := c.Request()
		traceOf(whole.Context()).route = r.path
		ctx, cancel := context.WithCancel(whole.Context())
		if r.deadline != noDeadline {
			ctx, cancel = context.WithTimeout(whole.Context(), r.deadline)
		}
		defer cancel()
		limitBody(c, r)
		c.SetRequest(whole.WithContext(ctx))
		// An error is answered after this returns, when ctx has ended, and may hold
		// the form.
		defer func() {
			whole.Form, whole.PostForm = c.Request().Form, c.Request().PostForm
			c.SetRequest(whole)
		}()
		v, err := s.admit(c, r.policy)
		t := traceOf(ctx)
		t.operator, t.workspace, t.organization = v.operator.ID, v.workspace.Slug, v.organization.Slug
		if err == nil {
			remember(c, v)
			c.SetRequest(c.Request().WithContext(s.patience(c, r)))
			err = s.refilled(r.handle)(c, v)
		}
		if isRefusal(err) && r.method != http.MethodGet {
			s.recordRefusal(c, r, v, err)
		}
		return err
	}
}

func (s *Server) admit(c echo.Context, p policy) (visitor, error) {
	v := visitor{policy: p}
	if p.reach == anyone {
		return v, nil
	}
	if p.token {
		return s.admitToken(c, p)
	}
	session, err := s.sessions.current(c.Request())
	if err != nil {
		return v, err
	}
	v.operator = session.Operator
	if v.zone = zoneNamed(v.operator.TimeZone); v.zone == nil {
		v.zone = zoneOf(c.Request())
	}
	if p.reach == signedIn {
		return v, nil
	}
	seen, err := v.enter(c, p, catalog.Owner, func(ws, organization string) (store.Access, error) {
		return s.Store.Access(c.Request().Context(), v.operator.ID, ws, organization)
	})
	if err != nil {
		return v, err
	}
	if !slices.Contains(session.Entered, v.workspace.ID) {
		err := s.Store.InWorkspace(c.Request().Context(), store.WholeWorkspace(v.workspace.ID), func(tx *store.Tx) error {
			return tx.EnterWorkspace(c.Request().Context(), session, s.Now())
		})
		if err != nil {
			return v, err
		}
	}
	return v, s.noteSeen(c.Request().Context(), v, seen)
}

// enter resolves what an address names, in a role of at most most. It returns
// when the operator was last seen there.
func (v *visitor) enter(c echo.Context, p policy, most catalog.Role, access func(ws, organization string) (store.Access, error)) (*time.Time, error) {
	organization := ""
	if p.reach == inOrganization {
		if organization = c.Param("org"); organization == "" {
			return nil, store.ErrNotFound
		}
	}
	found, err := access(c.Param("ws"), organization)
	if errors.Is(err, store.ErrNotFound) && organization != "" {
		return nil, errBeyondScope
	}
	if err != nil {
		return nil, err
	}
	v.workspace, v.organization = found.Workspace, found.Organization
	v.membership, v.scope = found.Membership, found.Scope
	v.role = min(catalog.ParseRole(found.Role), most)
	if v.role < p.role || p.whole && !v.membership.Every() {
		return nil, errBeyondRole
	}
	return found.SeenAt, nil
}

// noteSeen keeps, now and then, when a member was last at work in the workspace.
func (s *Server) noteSeen(ctx context.Context, v visitor, before *time.Time) error {
	if now := s.Now(); before == nil || now.Sub(*before) >= store.SeenEvery {
		return s.Store.InWorkspace(ctx, v.membership, func(tx *store.Tx) error { return tx.Saw(ctx, v.operator.ID, now) })
	}
	return nil
}

const visitorKey = "visitor"

// remember keeps the visitor for the answer to an error, which echo asks for
// outside of the handler.
func remember(c echo.Context, v visitor) { c.Set(visitorKey, v) }

func remembered(c echo.Context) visitor {
	v, _ := c.Get(visitorKey).(visitor)
	return v
}

// anyTyped reports whether a form that was read holds anything.
func anyTyped(r *http.Request) bool {
	for _, texts := range r.PostForm {
		if strings.Join(texts, "") != "" {
			return true
		}
	}
	return false
}

// toSignIn sends a browser to the sign-in form and back to where it was. A form
// that was sent after the session ended comes back as it was typed, or is said to be
// lost.
func (s *Server) toSignIn(c echo.Context) error {
	r := c.Request()
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		next := r.URL.RequestURI()
		if next == "/" {
			return c.Redirect(http.StatusSeeOther, views.SignIn())
		}
		return c.Redirect(http.StatusSeeOther, views.SignInAndReturn(next))
	}
	page := views.SessionEnded(refererPath(r))
	page.Held = s.holdForm(c, http.StatusUnauthorized)
	page.Lost = page.Held == "" && anyTyped(r) // signing out takes away the cookie that names the operator
	return s.render(c, http.StatusUnauthorized, visitor{}, place{}, page)
}
