package site

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// Policy says who may use an address. The zero Policy is not one: a row without
// a policy stops the program.
type Policy struct {
	reach reach
	Role  catalog.Role // the least role, within a workspace
	whole bool         // only for those whose membership holds every organization
	any   bool         // signed in: also with a session that is not the operator's own, see store.Session.Own
	Token bool         // with an access token, and never with a session
}

type reach int

const (
	anyone         reach = iota + 1
	signingIn            // an operator whose second factor is awaited
	signedIn             // any operator
	inWorkspace          // a member of :ws
	inOrganization       // a member of :ws whose scope holds :org
)

// String says who may use an address.
func (p Policy) String() string {
	text := map[reach]string{anyone: "anyone", signingIn: "signing in", signedIn: "signed in",
		inWorkspace:    "workspace ",
		inOrganization: "organization "}[p.reach]
	if p.reach >= inWorkspace {
		text += p.Role.String()
	}
	if p.any {
		text += ", any session"
	}
	if p.whole {
		text += ", whole scope"
	}
	if p.Token {
		text += ", token"
	}
	return text
}

// Visitor is who asks, and the objects of the address as they may see them.
// Handlers get these, never an id that was not resolved in scope.
type Visitor struct {
	Operator     store.Operator // zero for anyone
	SignIn       store.SignIn   // whose second factor is awaited; zero once there is a session
	Proof        store.Proof    // the second factor that the session was proved by last; zero within the grace
	Token        run.ByToken    // by which a program asks; zero on pages
	Workspace    store.Workspace
	Role         catalog.Role
	Membership   store.Scope // all that the visitor may see of the workspace
	Scope        store.Scope // of this address
	Organization store.Organization
	GraceUntil   time.Time      // until when the workspace admits the operator without a second factor
	Zone         *time.Location // chosen, or of the browser; nil: neither says
	Policy       Policy         // by which the visitor was let in

	session store.Session
	act     uuid.UUID // the proof that was given for what the visitor asks; uuid.Nil: none

	first         []store.OrganizationName // to switch to
	signOn        store.SignOnRule         // of the workspace
	notices       int                      // that wait for the visitor, who is an owner
	organizations int                      // that the visitor may see
	opened        *time.Time               // when the visitor opened the organization last

	from   store.Origin
	beside *beside // what a form says beside its fields; nil before it is read
}

// beside is what FormOf found in a form beside its fields, for all that is made of the visitor.
type beside struct{ ticket string }

// Location is the time zone in which the visitor reads times; UTC where none is known.
func (v Visitor) Location() *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}

// Actor is the visitor as the runner knows them.
func (v Visitor) Actor() run.Actor {
	actor := run.Actor{Operator: v.Operator.ID, Epoch: v.Operator.Epoch, Role: v.Role, Token: v.Token,
		From: v.from, Proof: run.Proof{Session: v.session.ID, Act: v.act}}
	if v.Proof.Kind != store.RecoveryCode { // which opens a session, and nothing that takes a proof
		actor.Proof.At = v.Proof.At
	}
	if v.beside != nil {
		actor.Ticket = v.beside.ticket
	}
	return actor
}

// MayIntegrate reports whether the visitor's role and scope reach what
// concerns the whole workspace: the nine fields, the mapping, new organizations.
func (v Visitor) MayIntegrate() bool {
	return v.Role >= catalog.Administrator && v.Membership.Every()
}

// Fits reports whether the visitor's role and membership are what a policy asks of them:
// for links to addresses of the same workspace or organization.
func (v Visitor) Fits(p Policy) bool {
	return v.Role >= p.Role && (!p.whole || v.Membership.Every())
}

// Handler answers a request of a visitor who was admitted.
type Handler func(c echo.Context, v Visitor) error

var errSignedOut = errors.New("web: not signed in")

// allow wraps a route's handler with its policy and its deadline. What may not
// be seen is answered like what does not exist.
func (s *Site) allow(r Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		whole := c.Request()
		sessions.GetRegistry(whole) // of one for all that is derived from it: a session's token may be renewed
		traceOf(whole.Context()).route = r.Path
		ctx, cancel := context.WithCancel(whole.Context())
		if r.deadline != NoDeadline {
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
		v, err := s.Admit(c, r.Policy)
		t := traceOf(ctx)
		t.operator, t.workspace, t.organization = v.Operator.ID, v.Workspace.Slug, v.Organization.Slug
		if err == nil {
			v.beside = new(beside)
			remember(c, v)
			c.SetRequest(c.Request().WithContext(s.patience(c, r)))
			err = s.answer(c, r, v)
		}
		if isRefusal(err) && r.Method != http.MethodGet {
			s.RecordRefusal(c, r, v, err)
		}
		if countsAsRefusal(err) {
			err = s.countRefusal(c, v, err)
		}
		return err
	}
}

