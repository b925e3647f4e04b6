package plan

import (
	"encoding/csv"
	"fmt"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/text"
)

// How a new user is invited.
const (
	InviteNone  = "none"
	InviteSMS   = "sms"   // with a link that activates Duo Mobile
	InviteEmail = "email" // with a link to enroll
)

// MostUsers is how many users one plan can make.
const MostUsers = 50

// NewUser is one user to be made.
type NewUser struct {
	Username string `json:"username"`
	Realname string `json:"realname,omitempty"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Invite   string `json:"invite"`
}

// LineFault is what is wrong with a line of users, counted from 1.
type LineFault struct {
	Line    int
	Message string
}

// ParseUsers reads users line by line: username, full name, email, phone, and how the
// user is invited, between commas, semicolons or tabs. All but the username may be empty;
// invite counts where a line does not say it. Each value is checked by the field of the
// action that sends it.
func ParseUsers(typed, invite string) (users []NewUser, bad []LineFault) {
	names, numbers := map[string]int{}, map[string]int{}
	for i, line := range strings.Split(strings.ReplaceAll(typed, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		u, faults := parseUser(line, invite)
		if before := names[text.Fold(u.Username)]; before > 0 && u.Username != "" {
			faults = append(faults, fmt.Sprintf("“%s” is listed twice, first in line %d.", u.Username, before))
		}
		if before := numbers[u.Phone]; before > 0 && u.Phone != "" {
			faults = append(faults, fmt.Sprintf("This phone is listed twice, first in line %d.", before))
		}
		names[text.Fold(u.Username)], numbers[u.Phone] = i+1, i+1
		for _, f := range faults {
			bad = append(bad, LineFault{i + 1, f})
		}
		users = append(users, u)
	}
	if len(users) > MostUsers {
		bad = append(bad, LineFault{0, fmt.Sprintf("%d users are listed; the limit is %d.", len(users), MostUsers)})
	}
	return users, bad
}

func parseUser(line, invite string) (u NewUser, faults []string) {
	cells, err := cellsOf(line)
	if err != nil {
		return u, []string{"A quotation mark is not closed."}
	}
	if len(cells) > 5 {
		return u, []string{"There are more than five values."}
	}
	for len(cells) < 5 {
		cells = append(cells, "")
	}
	person, bad := parsed(catalog.CreateUser, "username", cells[0], "realname", cells[1], "email", cells[2])
	faults = append(faults, bad...)
	u = NewUser{Username: person["username"], Realname: person["realname"], Email: person["email"], Invite: invite}
	if strings.TrimSpace(cells[3]) != "" {
		phone, bad := parsed(catalog.CreatePhone, "number", cells[3], "type", "mobile")
		faults, u.Phone = append(faults, bad...), phone["number"]
	}
	if own := strings.ToLower(text.Line(cells[4])); own != "" {
		u.Invite = strings.ReplaceAll(own, "-", "")
	}
	switch {
	case u.Invite == InviteSMS && strings.TrimSpace(cells[3]) == "":
		faults = append(faults, "An SMS needs a phone.")
	case u.Invite == InviteEmail && strings.TrimSpace(cells[2]) == "":
		faults = append(faults, "An enrollment email needs an email address.")
	case u.Invite != InviteNone && u.Invite != InviteSMS && u.Invite != InviteEmail:
		faults = append(faults, "The invitation must be none, sms or email.")
	}
	return u, faults
}

// cellsOf takes a line apart at the first kind of separator that it has.
func cellsOf(line string) ([]string, error) {
	separator := ','
	for _, other := range []rune{'\t', ';'} {
		if strings.ContainsRune(line, other) {
			separator = other
			break
		}
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.TrimLeadingSpace, r.FieldsPerRecord = separator, separator != '\t', -1
	return r.Read()
}

// parsed checks values by the fields of an action, and returns them as they are sent.
func parsed(slug string, pairs ...string) (map[string]string, []string) {
	action, _ := catalog.Lookup(slug)
	typed := given(pairs...)
	in, bad := action.Parse(func(name string) (string, bool) { value, has := typed[name]; return value, has })
	var faults []string
	for _, f := range bad {
		label := f.Field
		for _, field := range action.Fields {
			if field.Spec().Name == f.Field {
				label = field.Spec().Label
			}
		}
		faults = append(faults, label+": "+f.Message)
	}
	return in.Given(action), faults
}

// Lines are users as ParseUsers reads them.
func Lines(users []NewUser) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	for _, u := range users {
		_ = w.Write([]string{u.Username, u.Realname, u.Email, u.Phone, u.Invite}) // a Builder takes all
	}
	w.Flush()
	return b.String()
}
