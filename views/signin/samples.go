package signin

import (
	"fmt"
	"slices"
	"strings"

	"duodesk/views"
	"duodesk/views/sample"
)

const (
	sampleEmail = "ana@northwind.example"
	wrongCode   = "This code is wrong. Codes change every 30 seconds; check that the phone's clock is right."
)

// hostileEmail has no place to break and means harm.
var hostileEmail = strings.Repeat("wide", 40) + `"><b>` + "\u202e@northwind.example"

// Samples are the pages of second factors in the states that they can be in.
func Samples() []sample.Sample {
	return slices.Concat(signInSamples(), signOnSamples(), setupSamples(), accountSamples())
}

func signInSamples() []sample.Sample {
	alone := sample.AloneShell()
	whole := SecondFactorPage{Email: sampleEmail, Passkey: true, App: true, RecoveryCodes: true}
	refused, spent := whole, whole
	refused.Problem = wrongCode
	spent.Recovery, spent.Problem = true, "This recovery code is wrong or was used already."
	asked, approved := whole, whole
	asked.Lost = Lost{Asked: true, Workspaces: []LostIn{{Name: "Northwind IT", Asked: true, Approved: true},
		{Name: sample.Hostile.Name, Asked: true}, {Name: "Joined since"}}}
	approved.Lost = Lost{Asked: true, Approved: true, Workspaces: []LostIn{{Name: "Northwind IT", Asked: true,
		Approved: true}}}
	return []sample.Sample{
		{Name: "second-factor-lost", Shell: alone, Page: asked},
		{Name: "second-factor-approved", Shell: alone, Page: approved},
		{Name: "second-factor", Shell: alone, Page: whole},
		{Name: "second-factor-refused", Shell: alone, Page: refused},
		{Name: "second-factor-recovery-refused", Shell: alone, Page: spent},
		{Name: "second-factor-app", Shell: alone, Page: SecondFactorPage{Email: hostileEmail, App: true}},
		{Name: "second-factor-passkey", Shell: alone, Page: SecondFactorPage{Email: sampleEmail, Passkey: true,
			RecoveryCodes: true, Problem: "This passkey belongs to another site."}},
		{Name: "second-factor-none-here", Shell: alone, Page: SecondFactorPage{Email: sampleEmail,
			RecoveryCodes: true}},
	}
}

