package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/views"
)

func TestWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 3, 14, 2, 0, 0, time.UTC)
	s := &Server{Config: Config{Now: func() time.Time { return now }}}
	for _, c := range []struct {
		at   time.Time
		want views.When
	}{
		{time.Time{}, views.When{}},
		{now.Add(-34 * time.Second), views.When{ISO: "2026-08-03T14:01:26Z", Text: "14:01 UTC", Ago: "34 s ago"}},
		{now.Add(90 * time.Second), views.When{ISO: "2026-08-03T14:03:30Z", Text: "14:03 UTC", Ago: "in 2 min"}},
		{now.Add(-47 * time.Hour), views.When{ISO: "2026-08-01T15:02:00Z", Text: "1 Aug, 15:02 UTC", Ago: "47 h ago"}},
		{now.Add(49 * time.Hour), views.When{ISO: "2026-08-05T15:02:00Z", Text: "5 Aug, 15:02 UTC", Ago: "in 2 days"}},
		{time.Date(2025, 8, 3, 16, 2, 0, 0, time.FixedZone("", 7200)), views.When{ISO: "2025-08-03T14:02:00Z", Text: "3 Aug 2025", Ago: "365 days ago"}},
	} {
		if got := s.when(visitor{}, c.at); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.at, got, c.want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, total, from, to int
		previous, next     string
		items              int
	}{
		{1, 0, 0, 0, "", "", 0}, {1, 1, 1, 1, "", "", 1}, {1, 50, 1, 50, "", "", 50}, {1, 51, 1, 50, "", "2", 50}, {2, 51, 51, 51, "1", "", 1},
		{2, 150, 51, 100, "1", "3", 50}, {3, 150, 101, 150, "2", "", 50}, {9, 10, 10, 10, "8", "", 0}, {1_000_000, 3, 3, 3, "999999", "", 0},
	} {
		p := pagerOf(c.n, 50, c.total, "users", func(n int) string { return fmt.Sprint(n) })
		if p.From != c.from || p.To != c.to || p.Previous != c.previous || p.Next != c.next || p.Total != c.total {
			t.Errorf("page %d of %d: %+v", c.n, c.total, p)
		}
		if got := len(slice(make([]int, c.total), c.n, 50)); got != c.items {
			t.Errorf("page %d of %d: %d items", c.n, c.total, got)
		}
	}
}

func TestCodesToReadAndSay(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][2]string{
		"":           {"", ""},
		"407":        {"407", "four zero seven"},
		"123456789":  {"123 456 789", "one two three, four five six, seven eight nine"},
		"0123456789": {"012 345 678 9", "zero one two, three four five, six seven eight, nine"},
	} {
		if got := [2]string{inGroups(code), spoken(code)}; got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
}

// TestDrawQR checks the drawing against what every scanner looks for: the three
// finders in the corners, the timing lines between them, and the quiet zone.
func TestDrawQR(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "duo://ABCDEFGHIJKLMNOPQRST-YXBpLTBhMWIyYzNkLmR1b3NlY3VyaXR5LmNvbQ", strings.Repeat("long ", 200)} {
		code, err := drawQR(text)
		if err != nil {
			t.Fatal(err)
		}
		modules := code.Size - 2*quietZone
		if modules < 21 || (modules-17)%4 != 0 {
			t.Fatalf("%d modules are no QR code", modules)
		}
		dark := map[[2]int]bool{}
		for part := range strings.SplitSeq(strings.TrimPrefix(code.Path, "M"), "M") {
			var x, y int
			if _, err := fmt.Sscanf(part, "%d %dh1v1h-1z", &x, &y); err != nil {
				t.Fatal(part, err)
			}
			x, y = x-quietZone, y-quietZone
			if x < 0 || y < 0 || x >= modules || y >= modules {
				t.Fatalf("a module in the quiet zone: %d %d", x, y)
			}
			dark[[2]int{x, y}] = true
		}
		for _, corner := range [][2]int{{0, 0}, {modules - 7, 0}, {0, modules - 7}} {
			for y := range 7 {
				for x := range 7 {
					ring := max(max(x, 6-x), max(y, 6-y)) - 3 // 3 outside … 0 in the middle
					if dark[[2]int{corner[0] + x, corner[1] + y}] != (ring != 2) {
						t.Fatalf("no finder at %v", corner)
					}
				}
			}
		}
		for i := 8; i < modules-8; i++ {
			if dark[[2]int{i, 6}] != (i%2 == 0) || dark[[2]int{6, i}] != (i%2 == 0) {
				t.Fatal("no timing line")
			}
		}
	}
	if _, err := drawQR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that no QR code holds is drawn")
	}
}

func TestUserMatches(t *testing.T) {
	t.Parallel()
	u := duo.User{ID: "DU123", Username: "jroe", RealName: "Jané Roe", Email: "jane@acme.example", Phones: []duo.Phone{{Number: "+44 20 7946 0123"}}}
	u.Aliases[0] = "roe.j"
	for q, want := range map[string]bool{
		"": true, "JANÉ": true, "roe jané": true, "roe nobody": false, "acme": true, "7946-0123": true, "01": false, "012": true, "999": false, "du123": true, "u12": false, "jroe 0123": false, "(20) 7946": true, "roe.j": true, "%": false, "_": false,
	} {
		if got := searchOf(q).user(u); got != want {
			t.Errorf("%q: %t", q, got)
		}
	}
}

