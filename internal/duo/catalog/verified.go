package catalog

import (
	"context"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"duodesk/internal/duo"
)

// A link that activates Duo Mobile gives a lasting second factor. A help desk
// passes one on only to a caller who has just proven to be the user, with a
// device that was theirs before the call.
const (
	VerifiedFor    = 15 * time.Minute
	activatedSince = 24 * time.Hour
)

// MustBeVerified refuses a help desk the activation of a phone with a *RoleError,
// unless each user of it has just been verified by the record that in recalls.
func MustBeVerified(ctx context.Context, d *duo.Client, in Values, phone duo.Phone) error {
	if in.role >= Technician {
		return nil
	}
	if len(phone.Users) == 0 {
		return &RoleError{Technician, "this phone is not assigned to a user, so no user can be verified for it."}
	}
	for _, u := range phone.Users {
		past, err := in.verified(ctx, u.ID)
		if err != nil {
			return err
		}
		if why := whyNotVerified(ctx, d, past, u.ID); why != "" {
			return &RoleError{Technician, Plain(u.Username) + " " + why +
				". With Help Desk, verify the caller first, on a phone that was activated over a day ago."}
		}
	}
	return nil
}

func whyNotVerified(ctx context.Context, d *duo.Client, past *Past, user duo.UserID) string {
	if past == nil || past.Answer != Approved || past.To.IsZero() || past.Now.Sub(past.To) > VerifiedFor {
		return "did not approve a verification in the last " + Duration(VerifiedFor)
	}
	phone, err := d.Phone(ctx, duo.PhoneID(past.Input[phoneID.Name]))
	switch {
	case err != nil:
		return "approved a verification on a phone that cannot be read now"
	case !phone.Activated || !slices.ContainsFunc(phone.Users, func(u duo.User) bool { return u.ID == user }):
		return "approved a verification on a phone that is no longer activated for this user"
	case phone.LastActivated.IsZero():
		return "approved a verification on a phone whose activation time Duo does not say"
	case past.Now.Sub(phone.LastActivated) <= activatedSince:
		return "approved a verification on a phone that was activated less than a day ago"
	}
	return ""
}

var links = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S+`)

// leadsToDuo reports whether every link in a text leads to the domain of the API
// host that made it: who opens one that does not would enroll elsewhere.
func leadsToDuo(host, text string) bool {
	_, domain, _ := strings.Cut(host, ".")
	ours := func(host string) bool { return domain != "" && strings.HasSuffix(strings.ToLower(host), "."+domain) }
	for _, link := range links.FindAllString(text, -1) {
		u, err := url.Parse(link)
		switch {
		case err != nil:
			return false
		case u.Scheme == "duo":
			_, encoded, _ := strings.Cut(u.Host, "-")
			if named, err := base64.RawURLEncoding.DecodeString(encoded); err != nil || !ours(string(named)) {
				return false
			}
		case u.Scheme != "https" || u.User != nil || u.Port() != "" || !ours(u.Hostname()):
			return false
		}
	}
	return true
}

// onlyDuos takes the secrets out of a result, and says so, if one of them holds a
// link that does not lead to Duo.
func onlyDuos(d *duo.Client, r Result) Result {
	for _, secret := range r.Secrets {
		if !leadsToDuo(d.Host(), secret.Value) {
			r.Secrets = nil
			r.Summary += " It is not shown: it does not lead to Duo."
			return r
		}
	}
	return r
}
