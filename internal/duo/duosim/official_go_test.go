package duosim

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	duoapi "github.com/duosecurity/duo_api_golang"
	"github.com/duosecurity/duo_api_golang/admin"
	"github.com/duosecurity/duo_api_golang/authapi"
)

// official is Duo's own Go client on the child's host, with nothing changed but the CA and where names lead.
func (w *wire) official(app Application) *duoapi.DuoApi {
	return duoapi.NewDuoApi(app.IntegrationKey, app.SecretKey, w.host("https", w.child.APIHostname), "",
		duoapi.SetTransport(func(t *http.Transport) {
			t.TLSClientConfig = &tls.Config{RootCAs: w.roots}
			t.DisableKeepAlives = true
			t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, w.ready["https"].Address)
			}
		}))
}

func TestOfficialGoAdminClient(t *testing.T) {
	t.Parallel()
	w := newWire(t, Options{Now: time.Now}) // the client signs with the machine's clock
	for i := range 250 {
		w.AddUser(w.child.AccountID, UserSpec{Username: fmt.Sprintf("user%03d", i)})
	}
	client := admin.New(*w.official(w.AddApplication(w.child.AccountID, AdminAPI)))
	all, err := client.GetUsers()
	// it puts later pages first
	if err != nil || all.Stat != "OK" || len(all.Response) != 250 || all.Response[0].Username != "user200" {
		t.Fatalf("GetUsers: %v, %d users", err, len(all.Response))
	}
	made, err := client.CreateUser(url.Values{"username": {"ada"}, "realname": {awkward}, "alias1": {"countess"}})
	if err != nil || *made.Response.RealName != awkward || *made.Response.Alias1 != "countess" ||
		made.Response.Status != Active {
		t.Fatalf("CreateUser: %v, %+v", err, made)
	}
	if again, err := client.CreateUser(url.Values{"username": {"countess"}}); err != nil || again.Stat != "FAIL" ||
		*again.Message != "Duplicate resource" {
		t.Errorf("CreateUser twice: %v, %+v", err, again)
	}
	ada := made.Response.UserID
	w.AddPhone(w.child.AccountID, PhoneSpec{Number: "+17345551213", Extension: "7", Type: "Mobile",
		Platform: "Apple iOS", Activated: true, UserIDs: []string{ada}})
	token := w.AddToken(w.child.AccountID, TokenSpec{Type: "t6", Serial: "1", Secret: "00"})
	group := w.AddGroup(w.child.AccountID, "Pilots", "")
	if linked, err := client.AssociateUserToken(ada, token); err != nil || linked.Response != "" ||
		linked.Stat != "OK" {
		t.Errorf("AssociateUserToken: %v, %+v", err, linked)
	}
	if linked, err := client.AssociateGroupWithUser(ada, group); err != nil || linked.Stat != "OK" {
		t.Errorf("AssociateGroupWithUser: %v, %+v", err, linked)
	}
	w.AddCredential(w.child.AccountID, CredentialSpec{UserID: ada, Name: "Key", Label: "Security Key"})
	got, err := client.GetUser(ada)
	if err != nil || len(got.Response.Phones) != 1 || len(got.Response.Tokens) != 1 || len(got.Response.Groups) != 1 ||
		len(got.Response.WebAuthnTokens) != 1 || !got.Response.IsEnrolled {
		t.Errorf("GetUser: %v, %+v", err, got.Response)
	}
	phones, err := client.GetPhones()
	if err != nil || len(phones.Response) != 1 || len(phones.Response[0].Users) != 1 ||
		phones.Response[0].Extension != "7" {
		t.Errorf("GetPhones: %v, %+v", err, phones)
	}
	if tokens, err := client.GetTokens(); err != nil || len(tokens.Response) != 1 {
		t.Errorf("GetTokens: %v, %+v", err, tokens)
	}
	if groups, err := client.GetUserGroups(ada); err != nil || len(groups.Response) != 1 ||
		groups.Response[0].Name != "Pilots" {
		t.Errorf("GetUserGroups: %v, %+v", err, groups)
	}
	// The method's name misleads: it makes codes, and wipes those that there were.
	codes, err := client.GetUserBypassCodes(ada)
	if err != nil || len(codes.Response) != 10 || len(w.BypassCodes(w.child.AccountID, ada)) != 10 {
		t.Errorf("GetUserBypassCodes: %v, %+v", err, codes)
	}
	if changed, err := client.ModifyUser(ada, url.Values{"status": {"disabled"}}); err != nil ||
		changed.Response.Status != Disabled {
		t.Errorf("ModifyUser: %v, %+v", err, changed)
	}
	for range 2 {
		if deleted, err := client.DeleteUser(ada); err != nil || deleted.Stat != "OK" {
			t.Errorf("DeleteUser: %v, %+v", err, deleted)
		}
	}
	if missing, err := client.GetUser(ada); err != nil || missing.Stat != "FAIL" ||
		*missing.Message != "Resource not found" {
		t.Errorf("GetUser of nobody: %v, %+v", err, missing)
	}
	logged, err := client.GetAdminLogs(time.Now().Add(-time.Hour))
	if err != nil || len(logged.Logs) != 6 {
		t.Errorf("GetAdminLogs: %v, %+v", err, logged)
	}
}

