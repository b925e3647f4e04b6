package duosim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"time"
)

// furnish adds what came later to the estate than its people. It runs last, so that all earlier ids stay what they
// were.
func (d *demo) furnish() {
	accounts := map[string]*account{}
	for _, a := range d.sim.accounts {
		accounts[a.Name] = a // of the two bakeries the second
	}
	dental, law, logistics := accounts["Harbourlight Dental Group"], accounts["Castellano Law Offices, P.C."],
		accounts["Grand River Logistics, Inc."]
	borealis, hostile := accounts["Borealis Freight AB"], accounts["Hostile Strings <script> & Co"]
	d.administrators(d.parent, dental, law, logistics)
	d.devices(dental, logistics)
	d.contracts(accounts)

	// Borealis has an Auth API application although its keys are known to nobody outside; Müller & Söhne has none.
	d.application(borealis, AuthAPI, "Login desk")
	d.application(dental, "rdp", "Practice server (RDP)")
	d.application(dental, "ciscoradius", "VPN")
	d.application(logistics, "sso-generic", "Dispatch portal").Notes = "Moved to single sign-on in spring"
	dental.Logo = demoLogo()

	d.history(d.parent, 40, 12)
	d.history(dental, 160, 45)
	d.history(logistics, 600, 60)
	d.history(borealis, 60, 9)
	d.hostileExtras(hostile)
}

func (d *demo) administrators(parent, dental, law, logistics *account) {
	for i, one := range []struct {
		a                         *account
		name, email, role, status string
		login                     int
	}{
		{parent, "Astrid Halvorsen", "owner@northwind-it.example", "Owner", "Active", 0},
		{parent, "Devon Marchetti", "devon@northwind-it.example", "Administrator", "Active", 1},
		{parent, "Help desk", "helpdesk@northwind-it.example", "Help Desk", "Active", 0},
		{parent, "Sunita Rao", "sunita@northwind-it.example", "User Manager", "Locked Out", 9},
		{parent, "Auditor", "auditor@northwind-it.example", "Read-only", "Expired", 120},
		{dental, "Amara Okonkwo", "amara.okonkwo@harbourlight.example", "Owner", "Active", 3},
		{dental, "Billing at Harbourlight", "billing@harbourlight.example", "Billing", "Disabled", 200},
		{law, "Rosalind Castellano", "rosalind@castellano-law.example", "Owner", "Pending Activation", -1},
		{logistics, "Terrence Boone", "terrence.boone@grandriver.example", "Owner", "Active", 6},
		{logistics, "Dispatch lead", "dispatch@grandriver.example", "Security Analyst", "Active", 2},
	} {
		spec := AdminSpec{Name: one.name, Email: one.email, Role: one.role, Status: one.status,
			Phone: fmt.Sprintf("+131355501%02d", 40+i), Created: d.ago(300 + i*17)}
		if one.login >= 0 {
			spec.LastLogin = d.ago(one.login)
		}
		d.sim.addAdmin(one.a, spec)
	}
}

