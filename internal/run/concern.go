package run

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// Belonging says how something that an act names belongs to a person.
type Belonging string

const (
	Themselves      Belonging = "user"
	Namesake        Belonging = "namesake" // a login by the reported name can mean this user
	TheirName       Belonging = "name"     // a username or an alias
	TheirLogin      Belonging = "login"    // a name that a login can read as one of theirs
	TheirPhone      Belonging = "phone"
	TheirToken      Belonging = "token"
	TheirCredential Belonging = "credential"
	TheirCode       Belonging = "bypass code"
	TheirGroup      Belonging = "group"
)

// Concern says what makes an act one on a person.
type Concern struct {
	Named string // as the act names it: an id or a name
	By    Belonging
}

// Holding is a report of fraud that holds an act back, as far as the act is known.
type Holding struct {
	Fraud store.Fraud
	About Concern  // zero if it is not known yet whether the act concerns the person
	Ask   []string // email addresses of those who may decide
}

// askedFirst bounds what a form waits for Duo to say what belongs to a person.
const askedFirst = 2 * time.Second

// Holding returns the reports of fraud that would hold a request back if it were
// sent now, by the judgement that counts when it is sent. With open, the request can
// still come to concern anyone: then all others are returned too, without About. So
// are those where Duo does not say in time what belongs to the person. others are
// further texts that the request names.
func (r *Runner) Holding(ctx context.Context, q Request, open bool, others ...string) ([]Holding, error) {
	judged := q.Organization.ID != uuid.Nil && !q.Action.Reads(q.Input) && !q.Action.TakesAway(q.Input)
	named := append(q.Action.Named(q.Input), others...)
	judged = judged && slices.ContainsFunc(named, func(text string) bool { return text != "" })
	if !judged && !open {
		return nil, nil
	}
	frauds, err := r.Frauds(ctx, q.Scope, q.Organization)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askedFirst)
	defer cancel()
	var holding []Holding
	for _, f := range frauds {
		h, unsure := Holding{Fraud: f}, open
		if judged {
			person, known := r.personBehind(ctx, q, f)
			about, meant := person.concerns(q, named)
			if unsure = !meant && (open || !known); meant {
				h.About = about
			}
		}
		if h.About == (Concern{}) && !unsure {
			continue
		}
		if h.Ask, err = r.Deciders(context.WithoutCancel(ctx), q.Scope, q.Organization, f.UserID); err != nil {
			return nil, err
		}
		holding = append(holding, h)
	}
	return holding, nil
}

// personBehind is who reported fraud; known is false if Duo does not say what is
// theirs.
func (r *Runner) personBehind(ctx context.Context, q Request, f store.Fraud) (p reported, known bool) {
	people := map[string]reported{}
	if err := r.lookUp(ctx, q, []store.Fraud{f}, people); err != nil {
		return newReported(f), false
	}
	return people[f.UserID], true
}

// meant reports whether a request is about the person, and by what.
func (p reported) meant(q Request, asked string) (Concern, bool) {
	return p.concerns(q, append(q.Action.Named(q.Input), asked))
}

// concerns finds among the texts that a request names what makes it one about the
// person: the person first, and else the first in the alphabet.
func (p reported) concerns(q Request, named []string) (found Concern, meant bool) {
	for _, text := range slices.Sorted(slices.Values(named)) {
		by := p.belongs(q, text)
		if by == "" || meant && by != Themselves {
			continue
		}
		found, meant = Concern{Named: text, By: by}, true
	}
	return found, meant
}

// belongs says how what a text of a request names belongs to the person; empty if
// it does not.
func (p reported) belongs(q Request, text string) Belonging {
	switch {
	case text == "":
		return ""
	case p.ids[text] != "":
		return p.ids[text]
	case p.names[nameKey(text)]:
		return TheirName
	case p.groups[text] && q.Action.ChangesGroup():
		return TheirGroup
	case q.Action.API == catalog.Auth && p.simply(simpleName(text)):
		return TheirLogin
	}
	return ""
}
