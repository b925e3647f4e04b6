package duo

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// AuthAPIType is the [Integration.Type] of applications for the Auth API.
const AuthAPIType = "authapi"

// Integration is an application of an account. Secret keys are not in it, whatever Duo's answer
// holds: [Client.IntegrationSecret] asks for one.
type Integration struct {
	Key         IntegrationKey
	Name        string
	Type        string // such as authapi, adminapi, websdk, rdp
	Notes       string
	PolicyKey   PolicyKey // the application's own policy; "" if there is none
	UserAccess  string    // NO_USERS, ALL_USERS or PERMITTED_GROUPS; "" on older versions of the API
	Groups      []GroupID // who may log in, with PERMITTED_GROUPS
	Permissions []string  // of an Admin API application: the granted ones, such as adminapi_read_log
}

var adminPermissions = []string{
	"adminapi_admins", "adminapi_info", "adminapi_integrations", "adminapi_read_log",
	"adminapi_read_resource", "adminapi_settings", "adminapi_write_resource",
}

// UnmarshalJSON reads Duo's answer.
func (i *Integration) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*i = Integration{
		Key:        IntegrationKey(o.text("integration_key")),
		Name:       o.text("name"),
		Type:       o.text("type"),
		Notes:      o.text("notes"),
		PolicyKey:  PolicyKey(o.text("policy_key")),
		UserAccess: o.text("user_access"),
	}
	if ids := o.text("groups_allowed"); ids != "" {
		for id := range strings.SplitSeq(ids, ",") {
			i.Groups = append(i.Groups, GroupID(strings.TrimSpace(id)))
		}
	} else {
		i.Groups = list[GroupID](o, "groups_allowed")
	}
	for _, permission := range adminPermissions {
		if o.flag(permission) {
			i.Permissions = append(i.Permissions, permission)
		}
	}
	return o.err
}

// IntegrationsPage returns one page of applications. Duo gives at most 500 a page. All calls for
// integrations need an application with the permission for applications.
//
// GET /admin/v2/integrations
func (c *Client) IntegrationsPage(ctx context.Context, limit, offset int) ([]Integration, Metadata, error) {
	return page[Integration](ctx, c, "/admin/v2/integrations", limit, offset)
}

// Integrations walks all applications, 500 a call. See [Client.IntegrationsPage].
func (c *Client) Integrations(ctx context.Context) iter.Seq2[Integration, error] {
	return pages[Integration](ctx, c, "/admin/v2/integrations", maxPage)
}

// Integration returns one application; an unknown key is an [*Error] with CodeNotFound.
//
// GET /admin/v2/integrations/{integration_key}
func (c *Client) Integration(ctx context.Context, key IntegrationKey) (Integration, error) {
	segment, err := segment(key)
	if err != nil {
		return Integration{}, err
	}
	integration, _, err := get[Integration](ctx, c, "/admin/v2/integrations"+segment, nil)
	return integration, err
}

// CreateAuthIntegration makes an application for the Auth API. Duo does not mind a name that exists
// already, so a repeated call makes a second one.
//
// POST /admin/v2/integrations
func (c *Client) CreateAuthIntegration(ctx context.Context, name string) (Integration, error) {
	if name == "" {
		return Integration{}, invalid(errors.New("name is empty"))
	}
	return post[Integration](ctx, c, "/admin/v2/integrations", Params{"name": name, "type": AuthAPIType})
}

// DeleteIntegration ends an application with its keys, permanently. An application cannot delete
// itself.
//
// DELETE /admin/v2/integrations/{integration_key}
func (c *Client) DeleteIntegration(ctx context.Context, key IntegrationKey) error {
	segment, err := segment(key)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v2/integrations"+segment)
}

// integrationSecret is an answer of which nothing but the key is read.
type integrationSecret Sensitive

func (s *integrationSecret) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	if *s = integrationSecret(o.text("secret_key")); *s == "" {
		return errors.New("no secret_key")
	}
	return nil
}

// IntegrationSecret returns the secret key of an application. Duo writes to the account's log that
// it was asked for.
//
// GET /admin/v1/integrations/{integration_key}/skey
func (c *Client) IntegrationSecret(ctx context.Context, key IntegrationKey) (Sensitive, error) {
	segment, err := segment(key)
	if err != nil {
		return "", err
	}
	secret, _, err := get[integrationSecret](ctx, c, "/admin/v1/integrations"+segment+"/skey", nil)
	return Sensitive(secret), err
}