func (d *demo) devices(dental, logistics *account) {
	of := func(username string) []string { return []string{dental.userNamed(username).UserID} }
	secret := func() string { return hex.EncodeToString([]byte(d.sim.ids.text(letterDigits, 20))) }
	d.sim.addToken(dental, TokenSpec{Serial: "2205117", Secret: secret(), UserIDs: of("mai.nguyen")})
	d.sim.addToken(dental, TokenSpec{Serial: "2205118", Secret: secret()})
	d.sim.addToken(dental, TokenSpec{Type: "t6", Serial: "HB-0042", Secret: secret(),
		UserIDs: append(of("priya.raghunathan"), of("frontdesk")...)})
	d.sim.addToken(dental, TokenSpec{Type: "yk", Serial: "15402217", UserIDs: of("jonas.lindqvist")})
	for i, u := range logistics.Users[:36] {
		spec := TokenSpec{Serial: fmt.Sprint(3310400 + i), Secret: secret()}
		if i%4 != 3 {
			spec.UserIDs = []string{u.UserID}
		}
		d.sim.addToken(logistics, spec)
	}
	d.sim.addCredential(dental, CredentialSpec{UserID: of("amara.okonkwo")[0], Name: "YubiKey 5C",
		Label: "Security Key", Transports: []string{"usb", "nfc"}, Added: d.ago(120), LastUsed: d.ago(1)})
	d.sim.addCredential(dental, CredentialSpec{UserID: of("amara.okonkwo")[0], Name: "Amara's MacBook",
		Label: "Touch ID", Transports: []string{"internal"}, Added: d.ago(60), LastUsed: d.ago(0)})
	d.sim.addCredential(dental, CredentialSpec{UserID: of("jonas.lindqvist")[0], Name: "Blue key",
		Label: "Security Key", Transports: []string{"usb"}, Added: d.ago(15)})
	d.sim.addCredential(logistics, CredentialSpec{UserID: logistics.Users[4].UserID, Name: "Windows Hello",
		Label: "Windows Hello", Transports: []string{"internal"}, Added: d.ago(33), LastUsed: d.ago(5)})
}

// contracts differ: editions, credits, and one without calls.
func (d *demo) contracts(accounts map[string]*account) {
	for name, c := range map[string]struct {
		edition string
		credits int
	}{
		"Northwind Managed IT": {"Duo Premier", 25_000}, "Harbourlight Dental Group": {"Duo Advantage", 480},
		"Borealis Freight AB":           {"Duo Premier", 2_150},
		"Kestrel & Wren Architects LLP": {essentials, 12}, "Sunrise Bakery": {"Duo Free", 0},
		"Grand River Logistics, Inc.": {"Duo Premier", 9_400},
	} {
		accounts[name].Edition, accounts[name].TelephonyCredits = c.edition, c.credits
	}
	accounts["Okafor Physiotherapy Ltd"].NoTelephony = true
	accounts["Kestrel & Wren Architects LLP"].UserLimit = 25
}

func (d *demo) application(a *account, kind, name string) *application {
	app := d.sim.ids.application(kind, nil)
	app.Name = name
	a.Applications = append(a.Applications, app)
	return app
}

// logins that history goes round in: mostly good ones.
var pastLogins = []struct{ factor, result, reason string }{
	{"duo_push", "success", "user_approved"}, {"duo_push", "success", "user_approved"},
	{"duo_mobile_passcode", "success", "valid_passcode"},
	{"duo_push", "success", "user_approved"}, {"phone_call", "success", "user_approved"},
	{"duo_push", "denied", "no_response"},
	{"duo_push", "success", "user_approved"}, {"bypass_code", "success", "bypass_user"},
	{"passcode", "denied", "invalid_passcode"},
	{"duo_push", "success", "user_approved"}, {"hardware_token", "success", "valid_passcode"},
	{"duo_push", "denied", "user_cancelled"},
	{"duo_push", "success", "user_approved"}, {"not_available", "denied", "locked_out"},
	{"phone_call", "denied", "no_keys_pressed"},
	{"duo_push", "success", "user_approved"}, {"duo_push", "fraud", "user_marked_fraud"},
	{"duo_push", "success", "user_approved"},
}

