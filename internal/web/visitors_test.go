package web

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// visitorCase is somebody who tries every address.
type visitorCase struct {
	name     string
	role     catalog.Role // zero: not signed in
	sees     []string     // canaries of the organizations that the membership holds
	whole    bool
	foreign  bool // belongs to the other workspace only
	gone     bool // belongs to no workspace any more
	over     bool // has a session that is worth nothing any more
	both     bool // is an owner of the other workspace besides
	program  bool // asks with an access token, made by token, and without a session
	token    func(*testing.T, *fleet, store.Operator) string
	pages    bool // tries pages too
	operator func(*testing.T, *fleet) store.Operator
	after    func(*testing.T, *fleet, store.Operator) // what happens once they have signed in
}

func visitors() []visitorCase {
	member := func(role catalog.Role) visitorCase {
		return visitorCase{name: role.String(), role: role, whole: true, sees: []string{"CANARY-near", "CANARY-far"},
			operator: func(t *testing.T, e *fleet) store.Operator { return e.Member(t, e.Workspace, role) }}
	}
	scoped := func(role catalog.Role) visitorCase {
		return visitorCase{name: role.String() + " of the far organization", role: role, sees: []string{"CANARY-far"},
			operator: func(t *testing.T, e *fleet) store.Operator {
				return e.Member(t, e.Workspace, role, e.far.org.ID)
			}}
	}
	return []visitorCase{
		{name: "stranger"},
		member(catalog.Auditor), member(catalog.Helpdesk), member(catalog.Technician), member(catalog.Administrator),
		member(catalog.Owner),
		scoped(catalog.Technician), scoped(catalog.Administrator),
		{name: "owner of the other workspace", role: catalog.Owner, whole: true, foreign: true,
			sees:     []string{"CANARY-foreign"},
			operator: func(_ *testing.T, e *fleet) store.Operator { return e.otherOwner }},
	}
}

// target is what stands in the slots of an address, by the slot's name.
type target struct {
	slots map[string]string
	of    *tenant // whose things the query and the form name
}

func targetOf(n *tenant) target {
	return target{of: n, slots: map[string]string{"ws": n.workspace.Slug, "org": n.org.Slug, "user": n.user,
		"phone": n.phone, "run": n.run, "directory": n.directoryID, "operator": n.member.ID.String(),
		"invitation": n.invitation.String(),
		"plan":       n.plan, "workplan": n.workplan}}
}

// nowhere has, for the slots whose values have a shape, one of that shape that
// names nothing.
var nowhere = map[string]string{"user": "DUNOWHERE00000000000", "phone": "DPNOWHERE00000000000",
	"run": "00000000-0000-4000-8000-000000000000", "directory": "00000000-0000-4000-8000-000000000000",
	"operator": "00000000-0000-4000-8000-000000000000", "invitation": "00000000-0000-4000-8000-000000000000",
	"plan": "00000000-0000-4000-8000-000000000000", "workplan": "00000000-0000-4000-8000-000000000000"}

var slotName = regexp.MustCompile(`:(\w+)`)

// slotsOf are the slots of a path that name things; which API or action is meant
// is asked for on its own.
func slotsOf(path string) []string {
	var names []string
	for _, m := range slotName.FindAllStringSubmatch(path, -1) {
		if m[1] != "api" && m[1] != "action" {
			names = append(names, m[1])
		}
	}
	return names
}

// alike has, for the slots that name a thing, another slot whose values have the
// same shape.
var alike = map[string]string{"ws": "org", "org": "ws", "user": "phone", "phone": "user", "run": "directory",
	"directory": "run", "operator": "invitation", "invitation": "operator",
	"plan": "workplan", "workplan": "plan"}

// oddity is how much that is malformed or of another kind is asked about.
type oddity int

const (
	nothingOdd oddity = iota
	someOdd
	everythingOdd
)

