package web

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

func personOf(f store.Fraud) string {
	if name := catalog.Plain(f.Username); name != "" {
		return name
	}
	return catalog.Plain(f.UserID)
}

// afterwards joins sentences, of which some can be empty.
func afterwards(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), " ")
}

// fraudText says what a report asks of acts on the person.
func (s *Server) fraudText(v visitor, f store.Fraud) string {
	return fmt.Sprintf("%s reported a push as fraud at %s. Until %s, changes for %s need an administrator or owner other than %s, who sent the push, and a reason.",
		personOf(f), s.clock(v, f.AnsweredAt), s.clock(v, f.AnsweredAt.Add(run.FraudHold)), personOf(f), f.Operator)
}

// mostAsked is how many of those to ask are named.
const mostAsked = 5

func whomToAsk(deciders []string) string {
	if len(deciders) == 0 {
		return "There is no other administrator or owner: the operator who sent the push may decide, with a reason."
	}
	return "Ask " + catalog.Listed(deciders, mostAsked) + "."
}

// whyConcerns says what makes an act one on the person; empty where the act names
// the person.
func whyConcerns(f store.Fraud, about run.Concern) string {
	named, person := catalog.Plain(about.Named), personOf(f)
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

// heldText says why an act was held back, and what next.
func (s *Server) heldText(v visitor, held *run.HeldBack) string {
	text := afterwards("Nothing was sent.", s.fraudText(v, held.Fraud), whyConcerns(held.Fraud, held.About))
	switch {
	case held.NeedsReason && len(held.Ask) == 0:
		return text + " There is no other administrator or owner, so you may decide: give a reason."
	case held.NeedsReason:
		return text + " You may decide: give a reason."
	}
	return text + " " + whomToAsk(held.Ask)
}

// pushesText says why a person is not asked again now.
func (s *Server) pushesText(v visitor, many *run.TooManyPushes) string {
	if many.Open != nil {
		return fmt.Sprintf("Nothing was sent: %s sent this user a verification at %s that is not answered yet. Wait for its answer, %s at most.",
			many.Open.Operator, s.clock(v, many.Open.StartedAt), catalog.Duration(many.Wait.Round(time.Second)))
	}
	return fmt.Sprintf("Nothing was sent: this user was asked %d times in the last 10 minutes, by all operators together. The next push can be sent at %s.",
		many.Count, s.clock(v, s.Now().Add(many.Wait)))
}

// pushesStatus is the HTTP status of a push that was not sent.
func pushesStatus(many *run.TooManyPushes) int {
	if many.Open != nil {
		return http.StatusConflict
	}
	return http.StatusTooManyRequests
}
