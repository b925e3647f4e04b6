package duosim

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// The ids of the estate's first version, which bookmarks, older state files and mapped organizations know.
func TestDemoEstateKeepsItsIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Estate: EstateDemo})
	for i, want := range []string{
		"api-0a1b2c3d DA93Q1KYOGYXM0ZYQNK7", "api-5e6f7a8b DA6XIWZQXIX2KBB63BTS", "api-749414dc DA406XZ047U522B2HE54",
		"api-26ba6bfb DA9OWOP21V803NS9987E", "api-797feb98 DAUKA6VFWOWFB0ZIGGLG", "api-cb9c4803 DABDPU6YHZN4YYE6J4Q4",
	} {
		a := b.Accounts()[i]
		if got := strings.Replace(a.APIHostname, "."+Domain, "", 1) + " " + a.AccountID; got != want {
			t.Errorf("account %d is %s, want %s", i, got, want)
		}
	}
	if amara := b.account(b.Accounts()[1].AccountID).Users[0].UserID; amara != "DUIZWDQGNNOCTOT1F00S" {
		t.Errorf("the first user is %s", amara)
	}
}

func TestDemoEstateHasTheNewerKinds(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Estate: EstateDemo})
	keys, editions, silent, authAPI := b.Accounts()[0].Application(AccountsAPI), map[any]int{}, 0, map[string]bool{}
	for _, a := range b.Accounts()[1:] {
		if b.account(a.AccountID).Fault.Kind != NoFault {
			continue
		}
		get := func(path string, pairs ...string) reply {
			return b.wantOK(b.call(a.APIHostname, keys, "GET", path, append(pairs, "account_id", a.AccountID)...))
		}
		editions[get("/admin/v1/billing/edition").object()["edition"]]++
		if _, has := get("/admin/v1/settings").object()["caller_id"]; !has {
			silent++
		}
		for _, app := range get("/admin/v1/integrations").list() {
			authAPI[a.Name] = authAPI[a.Name] || app["type"] == AuthAPI
		}
		switch a.Name {
		case "Harbourlight Dental Group", "Grand River Logistics, Inc.", "Hostile Strings <script> & Co":
		default:
			continue
		}
		for _, path := range []string{"tokens", "webauthncredentials", "admins", "groups"} {
			if get("/admin/v1/" + path).Metadata["total_objects"] == 0 {
				t.Errorf("%s has no %s", a.Name, path)
			}
		}
		window := []string{
			"mintime", strconv.FormatInt(noon.AddDate(0, 0, -100).UnixMilli(), 10), "maxtime",
			strconv.FormatInt(noon.Add(time.Minute).UnixMilli(), 10),
		}
		for _, path := range []string{"authentication", "activity"} {
			if get("/admin/v2/logs/"+path, window...).object()["metadata"].(map[string]any)["total_objects"] == 0.0 {
				t.Errorf("%s: nothing in its %s log", a.Name, path)
			}
		}
	}
	if len(editions) != 4 || silent != 1 {
		t.Errorf("editions %v, %d accounts without telephony", editions, silent)
	}
	if !authAPI["Borealis Freight AB"] || authAPI["Müller & Söhne Maschinenbau GmbH"] {
		t.Errorf("who has an Auth API application: %v", authAPI)
	}
	dental := b.Accounts()[1]
	if r := b.call(dental.APIHostname, dental.Application(AuthAPI), "GET",
		"/auth/v2/logo"); r.Header.Get("Content-Type") != "image/png" {
		t.Errorf("logo: %d %s", r.Status, r.Text)
	}
}
