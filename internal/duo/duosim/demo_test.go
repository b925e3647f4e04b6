package duosim

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDemoEstateIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	first := newBench(t, Options{Estate: EstateDemo})
	second := newBench(t, Options{Estate: EstateDemo, Now: func() time.Time { return noon.AddDate(1, 0, 0) }})
	if !reflect.DeepEqual(first.Accounts(), second.Accounts()) {
		t.Error("two demo estates differ in names, ids, hosts or keys")
	}
	parent := first.Accounts()[0]
	if !parent.Parent || parent.Name != "Northwind Managed IT" || parent.APIHostname != "api-0a1b2c3d."+Domain {
		t.Errorf("parent: %+v", parent)
	}
	if first.AddParent("x").AccountID == second.AddParent("x").AccountID {
		t.Error("ids made after the estate come from the seed, too")
	}
}

func TestDemoEstateHasOneOfEveryKind(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Estate: EstateDemo})
	keys := b.Accounts()[0].Application(AccountsAPI)
	names, hosts := map[string]int{}, map[string]bool{}
	sizes := map[int]int{}
	for _, a := range b.Accounts()[1:] {
		names[a.Name]++
		if hosts[a.APIHostname] {
			t.Errorf("host %s twice", a.APIHostname)
		}
		hosts[a.APIHostname] = true
		if !strings.HasPrefix(a.Name, faultPrefix) {
			r := b.wantOK(b.call(a.APIHostname, keys, "GET", "/admin/v1/users", "account_id", a.AccountID))
			sizes[r.Metadata["total_objects"]]++
		}
	}
	if names["Sunrise Bakery"] != 2 || sizes[700] != 1 || sizes[0] != 1 || len(names)-12 < 9 {
		t.Errorf("names %v, sizes %v", names, sizes)
	}

	dental := b.Accounts()[1]
	r := b.wantOK(b.call(dental.APIHostname, keys, "GET", "/admin/v1/users", "account_id", dental.AccountID))
	statuses, kinds := map[any]int{}, map[any]int{}
	for _, u := range r.list() {
		statuses[u["status"]]++
		if u["is_enrolled"] == false {
			statuses["not enrolled"]++
		}
		for _, p := range u["phones"].([]any) {
			p := p.(map[string]any)
			kinds[[3]any{p["type"], p["platform"], p["activated"]}]++
			if p["number"] == "" {
				kinds["no number"]++
			}
		}
	}
	for _, want := range []any{Active, Bypass, Disabled, LockedOut, PendingDeletion, "not enrolled"} {
		if statuses[want] == 0 {
			t.Errorf("nobody is %v: %v", want, statuses)
		}
	}
	for _, want := range []any{
		[3]any{"Mobile", "Apple iOS", true}, [3]any{"Mobile", "Google Android", true},
		[3]any{"Mobile", "Generic Smartphone", false},
		[3]any{"Unknown", "Unknown", false}, [3]any{"Landline", "Unknown", false}, "no number",
	} {
		if kinds[want] == 0 {
			t.Errorf("no phone is %v: %v", want, kinds)
		}
	}
}

func TestUsernamesAndNumbersOfTheDemoEstateAreUnique(t *testing.T) {
	t.Parallel()
	s := newBench(t, Options{Estate: EstateDemo}).Sim
	for _, a := range s.accounts {
		seen := map[string]bool{}
		for _, u := range a.Users {
			if seen[u.Username] {
				t.Errorf("%s: username %q twice", a.Name, u.Username)
			}
			seen[u.Username] = true
			if strings.Trim(u.Username, letterDigits+".-") != "" && !strings.HasPrefix(a.Name, "Hostile") {
				t.Errorf("%s: username %q", a.Name, u.Username)
			}
		}
		for _, p := range a.Phones {
			if number, valid := normalNumber(p.Number); !valid || number != p.Number {
				t.Errorf("%s: number %q", a.Name, p.Number)
			}
			if key := p.Number + "x" + p.Extension; p.Number != "" && seen[key] {
				t.Errorf("%s: number %s twice", a.Name, key)
			} else {
				seen[key] = true
			}
		}
	}
}

func TestDemoFaultHosts(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Estate: EstateDemo})
	accounts := map[string]Account{}
	for _, a := range b.Accounts() {
		accounts[strings.TrimSuffix(a.APIHostname, "."+Domain)] = a
	}
	// a test need not wait 12 s
	b.SetFault(accounts["api-fa000012"].AccountID, Fault{Kind: Slow, Delay: time.Millisecond})
	for host, want := range map[string]struct{ check, settings, update, trash int }{
		"api-fa000429": {429, 429, 429, 429},
		"api-fa000000": {0, 0, 0, 0},
		"api-fa000503": {503, 503, 503, 503},
		"api-fa000012": {200, 200, 200, 200},
		"api-fa040102": {401, 401, 401, 401},
		"api-fa000600": {401, 401, 401, 401},
		"api-fa040301": {200, 200, 403, 403},
		"api-fa040302": {200, 403, 200, 200},
		"api-fa0007a5": {200, 200, 200, 403},
		"api-fa001057": {200, 200, 0, 0},
		"api-fa000500": {200, 200, 500, 500},
	} {
		t.Run(host, func(t *testing.T) {
			a, b := accounts[host], b.on(t)
			if a.Name == "" {
				t.Fatal("no such account")
			}
			user := b.account(a.AccountID).Users[0].UserID
			admin := a.Application(AdminAPI)
			for name, got := range map[string]struct{ status, want int }{
				"check":    {b.call(a.APIHostname, a.Application(AuthAPI), "GET", "/auth/v2/check").Status, want.check},
				"settings": {b.call(a.APIHostname, admin, "GET", "/admin/v1/settings").Status, want.settings},
				"update": {b.call(a.APIHostname, admin, "POST", "/admin/v1/users/"+user, "notes", "x").Status,
					want.update},
				"trash": {b.call(a.APIHostname, admin, "POST", "/admin/v1/users/bulk_send_to_trash", "user_id_list",
					`["`+user+`"]`).Status, want.trash},
			} {
				if got.status != got.want {
					t.Errorf("%s: HTTP %d, want %d", name, got.status, got.want)
				}
			}
		})
	}
}

// TestDemoFaultAccountsComeLast: by name, as the console sorts, and in the order of Duo's list.
func TestDemoFaultAccountsComeLast(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Estate: EstateDemo})
	var listed []string
	for _, a := range b.call(b.Accounts()[0].APIHostname, b.Accounts()[0].Application(AccountsAPI), "POST",
		"/accounts/v1/account/list").list() {
		listed = append(listed, a["name"].(string))
	}
	sorted := slices.SortedFunc(slices.Values(listed),
		func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for order, names := range map[string][]string{"Duo's": listed, "by name": sorted} {
		first := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, faultPrefix) })
		if first < 10 || slices.ContainsFunc(names[first:],
			func(name string) bool { return !strings.HasPrefix(name, faultPrefix) }) {
			t.Errorf("%s order: %v", order, names)
		}
	}
	for _, a := range b.Accounts() {
		faulty := b.account(a.AccountID).Fault.Kind != NoFault || strings.HasPrefix(a.APIHostname, "api-fa00")
		if faulty != strings.HasPrefix(a.Name, faultPrefix) {
			t.Errorf("%s: faulty %t", a.Name, faulty)
		}
	}
}
