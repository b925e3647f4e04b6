package catalog

import "encoding/json"

// Facts are what came of an action, as values beside its sentence: pages and later
// steps go on with them. They are kept in the record, and none of them is a secret.
type Facts struct {
	Created  string `json:"created,omitempty"`  // Duo's id of what was created
	Replaced int    `json:"replaced,omitempty"` // bypass codes that stopped working
	Phone    string `json:"phone,omitempty"`    // name of the phone that was asked
}

// Recorded returns facts as the record keeps them. Names are made fit to be shown.
func (f Facts) Recorded() json.RawMessage {
	f.Created, f.Phone = Plain(f.Created), Plain(f.Phone)
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // two texts and a number always have a JSON
	}
	return text
}

// RecordedFacts is the inverse of Recorded. A run of an earlier version has none.
func RecordedFacts(text json.RawMessage) Facts {
	var f Facts
	if json.Unmarshal(text, &f) != nil {
		return Facts{} // kept by a later version, in another form
	}
	return f
}
