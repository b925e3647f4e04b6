package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// Who asks again and again for what their role or their organizations do not include is no
// person who follows our links: the session ends. What does not exist counts like what is out
// of reach, so that the end of a session tells nothing either.

// errRefusedOften says that the session ended because too much was refused.
var errRefusedOften = errors.New("web: the session ended after many refused requests")

// refusedOften is the answer to that.
const refusedOften = "You are signed out: too many requests were for what your role or your organizations do not " +
	"include. Nothing was done. Owners see this on Home. You can sign in again."

const sessionEnded = "The session ended: too many requests were for what the role or the organizations do not include."

// countsAsRefusal reports whether an answer counts: for lack of role or reach. What a report
// of fraud holds back does not, nor do faults in a form, nor an address that is not admitted:
// an open page asks again by itself while a laptop is on the way.
func countsAsRefusal(err error) bool {
	return isRefusal(err) && !errors.As(err, new(*run.HeldBack)) && !errors.Is(err, store.ErrElsewhere)
}

// countRefusal counts a refused request of a session, and returns errRefusedOften when it
// ended the session. Programs have no session that could end, and who is no member of the
// workspace is none of its business.
//
// The refusal is committed before they are counted. So no two requests wait for each other,
// and of several at the same time the last one sees all.
func (s *Site) countRefusal(c echo.Context, v Visitor, refused error) error {
	if v.session.ID == uuid.Nil || c.Param("ws") == "" {
		return refused
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), recordTime)
	defer cancel()
	ended, err := s.refusedOften(ctx, c.Param("ws"), v)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return refused
	case err != nil:
		s.Log.ErrorContext(ctx, "refusal could not be counted", "error", err)
		return refused
	case !ended:
		return refused
	}
	return errors.Join(errRefusedOften, s.Sessions.end(c.Request(), c.Response()))
}

// refusedOften counts a refusal and reports whether the session has to end.
func (s *Site) refusedOften(ctx context.Context, workspace string, v Visitor) (bool, error) {
	if v.Workspace.ID == uuid.Nil {
		found, err := s.Store.Enter(ctx, v.Operator.ID, v.from.Address, workspace, "", 0)
		if err != nil {
			return false, err
		}
		v.Workspace, v.Role = found.Workspace, catalog.ParseRole(found.Role)
	}
	whole := store.WholeWorkspace(v.Workspace.ID)
	use := store.QuotaUse{Operator: v.Operator.ID, Quota: catalog.RefusalQuota.Slug, Amount: 1, At: s.Now()}
	if err := s.Store.InWorkspace(ctx, whole, func(tx *store.Tx) error { return tx.AddUse(ctx, use) }); err != nil {
		return false, err
	}
	var used, most int
	err := s.Store.InWorkspace(ctx, whole, func(tx *store.Tx) error {
		quotas, err := run.QuotasOf(ctx, tx)
		if err == nil {
			most = quotas.Most(catalog.RefusalQuota, v.Role)
			used, err = tx.UsedSince(ctx, use.Operator, use.Quota, use.At.Add(-s.refusalsIn()))
		}
		return err
	})
	if err != nil || used < most {
		return false, err
	}
	s.Runner.NoteQuota(ctx, v.Workspace.ID, v.Actor(), store.Record{Summary: sessionEnded},
		&run.OverQuota{Quota: catalog.RefusalQuota,
			Role: v.Role, Most: most, Used: used})
	return true, nil
}

// refusalsIn is the time in which refusals are counted together.
func (s *Site) refusalsIn() time.Duration {
	if s.RefusalWindow > 0 {
		return s.RefusalWindow
	}
	return catalog.RefusalQuota.Window
}

// toSignInAgain answers a request whose session ended because too much was refused.
func (s *Site) toSignInAgain(c echo.Context) error {
	c.Response().Header().Set("Retry-After", fmt.Sprint(int(s.refusalsIn().Seconds())))
	return s.ShowSignIn(c, http.StatusTooManyRequests, views.SignInPage{Refused: refusedOften})
}
