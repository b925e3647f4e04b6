package api

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/table"
	"duodesk/internal/web/words"
)

// apiPart answers with a part of a list. Next is the cursor of the part after
// it; null at the end.
type apiPart[T any] struct {
	Items []T     `json:"items"`
	Total *int    `json:"total,omitempty"` // of the whole list, where that is known
	Next  *string `json:"next"`
}

func sendPart[T any](c echo.Context, list site.APIList, items []T, total *int, next int) error {
	part := apiPart[T]{Items: items, Total: total}
	if items == nil {
		part.Items = []T{}
	}
	if next > 0 {
		part.Next = list.Cursor(site.OffsetBytes(next))
	}
	site.SendJSON(c, http.StatusOK, "application/json", part)
	return nil
}

// apiWorkspace says what the token gives access to now.
type apiWorkspace struct {
	Workspace     string `json:"workspace"` // slug
	Name          string `json:"name"`
	Operator      string `json:"operator"` // email
	Token         string `json:"token"`    // its name
	Role          string `json:"role"`
	Organizations string `json:"organizations"` // all or chosen
}

func (s *pages) apiGetWorkspace(c echo.Context, v site.Visitor) error {
	w := apiWorkspace{Workspace: v.Workspace.Slug, Name: v.Workspace.Name, Operator: v.Operator.Email,
		Token: v.Token.Name, Role: v.Role.String(), Organizations: "chosen"}
	if v.Membership.Every() {
		w.Organizations = "all"
	}
	site.SendJSON(c, http.StatusOK, "application/json", w)
	return nil
}

type apiOrganization struct {
	Slug       string   `json:"slug"`
	Name       string   `json:"name"`
	Aliases    []string `json:"aliases"`
	Tags       []string `json:"tags"`
	TimeZone   string   `json:"time_zone"`
	Connection string   `json:"connection"` // child, parent, own or none
	Connected  string   `json:"connection_id"`
	Failing    bool     `json:"failing"`
}

// apiMapping is how an organization is joined with its Duo account.
type apiMapping struct {
	Organization string `json:"organization"` // slug
	Name         string `json:"name"`
	Connection   string `json:"connection"`
	Connected    string `json:"connection_id"`
	AccountID    string `json:"account_id"`
	APIHostname  string `json:"api_hostname"`
	DirectoryKey string `json:"directory_key"`
	Failing      bool   `json:"failing"`
}

func connectionOf(o store.Organization) string {
	if o.Mapped() {
		return o.Kind
	}
	return "none"
}

func (s *pages) apiOrganizations(c echo.Context, v site.Visitor) error {
	return apiOrganizationList(s, c, v, "organizations", organizationList, func(o store.Organization) apiOrganization {
		return apiOrganization{o.Slug, o.Name, append([]string{}, o.Aliases...), append([]string{}, o.Tags...),
			o.TimeZone, connectionOf(o), o.Connection(), o.Failing}
	})
}

func (s *pages) apiMappings(c echo.Context, v site.Visitor) error {
	return apiOrganizationList(s, c, v, "mapping", mappingList, func(o store.Organization) apiMapping {
		return apiMapping{o.Slug, o.Name, connectionOf(o), o.Connection(), o.AccountID, o.APIHostname,
			o.DirectoryKey, o.Failing}
	})
}

// The lists of the console's own that programs read. What can be chosen of them is what a page of them offers.
var (
	organizationList = table.Organizations("")
	mappingList      = table.Mapping("")
)

