package catalog

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"duodesk/internal/duo"
)

// ReadBack finds out by reading whether a change was made whose answer was lost.
// Both functions return names of Duo's fields with their values, or names of
// relations with yes or no. An action without it leaves nothing to compare: what
// it makes is secret, or reaches a person.
type ReadBack struct {
	// Look reads what the action is about to change, or has changed. An empty map
	// says that the object cannot be told apart from others.
	Look func(context.Context, *duo.Client, Values) (map[string]string, error)
	// Sent returns what Look finds once exactly this change was made, given what it
	// found before.
	Sent func(in Values, before map[string]string) map[string]string
	// Object names the field that says which object it is; empty: the account as a
	// whole.
	Object string
	// Created returns Duo's id of what the action created, found by reading and not by
	// its answer; empty: it is not there, or cannot be told from what was there before.
	// Nil: the action creates nothing that later steps use.
	Created func(ctx context.Context, d *duo.Client, in Values, before map[string]string) (id string, err error)
	// After does what the action does once its change is made, where that must not be
	// left out: it ends a bypass that the change brought about. It may be repeated; nil:
	// there is nothing to do. It says what it did, beside an error too.
	After func(context.Context, *duo.Client, Values) (said string, err error)
}

// Rivals are the actions that can bring about what another one asks for, and raw
// those of them that name an object anywhere in their fields.
func Rivals() (slugs, raw []string) {
	for _, a := range all {
		switch {
		case a.Kind == Generic:
			raw = append(raw, a.Slug)
		case a.ReadBack == nil && !a.makesUsers():
			continue
		}
		slugs = append(slugs, a.Slug)
	}
	return slugs, raw
}

// makesUsers reports whether an action that is not read back can make a user, or
// change one as a directory has it.
func (a Action) makesUsers() bool {
	return slices.Contains([]string{EnrollUser, AuthEnrollUser, SynchronizeUser}, a.Slug)
}

// Named are the texts by which a rival of an action with these values names what it
// is about: the object, and what else has a part in it, which is gone for the
// object, too, once it is deleted.
func (b *ReadBack) Named(a Action, in Values) (names []string) {
	if b.Object == "" {
		return nil
	}
	for _, f := range a.Fields {
		spec := f.Spec()
		if text := in.given[spec.Name]; text != "" && (spec.Name == b.Object || spec.Kind == "id") {
			names = append(names, text)
		}
	}
	return names
}

// Contests reports whether another run, which names one of the texts of Named, can
// have brought about what the action with these values asked for.
func (b *ReadBack) Contests(a Action, in Values, other string, given map[string]string) bool {
	rival, known := Lookup(other)
	theirs := Recalled(given)
	about := b.Object == "" || slices.ContainsFunc(slices.Collect(maps.Values(given)),
		func(text string) bool { return strings.EqualFold(text, in.given[b.Object]) })
	switch {
	case !known || rival.Kind == Generic, b.Object != "" && strings.HasPrefix(other, "delete-"):
		return true
	case !about:
		return false
	case rival.Slug == a.Slug, rival.ReadBack == nil:
		return true
	}
	sent := rival.ReadBack.Sent(theirs, nil)
	for name, want := range b.Sent(in, nil) {
		if value, same := sent[name]; same && sameFact(name, value, want) {
			return true
		}
	}
	return false
}

// Finding is what a comparison showed.
type Finding string

// The findings. Unclear is all that is neither: then nothing is concluded.
const (
	Made    Finding = "made"     // exactly what was sent is there, and was not before
	NotMade Finding = "not made" // what was there before is there, and would not be after
	Unclear Finding = "unclear"
)

// The names of relations and of existence.
const (
	factExists = "exists"
	factTrash  = "in_trash"
	factPhone  = "has_phone"
	factToken  = "has_token"
	factGroup  = "in_group"
	factCount  = "accounts"
)

var factLabels = map[string]string{
	factExists: "In Duo", factTrash: "Pending Deletion", factPhone: "User has the phone",
	factToken: "User has the token", factGroup: "User is in the group",
	factCount: "Accounts with this name", "edition": "Edition",
}

// folded are the fields whose letter case Duo changes.
var folded = []string{"username", "aliases", "status", "type", "platform", "edition"}

func sameFact(name, a, b string) bool {
	return a == b || slices.Contains(folded, name) && strings.EqualFold(a, b)
}

// Compare judges what was found now against what was sent and what the run
// recorded before, and says in words what it compared. It is the same for all
// actions, so that no kind concludes from less than another.
func (b *ReadBack) Compare(a Action, in Values, before, now map[string]string) (Finding, string) {
	sent := b.Sent(in, before)
	if len(sent) == 0 || len(before) == 0 || len(now) == 0 {
		return Unclear, "The earlier values are not on record, so nothing can be compared."
	}
	made, unmade, differs := true, true, false
	var names []string
	for name, want := range sent {
		was, known := before[name]
		if !known && before[factExists] != no {
			return Unclear, "The earlier values are not on record, so nothing can be compared."
		}
		made = made && sameFact(name, now[name], want)
		unmade = unmade && sameFact(name, now[name], was)
		if !sameFact(name, was, want) {
			differs = true
			names = append(names, name)
		}
	}
	slices.Sort(names)
	switch {
	case !differs:
		return Unclear, "Every value was already as sent, so nothing can be compared."
	case made:
		return Made, a.factWords(names, before, now)
	case unmade:
		return NotMade, a.factWords(names, before, now)
	}
	return Unclear, "The values in Duo now are neither those sent nor the earlier ones: " +
		a.factWords(names, before, now)
}

