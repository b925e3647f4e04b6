package duo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// An account can ignore a parameter that it does not know, and a proxy can answer from
// another request. So each answer is compared with its question, here and for all calls:
//
//   - An object that was asked for by id has to have this id, and an answer that names again what a parameter
//     named has to name the same.
//   - What a user has has to be this user's, where Duo says whose it is.
//   - Rows of a list that a filter does not choose are left out. What Duo left out itself is then
//     not known, unless the list is whole, so a list with such rows that may have more pages is an
//     error: "nobody has this name" would be a guess.
//   - Logs are read to their end by cursor, so there events are left out and the reading goes on.

// question is what a request asks for by id or by a filter.
type question struct {
	member string // of the answered object, such as user_id; "" if none is asked for by id
	id     string
	needed bool      // an answer without the member is none
	again  []matches // what parameters named, of an answer that is an object
	rows   []matches
	whole  bool // a row that does not match spoils the answer: it is about another user
	most   int  // rows of an answer without metadata: one with fewer is all there is; 0: not known
}

// matches reports whether a row is one that was asked for.
type matches func(row *object) bool

// objects names the member with the id of an object, by the word before the id in paths.
var objects = map[string]string{
	"users": "user_id", "phones": "phone_id", "groups": "group_id", "tokens": "token_id",
	"webauthncredentials": "webauthnkey", "bypass_codes": "bypass_code_id", "admins": "admin_id",
	"integrations": "integration_key", "policies": "policy_key",
	"administrative_units": "admin_unit_id", "endpoints": "epkey", "desktop_authenticators": "dakey",
}

// repeated are the parameters of readings that name one thing, and that an answer may have as a member.
var repeated = []string{
	"push_id", "txid", "user_id", "phone_id", "group_id", "token_id", "webauthnkey", "bypass_code_id", "admin_id",
	"integration_key", "policy_key",
}

// filters are the parameters that choose rows of a list, by the end of its path. A parameter that is
// repeated asks for any of its values.
var filters = map[string]map[string]func(asked []string) matches{
	"users": {
		"username":      named,
		"username_list": func(asked []string) matches { return named(listed(asked)) },
		"email":         func(asked []string) matches { return having(SameName, asked, "email") },
		"user_id_list":  func(asked []string) matches { return having(same, listed(asked), "user_id") },
	},
	"phones": {
		"number":    func(asked []string) matches { return having(sameNumber, asked, "number") },
		"extension": func(asked []string) matches { return having(sameTrimmed, asked, "extension") },
	},
	"groups": {"group_id_list": func(asked []string) matches { return having(same, listed(asked), "group_id") }},
	"tokens": {
		"type":   func(asked []string) matches { return having(sameTrimmed, asked, "type") },
		"serial": func(asked []string) matches { return having(sameTrimmed, asked, "serial") },
	},
	"administrative_units": {
		"admin_id":        func(asked []string) matches { return holding("admins", "admin_id", asked) },
		"group_id":        func(asked []string) matches { return holding("groups", "group_id", asked) },
		"integration_key": func(asked []string) matches { return holding("integrations", "integration_key", asked) },
	},
	"logs": {
		"mintime": func(asked []string) matches {
			return within(asked, func(at, edge time.Time) bool { return !at.Before(edge) })
		},
		"maxtime": func(asked []string) matches {
			return within(asked, func(at, edge time.Time) bool { return !at.After(edge) })
		},
		"users":        func(asked []string) matches { return having(same, asked, "user", "key") },
		"applications": func(asked []string) matches { return having(same, asked, "application", "key") },
		"results":      func(asked []string) matches { return having(sameTrimmed, asked, "result") },
		"reasons":      func(asked []string) matches { return having(sameTrimmed, asked, "reason") },
		"factors":      func(asked []string) matches { return having(sameTrimmed, asked, "factor") },
		"event_types":  func(asked []string) matches { return having(sameTrimmed, asked, "event_type") },
	},
}

// oldLogFilters choose events of a log of version 1.
var oldLogFilters = map[string]func(asked []string) matches{"mintime": notBefore}

// These filters are not compared, because the rows do not say, or we do not know how they say, what
// was asked for:
//
//   - groups and phone_numbers of the authentication log: events have the names of groups instead of
//     their ids, and numbers only within the names of devices.
//   - registration_id, token_id, webauthnkey, assessment and detections of the authentication log: Duo
//     does not document which member of an event they choose by.
//   - mintime, maxtime and type of Trust Monitor: an event has several times, and a type of another name.
//   - mintime and maxtime of counts, such as info/telephony_credits_used: the answer has no rows.
//   - device, username and user_id of the Auth API: only an enrollment's answer says whose it is.

