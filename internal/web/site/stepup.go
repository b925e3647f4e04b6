package site

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/views"
)

// What asks for a second factor again is answered with a page that does. The form waits
// under the page's token, sealed for its operator, also what is secret in it; with the factor
// it goes on as it was sent. A proof for one act is used up in the transaction of the act.

// proofParam marks the address to which a form is sent that waited for its proof.
const proofParam = "proof"

// waiting is a form that waits for its proof.
type waitingForm struct {
	Path   string       `json:"path"`
	Query  string       `json:"query"`
	Values url.Values   `json:"values"`
	Digest []byte       `json:"digest"` // of the act; nil: the session alone is proved
	Title  string       `json:"title"`
	Tier   catalog.Tier `json:"tier"`
	Back   string       `json:"back"` // where the operator was when it was sent
}

// answer has a route's handler answer, with the proof that a visitor gives with the request.
func (s *Site) answer(c echo.Context, r Route, v Visitor) error {
	if r.Method == http.MethodPost && v.session.ID != uuid.Nil && proving(c.Request()) {
		answered, err := s.takeProof(c, &v)
		if answered || err != nil {
			return err
		}
		remember(c, v)
	}
	if r.tier > catalog.Unproved && !r.asks {
		if _, err := readForm(c); err != nil {
			return err
		}
		if err := s.Prove(c, v, r.tier, r.proves); err != nil {
			return err
		}
	}
	return s.refilled(r.handle)(c, v)
}

// proving reports whether a request gives the factor that a form waits for. It looks at the
// address itself: echo would remember a query that is not the form's.
func proving(r *http.Request) bool { return r.URL.Query().Get(proofParam) != "" }

// Prove makes sure that the visitor has proved a second factor as lately as what the form
// asks for takes. title is the act, in words for the visitor.
func (s *Site) Prove(c echo.Context, v Visitor, tier catalog.Tier, title string) error {
	ctx := c.Request().Context()
	digest := run.DigestOf(append([]string{c.Request().URL.RequestURI()}, inOrder(c.Request().PostForm)...)...)
	if tier == catalog.Recent {
		digest = nil
	}
	return s.Runner.Prove(ctx, s.Store, v.Actor(), tier, title, title, digest)
}

// inOrder lists a form's fields with their values.
func inOrder(values url.Values) (parts []string) {
	for name, texts := range values {
		parts = append(parts, name+"="+strings.Join(texts, "\x00"))
	}
	slices.Sort(parts)
	return parts
}

// askProof answers a request that takes a proof with the page that asks for it.
func (s *Site) askProof(c echo.Context, wanted *run.ProofWanted) error {
	r, v := c.Request(), remembered(c)
	if !s.Sessions.Lives(r, v.Workspace.ID) { // it has ended since the request was let in
		return s.toSignIn(c)
	}
	form := waitingForm{Path: r.URL.Path, Query: r.URL.RawQuery, Values: r.PostForm, Digest: wanted.Digest,
		Title: wanted.Act, Tier: wanted.Tier, Back: refererPath(r)}
	raw, err := json.Marshal(form)
	if err != nil {
		return err
	}
	sealed, err := s.Store.SealForm(v.Operator.ID, raw)
	if err != nil {
		return err
	}
	token, err := s.Factors.Keep(r.Context(), s.BoundTo(c, v), sealed)
	if err != nil {
		return err
	}
	status := http.StatusForbidden
	if r.Header.Get("HX-Request") != "" { // the whole page asks, and not the part that was to change
		status = http.StatusUnprocessableEntity // which is shown
		h := c.Response().Header()
		h.Set("HX-Retarget", "main")
		h.Set("HX-Reselect", "main")
		h.Set("HX-Reswap", "outerHTML")
	}
	return s.showProof(c, v, status, token, form, views.ProofPage{})
}

