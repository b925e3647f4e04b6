package site

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
	_ "time/tzdata"

	"duodesk/internal/web/words"
	"duodesk/views"
)

// zones are the time zones that browsers and operators have named, of the few hundred there
// are.
var zones sync.Map

// ZoneOf is the time zone of a browser, as our script notes it in a cookie; nil
// without one, or when there is no such zone.
func ZoneOf(r *http.Request) *time.Location {
	cookie, err := r.Cookie("tz")
	if err != nil {
		return nil
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil {
		return nil
	}
	return ZoneNamed(name)
}

// ZoneNamed is the time zone of an IANA name; nil when there is none.
func ZoneNamed(name string) *time.Location {
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

// Until is when for the end of something of the visitor's organization: it is
// read to a caller there, so the organization's clock comes first, by the name
// of its zone, and the visitor's own behind it where that shows another hour.
func (s *Site) Until(v Visitor, t time.Time) views.When {
	w, zone := s.When(v, t), ZoneNamed(v.Organization.TimeZone)
	if zone == nil || t.IsZero() {
		return w
	}
	there, now := t.In(zone), s.Now().In(zone)
	text, isClock := strings.CutSuffix(words.ClockText(there, now), there.Format(" MST"))
	if !isClock { // only the date
		w.Text = text
		return w
	}
	yours := w.Text
	w.Text = text + " " + zone.String()
	if here := t.In(v.Location()); here.Format("2 15:04") != there.Format("2 15:04") {
		w.Text += " (" + yours + " for you)"
	}
	return w
}

// Exactly writes a moment as a record has to: with its day, to the second.
func Exactly(v Visitor, t time.Time) string {
	return t.In(v.Location()).Format("2 Jan 2006, 15:04:05 MST")
}

// Clock is a moment as a clock time, with the day where that is not today.
func (s *Site) Clock(v Visitor, t time.Time) string {
	return words.ClockText(t.In(v.Location()), s.Now().In(v.Location()))
}
