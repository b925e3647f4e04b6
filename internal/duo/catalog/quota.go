package catalog

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Quota is how often an operator may do something within a time. Owners of a workspace
// change how often, for each role.
type Quota struct {
	Slug      string // in the database and in forms, so it never changes
	Title     string
	Counts    string // what is counted, in plural
	Help      string
	Window    time.Duration
	Default   int
	LeastRole Role // the least that can do it at all
}

// The quotas.
var (
	BypassCodeQuota = Quota{Slug: "bypass-codes", Title: "Bypass codes", Counts: "bypass codes", Window: time.Hour,
		Default: 10, LeastRole: Helpdesk, Help: "Each code counts."}
	PushQuota = Quota{Slug: "pushes", Title: "Pushes to one user", Counts: "pushes to one user", Window: 10 * time.Minute,
		Default: 3, LeastRole: Helpdesk, Help: "Pushes of all operators count."}
	SMSQuota = Quota{Slug: "sms", Title: "SMS messages", Counts: "SMS messages", Window: time.Hour, Default: 30,
		LeastRole: Helpdesk}
	ActivationQuota = Quota{Slug: "activations", Title: "Activations", Counts: "activation and enrollment links",
		Window: time.Hour, Default: 30, LeastRole: Helpdesk, Help: "Activation links, and enrollment links by email."}
	FileQuota = Quota{Slug: "files", Title: "Large files", Counts: "large files", Window: 24 * time.Hour, Default: 20,
		LeastRole: Auditor, Help: "Files with more than 500 rows, or about several organizations."}
	RefusalQuota = Quota{Slug: "refusals", Title: "Refused requests", Counts: "refused requests",
		Window: 5 * time.Minute, Default: 20, LeastRole: Auditor,
		Help: "Requests for what the role or the organizations do not include. The last one ends the session."}
)

// Quotas lists all, in the order of a form.
func Quotas() []Quota {
	return []Quota{BypassCodeQuota, PushQuota, SMSQuota, ActivationQuota, FileQuota, RefusalQuota}
}

// QuotaOf returns the quota of a slug.
func QuotaOf(slug string) (Quota, bool) {
	i := slices.IndexFunc(Quotas(), func(q Quota) bool { return q.Slug == slug })
	if i < 0 {
		return Quota{}, false
	}
	return Quotas()[i], true
}

// Use is how much of a quota something uses.
type Use struct {
	Quota  Quota
	Amount int
}

// oneOf is Action.Uses for an action that uses one of each of some quotas.
func oneOf(quotas ...Quota) func(Values) []Use {
	var uses []Use
	for _, q := range quotas {
		uses = append(uses, Use{q, 1})
	}
	return func(Values) []Use { return uses }
}

// UsesOf returns what an action with these values uses, each quota once, in the order of
// Quotas. A generic call uses what the actions use that make the same calls.
func (a Action) UsesOf(in Values) []Use {
	var uses []Use
	switch {
	case a.Kind == Generic:
		if c, fault := callOf(in); fault == nil {
			uses = c.uses(a.API)
		}
	case a.Uses != nil:
		uses = a.Uses(in)
	}
	return AddUses(uses)
}

// AddUses adds up uses: each quota is once in what it returns, in the order of Quotas, and
// so two who take several quotas take them in the same order.
func AddUses(uses []Use) (sums []Use) {
	for _, q := range Quotas() {
		sum := 0
		for _, u := range uses {
			if u.Quota.Slug == q.Slug {
				sum += u.Amount
			}
		}
		if sum > 0 {
			sums = append(sums, Use{q, sum})
		}
	}
	return sums
}

// uses is what a call uses, by the actions that make it.
func (c call) uses(api API) (uses []Use) {
	if c.path == bulkPath && c.method == http.MethodPost {
		operations, _ := c.params["operations"].([]any)
		for _, o := range operations {
			inner, fault := innerCall(api, o)
			if fault != "" {
				continue // judge refuses the whole call
			}
			members, _ := o.(map[string]any)
			inner.params, _ = members["body"].(map[string]any)
			uses = append(uses, inner.uses(api)...)
		}
		return uses
	}
	for _, a := range all {
		method, path, _ := strings.Cut(a.Call, " ")
		if a.Uses != nil && method == c.method && fitsPattern(path, c.path) {
			uses = append(uses, a.Uses(c.values())...)
		}
	}
	return uses
}

// duosCodes is how many bypass codes Duo makes when it is not told how many, which is also
// the most.
const duosCodes = "10"

// values are the parameters of a call as if a form had sent them, as far as uses are counted
// by them. What cannot be read counts as the most that Duo makes.
func (c call) values() Values {
	given := map[string]string{}
	for name, value := range c.params {
		switch v := value.(type) {
		case string:
			given[name] = v
		case json.Number:
			given[name] = v.String()
		default:
			given[name] = fmt.Sprint(v)
		}
	}
	if install, has := given[smsInstall.Name]; has && install != "0" && install != "false" {
		given[smsInstall.Name] = "true"
	}
	// Chosen ones, between commas or as a list. Where a number is given too, it is not known which of them Duo takes.
	chosen := 0
	if codes, has := c.params["codes"]; has {
		chosen = len(strings.FieldsFunc(fmt.Sprint(codes), func(r rune) bool { return r == ',' || r == ' ' }))
		if _, counted := given[BypassNew.Name]; chosen > 0 && !counted {
			given[BypassNew.Name] = strconv.Itoa(chosen)
		}
	}
	for name, field := range map[string]Int{BypassNew.Name: BypassNew, enrollCodes.Name: enrollCodes} {
		text, has := given[name]
		if _, fault := field.normalize(text, has); has && fault != "" || !has && name == BypassNew.Name {
			given[name] = duosCodes
		}
	}
	if n, err := strconv.Atoi(given[BypassNew.Name]); err == nil && chosen > n {
		given[BypassNew.Name] = strconv.Itoa(chosen)
	}
	return Values{given: given}
}
