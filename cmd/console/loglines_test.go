package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store/storetest"
)

// Every line of a request carries its number and who asked what where, also those
// that are written far from HTTP; none carries what was typed.
func TestLogLinesBelongToTheirRequest(t *testing.T) {
	t.Parallel()
	w := startWatched(t)
	org := w.organization("harbourlight-dental-group")
	signedIn := w.lines(map[string]any{"route": "/signin/factor/code"})
	if len(signedIn) != 1 || signedIn[0]["operator"] != w.owner.ID.String() {
		t.Errorf("signing in is logged as %v", signedIn)
	}
	of := func(a answer, route string) map[string]any {
		return map[string]any{"request_id": a.id, "route": route, "workspace": w.ws.Slug,
			"organization": "harbourlight-dental-group", "operator": w.owner.ID.String()}
	}
	messages := func(a answer, route string, want ...string) []map[string]any {
		t.Helper()
		w.get(w.url + "/healthz") // on the same connection: the request is over by now
		all := w.lines(map[string]any{"request_id": a.id})
		if complete := w.lines(of(a, route)); len(complete) != len(all) {
			t.Errorf("%d of %d lines say whose they are: %v", len(complete), len(all), all)
		}
		var got []string
		for _, line := range all {
			got = append(got, line["level"].(string)+" "+line["msg"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("a request to %s is logged as %q, want %q", route, got, want)
		}
		return all
	}
	done := messages(w.want(http.StatusOK, w.get(org+"/users?q=CANARY-QUERY")), "/w/:ws/o/:org/users", "INFO request")
	if done[0]["status"] != 200.0 || done[0]["method"] != "GET" || done[0]["took"].(float64) <= 0 {
		t.Errorf("a request is logged as %v", done[0])
	}
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	lost := messages(w.want(http.StatusBadGateway, w.code()), "/w/:ws/o/:org/actions/:action", "WARN Duo call failed",
		"INFO request")
	if lost[0]["endpoint"] != "POST /admin/v1/users/{user_id}/bypass_codes" || lost[0]["outcome"] != "lost" {
		t.Errorf("a lost answer is logged as %v", lost[0])
	}
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{Kind: duosim.Down})
	broken := w.want(http.StatusBadGateway, w.get(org+"/users/"+w.user))
	if !strings.Contains(broken.body, broken.id) {
		t.Error("the page of a failure does not show the request's number")
	}
	// The page asks for the user and for the codes; the call that fails first ends the
	// other, which may not have begun.
	w.get(w.url + "/healthz")
	all := w.lines(of(broken, "/w/:ws/o/:org/users/:user"))
	calls, last := all[:max(0, len(all)-1)], all[max(0, len(all)-1):]
	if failed := func(line map[string]any) bool { return line["msg"] == "Duo call failed" }; len(calls) < 1 ||
		len(calls) > 2 ||
		!failed(calls[0]) || !failed(calls[len(calls)-1]) || last[0]["msg"] != "request" {
		t.Errorf("a request to a page is logged as %v", all)
	}
	w.sim.SetFault(w.dental.AccountID, duosim.Fault{})
	allow := w.db.RefuseClosing(t, w.ws)
	messages(w.want(http.StatusOK, w.code()), "/w/:ws/o/:org/actions/:action", "WARN run is not closed yet",
		"INFO request")
	allow("")
	w.db.RefuseRecords(t, w.ws)
	failed := w.want(http.StatusInternalServerError, w.code())
	messages(failed, "/w/:ws/o/:org/actions/:action", "ERROR request failed", "INFO request")

	w.want(http.StatusNotFound, w.get(w.url+"/CANARY-PATH"))
	w.want(http.StatusNotFound, w.get(org+"/users/CANARYUSER"))
	w.want(http.StatusUnprocessableEntity, w.post(w.url+"/signin",
		url.Values{"email": {"canary@person.example"}, "password": {"CANARY password"}}))
	w.get(w.url + "/healthz")
	secrets := []string{"CANARY", "canary", storetest.Password, w.owner.Email, w.user}
	secrets = append(secrets, w.sim.BypassCodes(w.dental.AccountID, w.user)...)
	for name, value := range w.fields {
		if strings.HasSuffix(name, "_key") {
			secrets = append(secrets, value)
		}
	}
	for _, cookie := range w.client.Jar.Cookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(w.url, "http://"),
		Path: "/"}) {
		secrets = append(secrets, cookie.Value)
	}
	if len(secrets) < 14 {
		t.Error("only ", len(secrets), " secrets are looked for")
	}
	for _, secret := range secrets {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}
