package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// FraudHold is how long a report of fraud holds back what would be done for the
// person who reported it.
const FraudHold = 60 * time.Minute

// HeldBack says that an act is about a person who reported a push as fraud a
// short while ago: nothing was sent. Somebody else has to decide, or the one who
// decides has to give a reason.
type HeldBack struct {
	Fraud       store.Fraud
	Until       time.Time
	About       Concern  // what makes the act one on the person
	Ask         []string // email addresses of those who may decide
	NeedsReason bool     // the actor may decide, and gave no reason
}

func (e *HeldBack) Error() string { return "run: held back by a report of fraud" }

// Unwrap makes a decision that is not the actor's an ErrForbidden.
func (e *HeldBack) Unwrap() error {
	if e.NeedsReason {
		return nil
	}
	return ErrForbidden
}

// ReasonField is the name of the reason among a form's fields, of LongestReason
// characters at most.
const (
	ReasonField   = "reason"
	LongestReason = 300
)

// reasonOf is a reason as it is kept: what holds no three letters or digits is
// none.
func reasonOf(typed string) string {
	said := 0
	for _, c := range typed {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			said++
		}
	}
	if said < 3 {
		return ""
	}
	return text.Line(catalog.Plain(typed))
}

// Frauds lists the reports of fraud that hold acts back in an organization now,
// the latest of each person.
func (r *Runner) Frauds(ctx context.Context, sc store.Scope, o store.Organization) (frauds []store.Fraud, err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		frauds, err = tx.Frauds(ctx, o, r.Now().Add(-FraudHold))
		return err
	})
	seen := map[string]bool{}
	var latest []store.Fraud
	for _, f := range frauds {
		if !seen[f.UserID] {
			seen[f.UserID] = true
			latest = append(latest, f)
		}
	}
	return latest, err
}

// MayBeBy reports whether a user may be the person who reported fraud. A report holds
// acts on all such users back.
func MayBeBy(f store.Fraud, u duo.User) bool {
	return f.UserID == string(u.ID) || !duo.LooksLikeUserID(f.UserID) && goesBy(u, f.UserID)
}

// Deciders lists who may decide about acts on a person after a report of fraud:
// nobody, if there is no administrator or owner but those who sent the pushes.
func (r *Runner) Deciders(ctx context.Context, sc store.Scope, o store.Organization, person string) (emails []string,
	err error) {
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
		frauds, err := tx.Frauds(ctx, o, r.Now().Add(-FraudHold))
		if err != nil {
			return err
		}
		emails, err = tx.Deciders(ctx, o.ID, senders(frauds, person))
		return err
	})
	return emails, err
}

// senders are the operators who sent the pushes that a person reported.
func senders(frauds []store.Fraud, person string) []uuid.UUID {
	var ids []uuid.UUID
	for _, f := range frauds {
		if f.UserID == person {
			ids = append(ids, f.OperatorID)
		}
	}
	return ids
}

// reported is a person who reported a push, with everything in Duo that is the
// person's: an action that names any of it acts on the person.
type reported struct {
	ids    map[string]Belonging // of the user, phones, tokens, credentials and bypass codes
	names  map[string]bool      // username and aliases, in small letters
	groups map[string]bool
}

// unknownPeople says, inside of Do, that there are reports by people whose
// phones and names are not known yet.
type unknownPeople struct{ frauds []store.Fraud }

func (e *unknownPeople) Error() string { return "run: reports by people who were not looked up" }