func setupSamples() []sample.Sample {
	alone, until := sample.AloneShell(), sample.Tomorrow
	app := AppPage{Challenge: "c2FtcGxl", Action: views.FirstFactorAppCode(), Cancel: views.FirstFactor(), Alone: true,
		Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", QR: sampleQR()}
	refused, own := app, app
	refused.Code.Error, refused.Name.Value, refused.QR = wrongCode, sample.Hostile.Name[:60], views.QR{}
	own.Alone, own.Action, own.Cancel = false, views.NewAppCode(), views.Factors()
	var codes []string
	for i := range 10 {
		codes = append(codes, fmt.Sprintf("%d7kq-m2xw-9fjt-4hp%d", i, i))
	}
	return []sample.Sample{
		{Name: "first-factor", Shell: alone, Page: FirstFactorPage{Email: sampleEmail, Passkeys: true}},
		{Name: "first-factor-grace", Shell: alone, Page: FirstFactorPage{Email: hostileEmail, Until: &until}},
		{Name: "first-factor-refused", Shell: alone, Page: FirstFactorPage{Email: sampleEmail, Passkeys: true,
			Until: &until, Problem: "This passkey is set up already."}},
		{Name: "app-setup", Shell: alone, Page: app},
		{Name: "app-setup-refused", Shell: alone, Page: refused},
		{Name: "app-setup-account", Shell: sample.AccountShell(), Page: own},
		{Name: "recovery-codes", Shell: alone, Page: RecoveryCodesPage{Codes: codes, Next: "/", Alone: true}},
		{Name: "recovery-codes-account", Shell: sample.AccountShell(),
			Page: RecoveryCodesPage{Codes: codes, Next: views.Factors()}},
	}
}

func accountSamples() []sample.Sample {
	signedIn, until := sample.AccountShell(), sample.Tomorrow
	rows := []FactorRow{
		{ID: "f1", Name: "MacBook", Kind: "passkey", Made: sample.LastWeek, Used: sample.MinutesAgo, This: true},
		{ID: "f2", Name: "Work phone", Kind: "totp", Made: sample.LongAgo, Used: sample.LastWeek},
		{ID: "f3", Name: sample.Hostile.Name[:60], Kind: "passkey", Made: sample.LongAgo},
	}
	var ten []FactorRow
	for i := range 10 {
		row := rows[i%3]
		row.ID, row.This = fmt.Sprintf("f%d", i), i == 0
		if i%3 == 1 {
			row.Name = strings.Repeat("Longname", 7)
		}
		row.Name += fmt.Sprint(i)
		ten = append(ten, row)
	}
	return []sample.Sample{
		{Name: "factors", Shell: signedIn, Page: FactorsPage{Factors: rows, RecoveryCodes: 8, Passkeys: true}},
		{Name: "factors-fresh", Shell: signedIn, Page: FactorsPage{Factors: ten[:4], RecoveryCodes: 1, Passkeys: true,
			Said: "added"}},
		{Name: "factors-full", Shell: signedIn, Page: FactorsPage{Factors: ten, RecoveryCodes: 10, Passkeys: true,
			Full: true}},
		{Name: "factors-last", Shell: signedIn, Page: FactorsPage{Factors: rows[:1], Passkeys: true,
			Problem: "This is your last second factor. Set up another one before you remove it."}},
		{Name: "factors-none", Shell: signedIn, Page: FactorsPage{Until: &until}},
		{Name: "factors-wanted", Shell: signedIn, Page: FactorsPage{Wanted: true}},
		{Name: "proof-recent", Shell: signedIn, Page: views.ProofPage{Act: "Create User", Passkey: true, App: true,
			Back: "/w/northwind", Action: "/w/northwind/o/acme-dental/actions/create-user?proof=1", Token: "t"}},
		{Name: "proof-act", Shell: signedIn, Page: views.ProofPage{Act: "Delete User", Once: true, App: true,
			Back: "/w/northwind", Action: "/w/northwind/o/acme-dental/actions/delete-user?proof=1", Token: "t"}},
		{Name: "proof-refused", Shell: signedIn, Page: views.ProofPage{Act: "Delete User", Once: true, App: true,
			Back: "/w/northwind", Action: "/w/northwind/o/acme-dental/actions/delete-user?proof=1", Token: "t",
			Problem: wrongCode}},
		{Name: "proof-passkey", Shell: signedIn, Page: views.ProofPage{Act: "Delete User", Once: true, Passkey: true,
			Back: "/w/northwind", Action: "/w/northwind/o/acme-dental/actions/delete-user?proof=1", Token: "t",
			Problem: "This took longer than 2 minutes. Start again."}},
		{Name: "proof-sign-on", Shell: signedIn, Page: views.ProofPage{Act: "Delete User", Once: true, App: true,
			Back: "/w/northwind", Action: "/w/northwind/o/acme-dental/actions/delete-user?proof=1", Token: "t",
			SignOn: "/w/northwind/proof?form=t"}},
		{Name: "proof-signed-on", Shell: signedIn, Page: views.ProofPage{Act: "Delete User", Once: true, App: true,
			Back: "/w/northwind", Action: "/w/northwind/o/acme-dental/actions/delete-user?proof=1", Token: "t",
			SignOn: "/w/northwind/proof?form=t", SignedOn: "s"}},
		{Name: "proof-none", Shell: signedIn, Page: views.ProofPage{Act: "Create User", Back: "/w/northwind",
			Action: "/w/northwind/o/acme-dental/actions/create-user?proof=1", Token: "t"}},
	}
}

// sampleQR looks like a QR code and encodes nothing.
func sampleQR() views.QR {
	const size = 45
	var path strings.Builder
	for y := range size {
		for x := range size {
			if (x*x+y*y*3+x*y)%5 < 2 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	return views.QR{Size: size + 8, Path: path.String()}
}
