package site

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/run/factors"
	"duodesk/internal/run/signon"
	"duodesk/internal/store"
	"duodesk/views"
)

// A session that a workspace's provider began opens this workspace and nothing else: the owner who
// runs a provider can make it vouch for anyone. All that another workspace, or the operator's
// account, shows to such a session is that it wants the operator's own sign-in, in the same
// words for what exists and what does not.

// errOwnWanted says that what was asked for opens to an operator's own sign-in only.
var errOwnWanted = errors.New("web: the session was begun by single sign-on")

// signOnWanted says that a workspace admits nobody who has not come through its provider.
type signOnWanted struct{ workspace string }

func (e *signOnWanted) Error() string { return "web: the workspace requires single sign-on" }

// signedOn compares a session with the rule of the workspace that the visitor asks for, and
// adds the proof of its provider, if that is the later one.
func (s *Site) signedOn(c echo.Context, v *Visitor, session store.Session) (by store.Entrance, err error) {
	if by.From = OriginOf(c); v.Workspace.ID == uuid.Nil {
		return by, nil // there is nothing to enter; opens has been asked
	}
	proof, through := session.SignedOn.By(v.signOn.Provider)
	own := session.Own && session.Proof.Kind != "" && session.Proof.Kind != store.RecoveryCode
	switch {
	case !session.Own && !through:
		return by, errOwnWanted
	case v.signOn.Required() && !through:
		if !own || v.Operator.ID != v.signOn.BreakGlass {
			return by, &signOnWanted{v.Workspace.Slug}
		}
		by.BreakGlass = true
	case through:
		by.SignOn = true
		if v.Proof.Kind == "" || proof.At.After(v.Proof.At) {
			v.Proof = proof
		}
	}
	return by, nil
}

// opens returns errOwnWanted unless a session that is not the operator's own opens the
// workspace of the address. It asks the same for what exists and what does not, so that the
// time says nothing either.
func (s *Site) opens(c echo.Context, session store.Session) error {
	found, err := s.Store.Enter(c.Request().Context(), session.Operator.ID, OriginOf(c).Address, c.Param("ws"), "", 0)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, through := session.SignedOn.By(found.SignOn.Provider); !through {
		return errOwnWanted
	}
	return nil
}

// OpenWorkspaces lists the visitor's workspaces, as far as the session opens them.
func (s *Site) OpenWorkspaces(c echo.Context, v Visitor) (open []store.Belonging, err error) {
	session, err := s.Sessions.Current(c.Request())
	if err != nil {
		return nil, err
	}
	found, err := s.Store.WorkspacesOf(c.Request().Context(), v.Operator.ID)
	for _, w := range found {
		if _, through := session.SignedOn.By(w.Provider); through || session.Own {
			open = append(open, w)
		}
	}
	return open, err
}

// toOwnSignIn sends a visitor whose session was begun by single sign-on to the sign-in form. A
// form gets a page that says that nothing was done.
func (s *Site) toOwnSignIn(c echo.Context) error {
	if m := c.Request().Method; m == http.MethodGet || m == http.MethodHead {
		return c.Redirect(http.StatusSeeOther, views.SignInAndReturn(c.Request().URL.RequestURI()))
	}
	return s.Render(c, http.StatusForbidden, Visitor{}, Place{}, views.ErrorPage{Status: http.StatusForbidden,
		Headline: "Sign in yourself first",
		Text: "You signed in through the single sign-on of a workspace. What you sent needs your own password or passkey. " +
			"Nothing was done.",
		Links: []views.Link{{Text: "Sign in", Href: views.SignIn()}}})
}

// toSignOn sends a visitor to the page of a workspace's single sign-on. A form gets a page that
// says that nothing was done.
func (s *Site) toSignOn(c echo.Context, workspace string) error {
	if m := c.Request().Method; m == http.MethodGet || m == http.MethodHead {
		return c.Redirect(http.StatusSeeOther, views.SignOnAndReturn(workspace, c.Request().URL.RequestURI()))
	}
	return s.Render(c, http.StatusForbidden, Visitor{}, Place{}, views.ErrorPage{Status: http.StatusForbidden,
		Headline: "This workspace requires single sign-on",
		Text:     "You have not come through its provider. Nothing was done.",
		Links:    []views.Link{{Text: "Continue with single sign-on", Href: views.SignOn(workspace)}}})
}

const browserKind = "single sign-on"

func (s *Site) browserCookie() string {
	if s.PublicURL.Scheme == "https" {
		return "__Host-sso"
	}
	return "sso"
}

