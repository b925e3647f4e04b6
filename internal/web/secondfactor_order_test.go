package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/factors"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// signing is a browser on its way in, and what it has seen.
type signing struct {
	s         *console
	b         *browser
	o         store.Operator
	recovery  []string // codes that are left
	challenge string   // of an app that is being set up
	key       string   // its secret
	answers   []int    // the statuses of all forms
}

// orderSteps are the requests that a way in is made of. The password is taken as given: it
// is slow on purpose, and its own tests are elsewhere.
var orderSteps = []struct {
	name string
	do   func(t testing.TB, w *signing)
}{
	{"password", func(t testing.TB, w *signing) {
		w.b.setCookie("signin", w.s.waitingSignIn(t, w.o))
	}},
	{"code", func(t testing.TB, w *signing) { w.post("/signin/factor/code", "code", w.code(t)) }},
	{"wrong code", func(t testing.TB, w *signing) { w.post("/signin/factor/code", "code", wrongCode(t, w.s)) }},
	{"recovery code", func(_ testing.TB, w *signing) {
		w.post("/signin/factor/recovery", "recovery", w.recovery[0])
		w.recovery = w.recovery[1:]
	}},
	{"set up an app", func(_ testing.TB, w *signing) {
		p := w.post("/signin/setup/app")
		if p.status == http.StatusOK {
			w.key = strings.ReplaceAll(textOf(p.byID("secret")), " ", "")
			w.challenge = p.form("Finish").values.Get("challenge")
		}
	}},
	{"first code of the app", func(t testing.TB, w *signing) {
		w.post("/signin/setup/app/code", "challenge", w.challenge, "code", w.appCode(t))
	}},
	{"first code in the account", func(t testing.TB, w *signing) {
		w.post("/account/factors/app/code", "challenge", w.challenge, "code", w.appCode(t))
	}},
	{"later", func(_ testing.TB, w *signing) { w.post("/signin/setup/later") }},
	{"a factor for an act", func(t testing.TB, w *signing) {
		p := w.post(w.s.ws("/export/organizations"))
		if p.status == http.StatusForbidden && strings.Contains(p.body, `name="code"`) {
			f := p.form("Continue")
			w.post(f.action, "proof", f.values.Get("proof"), "code", w.code(t))
		}
	}},
	{"a passkey of nobody's", func(_ testing.TB, w *signing) {
		w.post("/signin/passkey", "challenge", "x", "answer", "{}")
		w.post("/signin/factor/passkey", "challenge", "x", "answer", "{}")
	}},
}

// waitingSignIn is the cookie of a sign-in whose password was right.
func (s *console) waitingSignIn(t testing.TB, o store.Operator) string {
	t.Helper()
	raw := make([]byte, 32)
	rand.Read(raw)
	stamped, err := s.Store.Stamp("sign-in", raw)
	if err != nil {
		t.Fatal(err)
	}
	token := base64.RawURLEncoding.EncodeToString(stamped)
	in := store.SignIn{TokenHash: hashOfToken(token), Operator: s.today(t, o), Next: "/"}
	if err := s.Store.BeginSignIn(t.Context(), in, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *signing) post(address string, pairs ...string) *page {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	p := w.b.request(http.MethodPost, address, form)
	w.answers = append(w.answers, p.status)
	return p
}

// code is one of the operator's app; anything for an operator who has none.
func (w *signing) code(t testing.TB) string {
	found, err := w.s.Factors(t.Context(), w.o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 || w.key != "" {
		return "123456"
	}
	return runtest.Code(t, w.s.DB, w.o, w.s.Clock.Now())
}

func (w *signing) appCode(t testing.TB) string {
	if w.key == "" {
		return "123456"
	}
	code, err := factors.Code(w.key, w.s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// opens says whether a way in leads to the workspace: the password and then, in the same
// sign-in, a factor of the operator's. What is refused afterward leaves the session as it is.
func opens(way []string, first bool) (open bool) {
	waits, asked := false, false
	for _, step := range way {
		switch {
		case step == "password":
			waits, asked = true, false
		case first && step == "set up an app" && waits && !open:
			asked = true
		case first && step == "first code of the app" && waits && asked,
			!first && waits && (step == "code" || step == "recovery code"):
			waits, open = false, true
		}
	}
	return open
}

// walkOrders tries every order of so many requests that begins with some, for an operator with a factor and for
// one without.
func walkOrders(t *testing.T, length int, begin ...int) {
	s := newSite(t)
	who := map[bool]store.Operator{false: s.Member(t, s.Workspace, catalog.Technician),
		true: s.Member(t, s.Workspace, catalog.Auditor)}
	ways, opened := 0, 0
	var walk func(way []int)
	try := func(way []int, first bool) {
		ways++
		w := s.signingIn(t, who[first], first)
		var names []string
		for _, step := range way {
			names = append(names, orderSteps[step].name)
			orderSteps[step].do(t, w)
		}
		want := opens(names, first)
		page := w.b.request(http.MethodGet, s.ws(""), nil)
		w.answers = append(w.answers, page.status)
		got := page.status == http.StatusOK
		if got {
			opened++
		}
		if got != want {
			t.Errorf("%s (without a factor: %t): the workspace opens: %t, and should: %t; answers: %v",
				strings.Join(names, ", "), first, got, want, w.answers)
		}
	}
	walk = func(way []int) {
		if len(way) == length {
			try(way, false)
			try(way, true)
			return
		}
		for step := range orderSteps {
			walk(append(slices.Clone(way), step))
		}
	}
	walk(begin)
	t.Logf("%d ways, %d of them open", ways, opened)
	if opened == 0 {
		t.Error("no way opens: the walk shows nothing")
	}
}

// signingIn is a fresh browser of an operator with an app and recovery codes, or of one
// without any factor.
func (s *console) signingIn(t testing.TB, o store.Operator, first bool) *signing {
	t.Helper()
	s.Clock.Move(20 * time.Minute) // so that no pace is in the way
	w := &signing{s: s, b: s.twoSteps(t), o: o}
	if first {
		s.Exec(t, `delete from factor where operator_id = $1`, w.o.ID)
		s.Exec(t, `delete from recovery_code where operator_id = $1`, w.o.ID)
	}
	var hashes [][]byte
	for range 8 {
		code := strings.ToLower(rand.Text())[:16]
		sum := sha256.Sum256([]byte(strings.NewReplacer("o", "0", "i", "1", "l", "1", "u", "v").Replace(code)))
		w.recovery, hashes = append(w.recovery, code), append(hashes, sum[:])
	}
	if !first {
		if err := s.SetRecoveryCodes(t.Context(), s.today(t, w.o), uuid.Nil, hashes, store.Origin{},
			s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// TestEveryOrderOfSigningIn: no order of three requests leads to a session without each
// factor. TestProofEveryOrderOfSigningIn tries four.
func TestEveryOrderOfSigningIn(t *testing.T) {
	t.Parallel()
	walkOrders(t, 3)
}