// Admit returns who asks and what the address names, as far as the policy allows it.
func (s *Site) Admit(c echo.Context, p Policy) (Visitor, error) {
	v := Visitor{Policy: p, from: OriginOf(c)}
	if p.reach == anyone {
		return v, nil
	}
	if p.Token {
		return s.admitToken(c, p)
	}
	if p.reach == signingIn {
		return s.admitSignIn(c, v)
	}
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return v, err
	}
	v.Operator, v.Proof, v.session = session.Operator, session.Proof, session
	if v.Zone = ZoneNamed(v.Operator.TimeZone); v.Zone == nil {
		v.Zone = ZoneOf(c.Request())
	}
	if p.reach == signedIn {
		if !session.Own && !p.any {
			err = errOwnWanted
		}
		return v, err
	}
	if !session.Own {
		if err := s.opens(c, session); err != nil {
			return v, err
		}
	}
	seen, err := v.enter(c, p, catalog.Owner, func(ws, organization string) (store.Access, error) {
		return s.Store.Enter(c.Request().Context(), v.Operator.ID, v.from.Address, ws, organization, switcherSize)
	})
	if v.Workspace.ID != uuid.Nil && slices.Contains(session.Barred, v.Workspace.ID) {
		return v, errors.Join(errSignedOut, s.Sessions.end(c.Request(), c.Response()))
	}
	entrance, fault := s.signedOn(c, &v, session)
	if fault != nil {
		return v, fault
	}
	if err == nil && v.Proof.Kind == "" && !s.Now().Before(v.GraceUntil) {
		err = errFactorWanted
	}
	if err != nil {
		return v, err
	}
	if !slices.Contains(session.Entered, v.Workspace.ID) {
		err := s.Store.InWorkspace(c.Request().Context(), store.WholeWorkspace(v.Workspace.ID),
			func(tx *store.Tx) error {
				return tx.EnterWorkspace(c.Request().Context(), session, entrance, s.Now())
			})
		if err != nil {
			return v, err
		}
	}
	s.noteOpened(c, v)
	return v, s.noteSeen(c.Request().Context(), v, seen)
}

// enter resolves what an address names, in a role of at most most. It returns
// when the operator was last seen there.
func (v *Visitor) enter(c echo.Context, p Policy, most catalog.Role,
	access func(ws, organization string) (store.Access, error)) (*time.Time, error) {
	organization := ""
	if p.reach == inOrganization {
		if organization = c.Param("org"); organization == "" {
			return nil, store.ErrNotFound
		}
	}
	found, err := access(c.Param("ws"), organization)
	if errors.Is(err, store.ErrElsewhere) {
		v.Workspace = found.Workspace
		return nil, err
	}
	if errors.Is(err, store.ErrNotFound) && organization != "" {
		return nil, errBeyondScope
	}
	if err != nil {
		return nil, err
	}
	v.Workspace, v.Organization = found.Workspace, found.Organization
	v.Membership, v.Scope = found.Membership, found.Scope
	v.notices, v.signOn = found.Notices, found.SignOn
	v.first, v.organizations, v.opened = found.First, found.Organizations, found.VisitedAt
	if v.Operator.GraceFrom != nil {
		v.GraceUntil = v.Operator.GraceFrom.AddDate(0, 0, found.GraceDays)
	}
	v.Role = min(catalog.ParseRole(found.Role), most)
	if v.Role < p.Role || p.whole && !v.Membership.Every() {
		return nil, ErrBeyondRole
	}
	return found.SeenAt, nil
}

// noteSeen keeps, now and then, when a member was last at work in the workspace.
func (s *Site) noteSeen(ctx context.Context, v Visitor, before *time.Time) error {
	if now := s.Now(); before == nil || now.Sub(*before) >= store.SeenEvery {
		return s.Store.InWorkspace(ctx, v.Membership,
			func(tx *store.Tx) error { return tx.Saw(ctx, v.Operator.ID, now) })
	}
	return nil
}

const visitorKey = "visitor"

// remember keeps the visitor for the answer to an error, which echo asks for
// outside of the handler.
func remember(c echo.Context, v Visitor) { c.Set(visitorKey, v) }

func remembered(c echo.Context) Visitor {
	v, _ := c.Get(visitorKey).(Visitor)
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

// signInEnded is the answer to a second factor that no sign-in waits for any more.
const signInEnded = "You are signed out. A sign-in waits 10 minutes for its second factor and takes 5 wrong codes. " +
	"Start again."

// toSignIn sends a browser to the sign-in form and back to where it was. A form
// that was sent after the session ended comes back as it was typed, or is said to be
// lost.
func (s *Site) toSignIn(c echo.Context) error {
	r := c.Request()
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		next := r.URL.RequestURI()
		if next == "/" || strings.HasPrefix(next, views.SignIn()+"/") {
			return c.Redirect(http.StatusSeeOther, views.SignIn())
		}
		return c.Redirect(http.StatusSeeOther, views.SignInAndReturn(next))
	}
	if strings.HasPrefix(r.URL.Path, views.SignIn()+"/") {
		return s.ShowSignIn(c, http.StatusUnauthorized, views.SignInPage{Refused: signInEnded})
	}
	page := views.SessionEnded(refererPath(r))
	page.Held = s.holdForm(c, http.StatusUnauthorized)
	page.Lost = page.Held == "" && anyTyped(r) // signing out takes away the cookie that names the operator
	return s.Render(c, http.StatusUnauthorized, Visitor{}, Place{}, page)
}
