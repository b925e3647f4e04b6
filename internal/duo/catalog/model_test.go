package catalog_test

import (
	"slices"
	"strings"

	"duodesk/internal/duo/catalog"
)

// The model is one account with two victims, a service account, at most one new user and a group.
// From each start it makes every call that a help desk and a technician have, with every name in
// play, from every distinct state that such calls lead to: see explore. Whatever the calls, the login
// names that pass without a second factor never become more.

// The names in play. Duo tells no letter cases apart.
var modelNames = []string{"ceo", "cfo", "svc", "spare"}

// nameSet is a set of the names in play, by their places.
type nameSet uint8

func (n nameSet) has(i int) bool { return n&(1<<i) != 0 }

func (n nameSet) list() []string {
	var names []string
	for i, name := range modelNames {
		if n.has(i) {
			names = append(names, name)
		}
	}
	return names
}

func nameSetOf(names ...string) (set nameSet) {
	for _, name := range names {
		set |= 1 << slices.Index(modelNames, strings.ToLower(name))
	}
	return set
}

// word is a status of a user or a group, by its place in words.
type word uint8

var words = []string{"", "active", "bypass", "disabled", "locked out", "pending deletion"}

const (
	none word = iota
	active
	bypass
	disabled
	lockedOut
	trashed
)

func wordOf(text string) word { return word(slices.Index(words, strings.ToLower(text))) }

func (w word) String() string { return words[w] }

// person is a user. The zero person does not exist.
type person struct {
	name    nameSet // one name
	aliases nameSet
	status  word
	hidden  word // by the trash
	member  bool

	// What the record has of the move to the trash; none if the console did not do it.
	pastStatus, pastGroup word
}

func (p person) names() nameSet { return p.name | p.aliases }

// The people of a state, by their places.
const (
	victim = iota
	second
	service
	created
)

// modelState is a state of the account. Values that are equal are the same state.
type modelState struct {
	group  word
	people [4]person
}

// taken are the names that others than the one at a place have.
func (s modelState) taken(at int) (names nameSet) {
	for i, p := range s.people {
		if i != at {
			names |= p.names()
		}
	}
	return names
}

// A way is a way of looking at who passes.
type way struct {
	name     string
	group    word // an administrator gave the group this status; none: nobody did
	untrash  bool // everybody came back from the trash, with what they had
	ownFirst bool // a member who is disabled or locked out is so in every group
}

var ways = func() (all []way) {
	for _, group := range []word{none, active, bypass, disabled} {
		for _, untrash := range []bool{false, true} {
			for _, ownFirst := range []bool{false, true} {
				w := way{group: group, untrash: untrash, ownFirst: ownFirst}
				if w.name = "as it is"; group != none {
					w.name = "with the group " + group.String()
				}
				if untrash {
					w.name += ", out of the trash"
				}
				if ownFirst {
					w.name += ", by a member's own status first"
				}
				all = append(all, w)
			}
		}
	}
	return all
}()

// passes are the names that Duo lets in without a second factor.
func (s modelState) passes(w way) (names nameSet) {
	for _, p := range s.people {
		if s.inForce(p, w) == bypass {
			names |= p.names()
		}
	}
	return names
}

// inForce is the status that counts at a login of a person, as the simulator has it unless the way of
// looking is another.
func (s modelState) inForce(p person, w way) word {
	group, own := s.group, p.status
	if w.group != none {
		group = w.group
	}
	if own == trashed && w.untrash {
		own = p.hidden
	}
	switch {
	case own == trashed, own == lockedOut, own == disabled && w.ownFirst, !p.member, group == active:
		return own
	}
	return group
}

// grown is a name that passes after a call and did not before, with the way of looking. An Active
// group is changed by technicians as they like, so what an administrator would make of it is compared
// for the others alone.
func grown(before, after modelState) string {
	for _, w := range ways {
		if w.group != none && before.group == active {
			continue
		}
		if more := after.passes(w) &^ before.passes(w); more != 0 {
			return strings.Join(more.list(), " and ") + " (" + w.name + ")"
		}
	}
	return ""
}

// modelStarts are what the service account, which may be in the trash, begins as.
func modelStarts() (starts []modelState) {
	for _, start := range []struct {
		status, group word
	}{
		{active, none}, {bypass, none}, {bypass, disabled}, {active, bypass}, {lockedOut, none}, {disabled, none},
		{disabled, bypass}, {lockedOut, bypass}, {active, disabled}, {bypass, bypass},
	} {
		s := modelState{group: active}
		s.people[victim], s.people[second] = person{name: 1 << 0, status: active}, person{name: 1 << 1, status: active}
		s.people[service] = person{name: 1 << 2, status: start.status, member: start.group != none}
		if start.group != none {
			s.group = start.group
		}
		starts = append(starts, s)
		s.people[service].status, s.people[service].hidden = trashed, start.status
		starts = append(starts, s)
	}
	return starts
}

// modelCall is one call with its arguments. at is the place of the user it is about, -1 without one.
type modelCall struct {
	role  catalog.Role
	slug  string
	at    int
	form  string // name=value, by &
	names nameSet
}

// callsFrom are all calls from a state, for each user and the group, but for those that Duo refuses
// since a name is taken. Refusals that no state decides on are asked for once, from the starts.
func callsFrom(s modelState, start bool) (calls []modelCall) {
	add := func(at int, slug string, names nameSet, pairs ...string) {
		if names&s.taken(at) == 0 || start {
			calls = append(calls, modelCall{catalog.Technician, slug, at, strings.Join(pairs, "&"), names})
		}
	}
	for at, p := range s.people {
		if p.name == 0 {
			continue
		}
		statuses := []string{""}
		if p.status != active {
			statuses = append(statuses, "status=active", "status=disabled")
		}
		for i, name := range modelNames {
			spellings := []string{name}
			if start {
				spellings = append(spellings, strings.ToUpper(name))
			}
			for _, spelled := range spellings {
				for _, status := range statuses {
					add(at, "update-user", 1<<i, "username="+spelled, status)
					add(at, "update-user", 1<<i, "aliases="+spelled, status)
				}
			}
		}
		add(at, "update-user", 0b11, "aliases=ceo\ncfo")
		add(at, "update-user", 0, "aliases=")
		for _, status := range []string{"active", "disabled", "bypass"} {
			add(at, "update-user", 0, "status="+status)
		}
		for _, status := range []string{"active", "disabled", "bypass"} {
			add(at, "associate-group-with-user", 0, "group_status="+status)
		}
		add(at, "disassociate-group-from-user", 0)
		add(at, "delete-user", 0)
		add(at, "delete-user", 0, "permanent=true", "confirm="+strings.Join(p.name.list(), ""))
		add(at, "restore-user", 0)
		add(at, "unlock-user", 0)
	}
	for _, status := range []string{"active", "bypass", "disabled"} {
		add(-1, "modify-group", 0, "status="+status)
	}
	add(-1, "modify-group", 0, "name=Other")
	add(-1, "delete-group", 0)
	if s.people[created].name == 0 {
		for i, name := range modelNames {
			add(created, "create-user", 1<<i, "username="+name)
			add(created, "create-user", 1<<i, "username="+name, "status=disabled")
			add(created, "create-user", 1<<i, "username="+name, "status=bypass")
			add(created, "enroll-user", 1<<i, "username="+name, "email=x@client.example")
		}
		add(created, "create-user", 0b11, "username=ceo", "aliases=cfo")
	}
	for i := range calls {
		if calls[i].slug == "unlock-user" {
			calls[i].role = catalog.Helpdesk
		}
	}
	return calls
}