func TestUserStates(t *testing.T) {
	t.Parallel()
	sorted := []duo.User{
		{Status: duo.StatusLockedOut}, {Status: duo.StatusBypass}, {Status: duo.StatusDisabled}, {Status: duo.StatusActive}, {Status: duo.StatusActive, Enrolled: true}, {Status: duo.StatusPendingDeletion}, {Status: "something new"},
	}
	var chips []string
	for _, u := range sorted {
		chips = append(chips, chipOf(u).Text)
	}
	if want := []string{"Locked out", "Bypass", "Disabled", "Not enrolled", "Active", "In the trash", "Something new"}; !slices.Equal(chips, want) {
		t.Error(chips)
	}
	mixed := slices.Clone(sorted)
	slices.Reverse(mixed)
	sortUsers(mixed, "status")
	for i := range mixed {
		if stateOf(mixed[i]) != stateOf(sorted[i]) {
			t.Errorf("place %d: %s", i, stateOf(mixed[i]))
		}
	}
}

var openRedirects = []string{
	"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, "http://evil.example/", "https:evil.example", "//evil.example/%2f..", "javascript:alert(1)", "data:text/html,x",
	"/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "evil.example", "", "?x", "#x", "//user@evil.example", "http:///evil.example", "/%zz", "/\x00", "/#\x00", "/w\x7f", "//[::1]/",
}

func TestOnlyLocalAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range openRedirects {
		if got := localPath(address); got != "/" {
			t.Errorf("%q leads to %q", address, got)
		}
	}
	for _, address := range []string{"/", "/w/northwind/o/acme/users?q=a%20b&page=2", "/w/x#mapping", "/a//b"} {
		if got := localPath(address); got != address {
			t.Errorf("%q leads to %q", address, got)
		}
	}
}

// leadAway are addresses that browsers take for those of other hosts, or that are none.
var leadAway = []string{
	"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, "http://evil.example/", "https:evil.example", "//evil.example/%2f..", "javascript:alert(1)", "data:text/html,x",
	"/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "evil.example", "", "?x", "#x", "//user@evil.example", "http:///evil.example", "/%zz", "/\x00", "/#\x00", "/w\x7f", "//[::1]/",
}

// TestNextIsLocal follows each payload through the pages that lead on.
func TestNextIsLocal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for _, address := range leadAway {
		for _, p := range []*page{
			b.request(http.MethodGet, "/signin?next="+url.QueryEscape(address), nil),
			b.request(http.MethodPost, "/preferences", url.Values{"theme": {"dark"}, "next": {address}}),
		} {
			if p.status != http.StatusSeeOther || p.header.Get("Location") != "/" {
				t.Errorf("%q: %d to %q", address, p.status, p.header.Get("Location"))
			}
		}
		if f := s.stranger(t).get("/signin?next=" + url.QueryEscape(address)).form("Sign in"); f.values.Get("next") != "/" {
			t.Errorf("the form leads to %q", f.values.Get("next"))
		}
	}
}

// FuzzLocalPath: whatever is accepted stays on this host, as a browser reads it.
func FuzzLocalPath(f *testing.F) {
	for _, address := range append(openRedirects, "/w/x?y=z#a", "/..//evil.example") {
		f.Add(address)
	}
	here := &url.URL{Scheme: "https", Host: "desk.example", Path: "/signin"}
	f.Fuzz(func(t *testing.T, address string) {
		got := localPath(address)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, `/\`) || strings.ContainsAny(got, "\r\n\t\\\x00") {
			t.Fatalf("%q leads to %q", address, got)
		}
		to, err := here.Parse(got)
		if err != nil || to.Host != here.Host || to.Scheme != here.Scheme {
			t.Fatalf("%q leads to %v (%v)", address, to, err)
		}
	})
}

// FuzzForm: no body makes reading a form panic, repeat a field, or lets an
// action's values hold what its fields refuse.
func FuzzForm(f *testing.F) {
	for _, body := range []string{"", "a=1", "a=1&a=2", "user_id=DU1&count=3", "%zz", "a;b", "=", "&&&", "run_id=x", "was.username=x&username=x", "preserve_existing", strings.Repeat("a=1&", 50)} {
		f.Add(body, "application/x-www-form-urlencoded")
	}
	f.Add("{}", "application/json")
	e := echo.New()
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		form, err := formOf(e.NewContext(r, httptest.NewRecorder()))
		if err != nil {
			return
		}
		for name, values := range form.values {
			if len(values) != 1 {
				t.Fatalf("%q came %d times", name, len(values))
			}
		}
		_, _ = form.runID()
		for _, a := range catalog.All() {
			in, bad := a.Parse(form.field(a))
			if len(bad) > 0 {
				continue
			}
			for name, value := range in.Given(a) {
				if strings.HasSuffix(name, "_id") && (len(value) > 64 || strings.ContainsAny(value, "/.%\\ ")) {
					t.Fatalf("%s: %s=%q", a.Slug, name, value)
				}
			}
			_ = a.LeastRole(in)
		}
	})
}
