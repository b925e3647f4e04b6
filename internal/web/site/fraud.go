package site

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// PersonOf is the person who reported a push, by the name or else the id that Duo has.
func PersonOf(f store.Fraud) string {
	if name := catalog.Plain(f.Username); name != "" {
		return name
	}
	return catalog.Plain(f.UserID)
}

// Afterwards joins sentences, of which some can be empty.
func Afterwards(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), " ")
}

// FraudText says what a report asks of acts on the person.
func (s *Site) FraudText(v Visitor, f store.Fraud) string {
	return fmt.Sprintf(
		"%s reported a push as fraud at %s. Until %s, changes for %s need an administrator or owner other than %s, who sent the push, and a reason.",
		PersonOf(f), s.Clock(v, f.AnsweredAt), s.Clock(v, f.AnsweredAt.Add(run.FraudHold)), PersonOf(f), f.Operator)
}

// MostAsked is how many of those to ask are named.
const MostAsked = 5

// WhomToAsk says who may decide after a report of fraud.
func WhomToAsk(deciders []string) string {
	if len(deciders) == 0 {
		return "There is no other administrator or owner: the operator who sent the push may decide, with a reason."
	}
	return "Ask " + catalog.Listed(deciders, MostAsked) + "."
}

// WhyConcerns says what makes an act one on the person; empty where the act names
// the person.
func WhyConcerns(f store.Fraud, about run.Concern) string {
	named, person := catalog.Plain(about.Named), PersonOf(f)
	switch about.By {
	case run.Themselves:
		return ""
	case run.Namesake:
		return "A login as " + person + " can mean this user."
	case run.TheirName:
		if duo.SameName(about.Named, f.Username) {
			return ""
		}
		return "“" + named + "” is a username or an alias of " + person + " in Duo."
	case run.TheirLogin:
		return "At a login, “" + named + "” can mean " + person + "."
	case run.TheirGroup:
		return person + " is a member of this group."
	}
	return "This " + string(about.By) + " belongs to " + person + " in Duo."
}

// HeldText says why an act was held back, and what next.
func (s *Site) HeldText(v Visitor, held *run.HeldBack) string {
	text := Afterwards("Nothing was sent.", s.FraudText(v, held.Fraud), WhyConcerns(held.Fraud, held.About))
	switch {
	case held.NeedsReason && len(held.Ask) == 0:
		return text + " There is no other administrator or owner, so you may decide: give a reason."
	case held.NeedsReason:
		return text + " You may decide: give a reason."
	}
	return text + " " + WhomToAsk(held.Ask)
}

// PushesText says why a person is not asked again now.
func (s *Site) PushesText(v Visitor, many *run.TooManyPushes) string {
	if many.Open != nil {
		return fmt.Sprintf(
			"Nothing was sent: %s sent this user a verification at %s that is not answered yet. Wait for its answer, %s at most.",
			many.Open.Operator, s.Clock(v, many.Open.StartedAt), catalog.Duration(many.Wait.Round(time.Second)))
	}
	return fmt.Sprintf(
		"Nothing was sent: this user was asked %d times in the last 10 minutes, by all operators together. The next push can be sent at %s.",
		many.Count, s.Clock(v, s.Now().Add(many.Wait)))
}

// PushesStatus is the HTTP status of a push that was not sent.
func PushesStatus(many *run.TooManyPushes) int {
	if many.Open != nil {
		return http.StatusConflict
	}
	return http.StatusTooManyRequests
}