// targets puts into each slot of a path what is near, what is another's, what is
// not there, and what is of another kind.
func (e *fleet) targets(path string, odd oddity) []target {
	near, far, foreign := targetOf(&e.near), targetOf(&e.far), targetOf(&e.foreign)
	all := []target{near}
	slots := slotsOf(path)
	if len(slots) == 0 {
		return all
	}
	junk := []string{"..%2f" + e.near.org.Slug, "%00", "%27%22%3E%3Cscript%3E", strings.Repeat("a", 300), "%ff%fe",
		"%252e%252e"}
	switch odd {
	case nothingOdd:
		junk = nil
	case someOdd:
		junk = junk[:2]
	}
	all = append(all, foreign)
	if len(slots) > 2 {
		all = append(all, far)
	}
	for _, slot := range slots {
		others := append([]string{far.slots[slot], foreign.slots[slot], cmp.Or(nowhere[slot], "nowhere")}, junk...)
		if odd != nothingOdd {
			others = append(others, near.slots[alike[slot]], near.slots["operator"])
		}
		for _, value := range others {
			if value != near.slots[slot] {
				at := target{slots: maps.Clone(near.slots), of: near.of}
				at.slots[slot] = value
				// What a form names lies where the address leads.
				switch {
				case (slot == "org" || slot == "workplan") && value == far.slots[slot]:
					at.of = far.of
				case slot == "ws" && value == foreign.slots[slot]:
					at.of = foreign.of
				}
				all = append(all, at)
			}
		}
	}
	return all
}

// expect is what the answer must be, told from the estate alone. slot names what
// of the address does not exist for this visitor.
func (e *fleet) expect(v visitorCase, method string, r knownRoute, path string, at target) (status int, slot string) {
	seen := map[string]tenant{e.near.canary: e.near, e.far.canary: e.far, e.foreign.canary: e.foreign}
	maps.DeleteFunc(seen, func(canary string, _ tenant) bool { return !slices.Contains(v.sees, canary) })
	home := e.Workspace.Slug
	if v.both && at.slots["ws"] == e.foreign.workspace.Slug {
		v.role, v.foreign = catalog.Owner, true
	}
	if v.foreign {
		home = e.foreign.workspace.Slug
	}
	switch {
	case r.waiting && method == http.MethodGet:
		return http.StatusSeeOther, ""
	case r.waiting:
		return http.StatusUnauthorized, ""
	case r.token && !v.program && (v.role != 0 || v.operator != nil):
		return http.StatusBadRequest, "" // a session
	case r.token && (!v.program || v.gone):
		return http.StatusUnauthorized, ""
	case v.program && !r.token:
		v.role, v.program = 0, false // a token opens no page
		return e.expect(v, method, r, path, at)
	case r.public && v.role != 0 && r.signedIn != 0:
		return r.signedIn, ""
	case r.public:
		return r.ok, ""
	case v.role == 0 && method == http.MethodGet:
		return http.StatusSeeOther, ""
	case v.role == 0:
		return http.StatusUnauthorized, ""
	case (v.gone || v.both) && path == "/":
		return http.StatusOK, "" // there is no one place to send them to
	case !strings.Contains(path, ":ws"):
		return r.ok, ""
	case v.gone, at.slots["ws"] != home:
		return http.StatusNotFound, "workspace"
	case v.role < r.least, r.whole && !v.whole:
		return http.StatusNotFound, "role"
	}
	slots := slotsOf(path)[1:]
	if len(slots) == 0 {
		return r.ok, ""
	}
	for _, n := range seen {
		own := targetOf(&n).slots
		if own["ws"] != at.slots["ws"] || own[slots[0]] != at.slots[slots[0]] {
			continue
		}
		for _, slot := range slots[1:] {
			if own[slot] != at.slots[slot] {
				return http.StatusNotFound, slot
			}
		}
		return r.ok, ""
	}
	return http.StatusNotFound, slots[0]
}
