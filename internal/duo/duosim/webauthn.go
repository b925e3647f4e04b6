package duosim

import "slices"

func (a *account) credentialsOf(u *user) []*credential {
	return slices.DeleteFunc(slices.Clone(a.Credentials), func(k *credential) bool { return k.UserID != u.UserID })
}

// userCredentialView is the credential as it stands inside a user.
func userCredentialView(k *credential) map[string]any {
	return map[string]any{"credential_name": k.Name, "date_added": k.Added, "label": k.Label, "webauthnkey": k.Key}
}

func (a *account) credentialView(k *credential) map[string]any {
	view := userCredentialView(k)
	transports := k.Transports
	if transports == nil {
		transports = []string{}
	}
	for name, value := range map[string]any{
		"aaguid": k.AAGUID, "admin": nil, "backup_eligible": false, "backup_status": false,
		"credential_id": "cred-" + k.Key, "date_last_used": k.LastUsed,
		"passwordless_authorized": true, "registered_as": "roaming", "transports": transports, "user": nil,
		"uv_capable": true,
	} {
		view[name] = value
	}
	if slices.Contains(k.Transports, "internal") {
		view["registered_as"] = "platform"
	}
	if u := a.user(k.UserID); u != nil {
		view["user"] = a.reducedView(u)
	}
	return view
}

func (c *call) credential() (*credential, *refusal) {
	i := slices.IndexFunc(c.account.Credentials, func(k *credential) bool { return k.Key == c.path["webauthnkey"] })
	if i < 0 {
		return nil, refuse(40401)
	}
	return c.account.Credentials[i], nil
}

func (c *call) listCredentials() (any, *refusal) {
	found, no := page(c, c.account.Credentials, 100, 500)
	return each(found, c.account.credentialView), no
}

func (c *call) getCredential() (any, *refusal) {
	k, no := c.credential()
	if no != nil {
		return nil, no
	}
	return c.account.credentialView(k), nil
}

func (c *call) deleteCredential() (any, *refusal) {
	k, no := c.credential()
	if no != nil {
		return "", nil
	}
	c.account.Credentials = slices.DeleteFunc(c.account.Credentials, func(other *credential) bool { return other == k })
	c.record(k.Name)
	return "", nil
}

func (c *call) listUserCredentials() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	found, no := page(c, c.account.credentialsOf(u), 100, 500)
	return each(found, userCredentialView), no
}
