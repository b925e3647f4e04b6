package web

import (
	"net/http"
	"testing"
	"time"

	"duodesk/views"
)

func TestZoneOfTheBrowser(t *testing.T) {
	t.Parallel()
	for cookie, want := range map[string]string{
		"America%2FDetroit": "America/Detroit", "Asia/Kolkata": "Asia/Kolkata", "UTC": "UTC", "": "", "Local": "", "Nowhere%2FAtAll": "",
		"..%2F..%2F..%2Fetc%2Fpasswd": "", "%2Fetc%2Flocaltime": "", "%zz": "", "a%00b": "",
		"Asia/./Kolkata": "", "Asia//Kolkata": "", "Asia%2F%2E%2FKolkata": "",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "tz="+cookie)
		got := ""
		if zone := zoneOf(r); zone != nil {
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
	s := &Server{Config: Config{Now: func() time.Time { return now }}}
	v := visitor{zone: detroit}
	for at, want := range map[time.Duration]views.When{
		time.Hour:                        {ISO: "2026-08-03T02:30:00Z", Text: "22:30 EDT", Ago: "in 1 h"},
		-59*time.Minute - 40*time.Second: {ISO: "2026-08-03T00:30:20Z", Text: "20:30 EDT", Ago: "1 h ago"},
		3 * time.Hour:                    {ISO: "2026-08-03T04:30:00Z", Text: "3 Aug, 00:30 EDT", Ago: "in 3 h"},
	} {
		if got := s.when(v, now.Add(at)); got != want {
			t.Errorf("%v: %+v, want %+v", at, got, want)
		}
	}
}
