package catalog

import (
	"encoding/json"

	"duodesk/internal/duo"
)

// Facts are what came of an action, as values beside its sentence: pages and later
// steps go on with them. They are kept in the record, and none of them is a secret.
type Facts struct {
	Created  string `json:"created,omitempty"`  // Duo's id of what was created
	Replaced int    `json:"replaced,omitempty"` // bypass codes that stopped working
	Phone    string `json:"phone,omitempty"`    // name of the phone that was asked

	// Duo's ids of the users it concerned, where no field of the action says so, and
	// of the bypass codes that it created.
	Users []string `json:"users,omitempty"`
	Codes []string `json:"codes,omitempty"`
}

// mostFactIDs bounds a list of ids in the record: a phone can have any number of users.
const mostFactIDs = 100

// usersOf are the ids of the users that something in Duo belongs to.
func usersOf(users ...duo.User) Facts {
	var f Facts
	for _, u := range users[:min(len(users), mostFactIDs)] {
		if u.ID != "" {
			f.Users = append(f.Users, string(u.ID))
		}
	}
	return f
}

// Recorded returns facts as the record keeps them. Names are made fit to be shown.
func (f Facts) Recorded() json.RawMessage {
	f.Created, f.Phone = Plain(f.Created), Plain(f.Phone)
	f.Users, f.Codes = plainAll(f.Users), plainAll(f.Codes)
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // texts and numbers always have a JSON
	}
	return text
}

func plainAll(texts []string) []string {
	var plain []string
	for _, text := range texts {
		plain = append(plain, Plain(text))
	}
	return plain
}

// RecordedFacts is the inverse of Recorded. A run of an earlier version has none.
func RecordedFacts(text json.RawMessage) Facts {
	var f Facts
	if json.Unmarshal(text, &f) != nil {
		return Facts{} // kept by a later version, in another form
	}
	return f
}
