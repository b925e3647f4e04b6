package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store/storetest"
)

// TestClocksOfTwoConsoles: one machine's clock is three hours ahead, another's three
// hours behind, and sessions idle for half an hour end. Who signs in at one of them
// is signed in at the other as well, and both say that their clock is wrong.
func TestClocksOfTwoConsoles(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	public := "http://" + reserve(t)
	start := func(wrong string) (*program, string) {
		address := reserve(t)
		p := startProgram(t, t.TempDir(), []string{"ADDR=" + address, "CONSOLE_PUBLIC_URL=" + public,
			"DATABASE_URL=" + db.AppURL, "CONSOLE_KEY_FILE=" + db.KeyFile, wrongBy + "=" + wrong}, "serve")
		p.serves()
		return p, address
	}
	ahead, first := start("3h")
	behind, second := start("-3h")
	for _, p := range []*program{ahead, behind} {
		said := p.out.String()
		if !strings.Contains(said, "this machine's clock differs from the database's") ||
			strings.Index(said, "clock differs") > strings.Index(said, `"msg":"serving"`) {
			t.Errorf("it does not say at its start that the clock is wrong:\n%s", said)
		}
	}
	for _, at := range [][2]string{{first, second}, {second, first}} {
		operator := db.Member(t, ws, catalog.Owner)
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Jar: jar,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		ask := func(method, address, path string, form url.Values) int {
			r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path,
				strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = strings.TrimPrefix(public, "http://")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", public)
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			return answer.StatusCode
		}
		if status := ask(http.MethodPost, at[0], "/signin",
			url.Values{"email": {operator.Email}, "password": {storetest.Password}}); status != http.StatusSeeOther {
			t.Fatalf("signing in is answered with %d", status)
		}
		code := url.Values{"code": {runtest.Code(t, db, operator, db.Now())}}
		if status := ask(http.MethodPost, at[0], "/signin/factor/code", code); status != http.StatusSeeOther {
			t.Fatalf("the code is answered with %d", status)
		}
		for range 2 {
			for i, address := range at {
				if status := ask(http.MethodGet, address, "/w/"+ws.Slug, nil); status != http.StatusOK {
					t.Errorf("console %d answers %d to somebody who signed in at the other", i, status)
				}
			}
		}
	}
}