// history fills an account's logs: logins of the last fortnight, administrators' work of the last three months.
func (d *demo) history(a *account, logins, actions int) {
	const fortnight = 14 * 24 * 60
	app := a.Applications[len(a.Applications)-1]
	for i := range logins {
		u := a.Users[i*13%len(a.Users)]
		how := pastLogins[(i*7+len(a.Users))%len(pastLogins)]
		at := d.now.Add(-time.Duration((logins-i)*fortnight/logins+i*29%11) * time.Minute)
		entry := &login{
			TxID: d.sim.ids.uuid(), At: at.UnixMilli(), UserID: u.UserID, Username: u.Username, Email: u.Email,
			IntegrationKey:  app.IntegrationKey,
			ApplicationName: app.name(), Factor: how.factor, Result: how.result, Reason: how.reason,
			Type: "authentication", IP: fmt.Sprintf("198.51.100.%d", 2+i*31%250),
		}
		for _, g := range a.groupsOf(u) {
			entry.Groups = append(entry.Groups, g.Name)
		}
		if phones := a.phonesOf(u); len(phones) > 0 && how.factor != "bypass_code" {
			entry.DeviceKey, entry.DeviceName = phones[0].PhoneID, phones[0].label()
			if how.factor == "phone_call" && phones[0].Number != "" {
				a.Logs.Charges = keep(a.Logs.Charges,
					&charge{ID: d.sim.ids.uuid(), At: at.UnixMilli(), Context: "authentication",
						Phone: phones[0].Number, Type: "phone", TxID: entry.TxID, Credits: callPrice})
			}
		}
		a.Logs.Logins = keep(a.Logs.Logins, entry)
	}
	names := []string{"user_update", "phone_create", "bypass_create", "user_create", "group_update",
		"phone_activation_code_regenerated", "user_delete", "admin_login"}
	for i := range actions {
		u := a.Users[i*7%len(a.Users)]
		made := &action{
			ID: d.sim.ids.uuid(),
			At: d.now.Add(-time.Duration((actions-i)*90*24/actions)*time.Hour - time.Duration(
				i*17%60)*time.Minute).UnixMilli(),
			Name: names[i*5%len(names)], Object: u.Username, ActorName: "API (Admin API)", ActorType: "admin_api",
		}
		if len(a.Admins) > 0 && i%3 != 0 {
			who := a.Admins[i%len(a.Admins)]
			made.ActorKey, made.ActorName, made.ActorType = who.AdminID, who.Name, "admin"
		}
		if made.Name == "user_update" {
			text, err := json.Marshal(map[string]string{"realname": u.Realname, "status": u.Status})
			if err != nil {
				panic(err) // plain text
			}
			made.Description = string(text)
		}
		a.Logs.Actions = keep(a.Logs.Actions, made)
	}
}

// hostileExtras attack with the newer fields, too.
func (d *demo) hostileExtras(a *account) {
	const script = `"><script>alert('more')</script>`
	u := a.Users[len(a.Users)-1]
	d.sim.addToken(a, TokenSpec{Type: "h6", Serial: script + "\r\nX-Evil: 1", Secret: "00",
		UserIDs: []string{u.UserID}})
	d.sim.addCredential(a, CredentialSpec{UserID: u.UserID, Name: `=cmd|' /C calc'!A0`,
		Label: `<svg/onload=alert("key")>`, Transports: []string{script}})
	d.sim.addAdmin(a, AdminSpec{Name: "\u202enimdA\u202c " + script, Email: `"><img src=x>@evil.example`, Role: script,
		Status: "javascript:alert(1)", Phone: "+1404555<b>"})
	app := d.application(a, "rdp", `{{.Secret}} ${7*7} `+script)
	app.Notes = "line one\r\nSet-Cookie: stolen=1\x00"
	d.history(a, 6, 4)
	for _, l := range a.Logs.Logins {
		l.IP, l.DeviceName, l.Reason = `<b>1.2.3.4</b>`, script, `@SUM(1+1)*cmd`
	}
	for _, e := range a.Logs.Actions {
		e.Object, e.ActorName, e.Description = script, "API ("+script+")",
			`{"realname": "</script><script>alert(2)</script>"`
	}
}

// demoLogo is a plain picture: a light square in a dark one.
func demoLogo() []byte {
	picture := image.NewPaletted(image.Rect(0, 0, 48, 48),
		color.Palette{color.RGBA{20, 80, 95, 255}, color.RGBA{214, 236, 235, 255}})
	for i := range picture.Pix {
		if x, y := i%48, i/48; x >= 14 && x < 34 && y >= 14 && y < 34 {
			picture.Pix[i] = 1
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		panic(err)
	}
	return out.Bytes()
}
