package catalog

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Named are all texts with which values could name a person or a thing of Duo's:
// what was submitted, line by line, and of a generic call the parts of its path
// and every text in its parameters, those of inner calls too.
func (a Action) Named(in Values) []string {
	var texts []string
	if a.Kind == Generic {
		c, fault := callOf(in)
		if fault != nil {
			return nil // nothing is sent
		}
		texts = strings.Split(c.path, "/")
		for _, value := range c.params {
			texts = append(texts, textsIn(value, deepestText)...)
		}
		return texts
	}
	for _, text := range in.given {
		for line := range strings.Lines(text) {
			texts = append(texts, strings.TrimSpace(line))
		}
	}
	return texts
}

// deepestText is how deep texts are looked for within texts that are JSON.
const deepestText = 8

// textsIn are the texts of a value. A text can be JSON that Duo reads as such, or
// a path.
func textsIn(value any, deep int) []string {
	if deep == 0 {
		return nil
	}
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
		if strings.Contains(v, "/") {
			texts = append(texts, strings.Split(v, "/")...)
		}
		if strings.Contains(v, ",") {
			texts = append(texts, strings.Split(v, ",")...)
		}
		var inner any
		if json.Unmarshal([]byte(v), &inner) == nil && !isText(inner, v) {
			texts = append(texts, textsIn(inner, deep-1)...)
		}
	case []string:
		for _, item := range v {
			texts = append(texts, textsIn(item, deep-1)...)
		}
	case []any:
		for _, item := range v {
			texts = append(texts, textsIn(item, deep-1)...)
		}
	case map[string]any:
		for _, member := range v {
			texts = append(texts, textsIn(member, deep-1)...)
		}
	}
	return texts
}

func isText(value any, text string) bool {
	same, ok := value.(string)
	return ok && same == text
}

// TakesAway reports whether an action with these values can only take access away
// from a person: to disable a user, to move one to the trash, or to delete a
// bypass code. To take a phone or a token away is none of these: a user who has
// none left may be asked to enroll one at the next login, and so may an attacker who knows the password.
func (a Action) TakesAway(in Values) bool {
	switch a.Slug {
	case DeleteUser:
		return in.given["permanent"] != "true"
	case UpdateUser:
		for name, text := range in.given {
			if name != "user_id" && (name != "status" || text != "disabled") {
				return false
			}
		}
		return in.given["status"] == "disabled"
	}
	return a.OnlyTakesAway()
}

// OnlyTakesAway reports whether the action takes access away with any values.
func (a Action) OnlyTakesAway() bool { return a.Slug == DeleteBypassCode }

// authPath asks a person through Duo, unless a passcode is given.
const authPath = "/auth/v2/auth"

// Asked is the person that an action with these values asks through Duo: by Duo's id, or by a
// username; both are empty where nobody is asked.
func (a Action) Asked(in Values) (id, username string) {
	if a.Follow != nil {
		return in.given["user_id"], in.given["username"]
	}
	return "", ""
}

// AsksAPerson reports whether the action with these values asks a person through
// Duo, on a device of theirs. A generic call never does: see checkCall.
func (a Action) AsksAPerson(in Values) bool {
	return a.Follow != nil && in.given["factor"] != "passcode"
}

const asksAPerson = "This asks a person on a device. Use Verify Caller or Send Duo Authentication: they follow the answer, and a report of fraud counts."

// asksAPerson reports whether a generic call would.
func (c call) asksAPerson() bool {
	return c.method == http.MethodPost && (strings.HasSuffix(c.path, "/send_verification_push") ||
		c.path == authPath && c.params["factor"] != "passcode")
}

// ChangesGroup reports whether the action may change what a group does to all of
// its members.
func (a Action) ChangesGroup() bool {
	return a.Kind == Generic || slices.Contains([]string{ModifyGroup, DeleteGroup}, a.Slug)
}
