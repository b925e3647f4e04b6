package duosim

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"math"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The tester's controls, under /sim/: a page for people and the same as JSON for programs. They have no password, so
// they answer only what comes from this machine, names this machine and was not sent by some other site's page.

const (
	controlsPath = "/sim/"
	shownEntries = 100 // of the ledger and the outbox on the page; JSON has all
	shownPeople  = 200 // whose passcodes a page shows
)

//go:embed controls.html controls.css
var controlFiles embed.FS

var controlsPage = template.Must(template.New("controls.html").Funcs(template.FuncMap{
	"moment": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
}).ParseFS(controlFiles, "controls.html"))

// Controls serves the tester's page and nothing else, for a listener of its own.
func (s *Sim) Controls() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, controlsPath):
			s.controls(w, r)
		case r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			http.Redirect(w, r, controlsPath, http.StatusSeeOther)
		default:
			http.NotFound(w, r)
		}
	})
}

func (s *Sim) controls(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	if !fromThisMachine(r) || http.NewCrossOriginProtection().Check(r) != nil {
		http.Error(w, "The controls answer only this machine, under its own name, and no other site.",
			http.StatusForbidden)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, controlsPath)
	act, isAct := controlActs[name]
	switch {
	case r.Method == http.MethodPost && isAct:
		s.control(w, r, act)
	case isAct:
		h.Set("Allow", http.MethodPost)
		http.Error(w, "Use POST.", http.StatusMethodNotAllowed)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
	case name == "":
		h.Set("Content-Type", "text/html; charset=utf-8")
		view := s.controlsView(r.URL.Query().Get("account"))
		view.Notice = r.URL.Query().Get("notice")
		view.shorten()
		_ = controlsPage.Execute(w, view) // a reader that has gone away is no concern of ours
	case name == "state":
		writeJSON(w, http.StatusOK, s.controlsView(r.URL.Query().Get("account")))
	case name == "style.css":
		h.Set("Content-Type", "text/css; charset=utf-8")
		text, _ := controlFiles.ReadFile("controls.css")
		_, _ = w.Write(text)
	default:
		http.NotFound(w, r)
	}
}

// fromThisMachine checks the caller's address, and the Host against names that somebody else's DNS points here.
func fromThisMachine(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return false
	}
	name := strings.ToLower(r.Host)
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && address.IsLoopback()
}

// control does one thing and says what: in JSON to those who ask for it, else by leading back to the page.
func (s *Sim) control(w http.ResponseWriter, r *http.Request, act func(*Sim, url.Values) (string, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	asJSON := kind == "application/json" || strings.Contains(r.Header.Get("Accept"), "application/json")
	fields, err := controlFields(r, kind)
	notice := ""
	if err == nil {
		notice, err = act(s, fields)
	}
	switch {
	case err != nil && asJSON:
		writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
	case asJSON:
		writeJSON(w, http.StatusOK, map[string]string{"done": notice})
	default:
		if err != nil {
			notice = "Nothing happened: " + err.Error() + "."
		}
		back := url.Values{"notice": {notice}}
		if at := fields.Get("back"); at != "" {
			back.Set("account", at)
		}
		http.Redirect(w, r, controlsPath+"?"+back.Encode(), http.StatusSeeOther)
	}
}

func controlFields(r *http.Request, kind string) (url.Values, error) {
	if kind != "application/json" {
		err := r.ParseForm()
		return r.PostForm, err
	}
	var members map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&members); err != nil {
		return nil, errors.New("the body is not a JSON object")
	}
	req := &request{params: map[string]string{}}
	req.takeMembers(members)
	fields := url.Values{}
	for name, value := range req.params {
		fields.Set(name, value)
	}
	return fields, nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value)
}

// controlActs are the things a tester can do. Each gets the fields of its form and returns a sentence on what it did.
var controlActs = map[string]func(*Sim, url.Values) (string, error){
	"push":    (*Sim).controlPush,
	"scan":    (*Sim).controlScan,
	"clock":   (*Sim).controlClock,
	"fault":   (*Sim).controlFault,
	"account": (*Sim).controlAccount,
	"rates":   (*Sim).controlRates,
}

func (s *Sim) controlPush(fields url.Values) (string, error) {
	answer := fields.Get("answer")
	if answer == "ignore" {
		s.MoveClock(pushLife)
		return "Ignored: the clock is 60 seconds further.", nil
	}
	if err := s.AnswerPush(fields.Get("id"), answer, strings.TrimSpace(fields.Get("code"))); err != nil {
		return "", err
	}
	return map[string]string{Approve: "Approved.", Deny: "Denied.", Fraud: "Reported as fraud.",
		Answer: "The call is answered."}[answer], nil
}

