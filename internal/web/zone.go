package web

import (
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"
	_ "time/tzdata" // a container may have no zone files
)

// zones are the time zones that browsers have named, of the few hundred there
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
	// Under other spellings of its path one zone would be kept without end.
	if err != nil || name == "" || name == "Local" || path.Clean(name) != name {
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
