package duo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestClockIsLearned(t *testing.T) {
	t.Parallel()
	duoTime := time.Now().Add(-time.Hour)
	var log []string
	var mu sync.Mutex
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/auth/v2/ping" {
			log = append(log, "ping")
			if r.Header.Get("Authorization") != "" {
				t.Error("the ping is signed")
			}
			ok(fmt.Sprintf(`{"time": %d}`, duoTime.Unix()))(w, r)
			return
		}
		date, err := http.ParseTime(strings.Replace(r.Header.Get("Date"), "+0000", "GMT", 1))
		if err != nil || date.Sub(duoTime).Abs() > 5*time.Minute {
			log = append(log, "refused")
			answer(401, `{"code": 40105, "message": "Bad request timestamp", "stat": "FAIL"}`)(w, r)
			return
		}
		log = append(log, "applied")
		if !strings.Contains(string(body), `"username":"ada"`) {
			t.Errorf("the repetition has the body %q", body)
		}
		verify(t, r, string(body))
		ok(`{"user_id": "DU1"}`)(w, r)
	}))
	child := c.ForAccount("DA1", "api-5e6f7a8b.duosim.localhost")
	if _, err := child.CreateUser(t.Context(), UserFields{Username: new("ada")}); err != nil {
		t.Fatal(err)
	}
	if offset := c.ClockOffset(); (offset + time.Hour).Abs() > 5*time.Second {
		t.Errorf("offset %v, want -1h, for the parent's client too", offset)
	}
	if _, err := c.CreateUser(t.Context(), UserFields{Username: new("ada")}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"refused", "ping", "applied", "applied"}; !slices.Equal(log, want) {
		t.Errorf("requests %q, want %q", log, want)
	}
}

func TestChildAccount(t *testing.T) {
	t.Parallel()
	var last struct{ host, query, body string }
	var mu sync.Mutex
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		last.host, last.query, last.body = r.Host, r.URL.RawQuery, string(body)
		verify(t, r, string(body))
		ok(`{"user_id": "DU1"}`)(w, r)
	})).ForAccount("DA1234567890ABCDEFGH", "api-5e6f7a8b.duosim.localhost")

	if _, err := c.User(t.Context(), "DU1"); err != nil {
		t.Fatal(err)
	}
	if last.host != "api-5e6f7a8b.duosim.localhost" || last.query != "account_id=DA1234567890ABCDEFGH" {
		t.Errorf("read of a child asked %+v", last)
	}
	if _, err := c.UpdateUser(t.Context(), "DU1", UserFields{Notes: new("")}); err != nil {
		t.Fatal(err)
	}
	if last.query != "" || last.body != `{"account_id":"DA1234567890ABCDEFGH","notes":""}` {
		t.Errorf("write to a child sent %+v", last)
	}
	if err := c.DeleteUser(t.Context(), "DU1"); err != nil || last.query != "account_id=DA1234567890ABCDEFGH" {
		t.Errorf("delete in a child sent %+v, %v", last, err)
	}
	_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/admin/v1/users",
		Params: Params{"account_id": "DAOTHER"}})
	if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != InvalidRequest {
		t.Errorf("a parameter can name another account: %v", err)
	}
}

