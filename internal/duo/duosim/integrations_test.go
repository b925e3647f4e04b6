package duosim

import (
	"fmt"
	"strings"
	"testing"
)

func TestM21EveryPermissionIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, grant := range AllGrants {
		b := newBench(t, Options{})
		var others []Grant
		for _, g := range AllGrants {
			if g != grant {
				others = append(others, g)
			}
		}
		only, lacking := b.AddApplication(b.child.AccountID, AdminAPI, grant),
			b.AddApplication(b.child.AccountID, AdminAPI, others...)
		asked := 0
		for _, r := range routes {
			if r.grant != grant {
				continue
			}
			asked++
			path := strings.NewReplacer("{", "", "}", "").Replace(r.pattern)
			b.wantRefusal(b.call(b.child.APIHostname, lacking, r.method, path), 40301, "")
			if got := b.call(b.child.APIHostname, only, r.method, path); got.Code == 40301 {
				t.Errorf("%s %s with %s alone: %s", r.method, path, grant, got.Text)
			}
		}
		if asked == 0 {
			t.Errorf("no call asks for %s", grant)
		}
	}
	for _, r := range routes {
		if strings.HasPrefix(r.pattern, "/admin/") && r.grant == "" &&
			!strings.HasPrefix(r.pattern, "/admin/v1/billing/") {
			t.Errorf("%s %s asks for no permission", r.method, r.pattern)
		}
	}
}

func TestIntegrationsOfAllVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.wantRefusal(b.asParent("POST", "/admin/v1/integrations", "name", "VPN"), 40001, "type")
	b.wantRefusal(b.asParent("POST", "/admin/v1/integrations", "name", "VPN", "type", "accountsapi"), 40002, "type")
	first := b.wantOK(b.asParent("POST", "/admin/v1/integrations", "name", "Desk", "type", "authapi")).object()
	second := b.wantOK(b.asParent("POST", "/admin/v2/integrations", "name", "Desk 2", "type", "authapi")).object()
	third := b.wantOK(b.asParent("POST", "/admin/v3/integrations", "name", "Desk 3", "type", "authapi")).object()
	if first["secret_key"] == nil || second["secret_key"] != nil || third["secret_key"] != nil ||
		third["user_access"] != "NO_USERS" {
		t.Fatalf("created: %v, %v, %v", first, second, third)
	}
	for i, made := range []map[string]any{first, second, third} {
		id := made["integration_key"].(string)
		secret := b.wantOK(b.asParent("GET", "/admin/v1/integrations/"+id+"/skey")).object()["secret_key"].(string)
		app := Application{Type: AuthAPI, IntegrationKey: id, SecretKey: secret}
		b.wantOK(b.call(b.child.APIHostname, app, "GET", "/auth/v2/check"))
		version := fmt.Sprint("/admin/v", i+1, "/integrations")
		listed := b.wantOK(b.asParent("GET", version))
		if listed.Metadata["total_objects"] != 3-i || (listed.list()[0]["secret_key"] == nil) != (i > 0) {
			t.Errorf("%s: %s", version, listed.Text)
		}
		changed := b.wantOK(b.asParent("POST", version+"/"+id, "reset_secret_key", "1", "notes", "rolled")).object()
		if changed["notes"] != "rolled" {
			t.Errorf("modified: %v", changed)
		}
		b.wantRefusal(b.call(b.child.APIHostname, app, "GET", "/auth/v2/check"), 40103, "")
		b.wantVoid(b.asParent("DELETE", version+"/"+id))
		b.wantVoid(b.asParent("DELETE", version+"/"+id))
		b.wantRefusal(b.call(b.child.APIHostname, app, "GET", "/auth/v2/check"), 40102, "")
	}
	admin := b.wantOK(b.asParent("POST", "/admin/v1/integrations", "name", "Reader", "type", "adminapi",
		"adminapi_read_resource", "1")).object()
	if admin["adminapi_read_resource"] != 1.0 || admin["adminapi_settings"] != 0.0 {
		t.Errorf("permissions: %v", admin)
	}
	reader := Application{Type: AdminAPI, IntegrationKey: admin["integration_key"].(string),
		SecretKey: admin["secret_key"].(string)}
	b.wantOK(b.call(b.child.APIHostname, reader, "GET", "/admin/v1/users"))
	b.wantRefusal(b.call(b.child.APIHostname, reader, "GET", "/admin/v1/settings"), 40301, "")
	b.wantOK(b.asParent("POST", "/admin/v1/integrations/"+reader.IntegrationKey, "adminapi_integrations", "true"))
	b.wantRefusal(b.call(b.child.APIHostname, reader, "DELETE",
		"/admin/v1/integrations/"+reader.IntegrationKey), 40301, "")
	b.wantRefusal(b.call(b.child.APIHostname, reader, "POST", "/admin/v1/integrations/"+reader.IntegrationKey,
		"reset_secret_key", "1"), 40002, "reset_secret_key")
}
