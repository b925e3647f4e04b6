package web

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// TestTypedTimesAreInTheZoneThatTheFormNames: it is the visitor's, as pages show times, unless
// another one is chosen; a form means what it said, even if the visitor's zone has changed since.
func TestTypedTimesAreInTheZoneThatTheFormNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.get(s.org("/actions/create-group")).form("Create Group").set("name", "Staff").send().want(http.StatusOK)
	s.Clock.Move(3 * time.Minute) // Duo's log is late
	b.setCookie("tz", "America%2FDetroit")
	detroit := site.ZoneNamed("America/Detroit")
	from := s.Clock.Now().Add(-26 * time.Hour).Truncate(time.Minute)
	asked := func(p *page) string {
		t.Helper()
		p.want(http.StatusOK, "Read Activity Log")
		return s.Record(t, uuid.MustParse(path.Base(p.link("Open the run")))).Input["mintime"]
	}
	want := from.UTC().Format(time.RFC3339)
	f := func() *formOfPage {
		return b.get(s.org("/actions/read-activity-log")).want(http.StatusOK, "Time zone of these times",
			"America/Detroit").wantNot("in UTC").form("Read Activity Log")
	}
	open := f().set("mintime", from.In(detroit).Format("2006-01-02 15:04"))
	b.setCookie("tz", "Asia%2FKolkata")
	first := open.send()
	if got := asked(first); got != want {
		t.Errorf("sent as %s, want %s", got, want)
	}
	if again := first.form("Download CSV"); again.values.Get("typed_zone") != "America/Detroit" {
		t.Errorf("the same reading as a file is in %q", again.values.Get("typed_zone"))
	}
	first.click("Open the run").want(http.StatusOK,
		site.Exactly(site.Visitor{Zone: site.ZoneNamed("Asia/Kolkata")}, from)).wantNot(want)
	b.setCookie("tz", "America%2FDetroit")
	for _, at := range []struct{ zone, text string }{
		{"UTC", from.UTC().Format("2006-01-02T15:04:05")}, {"America/Detroit", from.Format(time.RFC3339)},
		{"UTC", strconv.FormatInt(from.Unix(), 10)},
	} {
		if got := asked(f().set("mintime", at.text).set("typed_zone", at.zone).send()); got != want {
			t.Errorf("%s in %s is sent as %s, want %s", at.text, at.zone, got, want)
		}
	}
	// What cannot be read comes back with the zone that it was typed for.
	p := f().set("mintime", "soon").set("typed_zone", "UTC").send().want(http.StatusUnprocessableEntity,
		"Give a day such as")
	if zone := p.form("Read Activity Log").values.Get("typed_zone"); zone != "UTC" {
		t.Errorf("shown again for %q", zone)
	}
	b.get(s.ws("/runs")).want(http.StatusOK, "America/Detroit")
	// Programs give times in UTC, or say their zone.
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	id := uuid.New()
	wantOutcome(s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/read-telephony-log"),
		map[string]any{"run_id": id, "fields": map[string]any{"mintime": from.UTC().Format("2006-01-02 15:04")}}),
		store.Applied, false)
	if got := s.Record(t, id).Input["mintime"]; got != want {
		t.Errorf("a program's time is sent as %s, want %s", got, want)
	}
}

// TestDistancesComeWithTheirTime: handlers hand on a moment as views.When, never its distance as a text, since paper
// shows the clock time of a When.
func TestDistancesComeWithTheirTime(t *testing.T) {
	t.Parallel()
	distance := regexp.MustCompile(`\.Ago\b|\bDistance\(`)
	files := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		source, err := os.ReadFile(path)
		if at := distance.FindString(string(source)); at != "" && path != "site/render.go" && path != "words/times.go" {
			t.Errorf("%s uses %s", path, at)
		}
		return err
	})
	if err != nil || files < 100 {
		t.Error(files, err)
	}
}
