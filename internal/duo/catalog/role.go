package catalog

import "fmt"

// Role is what an operator may do in a workspace. Roles are ordered: each may do
// all that the ones before it may.
type Role int

// The roles, from least to most. The zero Role may do nothing.
const (
	Auditor Role = iota + 1
	Helpdesk
	Technician
	Administrator
	Owner
)

var roleTitles = [...]string{"", "Auditor", "Help Desk", "Technician", "Administrator", "Owner"}

// Title is the role as people read it, such as Help Desk.
func (r Role) Title() string {
	if r < 0 || int(r) >= len(roleTitles) {
		return r.String()
	}
	return roleTitles[r]
}

var roleNames = [...]string{"", "auditor", "helpdesk", "technician", "admin", "owner"}

func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return fmt.Sprintf("Role(%d)", int(r))
	}
	return roleNames[r]
}

// ParseRole is the inverse of String for the five roles; anything else is the
// zero Role, which may do nothing.
func ParseRole(name string) Role {
	for r := Auditor; r <= Owner; r++ {
		if roleNames[r] == name {
			return r
		}
	}
	return 0
}
