package duosim

import (
	"cmp"
	"slices"
	"strings"
)

// integrationTypes are those that the simulator makes; Duo has about two hundred. An Accounts API application can only
// be made in the Admin Panel.
var integrationTypes = map[string]string{
	AdminAPI: "Admin API", AuthAPI: "Auth API", "websdk": "Web SDK", "rdp": "Microsoft RDP",
	"rdweb": "Microsoft RD Web", "ciscoradius": "Cisco RADIUS VPN",
	"sso-generic": "Generic SAML Service Provider", "sso-oidc-generic": "Generic OIDC Relying Party",
	"netscaler-web":            "Citrix NetScaler",
	"device-management-portal": "Device Management Portal",
}

var userAccess = []string{"NO_USERS", "ALL_USERS", "PERMITTED_GROUPS"}

func (app *application) name() string {
	if app.Type == AccountsAPI {
		return cmp.Or(app.Name, "Accounts API")
	}
	return cmp.Or(app.Name, integrationTypes[app.Type])
}

// integrationView holds the members that all versions share.
func integrationView(app *application) map[string]any {
	groups := app.GroupsAllowed
	if groups == nil {
		groups = []string{}
	}
	view := map[string]any{
		"enroll_policy": "", "groups_allowed": groups, "integration_key": app.IntegrationKey, "name": app.name(),
		"networks_for_api_access": "",
		"notes":                   app.Notes, "self_service_allowed": false, "type": app.Type,
		"username_normalization_policy": "None",
		"visual_style":                  "default",
	}
	if app.Type == AdminAPI {
		for _, grant := range AllGrants {
			view[string(grant)] = 0
			if slices.Contains(app.Grants, grant) {
				view[string(grant)] = 1
			}
		}
	}
	return view
}

// integrationV1 is the oldest form, which shows the secret key to callers that may read it.
func integrationV1(app *application) map[string]any {
	view := integrationView(app)
	view["secret_key"] = app.SecretKey
	return view
}

func integrationV3(app *application) map[string]any {
	view := integrationView(app)
	view["user_access"] = cmp.Or(app.UserAccess, "ALL_USERS")
	view["policy_key"], view["prompt_v4_enabled"],
		view["frameless_auth_prompt_enabled"] = textOrNull(app.PolicyKey), 0, 0
	return view
}

// integrationForm is the view of the version in the path.
func (c *call) integrationForm() func(*application) map[string]any {
	switch {
	case strings.HasPrefix(c.req.path, "/admin/v1/"):
		return integrationV1
	case strings.HasPrefix(c.req.path, "/admin/v2/"):
		return integrationView
	}
	return integrationV3
}

func (c *call) integration() (*application, *refusal) {
	app := c.account.application(c.path["integration_key"])
	if app == nil {
		return nil, refuse(40401)
	}
	return app, nil
}

func (c *call) listIntegrations() (any, *refusal) {
	apps, no := page(c, c.account.Applications, 100, 500)
	return each(apps, c.integrationForm()), no
}

func (c *call) getIntegration() (any, *refusal) {
	app, no := c.integration()
	if no != nil {
		return nil, no
	}
	return c.integrationForm()(app), nil
}

// createIntegration makes an application. Only version 1 answers with its secret key; after the others it is fetched.
func (c *call) createIntegration() (any, *refusal) {
	if _, no := c.required("name"); no != nil {
		return nil, no
	}
	kind, no := c.required("type")
	if no != nil {
		return nil, no
	}
	if integrationTypes[kind] == "" {
		return nil, refuse(40002, "type")
	}
	app := c.sim.ids.application(kind, nil)
	if strings.HasPrefix(c.req.path, "/admin/v3/") {
		app.UserAccess = "NO_USERS"
	}
	if no := c.applyIntegrationParams(app); no != nil {
		return nil, no
	}
	c.account.Applications = append(c.account.Applications, app)
	c.record(app.name())
	return c.integrationForm()(app), nil
}

// modifyIntegration may roll the secret key, but not that of the caller itself.
func (c *call) modifyIntegration() (any, *refusal) {
	app, no := c.integration()
	if no != nil {
		return nil, no
	}
	changed := *app
	if no := c.applyIntegrationParams(&changed); no != nil {
		return nil, no
	}
	roll, no := c.boolean("reset_secret_key", false)
	if no != nil || roll && app == c.app {
		return nil, refuse(40002, "reset_secret_key")
	}
	if roll {
		changed.SecretKey = c.sim.ids.text(letterDigits, secretLength)
	}
	*app = changed
	c.record(app.name())
	return c.integrationForm()(app), nil
}

func (c *call) applyIntegrationParams(app *application) *refusal {
	if c.given("name") {
		if app.Name = strings.TrimSpace(c.param("name")); app.Name == "" {
			return refuse(40002, "name")
		}
	}
	if c.given("notes") {
		app.Notes = c.param("notes")
	}
	if no := c.choose("user_access", userAccess, &app.UserAccess); no != nil {
		return no
	}
	if c.given("groups_allowed") {
		app.GroupsAllowed = nil
		for _, id := range strings.FieldsFunc(c.param("groups_allowed"),
			func(r rune) bool { return r == ',' || r == ' ' }) {
			if c.account.group(id) == nil {
				return refuse(40002, "groups_allowed")
			}
			app.GroupsAllowed = append(app.GroupsAllowed, id)
		}
	}
	for _, grant := range AllGrants {
		if !c.given(string(grant)) {
			continue
		}
		on, no := c.boolean(string(grant), false)
		if no != nil {
			return no
		}
		app.Grants = slices.DeleteFunc(slices.Clone(app.Grants), func(g Grant) bool { return g == grant })
		if on {
			app.Grants = append(app.Grants, grant)
		}
	}
	return nil
}

// deleteIntegration refuses to delete the caller; with which code Duo does is not known.
func (c *call) deleteIntegration() (any, *refusal) {
	app, no := c.integration()
	if no != nil {
		return "", nil
	}
	if app == c.app {
		return nil, refuse(40301)
	}
	c.account.Applications = slices.DeleteFunc(c.account.Applications,
		func(other *application) bool { return other == app })
	c.record(app.name())
	return "", nil
}

// showSecretKey is a reading call that Duo logs all the same.
func (c *call) showSecretKey() (any, *refusal) {
	app, no := c.integration()
	if no != nil {
		return nil, no
	}
	c.logAction("integration_skey_view", app.name(), nil)
	return map[string]any{"secret_key": app.SecretKey}, nil
}
