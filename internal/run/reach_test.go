package run_test

import (
	"errors"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// TestWhatNoDeviceCanGetIsNotSent: a push, a call or an SMS that no device can get is refused in
// words before Duo is asked to send it.
func TestWhatNoDeviceCanGetIsNotSent(t *testing.T) {
	t.Parallel()
	d, user, _ := asked(t)
	add := func(name string, phones ...duosim.PhoneSpec) (id string, of []string) {
		id = d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: name})
		for _, p := range phones {
			p.UserIDs = []string{id}
			of = append(of, d.Sim.AddPhone(d.Account.AccountID, p))
		}
		return id, of
	}
	landline := duosim.PhoneSpec{Number: "+442079460123", Type: "Landline"}
	tablet := duosim.PhoneSpec{Name: "Tablet", Type: "Mobile", Platform: "Apple iOS", Activated: true}
	mobile := duosim.PhoneSpec{Number: "+442079460177", Type: "Mobile"}
	desk, desks := add("desk", landline)
	pad, pads := add("pad", tablet)
	both, boths := add("both", landline, tablet, mobile)
	twin, twins := add("twin", duosim.PhoneSpec{Number: "+442079460144", Type: "Landline"},
		duosim.PhoneSpec{Number: "+12025550144", Type: "Mobile"})
	none, _ := add("none")
	const auth = "send-duo-authentication"
	for name, test := range map[string]struct {
		slug, field, words string
		form               form
	}{
		"a push without a device": {auth, "user_id", "no device of this user",
			form{"user_id": none, "factor": "push"}},
		"a push by name": {auth, "username", "no device of a user with this name",
			form{"username": "none", "factor": "auto"}},
		"a push to nobody": {auth, "username", "no device of a user with this name",
			form{"username": "nobody.at.all", "factor": "push"}},
		"a push to a landline": {auth, "factor", "no device that can get a push",
			form{"user_id": desk, "factor": "push"}},
		"a push to the landline of two": {auth, "device", "not a device that can get a push",
			form{"user_id": both, "factor": "push", "device": boths[0]}},
		"a push to a phone of another": {auth, "device",
			"No phone of this user has this id. Enter auto, or one of these ids: " + boths[0] + " (",
			form{"user_id": both, "factor": "push", "device": desks[0]}},
		"a push to a name": {auth, "device", "Enter the id of the phone: " + boths[1] + " (Tablet",
			form{"user_id": both, "factor": "push", "device": "tablet\u200b"}},
		"a push to a number": {auth, "device", "Enter the id of the phone: " + boths[2] + " (",
			form{"user_id": both, "factor": "push", "device": "+44 20 7946 0177"}},
		"a push to a number of two": {auth, "device", "2 phones match; enter the id of one: " + twins[0] + " (",
			form{"user_id": twin, "factor": "push", "device": "020 7946 0144"}},
		"a push to a number of nobody": {auth, "device", "No phone of this user has this id. Enter auto",
			form{"user_id": both, "factor": "push", "device": "+44 20 7946 0199"}},
		"a push to an app that is not": {auth, "device", "not a device that can get a push",
			form{"user_id": both, "factor": "push", "device": strings.ToLower(boths[2])}},
		"a call to a tablet": {auth, "factor", "no device that can be called",
			form{"user_id": pad, "factor": "phone"}},
		"passcodes to a landline": {auth, "factor", "no device that can get passcodes by SMS",
			form{"user_id": desk, "factor": "sms"}},
		"an SMS to a landline": {"send-passcode-by-sms", "phone_id", "landline", form{"phone_id": desks[0]}},
		"an SMS to a tablet":   {"send-passcode-by-sms", "phone_id", "no number", form{"phone_id": pads[0]}},
		"an installation to a landline": {"send-installation-by-sms", "phone_id", "landline",
			form{"phone_id": desks[0]}},
		"an activation to a landline": {"send-activation-by-sms", "phone_id", "landline",
			form{"phone_id": boths[0]}},
		"a verification to an unused app": {"verify-caller", "phone_id", "not activated",
			form{"user_id": both, "phone_id": boths[2]}},
	} {
		q := d.Request(t, catalog.Owner, test.slug, test.form)
		_, err := d.Do(t, q)
		fault, is := errors.AsType[*catalog.FieldError](err)
		if !is || fault.Field != test.field || !strings.Contains(fault.Message, test.words) || fault.Refused {
			t.Errorf("%s: %v", name, err)
		}
		if got := d.Record(t, q.ID); got.State != store.Refused || !strings.Contains(got.Summary, test.words) {
			t.Errorf("%s: the record says %+v", name, got)
		}
	}
	if sent := d.Sim.Ledger(); len(sent) != 0 {
		t.Errorf("sent: %+v", sent)
	}
	// What a device can get is sent; whether the user is let in is not our decision.
	for name, fields := range map[string]form{
		"a push": {"user_id": user, "factor": "push"}, "a call to a landline": {"user_id": desk, "factor": "phone"},
		"the best of a tablet":            {"user_id": pad},
		"the first that can, in capitals": {"user_id": user, "factor": "push", "device": "AUTO"},
		"its id in small letters":         {"user_id": both, "factor": "push", "device": strings.ToLower(boths[1])},
		"the right one of two":            {"user_id": both, "factor": "push", "device": boths[1]},
		"passcodes to the mobile":         {"user_id": both, "factor": "sms"},
		"a user who is let in": {"user_id": d.Sim.AddUser(d.Account.AccountID,
			duosim.UserSpec{Username: "vip", Status: duosim.Bypass}), "factor": "push"},
	} {
		if _, err := d.Do(t, d.Request(t, catalog.Owner, auth, fields)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
