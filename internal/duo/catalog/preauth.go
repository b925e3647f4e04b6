package catalog

import (
	"cmp"
	"context"
	"net/netip"
	"strings"

	"duodesk/internal/duo"
)

var preauthColumns = []Column{{"display_name", "Device", ""}, {"type", "Kind", ""}, {"capabilities", "Can", ""},
	{"sms_nextcode", "Next SMS passcode begins with", ""}, {"device", "Device id", Mono}}

func preauthRow(d duo.AuthDevice) []string {
	return []string{cmp.Or(d.DisplayName, d.Name, d.Number), d.Type, strings.Join(d.Capabilities, ", "),
		d.NextSMSCode, d.ID}
}

func preauthUser() Action {
	address := Text{Name: "ipaddr", Label: "IP address",
		Help: "The address that the person logs in from, for network policies.", Max: 45, Pattern: addressPattern}
	host := Text{Name: "hostname", Label: "Host name", Help: "The device that the person logs in from."}
	trusted := Text{Name: "trusted_device_token", Label: "Token of a trusted device",
		Help: "From an earlier authentication.", Max: 4096, Secret: true}
	return Action{
		Slug: "preauth-user", Title: "Preauthenticate User", Category: authCategory,
		Help: "Checks what a user has to do to log in, and with which devices. Nothing is sent.",
		API:  Auth, Call: "POST /auth/v2/preauth", Kind: Read, Role: Helpdesk,
		Fields: []Field{userID, address, host, trusted},
		Check: func(in Values) []FieldError {
			if text := address.Of(in); text != "" {
				if _, err := netip.ParseAddr(text); err != nil {
					return []FieldError{{Field: address.Name,
						Message: "This is not an IP address, such as 198.51.100.7."}}
				}
			}
			return nil
		},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			from := duo.AccessDevice{Hostname: host.Of(in), TrustedDeviceToken: duo.Sensitive(trusted.Of(in))}
			if text := address.Of(in); text != "" {
				from.Address = netip.MustParseAddr(text)
			}
			id := userID.Of(in)
			answer, err := d.Preauth(ctx, duo.AuthUser{ID: duo.UserID(id)}, from)
			if err != nil {
				return Result{Subject: id}, err
			}
			r := Result{Subject: id, Summary: preauthWords(answer)}
			if len(answer.Devices) > 0 {
				r.Table = tableOf("devices", preauthColumns, preauthRow, answer.Devices, duo.Metadata{})
			}
			return r, nil
		},
	}
}

// preauthWords says what a user would have to do. The link to enroll is not in
// it: an enrollment email goes to the person.
func preauthWords(p duo.Preauth) string {
	said := ""
	if p.Message != "" {
		said = " Duo says: " + strings.TrimSuffix(p.Message, ".") + "."
	}
	switch p.Result {
	case duo.PreauthAuth:
		return "The user is asked for the second factor, with " + counted(len(p.Devices), "device", "devices") +
			" to choose from." + said
	case duo.PreauthAllow:
		return "The user logs in without a second factor, because of the status or a policy." + said
	case duo.PreauthEnroll:
		return "The user has to enroll a device first. Send an enrollment email." + said
	case duo.PreauthDeny:
		return "The user cannot log in." + said
	}
	return "The user cannot log in: Duo says " + string(p.Result) + "." + said
}