func questionOf(r Request) question {
	q := byPath(r)
	switch {
	case r.Method == http.MethodGet:
		for _, name := range repeated {
			if asked, err := paramTexts(r.Params[name]); err == nil && len(asked) == 1 && asked[0] != "" {
				q.again = append(q.again, havingIfAny(same, asked, name))
			}
		}
	case r.Method == http.MethodPost && makesUser[r.Path]:
		if asked, is := r.Params["username"].(string); is && asked != "" {
			q.again = append(q.again, havingIfAny(sameLogin, []string{asked}, "username"))
		}
	case r.Method == http.MethodPost && r.Path == "/admin/v1/users/bulk_create":
		q.rows, q.whole = []matches{havingIfAny(sameLogin, usernamesIn(r.Params["users"]), "username")}, true
	}
	return q
}

// makesUser are the calls that answer with the user that they made.
var makesUser = map[string]bool{"/admin/v1/users": true, "/auth/v2/enroll": true}

// byPath is the part of a question that is in the path of the request, and the filters of its list.
func byPath(r Request) question {
	parts := strings.Split(strings.TrimPrefix(r.Path, "/"), "/")
	if len(parts) < 3 || parts[0] != "admin" {
		return question{}
	}
	get := r.Method == http.MethodGet
	switch kind, last := parts[2], parts[len(parts)-1]; {
	case len(parts) == 4 && objects[kind] != "" && CanBeID(last):
		return question{member: objects[kind], id: last, needed: get}
	case len(parts) == 5 && kind == "integrations" && last == "skey":
		return question{member: objects[kind], id: parts[3]}
	case len(parts) == 5 && kind == "users" && get && CanBeID(parts[3]):
		return question{rows: []matches{belonging(parts[3])}, whole: true}
	case get && len(parts) == 4 && kind == "logs" && parts[1] == "v1":
		return question{rows: chosen(oldLogFilters, r.Params), most: maxLogPage}
	case get && (len(parts) == 3 || kind == "logs" && parts[1] == "v2"):
		return question{rows: chosen(filters[kind], r.Params)}
	}
	return question{}
}

// chosen makes the filters of parameters. Duo takes an empty one for none.
func chosen(known map[string]func([]string) matches, params Params) (rows []matches) {
	for name, filter := range known {
		texts, err := paramTexts(params[name])
		texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.TrimSpace(text) == "" })
		if err == nil && len(texts) > 0 {
			rows = append(rows, filter(texts))
		}
	}
	return rows
}

// compare returns an answer without the rows that were not asked for; fits is false for an answer
// to something else.
func (q question) compare(a Answer) (kept Answer, fits bool) {
	if q.member != "" {
		o, err := parseObject(a.Response)
		if err != nil {
			return a, !q.needed
		}
		id := o.text(q.member)
		return a, id == q.id || id == "" && !q.needed
	}
	if !q.namesTheSame(a) {
		return a, false
	}
	if len(q.rows) == 0 {
		return a, true
	}
	var rows []json.RawMessage
	if json.Unmarshal(a.Response, &rows) != nil {
		return q.compareLog(a)
	}
	wanted := slices.DeleteFunc(slices.Clone(rows), func(row json.RawMessage) bool { return !q.asksFor(row) })
	if len(wanted) == len(rows) {
		return a, true
	}
	all := a.Metadata.Total == len(rows) || len(rows) < q.most
	if q.whole || !all { // there are more, or it is not known
		return a, false
	}
	a.Response, a.Metadata = encoded(wanted), Metadata{Total: len(wanted)}
	return a, true
}

// namesTheSame reports whether an answer names nothing else than the parameters did.
func (q question) namesTheSame(a Answer) bool {
	if len(q.again) == 0 {
		return true
	}
	o, err := parseObject(a.Response)
	return err != nil || !slices.ContainsFunc(q.again, func(fits matches) bool { return !fits(o) })
}

// compareLog compares a page of a log, whose events are within an object.
func (q question) compareLog(a Answer) (kept Answer, fits bool) {
	page, err := parseObject(a.Response)
	if err != nil {
		return a, true // no list, which decoding finds
	}
	for _, name := range logMembers {
		var events []json.RawMessage
		if json.Unmarshal(page.members[name], &events) != nil {
			continue
		}
		wanted := slices.DeleteFunc(slices.Clone(events), func(event json.RawMessage) bool { return !q.asksFor(event) })
		if a.Metadata.left = len(events) - len(wanted); a.Metadata.left > 0 {
			page.members[name] = encoded(wanted)
			a.Response = encoded(page.members)
		}
		return a, true
	}
	return a, true
}

// asksFor reports whether a row fits all filters. What is no object is left to decoding.
func (q question) asksFor(row json.RawMessage) bool {
	o, err := parseObject(row)
	return err != nil || !slices.ContainsFunc(q.rows, func(fits matches) bool { return !fits(o) })
}

func encoded(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return text
}