func TestInvalidArgumentsAreNotSent(t *testing.T) {
	t.Parallel()
	c := testClient(serve(t,
		func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) }))
	ctx := t.Context()
	calls := map[string]func() error{
		"codes that never expire by rounding": func() error {
			_, err := c.CreateBypassCodes(ctx, "DU1", NewBypassCodes{Count: 1, ValidFor: time.Second / 2})
			return err
		},
		"no codes at all": func() error { _, err := c.CreateBypassCodes(ctx, "DU1", NewBypassCodes{}); return err },
		"empty filter":    func() error { _, _, err := c.UserByUsername(ctx, " "); return err },
		"no name":         func() error { _, err := c.CreateUser(ctx, UserFields{}); return err },
		"no users":        func() error { return c.SendToTrash(ctx) },
		"no users at all": func() error { _, err := c.UsersByID(ctx); return err },
		"alias nine": func() error {
			_, err := c.UpdateUser(ctx, "DU1", UserFields{Aliases: map[int]string{9: "x"}})
			return err
		},
		"unknown method": func() error {
			_, err := c.Do(ctx, Request{Method: "TRACE", Path: "/admin/v1/users"})
			return err
		},
		"other host": func() error {
			_, err := c.ForAccount("DA1", "evil.example").User(ctx, "DU1")
			return err
		},
	}
	for _, id := range []string{"", "..", "DU1/phones", "DU1?x=1", "DU1%2f", "DÜ1", "DU1\n", strings.Repeat("A", 65)} {
		calls["user "+id] = func() error { return c.DeleteUser(ctx, UserID(id)) }
		calls["phone "+id] = func() error { return c.UnassignPhone(ctx, "DU1", PhoneID(id)) }
		calls["deleted phone "+id] = func() error { return c.DeletePhone(ctx, PhoneID(id)) }
		calls["group "+id] = func() error { _, err := c.Group(ctx, GroupID(id)); return err }
		calls["into group "+id] = func() error { return c.AssociateGroup(ctx, "DU1", GroupID(id)) }
		calls["out of group "+id] = func() error { return c.DisassociateGroup(ctx, "DU1", GroupID(id)) }
		calls["users "+id] = func() error { _, err := c.UsersByID(ctx, "DU1", UserID(id)); return err }
		calls["code "+id] = func() error { return c.DeleteBypassCode(ctx, BypassCodeID(id)) }
		calls["trash "+id] = func() error { return c.SendToTrash(ctx, "DU1", UserID(id)) }
		calls["token "+id] = func() error { return c.DeleteToken(ctx, TokenID(id)) }
		calls["token of user "+id] = func() error { return c.AssignToken(ctx, "DU1", TokenID(id)) }
		calls["token off user "+id] = func() error { return c.UnassignToken(ctx, "DU1", TokenID(id)) }
		calls["WebAuthn "+id] = func() error { return c.DeleteWebAuthn(ctx, WebAuthnKey(id)) }
		calls["one WebAuthn "+id] = func() error { _, err := c.WebAuthnCredential(ctx, WebAuthnKey(id)); return err }
		calls["admin "+id] = func() error { _, err := c.Admin(ctx, AdminID(id)); return err }
		calls["members "+id] = func() error { _, err := collect(c.GroupMembers(ctx, GroupID(id))); return err }
		calls["deleted group "+id] = func() error { return c.DeleteGroup(ctx, GroupID(id)) }
		calls["integration "+id] = func() error { return c.DeleteIntegration(ctx, IntegrationKey(id)) }
		calls["integration's secret "+id] = func() error {
			_, err := c.IntegrationSecret(ctx, IntegrationKey(id))
			return err
		}
		calls["policy "+id] = func() error { _, err := c.Policy(ctx, PolicyKey(id)); return err }
		calls["policy for "+id] = func() error { _, err := c.CalculatePolicy(ctx, "DI1", UserID(id)); return err }
		calls["policy at "+
			id] = func() error { _, err := c.CalculatePolicy(ctx, IntegrationKey(id), "DU1"); return err }
		calls["push to "+id] = func() error { _, err := c.SendVerificationPush(ctx, "DU1", PhoneID(id)); return err }
		calls["SMS to "+id] = func() error { return c.SendPasscodes(ctx, PhoneID(id)) }
		calls["enrolled "+id] = func() error { _, err := c.EnrollStatus(ctx, UserID(id), "duo://x"); return err }
		calls["account "+id] = func() error { return c.DeleteAccount(ctx, AccountID(id)) }
	}
	ada := AuthUser{Username: "ada"}
	for name, r := range map[string]AuthRequest{
		"nobody":                  {Factor: FactorPush},
		"two names":               {User: AuthUser{Username: "ada", ID: "DU1"}, Factor: FactorPush},
		"bad id":                  {User: AuthUser{ID: "DU/1"}, Factor: FactorPush},
		"no factor":               {User: ada},
		"unknown factor":          {User: ada, Factor: "prompt"},
		"no passcode":             {User: ada, Factor: FactorPasscode},
		"passcode to a device":    {User: ada, Factor: FactorPasscode, Passcode: "1", Device: "DP1"},
		"passcode with a push":    {User: ada, Factor: FactorPush, Passcode: "1"},
		"rows with a call":        {User: ada, Factor: FactorPhone, Info: []PushInfo{{"a", "b"}}},
		"transaction with an SMS": {User: ada, Factor: FactorSMS, Transaction: "x"},
		"rows that are too long": {User: ada, Factor: FactorPush,
			Info: []PushInfo{{"a", strings.Repeat("b", maxPushInfo)}}},
		"rows that grow too long": {User: ada, Factor: FactorPush,
			Info: []PushInfo{{"a", strings.Repeat("ü", maxPushInfo/6)}}},
		"type with a phone's call": {User: ada, Factor: FactorPhone, Type: "x"},
	} {
		calls["auth "+name] = func() error { _, err := c.Auth(ctx, r); return err }
		calls["background auth "+name] = func() error { _, err := c.StartAuth(ctx, r); return err }
	}
	for name, w := range map[string]LogWindow{"none": {}, "no end": {From: second}, "empty": {From: second, To: second},
		"backwards": {From: second, To: second.Add(-1)}} {
		calls["log "+name] = func() error { _, _, err := c.AuthenticationLogPage(ctx, w, 1, ""); return err }
		calls["walk "+name] = func() error { _, err := collect(c.ActivityLog(ctx, w, 1)); return err }
	}
	maps.Copy(calls, map[string]func() error{
		"preauth of nobody": func() error { _, err := c.Preauth(ctx, AuthUser{}, AccessDevice{}); return err },
		"no transaction":    func() error { _, err := c.AuthStatus(ctx, ""); return err },
		"odd transaction":   func() error { _, err := c.AuthStatus(ctx, "a&b"); return err },
		"half a second to enroll": func() error {
			_, err := c.Enroll(ctx, NewEnrollment{ValidFor: time.Second / 2})
			return err
		},
		"eleven codes":            func() error { _, err := c.Enroll(ctx, NewEnrollment{BypassCodes: 11}); return err },
		"no activation code":      func() error { _, err := c.EnrollStatus(ctx, "DU1", ""); return err },
		"enroll without username": func() error { _, err := c.EnrollUser(ctx, "", "a@b.example", 0); return err },
		"enroll without address":  func() error { _, err := c.EnrollUser(ctx, "ada", "", 0); return err },
		"enroll by rounding": func() error {
			_, err := c.EnrollUser(ctx, "ada", "a@b.example", time.Millisecond)
			return err
		},
		"no users in bulk": func() error { _, err := c.BulkCreateUsers(ctx, nil); return err },
		"too many users in bulk": func() error {
			_, err := c.BulkCreateUsers(ctx, make([]UserFields, 101))
			return err
		},
		"nameless user in bulk": func() error { _, err := c.BulkCreateUsers(ctx, make([]UserFields, 1)); return err },
		"word for an id":        func() error { _, err := c.UpdateUser(ctx, "enroll", UserFields{}); return err },
		"no username to sync":   func() error { return c.SyncUser(ctx, "DS1", "") },
		"no push":               func() error { _, err := c.VerificationPushResponse(ctx, "DU1", ""); return err },
		"text without link": func() error {
			_, err := c.SendActivation(ctx, "DP1", ActivationSMS{Message: "hello"})
			return err
		},
		"text without install": func() error {
			_, err := c.SendActivation(ctx, "DP1", ActivationSMS{InstallText: "<insturl>"})
			return err
		},
		"text without install URL": func() error { _, err := c.SendInstallation(ctx, "DP1", "hello"); return err },
		"no group name": func() error {
			_, err := c.CreateGroup(ctx, GroupFields{Name: new("")})
			return err
		},
		"free edition":        func() error { return c.SetEdition(ctx, EditionFree) },
		"negative credits":    func() error { return c.SetTelephonyCredits(ctx, -1) },
		"no integration name": func() error { _, err := c.CreateAuthIntegration(ctx, ""); return err },
		"no settings":         func() error { _, err := c.UpdateSettings(ctx, SettingsFields{}); return err },
		"no pages": func() error {
			return firstError(c.DoPages(ctx, Request{Method: "GET", Path: "/admin/v1/users"}, 0))
		},
		"pages of a write": func() error {
			return firstError(c.DoPages(ctx, Request{Method: "POST", Path: "/admin/v1/users"}, 1))
		},
		"no pages of a log": func() error { _, err := collect(c.TelephonyLog(ctx, lastWeek, 0)); return err },
		"odd cursor":        func() error { _, _, err := c.AdministratorLogPage(ctx, second, "x"); return err },
		"administrator log of all": func() error {
			_, _, err := c.AdministratorLogPage(ctx, time.Time{}, "")
			return err
		},
	})
	for _, path := range []string{"", "admin/v1/users", "/admin/v1/../x", "/admin//users", "/admin/v1/users/", "/a%2fb",
		"/a?b", "//evil.example/x"} {
		calls["path "+path] = func() error { _, err := c.Do(ctx, Request{Method: "GET", Path: path}); return err }
	}
	for name, call := range calls {
		err := call()
		if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != InvalidRequest ||
			MayHaveBeenApplied(err) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestSecretsStayOut plants canaries as the secret key, the signature and an answer's bypass code,
// makes calls fail in every way, and looks for them in every form an error or a client can be
// printed in.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	const code = "618204957"
	var signatures sync.Map
	var n atomic.Int32
	bodies := []string{
		`{"stat": "OK", "response": ` + code + `}`,
		`{"stat": "OK", "response": [` + code + `]}`,
		`{"stat": "OK", "response": ["` + code,
		code,
	}
	transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		signatures.Store(r.Header.Get("Authorization"), true)
		io.WriteString(w, bodies[int(n.Add(1))%len(bodies)])
	})
	malformed := serve(t, func(w http.ResponseWriter, r *http.Request) {
		signatures.Store(r.Header.Get("Authorization"), true)
		connection, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(connection, "HTTP/1.1 "+code+"\r\n"+code+"\r\n\r\n")
		connection.Close()
	})
	sealed := testClient(transport)
	sealed.credentials.Secret = func(func([]byte)) error { return errors.New("the keyring is closed") }

	printed := fmt.Sprintf("%v %+v %#v", sealed, testClient(transport), testClient(transport).credentials)
	clients := []*Client{testClient(transport), testClient(malformed),
		testClient(NewTransport(TransportOptions{})), sealed}
	for range bodies {
		for _, c := range clients {
			_, err := c.CreateBypassCodes(t.Context(), "DU1", NewBypassCodes{Count: 1})
			if err == nil {
				t.Fatal("the call succeeded")
			}
			var log strings.Builder
			slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", err, "client", c)
			slog.New(slog.NewTextHandler(&log, nil)).Error("x", "err", err, "credentials", c.credentials)
			asJSON, _ := json.Marshal(err)
			printed += fmt.Sprintf("\n%v %+v %#v %s %s", err, err, err, asJSON, log.String())
		}
	}
	canaries := []string{testSecret, testSecret[:12], code}
	signatures.Range(func(key, _ any) bool {
		canaries = append(canaries, strings.TrimPrefix(key.(string), "Basic "))
		return true
	})
	if len(canaries) < 4 {
		t.Fatal("no signature was seen")
	}
	for _, canary := range canaries {
		if at := strings.Index(printed, canary); at >= 0 {
			t.Errorf("found in print: …%s…", printed[max(0, at-120):at+len(canary)])
		}
	}
}

// TestReadsChangeNothing: however a GET fails, nobody has to look for what it did.
func TestReadsChangeNothing(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"inner error":       answer(500, `{"code": 50001, "message": "Unknown internal server error", "stat": "FAIL"}`),
		"broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"nonsense":          answer(200, "<html>log in</html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := testClient(serve(t, handler)).User(t.Context(), "DU1"); err == nil || MayHaveBeenApplied(err) {
				t.Errorf("%v is said to have changed something", err)
			}
		})
	}
}

func TestUnknownErrors(t *testing.T) {
	t.Parallel()
	if MayHaveBeenApplied(nil) {
		t.Error("success is said to be doubtful")
	}
	if !MayHaveBeenApplied(io.ErrUnexpectedEOF) {
		t.Error("an error of which nothing is known is said to be harmless")
	}
}
