package site

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/task"
	"duodesk/views"
)

// MaxBody is the largest form but for the import's: a page of the mapping with
// names of the longest kind.
const MaxBody = 256 << 10

// surround puts around every request, from outside in: request id, access log,
// recovery, security headers, the refusal of foreign hosts, and the refusal of
// forms from other sites.
func (s *Site) surround(e *echo.Echo) http.Handler {
	protection := http.NewCrossOriginProtection()
	// The report of a browser has no session and changes nothing.
	protection.AddInsecureBypassPattern("POST /csp")
	protection.SetDenyHandler(s.fixed(e, views.CrossSite("/")))
	pages := asGet(e)
	h := protection.Handler(pages)
	h = s.refuseBare(e, h)
	h = apart(pages, h)
	h = s.refuseForeignHosts(e, h)
	h = s.secureHeaders(h)
	h = s.logAccess(s.recoverPanics(e, h))
	return identify(h)
}

// apart leads requests of programs past the checks of where a form comes from: a
// token is sent by nobody unasked, and sessions are refused there.
func apart(api, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// asGet answers a HEAD as a GET whose body nobody reads: net/http knows the method
// that was sent, and drops the body. So no handler has to think of it, but for those
// of an answer without end and those that keep on record what was taken out: see
// OnlyHead.
func asGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			traceOf(r.Context()).head = true
			r = r.WithContext(r.Context()) // a copy
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// OnlyHead reports whether a request asks for the headers of an answer alone.
func OnlyHead(ctx context.Context) bool { return traceOf(ctx).head }

func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.ToLower(rand.Text()[:16])
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(withTrace(r.Context(), &trace{id: id})))
	})
}

// logAccess writes one line a request and has it counted: what was asked and what
// came of it, never what was typed. An answer that was cut off has no status that
// means anything.
func (s *Site) logAccess(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		counted := &countingWriter{ResponseWriter: w, status: http.StatusOK, cut: true,
			head: r.Method == http.MethodHead}
		defer func() {
			done := Served{Route: cmp.Or(traceOf(r.Context()).route, "none"), Method: methodName(r.Method),
				Status: counted.status, Cut: counted.cut, Took: s.Now().Sub(began)}
			level := slog.LevelInfo
			if isProbe(r) && done.Status < 400 {
				level = slog.LevelDebug // every few seconds, and no news
			}
			s.Log.Log(r.Context(), level, "request", "method", done.Method, "status", done.Status, "bytes",
				counted.bytes, "cut", done.Cut, "took", done.Took.Round(time.Microsecond))
			if s.Served != nil {
				s.Served(done)
			}
		}()
		next.ServeHTTP(counted, r)
		counted.cut = false
	})
}

// methodName is a method as it may be counted and logged: a client can make up
// others.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	}
	return "other"
}

type countingWriter struct {
	http.ResponseWriter
	status, bytes int
	begun         bool // the browser may have read some of it
	cut           bool // until the answer is complete
	head          bool // what is written is not sent
}

func (w *countingWriter) WriteHeader(status int) {
	w.status, w.begun = status, true
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	if w.begun = true; !w.head {
		w.bytes += n
	}
	return n, err
}

func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recoverPanics makes a page of a fault of ours. An answer that has begun cannot
// become one: it is cut off, so that nobody takes half of a file for all of it.
func (s *Site) recoverPanics(e *echo.Echo, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				task.LogPanic(r.Context(), s.Log, "answer a request", fault)
				if counted, ok := w.(*countingWriter); ok && counted.begun {
					panic(http.ErrAbortHandler)
				}
				s.fixed(e, views.ServerFault(requestID(r.Context()), "/")).ServeHTTP(w, r)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp"

func (s *Site) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		// With no-referrer browsers would send "Origin: null", and every form
		// would be refused.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		if s.PublicURL.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		next.ServeHTTP(w, r)
	})
}

// refuseBare refuses unsafe requests that carry a cookie but not where they come
// from. Browsers always say; a script that uses a session must send Origin.
func (s *Site) refuseBare(e *echo.Echo, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		if _, err := r.Cookie(s.Sessions.cookie); !safe && err == nil && r.Header.Get("Sec-Fetch-Site") == "" &&
			r.Header.Get("Origin") == "" {
			s.fixed(e, views.CrossSite("/")).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fixed answers with an error page, outside of any route.
func (s *Site) fixed(e *echo.Echo, page views.ErrorPage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) {
			answerProblem(e.NewContext(r, w), nil, page, httpCode(page.Status))
			return
		}
		if err := s.Render(e.NewContext(r, w), page.Status, Visitor{}, Place{}, page); err != nil {
			s.Log.ErrorContext(r.Context(), "error page could not be rendered", "error", err)
		}
	})
}

func fromHandler(h http.Handler) Handler {
	return func(c echo.Context, _ Visitor) error {
		h.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}