// showProof shows the page that asks for a second factor, with what page holds already.
func (s *Site) showProof(c echo.Context, v Visitor, status int, token string, form waitingForm,
	page views.ProofPage) error {
	found, err := s.Store.Factors(c.Request().Context(), v.Operator.ID)
	if err != nil {
		return err
	}
	has := func(kind string) bool {
		return slices.ContainsFunc(found, func(f store.Factor) bool { return f.Kind == kind })
	}
	page.Token, page.Act, page.Once = token, form.Title, form.Tier == catalog.Act
	page.Action, page.Back = views.With(form.Path, proofParam, "1"), form.Back
	page.Passkey, page.App = has(store.Passkey) && s.Factors.TakesPasskeys(), has(store.TOTP)
	if _, through := v.session.SignedOn.By(v.signOn.Provider); through {
		page.SignOn = views.ProofBySignOn(v.Workspace.Slug, token)
	}
	return s.Render(c, status, v, standsAt(c), page)
}

// takeProof takes the factor that was given with a form that waited, and puts the form in the
// place of what was sent. answered: it was not taken, and the page says why.
func (s *Site) takeProof(c echo.Context, v *Visitor) (answered bool, err error) {
	sent, err := readForm(c)
	if err != nil {
		return false, err
	}
	ctx, r, token, bound := c.Request().Context(), c.Request(), sent.Get(proofParam), s.BoundTo(c, *v)
	form, err := s.waitingForm(c, *v, token)
	if err != nil {
		return false, err
	}
	proof, wait, err := s.TryFactor(c, *v, func() (store.Proof, error) {
		if given := sent.Get(proofGiven); given != "" {
			return s.proofOfProvider(c, *v, token, given)
		}
		if sent.Get("answer") != "" {
			return s.Factors.ProvePasskey(ctx, v.Operator, boundFor(bound, token), sent.Get("challenge"),
				sent.Get("answer"), OriginOf(c))
		}
		return s.Factors.ProveTOTP(ctx, v.Operator, sent.Get("code"))
	})
	var refused *factors.Refused
	switch {
	case wait > 0:
		return true, s.showProof(c, *v, http.StatusTooManyRequests, token, form,
			views.ProofPage{Problem: SlowDown(c, wait)})
	case errors.As(err, &refused):
		return true, s.showProof(c, *v, http.StatusUnprocessableEntity, token, form,
			views.ProofPage{Problem: refused.Words})
	case err != nil:
		return false, err
	}
	if err := s.Factors.Drop(ctx, bound, token); err != nil { // of several at the same time one goes on
		return false, proofOver(err)
	}
	if err = s.Sessions.renew(c, v.Operator.ID, func(renewal store.Renewal) (renewed bool, err error) {
		v.act, renewed, err = s.Store.ProveAct(ctx, v.session, proof, form.Digest, renewal, s.Now())
		return renewed, err
	}); err != nil {
		return false, err
	}
	v.Proof = proof
	r.PostForm, r.Form, r.URL.RawQuery = form.Values, nil, form.Query
	return false, nil
}

// waitingForm returns the form that waits under a token for the visitor, at this address.
func (s *Site) waitingForm(c echo.Context, v Visitor, token string) (form waitingForm, err error) {
	form, err = s.formOf(c, v, token)
	if err == nil && form.Path != c.Request().URL.Path {
		err = errProofOver
	}
	return form, err
}

// formOf returns the form that waits under a token for the visitor, wherever it is sent.
func (s *Site) formOf(c echo.Context, v Visitor, token string) (form waitingForm, err error) {
	sealed, err := s.Factors.Kept(c.Request().Context(), s.BoundTo(c, v), token)
	if err != nil {
		return form, proofOver(err)
	}
	raw, err := s.Store.OpenForm(v.Operator.ID, sealed)
	if err != nil {
		return form, proofOver(err)
	}
	return form, json.Unmarshal(raw, &form)
}

// errProofOver says that a form no longer waits for its proof.
var errProofOver = errors.New("web: the form no longer waits for a second factor")

func proofOver(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errProofOver
	}
	return err
}

// boundFor binds a passkey's answer to the session and to the form that waits.
func boundFor(session []byte, token string) []byte { return run.DigestOf(string(session), token) }

// PostProofOptions asks the browser for a passkey of the operator, for a form that waits.
func (s *Site) PostProofOptions(c echo.Context, v Visitor) error {
	form, err := FormOf(c)
	if err != nil {
		return err
	}
	if err := s.PaceQuestion(c, v); err != nil {
		return err
	}
	asked, err := s.Factors.AskPasskey(c.Request().Context(), v.Operator,
		boundFor(s.BoundTo(c, v), form.Get(proofParam)))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, asked)
}
