package site

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/views"
)

// What ends is told by the clock of the caller's place.
func TestEndsInTheOrganizationsZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 22, 10, 0, 0, time.UTC)
	s := &Site{Config: Config{Now: func() time.Time { return now }}}
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for _, c := range []struct {
		organization string
		zone         *time.Location
		in           time.Duration
		want         string
	}{
		{"", berlin, time.Hour, "24 Nov, 00:10 CET"}, // as everywhere
		{"Asia/Kolkata", nil, time.Hour, "04:40 Asia/Kolkata (23:10 UTC for you)"},
		{"Europe/Berlin", berlin, 10 * time.Minute, "23:20 Europe/Berlin"},
		{"Europe/Paris", berlin, 10 * time.Minute, "23:20 Europe/Paris"}, // the same hour
		{"America/Sao_Paulo", berlin, 24 * time.Hour, "24 Nov, 19:10 America/Sao_Paulo (24 Nov, 23:10 CET for you)"},
		{"Asia/Kolkata", nil, 365 * 24 * time.Hour, "24 Nov 2027"},
		{"Nowhere/Atall", nil, time.Hour, "23:10 UTC"},
	} {
		v := Visitor{Zone: c.zone, Organization: store.Organization{ID: uuid.New(), TimeZone: c.organization}}
		if got := s.Until(v, now.Add(c.in)).Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.organization, got, c.want)
		}
	}
}

func TestZoneOfTheBrowser(t *testing.T) {
	t.Parallel()
	for cookie, want := range map[string]string{
		"America%2FDetroit": "America/Detroit", "Asia/Kolkata": "Asia/Kolkata", "UTC": "UTC", "": "", "Local": "",
		"Nowhere%2FAtAll":             "",
		"..%2F..%2F..%2Fetc%2Fpasswd": "", "%2Fetc%2Flocaltime": "", "%zz": "", "a%00b": "",
		"Asia/./Kolkata": "", "Asia//Kolkata": "", "Asia%2F%2E%2FKolkata": "",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "tz="+cookie)
		got := ""
		if zone := ZoneOf(r); zone != nil {
			got = zone.String()
		}
		if got != want {
			t.Errorf("%q is the zone %q, want %q", cookie, got, want)
		}
	}
}

// A caller is told a clock time: it must be the one on the technician's wall.
func TestWhenInTheBrowsersZone(t *testing.T) {
	t.Parallel()
	detroit, err := time.LoadLocation("America/Detroit")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 8, 3, 1, 30, 0, 0, time.UTC) // still the evening before in Detroit
	s := &Site{Config: Config{Now: func() time.Time { return now }}}
	v := Visitor{Zone: detroit}
	for at, want := range map[time.Duration]views.When{
		time.Hour:                        {ISO: "2026-08-03T02:30:00Z", Text: "22:30 EDT", Ago: "in 1 h"},
		-59*time.Minute - 40*time.Second: {ISO: "2026-08-03T00:30:20Z", Text: "20:30 EDT", Ago: "1 h ago"},
		3 * time.Hour:                    {ISO: "2026-08-03T04:30:00Z", Text: "3 Aug, 00:30 EDT", Ago: "in 3 h"},
	} {
		if got := s.When(v, now.Add(at)); got != want {
			t.Errorf("%v: %+v, want %+v", at, got, want)
		}
	}
}

func TestWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 3, 14, 2, 0, 0, time.UTC)
	s := &Site{Config: Config{Now: func() time.Time { return now }}}
	for _, c := range []struct {
		at   time.Time
		want views.When
	}{
		{time.Time{}, views.When{}},
		{now.Add(-34 * time.Second), views.When{ISO: "2026-08-03T14:01:26Z", Text: "14:01 UTC", Ago: "34 s ago"}},
		{now.Add(90 * time.Second), views.When{ISO: "2026-08-03T14:03:30Z", Text: "14:03 UTC", Ago: "in 2 min"}},
		{now.Add(-47 * time.Hour), views.When{ISO: "2026-08-01T15:02:00Z", Text: "1 Aug, 15:02 UTC", Ago: "47 h ago"}},
		{now.Add(49 * time.Hour), views.When{ISO: "2026-08-05T15:02:00Z", Text: "5 Aug, 15:02 UTC", Ago: "in 2 days"}},
		{time.Date(2025, 8, 3, 16, 2, 0, 0, time.FixedZone("", 7200)),
			views.When{ISO: "2025-08-03T14:02:00Z", Text: "3 Aug 2025", Ago: "365 days ago"}},
	} {
		if got := s.When(Visitor{}, c.at); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.at, got, c.want)
		}
	}
}