// having compares a text of a row, which can be within an object, with what was asked for.
func having(equal func(asked, is string) bool, asked []string, path ...string) matches {
	return func(row *object) bool {
		for _, name := range path[:len(path)-1] {
			row = member(row, name)
		}
		is := row.text(path[len(path)-1])
		return slices.ContainsFunc(asked, func(one string) bool { return equal(one, is) })
	}
}

// havingIfAny compares a text of a row, if it has it, with what was asked for.
func havingIfAny(equal func(asked, is string) bool, asked []string, name string) matches {
	has := having(equal, asked, name)
	return func(row *object) bool { return row.text(name) == "" || has(row) }
}

// named compares a user's username and aliases.
func named(asked []string) matches {
	return func(row *object) bool {
		var u User
		return json.Unmarshal(encoded(row.members), &u) == nil && slices.ContainsFunc(asked, u.HasName)
	}
}

// HasName reports whether a name is the username or an alias of the user, as Duo compares them.
func (u User) HasName(name string) bool {
	is := func(own string) bool { return SameName(own, name) }
	return is(u.Username) || slices.ContainsFunc(u.Aliases[:], is)
}

// SameName reports whether Duo takes two usernames, aliases or email addresses for one: letter
// case, blanks around and how letters are composed make no difference. Empty ones are none.
func SameName(a, b string) bool {
	a, b = strings.TrimSpace(norm.NFC.String(a)), strings.TrimSpace(norm.NFC.String(b))
	return a != "" && strings.EqualFold(a, b)
}

// sameLogin reports whether a user who was made can have got this username: an account may take names without
// their domain.
func sameLogin(asked, is string) bool {
	bare := func(name string) string {
		name, _, _ = strings.Cut(name[strings.LastIndex(name, `\`)+1:], "@")
		return name
	}
	return SameName(asked, is) || SameName(bare(asked), bare(is))
}

// usernamesIn are the usernames of users who are to be made, as JSON in a parameter.
func usernamesIn(users any) (names []string) {
	text, _ := users.(string)
	var list []struct{ Username string }
	_ = json.Unmarshal([]byte(text), &list) // Duo refuses what is none
	for _, u := range list {
		names = append(names, u.Username)
	}
	return names
}

func same(a, b string) bool { return a == b }

func sameTrimmed(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// sameNumber compares the digits of phone numbers. Duo reads a number without its country as one of
// the United States.
func sameNumber(asked, number string) bool {
	digits := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
	}
	a, n := digits(asked), digits(number)
	return a == n || !strings.Contains(asked, "+") && "1"+a == n
}

// listed reads several values in one parameter, which Duo takes as the text of a JSON array.
func listed(asked []string) (values []string) {
	for _, text := range asked {
		var some []string
		_ = json.Unmarshal([]byte(text), &some) // Duo refuses what is none
		values = append(values, some...)
	}
	return values
}

// holding looks for an id in a list of ids or of objects.
func holding(list, id string, asked []string) matches {
	return func(row *object) bool {
		return slices.ContainsFunc(itemsOf(row, list), func(item json.RawMessage) bool {
			text := scalar(item)
			if o, err := parseObject(item); err == nil {
				text = o.text(id)
			}
			return slices.Contains(asked, text)
		})
	}
}

// itemsOf is a list within a row, empty if there is none.
func itemsOf(row *object, name string) (items []json.RawMessage) {
	_ = json.Unmarshal(row.members[name], &items)
	return items
}

// belonging is for what a user has: where a row says whose it is, it has to be the user's.
func belonging(id string) matches {
	asked := []string{id}
	return func(row *object) bool {
		if owner := member(row, "user").text("user_id"); owner != "" {
			return owner == id
		}
		return len(itemsOf(row, "users")) == 0 || holding("users", "user_id", asked)(row)
	}
}

// notBefore compares the time of an event with a second. An event whose time cannot be read is kept.
func notBefore(asked []string) matches {
	second, err := strconv.ParseInt(asked[0], 10, 64)
	return func(row *object) bool {
		at := row.seconds("timestamp")
		if at.IsZero() {
			at = row.isoTime("isotimestamp")
		}
		return err != nil || at.IsZero() || at.Unix() >= second
	}
}

// within compares the time of an event, to the second, with an edge in milliseconds. An event whose
// time cannot be read is kept.
func within(asked []string, inside func(at, edge time.Time) bool) matches {
	milliseconds, err := strconv.ParseInt(asked[0], 10, 64)
	edge := time.UnixMilli(milliseconds).Truncate(time.Second)
	return func(row *object) bool {
		at := row.eventTime("ts")
		if row.members["ts"] == nil {
			at = row.eventTime("isotimestamp")
		}
		return err != nil || at.IsZero() || inside(at.Truncate(time.Second), edge)
	}
}