// decide makes sure, inside of the transaction that starts a run, that a report of
// fraud does not hold it back, and notes on the run who decided. people are those
// who were looked up, by Fraud.UserID.
func (r *Runner) decide(ctx context.Context, tx *store.Tx, q Request, run *store.Run,
	people map[string]reported) error {
	if q.Organization.ID == uuid.Nil || q.Action.Reads(q.Input) || q.Action.TakesAway(q.Input) {
		return nil
	}
	frauds, err := tx.Frauds(ctx, q.Organization, r.Now().Add(-FraudHold))
	if err != nil || len(frauds) == 0 {
		return err
	}
	unknown := &unknownPeople{}
	var pushedBy []uuid.UUID // who sent the pushes that the request's person reported
	var latest store.Fraud
	var about Concern
	for _, f := range frauds {
		person, known := people[f.UserID]
		switch {
		case !known:
			unknown.frauds = append(unknown.frauds, f)
		default:
			if concern, meant := person.meant(q, run.AskedUser); meant {
				if len(pushedBy) == 0 {
					latest, about = f, concern
				}
				pushedBy = append(pushedBy, f.OperatorID)
			}
		}
	}
	switch {
	case len(unknown.frauds) > 0:
		return unknown
	case len(pushedBy) == 0:
		return nil
	}
	deciders, err := tx.Deciders(ctx, q.Organization.ID, pushedBy)
	if err != nil {
		return err
	}
	held := &HeldBack{Fraud: latest, Until: latest.AnsweredAt.Add(FraudHold), About: about, Ask: deciders}
	isSender := slices.Contains(pushedBy, q.Actor.Operator)
	_, least := May(ctx, tx, q.Actor, catalog.Administrator)
	switch {
	case errors.Is(least, ErrForbidden), least == nil && isSender && len(deciders) > 0:
		return held
	case least != nil:
		return least
	case run.Reason == "":
		held.NeedsReason = true
		return held
	case isSender:
		run.AfterFraud = store.BySame
	default:
		run.AfterFraud = store.ByAnother
	}
	return nil
}

// simply reports whether a name is one of the person's without their domains: an
// account can be set to read usernames so at a login.
func (p reported) simply(name string) bool {
	for own := range p.names {
		if name != "" && simpleName(own) == name {
			return true
		}
	}
	return false
}

// nameKey is a username as two spellings of it are compared.
func nameKey(name string) string {
	return text.Fold(name)
}

// simpleName is nameKey without a domain.
func simpleName(name string) string {
	name = nameKey(name)
	name = name[strings.LastIndex(name, `\`)+1:]
	name, _, _ = strings.Cut(name, "@")
	return name
}

// lookUp asks Duo what is theirs who reported a push. Who is gone from Duo is known
// by id and name alone.
func (r *Runner) lookUp(ctx context.Context, q Request, frauds []store.Fraud, people map[string]reported) error {
	client, err := r.client(ctx, q.Scope, q.Organization)
	if err != nil {
		return err
	}
	for _, f := range frauds {
		p := newReported(f)
		users, err := r.usersMeant(ctx, q, client, f.UserID)
		if err != nil {
			return err
		}
		for _, user := range users {
			if err := p.add(ctx, client, user); err != nil {
				return err
			}
		}
		people[f.UserID] = p
	}
	return nil
}

// usersMeant finds who reported a push: by Duo's id, or by what was typed in the
// place of it.
func (r *Runner) usersMeant(ctx context.Context, q Request, client *duo.Client, name string) ([]duo.User, error) {
	if !duo.LooksLikeUserID(name) {
		return r.calledAtLogin(ctx, q, client, name)
	}
	user, err := client.User(ctx, duo.UserID(name))
	var refused *duo.Error
	if errors.As(err, &refused) && refused.Code == duo.CodeNotFound {
		return nil, nil
	}
	return []duo.User{user}, err
}

// newReported returns a person that only the report names.
func newReported(f store.Fraud) reported {
	p := reported{ids: map[string]Belonging{f.UserID: Themselves}, names: map[string]bool{}, groups: map[string]bool{}}
	p.called(f.UserID, f.Username)
	return p
}

// called notes names of the person.
func (p reported) called(names ...string) {
	for _, name := range names {
		if name != "" {
			p.names[nameKey(name)] = true
		}
	}
}

// add notes what Duo has of the person.
func (p reported) add(ctx context.Context, client *duo.Client, user duo.User) error {
	if p.ids[string(user.ID)] == "" {
		p.ids[string(user.ID)] = Namesake
	}
	p.called(user.Username)
	p.called(user.Aliases[:]...)
	for _, phone := range user.Phones {
		p.ids[string(phone.ID)] = TheirPhone
	}
	for _, token := range user.Tokens {
		p.ids[string(token.ID)] = TheirToken
	}
	for _, credential := range user.WebAuthn {
		p.ids[string(credential.Key)] = TheirCredential
	}
	for _, group := range user.Groups {
		p.groups[string(group.ID)] = true
	}
	codes, err := client.UserBypassCodes(ctx, user.ID)
	for _, code := range codes {
		p.ids[string(code.ID)] = TheirCode
	}
	return err
}