func apiOrganizationList[T any](s *pages, c echo.Context, v site.Visitor, name string, of table.List,
	item func(store.Organization) T) error {
	asked, list, err := askedOf(c, of)
	if err != nil {
		return err
	}
	asked.Filter = asked.Value("show")
	part := apiPart[T]{Items: []T{}}
	err = s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) error {
		found, counts, err := tx.Organizations(c.Request().Context(), asked.Query)
		for _, o := range found.Rows {
			part.Items = append(part.Items, item(o))
		}
		if part.Total = &counts.Matching; found.Next != nil {
			part.Next = list.Cursor(table.MarkBytes(*found.Next))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.CountReading(c.Request().Context(), v, name, len(part.Items)); err != nil {
		return err
	}
	site.SendJSON(c, http.StatusOK, "application/json", part)
	return nil
}

// askedOf reads what a program asks of a list of the console's own.
func askedOf(c echo.Context, of table.List) (asked table.Asked, list site.APIList, err error) {
	if list, err = site.APIListOf(c, of.Parameters()...); err == nil {
		asked, err = of.Part(c.QueryParams(), list)
	}
	return asked, list, err
}

// apiDuoList reads one of an organization's lists from Duo, part by part.
func (s *pages) apiDuoList(which run.DuoList) site.Handler {
	return func(c echo.Context, v site.Visitor) error {
		list, err := site.APIListOf(c)
		if err != nil {
			return err
		}
		offset, err := list.Offset()
		if err != nil {
			return err
		}
		if err := s.CountReading(c.Request().Context(), v, which.Name(), 0); err != nil {
			return err
		}
		part, err := s.Runner.Part(c.Request().Context(), v.Scope, v.Organization, which, list.Limit, offset)
		if err != nil {
			return err
		}
		if err := s.CountReading(c.Request().Context(), v, which.Name(), len(part.Items)); err != nil {
			return err
		}
		items := make([]json.RawMessage, 0, len(part.Items))
		for _, item := range part.Items {
			if shown := catalog.Masked(item, nil); shown != nil {
				items = append(items, shown)
			}
		}
		var total *int
		if part.Total > 0 {
			total = &part.Total
		}
		return sendPart(c, list, items, total, part.Next)
	}
}

func (s *pages) apiGetRun(c echo.Context, v site.Visitor) error {
	r, err := s.RunOf(c, v)
	if err != nil {
		return err
	}
	site.SendJSON(c, http.StatusOK, "application/json", words.APIRunOf(r))
	return nil
}

// runList is what can be chosen of the list of runs, whose page names the state outcome. AskedRuns says what the
// filters take, for both. Days are in UTC.
var runList = table.List{Filters: anyOf("from", "to", "operator", "organization", "action", "state"),
	Sorts: []table.Sort{{Name: "when", Descending: true}}}

func anyOf(names ...string) (filters []table.Filter) {
	for _, name := range names {
		filters = append(filters, table.Filter{Name: name, Valid: func(string) bool { return true }})
	}
	return filters
}

func (s *pages) apiRuns(c echo.Context, v site.Visitor) error {
	asked, list, err := askedOf(c, runList)
	if err != nil {
		return err
	}
	filter, err := s.runsAsked(c, v)
	if err != nil {
		return err
	}
	var found store.Page[store.Run]
	err = s.Store.InWorkspace(c.Request().Context(), v.Scope, func(tx *store.Tx) (err error) {
		found, _, err = tx.RunsPage(c.Request().Context(), filter, asked.Query)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.CountReading(c.Request().Context(), v, "runs", len(found.Rows)); err != nil {
		return err
	}
	part := apiPart[words.APIRun]{Items: []words.APIRun{}}
	for _, r := range found.Rows {
		part.Items = append(part.Items, words.APIRunOf(r))
	}
	if found.Next != nil {
		part.Next = list.Cursor(table.MarkBytes(*found.Next))
	}
	site.SendJSON(c, http.StatusOK, "application/json", part)
	return nil
}

// runsAsked reads which runs a program asks for. It says state for what the page calls outcome, and an
// organization's own list is of that organization.
func (s *pages) runsAsked(c echo.Context, v site.Visitor) (store.RunFilter, error) {
	filter, _, err := site.AskedRuns(func(name string) string {
		switch {
		case name == "outcome":
			name = "state"
		case name == "organization" && v.Organization.ID != uuid.Nil:
			return "" // it is the address's
		}
		return c.QueryParam(name)
	}, v, s.Now())
	return filter, err
}
