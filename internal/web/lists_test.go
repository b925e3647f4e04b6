package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
)

// rowsNamed are the names in the heads of a page's rows, in order.
func rowsNamed(p *page) (names []string) {
	for _, n := range p.all(func(n *node) bool { return n.Data == "th" && attribute(n, "scope") == "row" }) {
		for within := range n.Descendants() {
			if within.Data == "bdi" {
				names = append(names, textOf(within))
				break
			}
		}
	}
	return names
}

// TestListsRefuseWhatTheyDoNotKnow: a parameter that is left out shows more than was asked for.
func TestListsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for _, at := range []string{s.ws("/o"), s.ws("/runs"), s.org("/runs"), s.ws("/readings"), s.ws("/operators"),
		s.ws("/auth"), s.ws("/integration"),
		s.org("/users"), s.org("/phones"), s.org("/bypass-codes")} {
		b.get(at).want(http.StatusOK)
		for query, said := range map[string]string{"page=2": "no parameter page", "x=": "no parameter x",
			"sort=x": "cannot be sorted", "sort=a&sort=b": "sort twice",
			"after=AAAA": "does not belong to this list", "before=%ff": "does not belong to this list"} {
			b.get(at+"?"+query).want(http.StatusBadRequest, "Bad request", said).fine()
		}
	}
	for query, said := range map[string]string{"/o?show=lost": "show is unmapped, unkeyed, failing, or tag: with a tag.", "/auth?show=lost": "show is works, fails, unchecked or none.",
		"/integration?show=tag:vip": "show is unmapped, unkeyed or failing.",
		"/integration?suggest=2":    "suggest is 1."} {
		b.get(s.ws(query)).want(http.StatusBadRequest, said)
	}
	b.request(http.MethodPost, s.ws("/export/organizations"), url.Values{"show": {"lost"}}).want(http.StatusBadRequest)
	b.request(http.MethodPost, s.ws("/runs.csv"), url.Values{"color": {"red"}}).want(http.StatusBadRequest)
	// A mark means nothing in another list.
	for i := range 60 {
		s.Organizations(t, s.Workspace, fmt.Sprintf("Client %02d", i))
	}
	next, err := url.Parse(b.get(s.ws("/o")).link("Next"))
	if err != nil {
		t.Fatal(err)
	}
	mark := next.Query().Get("after")
	b.get(s.ws("/o?after="+mark)).want(http.StatusOK, "Client 55")
	for _, at := range []string{"/auth?after=", "/integration?after=", "/o?sort=state&after=", "/runs?after="} {
		b.get(s.ws(at+mark)).want(http.StatusBadRequest, "does not belong to this list")
	}
}

// TestFilesHoldWhatPagesShow: the same rows, in the same order.
func TestFilesHoldWhatPagesShow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []string{"=cmd", "Acme Dental", "acme dental", "Zulu", "émile", "Émile", "ß", "100%", "'quoted'"}
	for i := range 120 {
		names = append(names, fmt.Sprintf("Client %03d", 119-i))
	}
	s.Organizations(t, s.Workspace, names...)
	b := s.as(t, s.Owner)
	for _, query := range []string{"", "?sort=-name", "?sort=state", "?q=CLIENT+0", "?show=unmapped&sort=-name",
		"?show=unmapped&q=e"} {
		p := b.get(s.ws("/o" + query)).want(http.StatusOK)
		file := p.form("Export").send()
		shown := rowsNamed(p)
		for strings.Contains(p.body, `rel="next"`) {
			p = p.click("Next").want(http.StatusOK)
			shown = append(shown, rowsNamed(p)...)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatal(query, err, len(rows))
		}
		var filed []string
		for _, row := range rows[1:] {
			filed = append(filed, strings.TrimPrefix(row[0], "'"))
		}
		for i := range shown {
			shown[i] = strings.TrimPrefix(shown[i], "'")
		}
		if !slices.Equal(filed, shown) {
			t.Errorf("%s: the file has %d rows, the pages %d:\n%q\n%q", query, len(filed), len(shown), filed, shown)
		}
	}
}

// TestNamesakesAreToldApart: wherever two organizations of one name can be seen, each says which Duo account it is.
func TestNamesakesAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := s.Map(t, "Twin Peaks", s.Sim.AddChild(s.Parent.AccountID, "Twin Peaks"))
	two := s.Organizations(t, s.Workspace, "TWIN PEAKS")[0]
	b := s.as(t, s.Owner)
	tail := "…" + one.AccountID[len(one.AccountID)-4:]
	for _, at := range []string{"/o", "/o?q=twin", "/integration?q=twin", "/auth", "/actions/list-users",
		"/runs?action=map-organization"} {
		p := b.get(s.ws(at)).want(http.StatusOK, "Twin Peaks "+tail)
		if at != "/runs?action=map-organization" && !strings.Contains(p.text(), "TWIN PEAKS "+two.Slug) {
			t.Errorf("%s does not tell the second from the first", at)
		}
	}
	// Who sees one of them sees no doubt.
	alone := s.as(t, s.Member(t, s.Workspace, catalog.Auditor, one.ID))
	alone.get(s.ws("/o")).want(http.StatusOK, "Twin Peaks").wantNot(`class="tail`)
}
