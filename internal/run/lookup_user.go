package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"duodesk/internal/duo"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// lookupUser asks Duo for the user of this name, now, and looks for others in
// the list that is held: several users can share an email address, and it can be
// the username of another one.
func (r *Runner) lookupUser(ctx context.Context, sc store.Scope, o store.Organization, typed string) (Found, error) {
	list, err := r.Users(ctx, sc, o, false)
	if err != nil {
		return Found{}, err
	}
	asked, err := read(ctx, r, sc, o, func(ctx context.Context, client *duo.Client) ([]duo.User, error) {
		return askFor(ctx, client, typed, list.TooMany)
	})
	if other, is := errors.AsType[*duo.TransportError](err); is && other.Failure == duo.OtherAnswer && !list.TooMany {
		// The account does not answer by name or by address: everyone is read instead.
		all, failed := listNow(ctx, r, &r.users, sc, o)
		if failed != nil || !all.TooMany {
			list, asked, err = all, all.Items, failed
		}
	}
	if err != nil {
		return Found{}, err
	}
	var exactly, nearly []Match
	seen := map[duo.UserID]bool{}
	for _, u := range slices.Concat(asked, list.Items) {
		if seen[u.ID] {
			continue // what Duo said just now comes first
		}
		seen[u.ID] = true
		match := Match{ID: string(u.ID), Name: u.Username, Note: userNote(u), User: u}
		switch fitOf(u, typed) {
		case exactFit:
			exactly = append(exactly, match)
		case closeFit:
			nearly = append(nearly, match)
		}
	}
	found := foundOf(exactly, nearly, list.TooMany)
	if found.Exact && len(exactly) == 1 {
		u := exactly[0].User
		byName := u.HasName(typed) || string(u.ID) == typed
		// Whether Duo returns everyone who shares an address is not documented, and
		// the account is too large to look for others.
		found.sure = slices.ContainsFunc(asked, func(a duo.User) bool { return a.ID == u.ID }) &&
			(byName || !list.TooMany)
	}
	return found, nil
}

// askFor asks Duo for the users who are called exactly so: by id, by username or
// alias, and by email address. Of an account that cannot be listed it asks also for
// the name without its domain.
func askFor(ctx context.Context, client *duo.Client, typed string, unlisted bool) (users []duo.User, err error) {
	if duo.LooksLikeUserID(typed) {
		user, err := client.User(ctx, duo.UserID(typed))
		var refused *duo.Error
		switch {
		case err == nil:
			users = append(users, user)
		case !errors.As(err, &refused) || refused.Code != duo.CodeNotFound:
			return nil, err
		}
	}
	names := []string{typed}
	if bare := withoutDomain(typed); unlisted && bare != "" && bare != typed {
		names = append(names, bare)
	}
	for _, name := range names {
		user, found, err := client.UserByUsername(ctx, name)
		switch {
		case err != nil:
			return nil, err
		case found:
			users = append(users, user)
		}
	}
	if !strings.Contains(typed, "@") {
		return users, nil
	}
	sharing, err := client.UsersByEmail(ctx, typed)
	return append(users, sharing...), err
}

// userNote tells a user from others.
func userNote(u duo.User) string {
	name := joined(u.RealName)
	if name == "" {
		name = strings.TrimSpace(u.FirstName + " " + u.LastName)
	}
	state := string(u.Status)
	if u.Status == duo.StatusActive {
		state = ""
	}
	return joined(name, u.Email, state)
}

// fitOf compares what a person typed with a user. Their id, username, aliases and
// email address are exact. Others may have the same full name, and a domain may be
// another one than the user's, so these are close.
func fitOf(u duo.User, typed string) fit {
	full := u.FirstName + " " + u.LastName
	names := append([]string{string(u.ID), u.Username, u.Email}, u.Aliases[:]...)
	if best := called(typed, names...); best != noFit {
		return best
	}
	if called(typed, u.RealName, full) != noFit || namesPerson(typed, u.RealName+" "+full) {
		return closeFit
	}
	simple := simpleName(typed)
	sameSimple := func(own string) bool { return own != "" && simpleName(own) == simple }
	if simple != "" && slices.ContainsFunc(names[1:], sameSimple) {
		return closeFit
	}
	return noFit
}

// CanMean reports whether a person can mean a user by a text, see [Runner.Lookup].
func CanMean(u duo.User, typed string) bool {
	typed = text.Line(typed)
	return typed != "" && fitOf(u, typed) != noFit
}

// namesPerson reports whether a text consists of two or more words of a person's
// name, in any order, as in Last, First.
func namesPerson(typed, name string) bool {
	words, own := wordsOf(typed), wordsOf(name)
	return len(words) > 1 && !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(own, word) })
}

func wordsOf(name string) []string {
	return strings.FieldsFunc(text.Fold(name), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
}

// withoutDomain is what a person is called without the domain before or behind it.
func withoutDomain(name string) string {
	name, _, _ = strings.Cut(name[strings.LastIndex(name, `\`)+1:], "@")
	return strings.TrimSpace(name)
}