func (s *Sim) controlScan(fields url.Values) (string, error) {
	if err := s.Scan(fields.Get("code")); err != nil {
		return "", err
	}
	return "Scanned: Duo Mobile is set up.", nil
}

const farthest = 400 * 24 * time.Hour

// controlClock moves the clock by a duration such as 90s, 10m, -1h, or sets it back to the machine's.
func (s *Sim) controlClock(fields url.Values) (string, error) {
	by := -time.Duration(s.shift.Load())
	if fields.Get("reset") == "" {
		var err error
		if by, err = time.ParseDuration(fields.Get("by")); err != nil {
			return "", errors.New("the time is written like 90s, 10m or -1h")
		}
	}
	if after := time.Duration(s.shift.Load()) + by; after.Abs() > farthest {
		return "", errors.New("the clock cannot be moved by more than 400 days")
	}
	s.MoveClock(by)
	return "The clock has moved by " + by.String() + ".", nil
}

// controlFault makes an account fail, or ends that when kind is empty.
func (s *Sim) controlFault(fields url.Values) (string, error) {
	f := Fault{Kind: FaultKind(fields.Get("kind")), Grant: Grant(fields.Get("grant")), Path: fields.Get("path"),
		Message: fields.Get("message"), Detail: fields.Get("detail")}
	if f.Kind != NoFault && !slices.Contains(FaultKinds, f.Kind) {
		return "", fmt.Errorf("there is no fault %q", f.Kind)
	}
	if f.Grant != "" && !slices.Contains(AllGrants, f.Grant) {
		return "", fmt.Errorf("there is no permission %q", f.Grant)
	}
	for name, field := range map[string]*time.Duration{"delay": &f.Delay, "retry_after": &f.RetryAfter} {
		text := fields.Get(name)
		if text == "" {
			continue
		}
		given, err := time.ParseDuration(text)
		if err != nil || given.Abs() > farthest || given < 0 && f.Kind != ClockOff {
			return "", fmt.Errorf("%s is written like 90s or 10m", name)
		}
		*field = given
	}
	for _, n := range []struct {
		name        string
		field       *int
		least, most int
		wrong       string
	}{
		{"times", &f.Times, 0, math.MaxInt, "times is a number; 0 means always"},
		{"code", &f.Code, 40000, 59999, "code is a number such as 40002"},
		{"status", &f.Status, 200, 599, "status is an HTTP status such as 400"},
	} {
		if text := fields.Get(n.name); text != "" {
			given, err := strconv.Atoi(text)
			if err != nil || given < n.least || given > n.most {
				return "", errors.New(n.wrong)
			}
			*n.field = given
		}
	}
	if text := fields.Get("writes_only"); text != "" {
		only, valid := parseBool(text)
		if !valid {
			return "", errors.New("writes_only is 1 or 0")
		}
		f.WritesOnly = only
	}
	return s.adjust(fields, func(a *account) string {
		if a.Fault = f; f.Kind == NoFault {
			return a.Name + " works."
		}
		return a.Name + ": " + string(f.Kind) + "."
	})
}

// controlAccount turns what is otherwise set by Duo's support or by contract.
func (s *Sim) controlAccount(fields url.Values) (string, error) {
	switches := map[string]func(a *account, on bool){
		"telephony":        func(a *account, on bool) { a.NoTelephony = !on },
		"billing":          func(a *account, on bool) { a.NoBilling = !on },
		"other_deployment": func(a *account, on bool) { a.OtherDeployment = on },
	}
	for name := range switches {
		if text := fields.Get(name); text != "" {
			if _, valid := parseBool(text); !valid {
				return "", fmt.Errorf("%s is 1 or 0", name)
			}
		}
	}
	credits, err := strconv.Atoi(fields.Get("credits"))
	if fields.Get("credits") != "" && (err != nil || credits < 0) {
		return "", errors.New("credits is a number")
	}
	return s.adjust(fields, func(a *account) string {
		for name, turn := range switches {
			if on, valid := parseBool(fields.Get(name)); valid {
				turn(a, on)
			}
		}
		if fields.Get("credits") != "" {
			a.TelephonyCredits = credits
		}
		return a.Name + " is changed."
	})
}

// controlRates turns the counters of calls per minute on or off.
func (s *Sim) controlRates(fields url.Values) (string, error) {
	on, valid := parseBool(fields.Get("on"))
	if !valid {
		return "", errors.New("on is 1 or 0")
	}
	s.CountRates(on)
	return map[bool]string{true: "Calls per minute are limited as Duo does.",
		false: "Calls per minute are not limited."}[on], nil
}

// adjust changes the account that the fields name, by id or API host.
func (s *Sim) adjust(fields url.Values, with func(*account) string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accountOrHost(fields.Get("account"))
	if a == nil {
		return "", errors.New("there is no such account")
	}
	notice := with(a)
	return notice, s.save()
}
