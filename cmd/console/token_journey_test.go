package main

import (
	"net/http"
	"testing"

	"duodesk/internal/store/storetest"
)

// An access token made by clicking is shown once, works, and is worth nothing
// once it is revoked.
func TestAccessToken(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(d.url + "/account")
	p.follow("a[href='/account/tokens']")
	p.contains("No access tokens")
	p.snap("tokens-none")
	p.follow("a[href^='/account/tokens/']")
	p.snap("token-form")
	p.fill("[name=password]", "not my password")
	p.follow(".form .buttons button.primary")
	p.contains("1 field needs a change", "Fill this in")
	p.fill("[name=name]", "ticket system")
	p.fill("[name=password]", "not my password")
	p.follow(".form .buttons button.primary")
	p.contains("This is not your password")
	p.axe()
	p.snap("token-refused")
	p.click("#f-role-technician")
	p.fill("[name=password]", storetest.Password)
	p.follow(".form .buttons button.primary")
	d.confirms(p)
	p.contains("Shown once", "At most as Technician, all organizations")
	p.axe()
	p.snap("token-shown")
	token := p.text("#token")
	ask := func() int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/api/v1/w/"+d.ws.Slug, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if status := ask(); status != http.StatusOK {
		t.Errorf("the token is answered with %d", status)
	}
	p.open(d.url + "/account/tokens")
	p.lacks(token)
	p.snap("tokens")
	small := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	d.signIn(small)
	for name, address := range map[string]string{"tokens": "/account/tokens",
		"token-form": "/account/tokens/" + d.ws.Slug, "account": "/account"} {
		small.open(d.url + address)
		small.fitsWidth()
		small.snap(name + "-small-dark")
	}
	small.open(d.url + "/account/api")
	small.fitsWidth()
	p.open(d.url + "/account/api")
	p.contains("API for programs", "create-bypass-code-for-user", "run_id_used")
	p.open(d.home + "/operators/" + d.owner.ID.String())
	p.contains("Access tokens", "ticket system")
	p.snap("member-with-tokens")
	p.open(d.url + "/account/tokens")
	// Enter in the box that belongs to the buttons of all rows presses none of them.
	p.click(".ticket-of summary")
	p.fill("[name=ticket]", "T-12")
	p.press("\r")
	if status := ask(); status != http.StatusOK {
		t.Errorf("after Enter in the box for the ticket, the token is answered with %d", status)
	}
	p.follow("button[formaction$='/revoke']")
	p.contains("The token is revoked")
	if status := ask(); status != http.StatusUnauthorized {
		t.Errorf("the revoked token is answered with %d", status)
	}
}
