package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
	_ "time/tzdata"

	"duodesk/views"
)

// zones are the time zones that browsers and operators have named, of the few hundred there
// are.
var zones sync.Map

// zoneOf is the time zone of a browser, as our script notes it in a cookie; nil
// without one, or when there is no such zone.
func zoneOf(r *http.Request) *time.Location {
	cookie, err := r.Cookie("tz")
	if err != nil {
		return nil
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil {
		return nil
	}
	return zoneNamed(name)
}

// zoneNamed is the time zone of an IANA name; nil when there is none.
func zoneNamed(name string) *time.Location {
	// Under other spellings of its path one zone would be kept without end.
	if name == "" || name == "Local" || path.Clean(name) != name {
		return nil
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	// LoadLocation takes no path that leads out of the zone files.
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, zone)
	return zone
}

// until is when for the end of something of the visitor's organization: it is
// read to a caller there, so the organization's clock comes first, by the name
// of its zone, and the visitor's own behind it where that shows another hour.
func (s *Server) until(v visitor, t time.Time) views.When {
	w, zone := s.when(v, t), zoneNamed(v.organization.TimeZone)
	if zone == nil || t.IsZero() {
		return w
	}
	there, now := t.In(zone), s.Now().In(zone)
	text, isClock := strings.CutSuffix(clockText(there, now), there.Format(" MST"))
	if !isClock { // only the date
		w.Text = text
		return w
	}
	yours := w.Text
	w.Text = text + " " + zone.String()
	if here := t.In(v.location()); here.Format("2 15:04") != there.Format("2 15:04") {
		w.Text += " (" + yours + " for you)"
	}
	return w
}

// exactly writes a moment as a record has to: with its day, to the second.
func exactly(v visitor, t time.Time) string {
	return t.In(v.location()).Format("2 Jan 2006, 15:04:05 MST")
}

func (s *Server) clock(v visitor, t time.Time) string {
	return clockText(t.In(v.location()), s.Now().In(v.location()))
}
