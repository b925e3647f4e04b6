package main

import (
	"testing"

	"duodesk/internal/duo/duosim"
)

// The settings of a client, its telephony credits, a log, somebody enrolled and
// several people read again from the directory, by clicking; then the same pages
// in a narrow window, without scripts, in the dark.
func TestSettingsAndAccount(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	dental := d.organization("harbourlight-dental-group")
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	settingsByClicking(d, p, dental)
	creditsByClicking(p, dental)
	enrollByClicking(p, dental)
	syncByClicking(d, p, dental)

	narrow := newPage(t, pageOptions{Width: 390, Height: 844, Dark: true, NoJS: true})
	d.signIn(narrow)
	narrow.open(dental + "/settings")
	narrow.contains("Lockout and Fraud", "Help desk")
	narrow.fitsWidth()
	narrow.snap("narrow-settings")
	narrow.fill("[name=lockout_expire_duration]", "4")
	narrow.follow(".settings .buttons button")
	narrow.contains("1 field needs a change")
	narrow.fitsWidth()
	narrow.snap("narrow-settings-refused")
	narrow.fill("[name=lockout_expire_duration]", "30")
	narrow.fill("[name=lockout_threshold]", "9")
	narrow.follow(".settings .buttons button")
	narrow.contains("9 failed attempts")
	narrow.fitsWidth()
	narrow.snap("narrow-settings-review")
	narrow.open(dental + "/actions/read-activity-log")
	narrow.follow(".sheet .buttons button")
	narrow.contains("Read ")
	narrow.fitsWidth()
	narrow.snap("narrow-log")
	narrow.open(dental + "/actions/synchronize-users")
	narrow.fitsWidth()
	narrow.snap("narrow-sync")
	narrow.open(dental + "/actions/set-telephony-credits")
	narrow.fitsWidth()
	narrow.snap("narrow-credits")
	narrow.open(dental + "/users")
	narrow.fitsWidth()
	narrow.snap("narrow-users-acts")
}

func settingsByClicking(d *desk, p *page, dental string) {
	p.t.Helper()
	p.open(dental)
	p.follow(".tabs a[href$='/settings']")
	p.axe()
	p.snap("settings")
	p.fill("[name=lockout_expire_duration]", "4")
	p.choose("[name=helpdesk_bypass]", "limit")
	p.follow(".settings .buttons button")
	p.contains("1 field needs a change", "or 0")
	p.axe()
	p.snap("settings-refused")
	p.fill("[name=lockout_expire_duration]", "30")
	p.follow(".settings .buttons button")
	p.contains("Give a number of minutes")
	p.fill("[name=helpdesk_bypass_expiration]", "60")
	p.click("[name=sms_refresh][value=true]")
	p.follow(".settings .buttons button")
	p.contains("Review changes to the settings", "30 minutes", "Allowed, with an expiration")
	p.axe()
	p.snap("settings-review")
	p.follow(".sheet .buttons button")
	d.confirms(p) // the help desk may give bypasses from here on
	p.contains("Changed 4 settings.")
	if got := p.value("[name=lockout_expire_duration]"); got != "30" {
		p.fatalf("the page shows %q afterwards", got)
	}
	p.snap("settings-saved")
	p.open(dental + "/actions/retrieve-settings")
	p.follow(".sheet .buttons button")
	p.contains("Lockout threshold", "30 minutes")
	p.snap("settings-read")
}

func creditsByClicking(p *page, dental string) {
	p.t.Helper()
	p.open(dental + "/actions/set-telephony-credits")
	p.contains("This account", "Your own account")
	p.axe()
	p.snap("credits")
	p.fill("[name=credits]", "900")
	p.follow(".sheet .buttons button")
	p.contains("900 afterwards")
	p.axe()
	p.snap("credits-asked")
	p.follow(".sheet .buttons button")
	p.contains("Set the telephony credits from")
	p.axe()
	p.snap("credits-result")
	p.open(dental + "/actions/read-activity-log")
	p.snap("log-form")
	p.follow(".sheet .buttons button")
	p.contains("customer update")
	p.axe()
	p.snap("log")
}

func enrollByClicking(p *page, dental string) {
	p.t.Helper()
	p.open(dental + "/users")
	p.snap("users-acts")
	p.follow("main a[href$='/actions/enroll-user']")
	p.fill("[name=username]", "nora.new")
	p.fill("[name=email]", "nora@harbourlight.example")
	p.follow(".sheet .buttons button")
	p.contains("An email is sent now.")
	p.snap("enroll-asked")
	p.follow(".sheet .buttons button")
	p.contains("Enrollment code", "The user was created.")
	p.axe()
	p.snap("enroll-result")
}

func syncByClicking(d *desk, p *page, dental string) {
	p.t.Helper()
	key := ""
	for _, a := range d.sim.Accounts() {
		if a.Name == "Harbourlight Dental Group" {
			key = d.sim.AddDirectory(a.AccountID, duosim.DirectorySpec{Name: "Entra",
				People: []duosim.Person{{Username: "amara.okonkwo", Email: "amara@harbourlight.example"},
					{Username: "olga.new"}}})
		}
	}
	p.open(dental + "/connection")
	p.fill("[name=directory_name]", "Entra ID")
	p.fill("[name=directory_key]", key)
	p.follow("form[action$='/connection/directories'] button")
	p.open(dental + "/actions/synchronize-users")
	p.axe()
	p.snap("sync")
	p.fill("[name=usernames]", "amara.okonkwo\nnobody.there\nolga.new")
	p.follow(".sheet .buttons button")
	p.contains("Review", "amara.okonkwo", "olga.new")
	p.axe()
	p.follow(".buttons button.primary")
	d.confirms(p)
	p.waitText("main", "Synchronized user olga.new: created.")
	p.contains("its directory has no user with this username", "changed")
	p.axe()
	p.snap("sync-result")
}