func TestOfficialGoAuthClient(t *testing.T) {
	t.Parallel()
	w := newWire(t, Options{Now: time.Now}) // the client signs with the machine's clock
	ada := w.AddUser(w.child.AccountID, UserSpec{Username: "ada"})
	phone := w.AddPhone(w.child.AccountID, PhoneSpec{Number: "+17345551213", Type: "Mobile", Platform: "Apple iOS",
		Activated: true, UserIDs: []string{ada}})
	client := authapi.NewAuthApi(*w.official(w.AddApplication(w.child.AccountID, AuthAPI)))
	if pong, err := client.Ping(); err != nil || pong.Response.Time == 0 {
		t.Errorf("Ping: %v, %+v", err, pong)
	}
	if checked, err := client.Check(); err != nil || checked.Stat != "OK" {
		t.Errorf("Check: %v, %+v", err, checked)
	}
	if logo, err := client.Logo(); err != nil || logo.StatResult.Stat != "FAIL" {
		t.Errorf("Logo: %v, %+v", err, logo)
	}
	pre, err := client.Preauth(authapi.PreauthUsername("ada"))
	if err != nil || pre.Response.Result != "auth" || len(pre.Response.Devices) != 1 ||
		pre.Response.Devices[0].Device != phone {
		t.Fatalf("Preauth: %v, %+v", err, pre)
	}
	begun, err := client.Auth("push", authapi.AuthUserId(ada), authapi.AuthDevice(phone), authapi.AuthAsync(),
		authapi.AuthPushinfo("from=Acme%20Dental"))
	if err != nil || begun.Response.Txid == "" {
		t.Fatalf("Auth: %v, %+v", err, begun)
	}
	if state, err := client.AuthStatus(begun.Response.Txid); err != nil || state.Response.Result != "waiting" ||
		state.Response.Status != "pushed" {
		t.Errorf("AuthStatus: %v, %+v", err, state)
	}
	if err := w.AnswerPush(begun.Response.Txid, Approve, ""); err != nil {
		t.Fatal(err)
	}
	if state, err := client.AuthStatus(begun.Response.Txid); err != nil || state.Response.Result != "allow" {
		t.Errorf("AuthStatus: %v, %+v", err, state)
	}
	if sent, err := client.Auth("sms", authapi.AuthUsername("ada"), authapi.AuthDevice("auto")); err != nil ||
		sent.Response.Status != "sent" {
		t.Errorf("Auth by SMS: %v, %+v", err, sent)
	}
	enrolled, err := client.Enroll(authapi.EnrollUsername("grace"), authapi.EnrollValidSeconds(600))
	if err != nil || time.Until(time.Unix(enrolled.Response.Expiration, 0)) > 10*time.Minute {
		t.Fatalf("Enroll: %v, %+v", err, enrolled)
	}
	if err := w.Scan(enrolled.Response.Activation_Code); err != nil {
		t.Error(err)
	}
	if state, err := client.EnrollStatus(enrolled.Response.User_Id, enrolled.Response.Activation_Code); err != nil ||
		state.Response != "success" {
		t.Errorf("EnrollStatus: %v, %+v", err, state)
	}
	logs := admin.New(*w.official(w.AddApplication(w.child.AccountID, AdminAPI)))
	page, err := logs.GetAuthLogs(time.Now().Add(-time.Hour), 2*time.Hour, func(v *url.Values) { v.Set("limit", "1") })
	if err != nil || len(page.Response.Logs) != 1 || page.Response.Metadata.GetNextOffset() == nil {
		t.Fatalf("GetAuthLogs: %v, %+v", err, page)
	}
	seen := 1
	for next := page.Response.Metadata.GetNextOffset(); next != nil; next = page.Response.Metadata.GetNextOffset() {
		if page, err = logs.GetAuthLogs(time.Now().Add(-time.Hour), 2*time.Hour,
			func(v *url.Values) { v.Set("limit", "1") }, next); err != nil {
			t.Fatal(err)
		}
		seen += len(page.Response.Logs)
	}
	if seen != 3 { // the push, the SMS and the enrollment
		t.Errorf("GetAuthLogs: %d events", seen)
	}
}
