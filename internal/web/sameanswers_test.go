package web

import (
	"encoding/csv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// TestPageFileAndProgramsAgree: what is chosen of a list, by search, filter and order, is the same rows in the same
// order on its page, in its file and for programs. The fields that each shows are its own: see table.Organizations.
func TestPageFileAndProgramsAgree(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, program := s.as(t, s.Owner), s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	s.limit(t, catalog.FileQuota, catalog.Owner, 1000)
	made := s.Organizations(t, s.Workspace, "birch", "Ash", "cedar", "Ångström", "acme dental 2")
	s.Exec(t, `update organization set tags = array['VIP'] where id = any ($1)`, []uuid.UUID{made[0].ID, made[2].ID})
	s.Map(t, "Ash mapped", s.Sim.AddChild(s.Parent.AccountID, "Ash"))
	colleague := s.Member(t, s.Workspace, catalog.Technician)
	for i, state := range []string{store.Applied, store.Refused, store.Unknown, store.Applied} {
		by, org := s.Owner, &s.Client.ID
		if i%2 == 1 {
			by, org = colleague, nil
		}
		s.addRuns(t, 30, by, org, "create-user", state, "jroe"+state, "INC-"+state,
			s.Clock.Now().Add(-time.Duration(i*40)*time.Hour))
	}
	items := func(address string, query url.Values, field string) (found []string) {
		query.Set("limit", "7")
		for more := true; more; {
			s.Clock.Move(site.PaceEvery)
			part := answer[struct {
				Items []map[string]any
				Total int
				Next  *string
			}](program.call(token, http.MethodGet, address+"?"+query.Encode(), nil).want(http.StatusOK))
			for _, item := range part.Items {
				found = append(found, item[field].(string))
			}
			if more = part.Next != nil; more {
				query.Set("cursor", *part.Next)
			}
		}
		return found
	}
	pages := func(address string, read func(*page) []string) (found []string) {
		for {
			p := b.get(address).want(http.StatusOK)
			found = append(found, read(p)...)
			next := p.all(func(n *node) bool { return n.Data == "a" && attribute(n, "rel") == "next" })
			if len(next) == 0 {
				return found
			}
			address = attribute(next[0], "href")
		}
	}
	file := func(address, button, column string) (found []string) {
		s.Clock.Move(time.Second) // a file ends with what is now
		rows, err := csv.NewReader(strings.NewReader(
			strings.TrimPrefix(b.get(address).form(button).send().want(http.StatusOK).body, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(rows[0], column)
		for _, row := range rows[1:] {
			found = append(found, row[at])
		}
		return found
	}
	agree := func(what string, least int, page, other []string) {
		t.Helper()
		if !slices.Equal(page, other) || len(page) < least {
			t.Errorf("%s: the page has %q, and the other %q", what, page, other)
		}
	}

	for _, show := range []string{"", "unmapped", "unkeyed", "failing", "tag:VIP"} {
		for _, q := range []string{"", "a", "ACME"} {
			for _, sort := range []string{"", "-name", "state", "-state"} {
				chosen := url.Values{}
				for name, value := range map[string]string{"show": show, "q": q, "sort": sort} {
					if value != "" {
						chosen.Set(name, value)
					}
				}
				of := "?" + chosen.Encode()
				listed := pages(s.ws("/o"+of), rowsNamed)
				if len(listed) > 0 {
					agree("file "+of, 1, listed, file(s.ws("/o"+of), "Export", "name"))
				}
				agree("organizations"+of, 0, listed, items(s.api("/organizations"), maps.Clone(chosen), "name"))
				if show != "tag:VIP" {
					agree("mapping"+of, 0, pages(s.ws("/integration"+of), rowsNamed),
						items(s.api("/mapping"), maps.Clone(chosen), "name"))
				}
			}
		}
	}
	today, before := s.Clock.Now().UTC().Format("2006-01-02"),
		s.Clock.Now().Add(-80*time.Hour).UTC().Format("2006-01-02")
	for _, chosen := range []url.Values{
		{}, {"sort": {"-when"}}, {"q": {"INC-refused"}}, {"from": {before}}, {"to": {before}},
		{"from": {today}, "sort": {"-when"}},
		{"operator": {colleague.ID.String()}}, {"organization": {s.Client.Slug}}, {"action": {"create-user"}},
		{"outcome": {store.Unknown}},
	} {
		asProgram := maps.Clone(chosen)
		if state := chosen.Get("outcome"); state != "" {
			asProgram.Del("outcome")
			asProgram.Set("state", state)
		}
		of := "?" + chosen.Encode()
		listed := pages(s.ws("/runs"+of), func(p *page) (ids []string) {
			for _, n := range p.all(func(n *node) bool {
				return n.Data == "tr" && strings.HasPrefix(attribute(n, "id"), "run-")
			}) {
				ids = append(ids, strings.TrimPrefix(attribute(n, "id"), "run-"))
			}
			return ids
		})
		agree("runs"+of, 1, listed, items(s.api("/runs"), asProgram, "run_id"))
		agree("file of runs"+of, 1, listed, file(s.ws("/runs"+of), "Export", "run_id"))
	}
}