// Holds judges whether what was sent is in Duo now, whatever was there before: for a
// change that Duo said it made.
func (b *ReadBack) Holds(a Action, in Values, before, now map[string]string) (Finding, string) {
	sent := b.Sent(in, before)
	if len(sent) == 0 || len(now) == 0 {
		return Unclear, "Nothing can be compared."
	}
	var differs []string
	for name, want := range sent {
		if !sameFact(name, now[name], want) {
			differs = append(differs, name)
		}
	}
	if len(differs) == 0 {
		return Made, ""
	}
	slices.Sort(differs)
	return NotMade, a.factWords(differs, sent, now)
}

// factWords says of a few fields what they are now and were before.
func (a Action) factWords(names []string, before, now map[string]string) string {
	const most = 3
	var words []string
	for _, name := range names {
		label := factLabels[name]
		for _, f := range a.Fields {
			if spec := f.Spec(); spec.Name == name {
				label = spec.Label
			}
		}
		is, was := cmp.Or(now[name], "empty"), cmp.Or(before[name], "empty")
		if sameFact(name, is, was) {
			words = append(words, cmp.Or(label, name)+": "+is+", as before")
		} else {
			words = append(words, cmp.Or(label, name)+": "+is+", was "+was)
		}
	}
	rest := ""
	if len(words) > most {
		rest = "; and " + counted(len(words)-most, "field more", "fields more")
		words = words[:most]
	}
	return Plain(strings.Join(words, "; ")) + rest + "."
}

const (
	yes = "yes"
	no  = "no"
)

func yesOrNo(is bool) string {
	if is {
		return yes
	}
	return no
}

// existing turns "Duo knows no such object" into an answer.
func existing(facts map[string]string, err error) (map[string]string, error) {
	var refused *duo.Error
	if errors.As(err, &refused) && refused.Code == duo.CodeNotFound {
		return map[string]string{factExists: no}, nil
	}
	if err != nil {
		return nil, err
	}
	facts[factExists] = yes
	return facts, nil
}

// given returns the submitted values of some fields; with full only those that
// are not empty.
func given(in Values, full bool, names ...string) map[string]string {
	sent := map[string]string{}
	for _, name := range names {
		if text, ok := in.given[name]; ok && (text != "" || !full) {
			sent[name] = text
		}
	}
	return sent
}

// always is a Sent that depends on nothing.
func always(name, value string) func(Values, map[string]string) map[string]string {
	return func(Values, map[string]string) map[string]string { return map[string]string{name: value} }
}

// readBacks are the actions whose effect can be read back, by their slugs. Never
// on this list: bypass codes, activations, and what is sent to a person.
var readBacks = map[string]*ReadBack{
	CreateUser: {Look: lookNewUser, Sent: sentNewUser, Object: "username", After: afterCreatedUser,
		Created: createdUser},
	UpdateUser:  {Look: lookUser, Sent: sentUser, Object: "user_id"},
	UnlockUser:  {Look: lookUser, Sent: always("status", "active"), Object: "user_id"},
	RestoreUser: {Look: lookTrash, Sent: always(factTrash, no), Object: "user_id", After: afterRestored},
	DeleteUser:  {Look: lookDeletedUser, Sent: sentDeletedUser, Object: "user_id"},

	AssignPhone:   {Look: lookPhoneOfUser, Sent: always(factPhone, yes), Object: "phone_id"},
	UnassignPhone: {Look: lookPhoneOfUser, Sent: always(factPhone, no), Object: "phone_id"},
	CreatePhone:   {Look: lookNewPhone, Sent: sentNewPhone, Object: "number", Created: createdPhone},
	ModifyPhone:   {Look: lookPhone, Sent: sentPhone, Object: "phone_id"},
	DeletePhone:   {Look: lookPhone, Sent: always(factExists, no), Object: "phone_id"},

	AssociateGroup:    {Look: lookGroupOfUser, Sent: always(factGroup, yes), Object: "user_id"},
	DisassociateGroup: {Look: lookGroupOfUser, Sent: always(factGroup, no), Object: "user_id"},
	"create-group":    {Look: lookNewGroup, Sent: sentNewGroup, Object: "name"},
	ModifyGroup:       {Look: lookGroup, Sent: sentGroup, Object: "group_id"},
	DeleteGroup:       {Look: lookGroup, Sent: always(factExists, no), Object: "group_id"},

	"assign-hardware-token-to-user":      {Look: lookTokenOfUser, Sent: always(factToken, yes), Object: "token_id"},
	"un-assign-hardware-token-from-user": {Look: lookTokenOfUser, Sent: always(factToken, no), Object: "token_id"},
	"delete-hardware-token":              {Look: lookToken, Sent: always(factExists, no), Object: "token_id"},
	"delete-webauthn-credential":         {Look: lookCredential, Sent: always(factExists, no), Object: "webauthnkey"},

	UpdateSettings:   {Look: lookSettings, Sent: sentSettings, Object: ""},
	"set-edition":    {Look: lookEdition, Sent: sentEdition, Object: ""},
	SetCredits:       {Look: lookCredits, Sent: sentCredits, Object: ""},
	CreateAccount:    {Look: lookAccountsNamed, Sent: sentAccountMore, Object: "name", Created: createdAccount},
	"delete-account": {Look: lookAccount, Sent: always(factExists, no), Object: "account_id"},
}
