package plan

import (
	"fmt"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// users makes the steps of each user: the user, the phone, the invitation.
func (b *builder) users(p store.Plan) error {
	users, _ := Read[[]NewUser](p, UsersScreen)
	have, err := b.usersNow(len(users) > 0)
	if err != nil {
		return err
	}
	for _, u := range users {
		b.user(u, have[text.Fold(u.Username)])
	}
	return nil
}

// usersNow are the ids of the users that the account has by their folded names.
func (b *builder) usersNow(wanted bool) (map[string]string, error) {
	have := map[string]string{}
	if !wanted || !b.Organization.Mapped() {
		return have, nil
	}
	list, err := b.Users(b.ctx, b.Scope, b.Organization, true)
	for _, u := range list.Items {
		have[text.Fold(u.Username)] = string(u.ID)
	}
	return have, err
}

func (b *builder) user(u NewUser, existing string) {
	name := text.Fold(u.Username)
	person := store.PlanStep{Key: "user/" + name, Act: catalog.CreateUser, SubjectID: existing, Subject: u.Username,
		Input: given("username", u.Username, "realname", u.Realname, "email", u.Email)}
	if existing != "" {
		person.Skip = "This user already exists."
	}
	b.add(person)
	if u.Phone != "" {
		b.phone(u, person.Key, existing)
	}
	switch u.Invite {
	case InviteSMS:
		b.add(store.PlanStep{Key: "invite/" + name, Act: catalog.SendActivationSMS, Subject: u.Username,
			WaitsFor: []string{"assign/" + name},
			Input:    given("install", "true"),
			Uses:     map[string]store.Use{"phone_id": {Step: "phone/" + name, Fact: createdFact}},
			Warning:  fmt.Sprintf("An SMS is sent to %s. It costs telephony credits.", u.Phone)})
	case InviteEmail:
		b.add(store.PlanStep{Key: "invite/" + name, Act: catalog.EnrollUser, Subject: u.Username,
			WaitsFor: []string{person.Key},
			Input:    given("username", u.Username, "email", u.Email),
			Warning: fmt.Sprintf(
				"An email is sent to %s. Anyone who opens its link enrolls a device as this user.", u.Email)})
	}
}

// phone makes the steps to a user's phone. Creating and assigning are a step each: each is
// one call, so that what became of it can be read back.
func (b *builder) phone(u NewUser, person, existing string) {
	name := text.Fold(u.Username)
	b.add(store.PlanStep{Key: "phone/" + name, Act: catalog.CreatePhone, Subject: u.Username,
		WaitsFor: []string{person}, Input: given("number", u.Phone, "type", "mobile", "platform",
			"generic smartphone")})
	assign := store.PlanStep{Key: "assign/" + name, Act: catalog.AssignPhone, Subject: u.Username,
		WaitsFor: []string{"phone/" + name},
		Input:    given("user_id", existing),
		Uses:     map[string]store.Use{"phone_id": {Step: "phone/" + name, Fact: createdFact}}}
	if existing == "" {
		assign.Uses["user_id"] = store.Use{Step: person, Fact: createdFact}
	}
	b.add(assign)
}

// given are the values that are not empty.
func given(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}
