package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// TestGenericReadsAreMaskedBelowOwner reads a user whose notes hold an activation link, on the page and by the API.
func TestGenericReadsAreMaskedBelowOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.addUser(t, duosim.UserSpec{Username: "jroe", Notes: "https://m-1a2b3c4d.duosecurity.com/activate/CANARY"})
	for _, role := range []catalog.Role{catalog.Administrator, catalog.Owner} {
		member := s.Member(t, s.Workspace, role)
		fields := map[string]any{"method": "get", "path": "/admin/v1/users/" + user}
		form := url.Values{"run_id": {uuid.NewString()}, "method": {"get"}, "path": {"/admin/v1/users/" + user}}
		token, _ := s.accessToken(t, s.Workspace, member, store.Grant{Role: role.String(), EveryOrganization: true})
		body := map[string]any{"run_id": uuid.NewString(), "fields": fields}
		for _, p := range []*page{
			s.as(t, member).request(http.MethodPost, s.org("/actions/admin-api-action"), form),
			s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/admin-api-action"), body),
		} {
			p.want(http.StatusOK)
			if shown := strings.Contains(p.body, "CANARY"); shown != (role == catalog.Owner) ||
				!strings.Contains(p.body, "jroe") {
				t.Errorf("to %s: %s", role, p.body)
			}
		}
	}
}
