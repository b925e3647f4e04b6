package duosim

import "slices"

func adminView(d *administrator) map[string]any {
	return map[string]any{
		"admin_id": d.AdminID, "admin_units": []any{}, "created": d.Created, "email": d.Email, "hardtoken": nil,
		"last_login": d.LastLogin,
		"name":       d.Name, "password_change_required": false, "phone": textOrNull(d.Phone),
		"restricted_by_admin_units": false, "role": d.Role,
		"status": d.Status, "webauthncredentials": []any{},
	}
}

func (c *call) listAdmins() (any, *refusal) {
	admins, no := page(c, c.account.Admins, 100, 500)
	return each(admins, adminView), no
}

func (c *call) getAdmin() (any, *refusal) {
	i := slices.IndexFunc(c.account.Admins, func(d *administrator) bool { return d.AdminID == c.path["admin_id"] })
	if i < 0 {
		return nil, refuse(40401)
	}
	return adminView(c.account.Admins[i]), nil
}
