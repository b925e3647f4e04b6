package web

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/words"
)

// canary is a secret, and how many answers may hold it.
type canary struct {
	name, value string
	shown       int
}

// forms are the ways in which a secret could lie about.
func (c canary) forms() []string {
	raw := []byte(c.value)
	return []string{c.value, base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		hex.EncodeToString(raw), url.QueryEscape(c.value), `\x` + hex.EncodeToString(raw)}
}

// TestNoSecretLeaks does the main job and a good deal that goes wrong, then looks
// for every secret in all that came out: answers, headers, the log, the database.
func TestNoSecretLeaks(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Unconnected(t))
	b := s.stranger(t)
	var secrets []canary
	add := func(name, value string, shown int) { secrets = append(secrets, canary{name, value, shown}) }
	add("password", storetest.Password, 0)
	add("mistyped password", "CANARY wrong password", 0)
	b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email},
		"password": {"CANARY wrong password"}}).want(http.StatusUnprocessableEntity)
	b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email},
		"password": {storetest.Password}}).want(http.StatusSeeOther)
	add("session token", b.cookie("session"), 1) // in the header that sets it

	fields := s.NineFields()
	for name, value := range fields {
		if setup.SecretField(name) {
			add(name, value, 0)
		}
	}
	wrong := strings.Repeat("CaNaRy0x9z", 4)
	add("wrong secret key", wrong, 0)
	refused := map[string]string{"auth_secret_key": wrong, "accounts_secret_key": fields["accounts_secret_key"],
		"auth_integration_key": fields["admin_secret_key"], "admin_host": fields["auth_secret_key"]}
	typeNine(b.get(s.ws("/integration")), refused).send().want(http.StatusUnprocessableEntity)
	typeNine(b.get(s.ws("/integration")), fields).send().want(http.StatusOK, "All three APIs accept")
	typeNine(b.get(s.ws("/integration")), map[string]string{"admin_secret_key": wrong}).send().want(http.StatusOK,
		"Use anyway")
	b.request(http.MethodPost, s.ws("/integration/admin/discard"), url.Values{}).follow().want(http.StatusOK)

	s.Client = s.Map(t, "Acme Dental", s.Account)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{Code: "918273645"})
	add("earlier bypass code", "918273645", 0)
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
		Platform: "Apple iOS", UserIDs: []string{jane}})
	code := b.get(s.org("/users/"+jane)).click("Create bypass code").form("Create code").set("ticket", "T-1")
	code.send().want(http.StatusOK, "Shown once")
	add("bypass code", s.Sim.BypassCodes(s.Account.AccountID, jane)[1], 1)
	add("spoken bypass code", words.Spoken(s.Sim.BypassCodes(s.Account.AccountID, jane)[1]), 1)
	code.send().want(http.StatusOK, "Already sent")
	code.set("ticket", "T-2").send().want(http.StatusConflict)
	activation := b.get(s.org("/actions/send-activation-url?phone_id=" + phone)).form("Create activation link")
	link := textOf(activation.send().want(http.StatusOK, "Shown once").byID("link"))
	add("activation link", link, 1)
	add("activation code", link[strings.LastIndex(link, "/")+1:], 1)
	activation.send().want(http.StatusOK, "Already sent")

	// A program does the same with a token.
	shown := b.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, url.Values{"run_id": {uuid.NewString()},
		"name": {"program"}, "days": {"7"}, "role": {"owner"}, "reach": {"all"}, "password": {storetest.Password}})
	token := textOf(shown.want(http.StatusOK, "Shown once").byID("token"))
	add("access token", token, 1)
	program := s.stranger(t)
	made := answer[apiOutcome](program.call(token, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"),
		map[string]any{"run_id": uuid.NewString(),
			"fields": map[string]any{"user_id": jane, "preserve_existing": true}}))
	add("bypass code of a program", made.Secrets[0].Value, 1)
	for _, address := range []string{s.api("/runs"), s.apiOrg("/bypass-codes"), s.api("/nothing")} {
		program.call(token, http.MethodGet, address, nil)
	}
	program.call(token, http.MethodPost, s.apiOrg("/actions/create-user"),
		`{"run_id": "`+token+`", "fields": {"username": 1}}`).want(http.StatusUnprocessableEntity)
	b.call(token, http.MethodGet, s.ws(""), nil).want(http.StatusOK) // a page, which has no use for it

	for _, fault := range []duosim.Fault{{Kind: duosim.Down}, {Kind: duosim.ErrorAfterApplying},
		{Kind: duosim.Revoked}, {}} {
		s.Sim.SetFault(s.Account.AccountID, fault)
		for _, address := range []string{s.ws(""), s.ws("/integration"), s.ws("/runs"), s.ws("/o"), s.org(""),
			s.org("/users"), s.org("/users/" + jane), s.org("/phones"), s.org("/bypass-codes"), s.org("/runs"),
			s.org("/nothing"), "/"} {
			b.get(address)
		}
		b.request(http.MethodPost, s.org("/actions/create-bypass-code-for-user"), code.values)
	}
	lost := b.get(s.org("/users/" + jane)).click("Create bypass code").form("Create code")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	lost.send().want(http.StatusBadGateway)
	codes := s.Sim.BypassCodes(s.Account.AccountID, jane)
	add("lost bypass code", codes[len(codes)-1], 0)
	s.server.Runner = nil
	b.get(s.org("/users")).want(http.StatusInternalServerError)

	sealed := 0
	for _, c := range secrets {
		if len(c.value) < 9 {
			t.Fatalf("%s %q is too short to be looked for", c.name, c.value)
		}
		for i, form := range c.forms() {
			shown := 0
			for _, p := range slices.Concat(b.seen, program.seen) {
				var header strings.Builder
				_ = p.header.Write(&header)
				if strings.Contains(header.String()+p.address+p.body, form) || strings.Contains(p.text(), form) {
					shown++
				}
			}
			if shown > c.shown || i == 0 && shown < c.shown {
				t.Errorf("%s is in %d answers, want %d (as %q)", c.name, shown, c.shown, form)
			}
			if strings.Contains(s.Log.String(), form) {
				t.Errorf("%s is in the log (as %q)", c.name, form)
			}
		}
	}
	for place, text := range s.everyColumn(t) {
		if strings.HasPrefix(place, "integration_secret.sealed_secret") && len(text) > 10 {
			sealed++
		}
		for _, c := range secrets {
			for _, form := range c.forms() {
				if strings.Contains(text, form) ||
					strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(c.value))) {
					t.Errorf("%s is in %s", c.name, place)
				}
			}
		}
	}
	if sealed == 0 || !strings.Contains(s.Log.String(), "status=500") {
		t.Error("nothing was looked at: this test shows nothing")
	}
}

// everyColumn returns the whole database as text, by table and column.
func (s *console) everyColumn(t testing.TB) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	columns, err := queryAll[[2]string](t, conn,
		`select array[c.table_name::text, c.column_name::text] from information_schema.columns c
		join information_schema.tables t using (table_schema, table_name) where c.table_schema not in ('pg_catalog', 'information_schema') and t.table_type = 'BASE TABLE'`)
	if err != nil || len(columns) < 50 {
		t.Fatal(len(columns), err)
	}
	all := map[string]string{}
	for _, c := range columns {
		values, err := queryAll[string](t, conn, fmt.Sprintf(`select coalesce(string_agg(%q::text, ' '), '') from %q`,
			c[1], c[0]))
		if err != nil {
			t.Fatal(c, err)
		}
		all[c[0]+"."+c[1]] = values[0]
	}
	return all
}
