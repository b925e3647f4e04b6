package duosim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// control posts to the controls, as JSON or as a form, and returns the status and what was said.
func (b *bench) control(name, contentType, body string, change func(*http.Request)) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), "POST", b.server.URL+"/sim/"+name, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if change != nil {
		change(req)
	}
	client := *b.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if where, err := url.Parse(res.Header.Get("Location")); res.StatusCode == http.StatusSeeOther && err == nil {
		return res.StatusCode, where.Query().Get("notice")
	}
	var said struct{ Done, Error string }
	if json.Unmarshal(text, &said) == nil {
		return res.StatusCode, said.Done + said.Error
	}
	return res.StatusCode, string(text)
}

func (b *bench) wantControl(name, body string) {
	b.t.Helper()
	if status, said := b.control(name, "application/json", body, nil); status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", name, body, status, said)
	}
}

func (b *bench) state(query string) controlsView {
	b.t.Helper()
	res, err := b.server.Client().Get(b.server.URL + "/sim/state" + query)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var view controlsView
	if err := json.NewDecoder(res.Body).Decode(&view); err != nil {
		b.t.Fatal(err)
	}
	return view
}

func (b *bench) page(query string) string {
	b.t.Helper()
	res, err := b.server.Client().Get(b.server.URL + "/sim/" + query)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(string(text)), "</html>") {
		b.t.Fatalf("page: %d, %v\n%s", res.StatusCode, err, text)
	}
	return string(text)
}

func TestControlsAnswerPushesAndScanCodes(t *testing.T) {
	t.Parallel()
	b := newAuthBench(t, Options{})
	for answer, want := range map[string]string{"approve": "allow", "deny": "deny", "fraud": "fraud",
		"ignore": "timeout"} {
		txid := b.begin("push")
		b.wantControl("push", `{"id":"`+txid+`","answer":"`+answer+`"}`)
		if got := b.status(txid)["status"]; got != want {
			t.Errorf("%s: %v, want %s", answer, got, want)
		}
	}
	txid := b.begin("push", "pushinfo", "<script>alert(1)</script>")
	if text := b.page(""); strings.Contains(text, "<script") || !strings.Contains(text, `value="`+txid+`"`) ||
		!strings.Contains(text, "Acme Dental") {
		t.Errorf("page with a push:\n%s", text)
	}
	// As the page's own form sends it.
	form := url.Values{"id": {txid}, "answer": {"approve"}, "back": {b.child.AccountID}}
	if status, notice := b.control("push", "application/x-www-form-urlencoded", form.Encode(),
		nil); status != http.StatusSeeOther || notice != "Approved." {
		t.Errorf("by form: %d %s", status, notice)
	}
	if status, said := b.control("push", "application/json", `{"id":"`+txid+`","answer":"deny"}`,
		nil); status != http.StatusUnprocessableEntity || said == "" {
		t.Errorf("answered twice: %d %s", status, said)
	}
	enrolling := b.wantOK(b.auth("enroll", "username", "grace")).object()
	if codes := b.state("").Codes; len(codes) != 1 ||
		!strings.Contains(enrolling["activation_code"].(string), codes[0].Code) {
		t.Errorf("codes: %+v", codes)
	}
	b.wantControl("scan", `{"code":"`+enrolling["activation_url"].(string)+`"}`)
	if status, said := b.control("scan", "application/json", `{"code":"`+enrolling["activation_url"].(string)+`"}`,
		nil); status != http.StatusUnprocessableEntity {
		t.Errorf("scanned twice: %d %s", status, said)
	}
	b.wantVoid(b.asParent("POST", "/admin/v1/phones/"+b.phone+"/send_sms_passcodes"))
	view := b.state("?account=" + b.child.APIHostname)
	if len(view.Outbox) != 1 || view.Outbox[0].Number != "+17345551213" || len(view.Ledger) != len(b.Ledger()) ||
		len(view.Account.Applications) != 1 {
		t.Errorf("state: %+v", view)
	}
	if len(view.People) != 2 || len(view.People[0].Passcodes) != 2 {
		t.Errorf("people: %+v", view.People)
	}
	if other := b.state("?account=" + b.parent.AccountID); len(other.Outbox)+len(other.Ledger)+len(other.Pushes) != 0 {
		t.Errorf("another account's state: %+v", other)
	}
}

func TestControlsMoveTheClockAndMakeFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.wantControl("clock", `{"by":"10m"}`)
	if got := b.now(); !got.Equal(noon.Add(10 * time.Minute)) {
		t.Errorf("clock: %v", got)
	}
	b.wantControl("clock", `{"reset":true}`)
	if got := b.now(); !got.Equal(noon) {
		t.Errorf("clock after reset: %v", got)
	}
	b.wantControl("fault", `{"account":"`+b.child.AccountID+
		`","kind":"rate limited","path":"/admin/v1/phones","times":2,"retry_after":"7s"}`)
	if shown := b.state("").Accounts[1].Fault; shown != "rate limited, Retry-After 7s, under /admin/v1/phones, 2 more" {
		t.Errorf("shown: %s", shown)
	}
	b.wantOK(b.asParent("GET", "/admin/v1/users"))
	for range 2 {
		r := b.asParent("GET", "/admin/v1/phones")
		b.wantRefusal(r, 42901, "")
		if r.Header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After: %q", r.Header.Get("Retry-After"))
		}
	}
	b.wantOK(b.asParent("GET", "/admin/v1/phones"))

	b.wantControl("account", `{"account":"`+b.child.AccountID+`","other_deployment":1,"telephony":false,"credits":3}`)
	b.wantControl("account", `{"account":"`+b.parent.AccountID+`","billing":"0"}`)
	if shown := b.state("").Accounts; !shown[1].OtherDeployment || shown[1].Telephony || shown[1].Credits != 3 ||
		shown[0].Billing {
		t.Errorf("accounts: %+v", shown)
	}
	for name, body := range map[string]string{
		"clock": `{"by":"soon"}`, "fault": `{"account":"` + b.child.AccountID + `","kind":"bad luck"}`,
		"account": `{"account":"DA00000000000000000X","telephony":0}`, "push": `{"id":"x","answer":"approve"}`,
		"scan": `[]`,
	} {
		if status, said := b.control(name, "application/json", body, nil); status != http.StatusUnprocessableEntity ||
			said == "" {
			t.Errorf("%s %s: %d %s", name, body, status, said)
		}
	}
	b.page("?account=" + b.child.AccountID)
}

func TestControlsAnswerOnlyThisMachine(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for name, change := range map[string]func(*http.Request){
		"another site's form":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another site's origin": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a name made for us":    func(r *http.Request) { r.Host = "evil.example" },
		"a name that looks so":  func(r *http.Request) { r.Host = "localhost.evil.example:80" },
		"somebody's address":    func(r *http.Request) { r.Host = "192.0.2.1" },
	} {
		if status, said := b.control("clock", "application/x-www-form-urlencoded", "by=1h",
			change); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	for _, host := range []string{"localhost:8443", "127.0.0.1", "[::1]:80", b.child.APIHostname + ":8443"} {
		if status, said := b.control("clock", "application/json", `{"by":"0s"}`,
			func(r *http.Request) { r.Host = host }); status != http.StatusOK {
			t.Errorf("%s: %d %s", host, status, said)
		}
	}
	if !b.now().Equal(noon) {
		t.Error("somebody moved the clock")
	}
	remote, err := http.NewRequestWithContext(t.Context(), "GET", "/sim/", nil)
	if err != nil {
		t.Fatal(err)
	}
	remote.Host, remote.RemoteAddr = "localhost", "192.0.2.7:1234"
	if fromThisMachine(remote) {
		t.Error("a caller from elsewhere is let in")
	}
	res, err := b.server.Client().Get(b.server.URL + "/sim/clock")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("the clock moved by GET: %d", res.StatusCode)
	}
}

func TestM11ChangeIsAppliedLate(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.SetFault(b.child.AccountID, Fault{Kind: AppliedLate, Delay: 30 * time.Second, Times: 1})
	if r := b.asParent("POST", "/admin/v1/users", "username", "ada"); r.Status != 0 {
		t.Fatalf("answered %d", r.Status)
	}
	count := func() int { return b.wantOK(b.asParent("GET", "/admin/v1/users")).Metadata["total_objects"] }
	b.MoveClock(29 * time.Second)
	if n := count(); n != 0 || len(b.Ledger()) != 0 {
		t.Errorf("%d users too early", n)
	}
	b.MoveClock(time.Second)
	if n := count(); n != 1 || len(b.Ledger()) != 1 {
		t.Errorf("%d users, %d effects, want 1", n, len(b.Ledger()))
	}
	b.SetFault(b.child.AccountID, Fault{Kind: AppliedLate})
	req := b.request(b.child.APIHostname, b.parent.Application(AccountsAPI), "POST", "/admin/v1/users",
		url.Values{"username": {"bob"}}, noon.Add(time.Hour))
	b.wantRefusal(b.send(req), 40105, "") // what would have been refused is refused at once
}