// BrowserHash returns what a question to a provider is bound to: the SHA-256 of a cookie that
// this browser alone has. nil: it has none of ours.
func (s *Site) BrowserHash(c echo.Context) []byte {
	cookie, err := c.Request().Cookie(s.browserCookie())
	if err != nil || judge(s.Store, browserKind, cookie.Value, tokenBytes) != store.Proved {
		return nil
	}
	return hashOf(cookie.Value)
}

// NameBrowser is BrowserHash, and gives the cookie to a browser that has none.
func (s *Site) NameBrowser(c echo.Context) ([]byte, error) {
	if hash := s.BrowserHash(c); hash != nil {
		return hash, nil
	}
	token, err := newToken(s.Store, browserKind)
	if err != nil {
		return nil, fmt.Errorf("name a browser: %w", err)
	}
	http.SetCookie(c.Response(), &http.Cookie{Name: s.browserCookie(), Value: token, Path: "/", HttpOnly: true,
		Secure: s.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode})
	return hashOf(token), nil
}

// StartThrough begins a session by a workspace's provider, or adds the provider to the session
// of the same operator that the browser has. It does not make the browser a known one.
func (s *Site) StartThrough(c echo.Context, operator store.Operator, through store.Through) error {
	o := store.Opening{Operator: operator}
	if before, err := s.Sessions.Current(c.Request()); err == nil && before.Operator.ID == operator.ID {
		if o, err = s.Continues(c, operator); err != nil {
			return err
		}
	}
	o.Through, o.From = &through, OriginOf(c)
	return s.Sessions.start(c, o)
}

// AskProof returns the address of the provider of the visitor's workspace, which there has the
// person sign in again, for a form that waits for a proof under a token. next is where the
// browser comes back to: see Proved. It returns store.ErrNotFound if the workspace has no
// provider.
func (s *Site) AskProof(c echo.Context, v Visitor, form, next string) (address string, err error) {
	browser, err := s.NameBrowser(c)
	if err != nil {
		return "", err
	}
	place, err := s.SignOn.Find(c.Request().Context(), v.Workspace.Slug)
	if err != nil {
		return "", err
	}
	return s.SignOn.Ask(c.Request().Context(), place, signon.Ask{Purpose: signon.Prove, Browser: browser,
		Session: s.BoundTo(c, v), Form: form, Next: next}, nil)
}

// proofGiven is the parameter with the token of a proof that the provider gave.
const proofGiven = "sso"

// Proved leads a browser back to where it was asked for a proof, with the token of the proof.
func (s *Site) Proved(c echo.Context, next, token string) error {
	to, err := url.Parse(LocalPath(next))
	if err != nil {
		return err
	}
	query := to.Query()
	query.Set(proofGiven, token)
	to.RawQuery = query.Encode()
	return c.Redirect(http.StatusSeeOther, to.String())
}

// getProofBySignOn sends the visitor to the workspace's provider for a form that waits, and
// shows the form again when the browser comes back with a proof.
func (s *Site) getProofBySignOn(c echo.Context, v Visitor) error {
	token, given := c.QueryParam("form"), c.QueryParam(proofGiven)
	form, err := s.formOf(c, v, token)
	if err != nil {
		return err
	}
	page := views.ProofPage{SignedOn: given}
	if given == "" {
		if OnlyHead(c.Request().Context()) { // which asks no provider
			return c.NoContent(http.StatusSeeOther)
		}
		if err := s.PaceQuestion(c, v); err != nil {
			return err
		}
		address, err := s.AskProof(c, v, token, views.ProofBySignOn(v.Workspace.Slug, token))
		switch {
		case err == nil:
			return c.Redirect(http.StatusSeeOther, address)
		case !errors.As(err, new(*signon.Refused)):
			return err
		}
		page.Problem = notProved
	}
	return s.showProof(c, v, http.StatusOK, token, form, page)
}

const notProved = "Your identity provider did not confirm that it is you. Try again, or use another way."

// proofOfProvider takes the proof of the provider of the workspace that the visitor's form is
// sent to. It returns *factors.Refused unless the provider, as it is set up now, gave it for
// this form.
func (s *Site) proofOfProvider(c echo.Context, v Visitor, form, given string) (store.Proof, error) {
	proof, err := s.TakeProof(c, v, form, given)
	if errors.As(err, new(*signon.Refused)) || err == nil && (proof.Provider == uuid.Nil ||
		proof.Provider != v.signOn.Provider) {
		return store.Proof{}, &factors.Refused{Words: notProved}
	}
	return proof, err
}

// TakeProof returns the proof of a token for the visitor's form, once. It returns
// *signon.Refused if there is none.
func (s *Site) TakeProof(c echo.Context, v Visitor, form, token string) (store.Proof, error) {
	return s.SignOn.TakeProof(c.Request().Context(), s.BoundTo(c, v), form, token)
}
