package catalog

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"duodesk/internal/duo"
	"duodesk/internal/text"
)

func deleteUser() Action {
	permanent := Bool{Name: "permanent", Label: "Delete permanently",
		Help: "Otherwise the user is moved to the trash and can be restored."}
	confirm := Text{Name: "confirm", Label: "Username", Max: longestTyped, Again: true,
		Help: "Type the username of the user to delete permanently."}
	return Action{
		Slug: DeleteUser, Title: "Delete User", Category: userCategory,
		Deletes: true,
		Unsure:  "Check whether the user still exists, is in the trash, or is deleted.",
		Help: "Moves a user to the trash, or deletes the user permanently. If Duo refuses the move to the trash, nothing is deleted. " +
			"For a user who may be in bypass this requires the Administrator role and ends the bypass first.",
		AsksFor: func(in Values) string {
			if permanent.Of(in) {
				return "The user is deleted permanently, with bypass codes and group memberships. You can't restore the user."
			}
			return "The user is moved to the trash and cannot log in. Until Duo empties the trash, you can restore the user. " +
				"A bypass ends first: the status becomes Disabled, and the user leaves groups in bypass."
		},
		API: Admin, Call: "POST /admin/v1/users/bulk_send_to_trash", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{userID, permanent, confirm},
		RoleFor: func(in Values) Role {
			if permanent.Of(in) {
				return Administrator
			}
			return Technician
		},
		TierFor: func(in Values) Tier {
			if permanent.Of(in) {
				return Act
			}
			return Recent
		},
		// What a later restoring is decided by.
		Before: beforeUserOf("username", "aliases", "status", "groups"),
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id := duo.UserID(userID.Of(in))
			user, err := d.User(ctx, id)
			if err != nil {
				return Result{}, err
			}
			if !permanent.Of(in) {
				return sendToTrash(ctx, d, in, user)
			}
			if !typedAs(confirm.Of(in), user.Username) {
				return Result{Subject: user.Username}, &FieldError{Field: confirm.Name,
					Message: "Type the username exactly as shown: " + Plain(user.Username)}
			}
			if err := d.DeleteUser(ctx, id); err != nil {
				return Result{Subject: user.Username}, err
			}
			return Result{Subject: user.Username, Summary: "Deleted user " + user.Username + " permanently."}, nil
		},
	}
}

// sendToTrash ends a bypass before the trash hides it: nothing that brings the
// user back, here or in Duo, brings the bypass back.
func sendToTrash(ctx context.Context, d *duo.Client, in Values, user duo.User) (Result, error) {
	r := Result{Subject: user.Username}
	if err := MayTrash(in.role, user); err != nil {
		return r, err
	}
	done, err := endBypass(ctx, d, user)
	r.Summary = strings.Join(done, " ")
	if err != nil {
		return r, err
	}
	if err := d.SendToTrash(ctx, user.ID); err != nil {
		return r, err
	}
	r.Summary = strings.Join(append(done, "Moved user "+user.Username+" to the trash."), " ")
	return r, nil
}

func restoreUser() Action {
	return Action{
		Slug: RestoreUser, Title: "Restore User", Category: userCategory,
		Unsure: unsureUser,
		Help: "Restores a user from the trash with the earlier status, but never in bypass. It requires the Administrator role, unless the console moved the " +
			"user to the trash, the user was not in bypass then, and Duo's activity log shows nothing on the user since.",
		API: Admin, Call: "POST /admin/v1/users/bulk_restore", Kind: Write, Tier: Recent, Role: Technician, Fields: []Field{userID},
		Asks: "The user is restored with the earlier status. If that is Bypass, it is set to Disabled at once.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id := duo.UserID(userID.Of(in))
			user, err := d.User(ctx, id)
			if err != nil {
				return Result{}, err
			}
			r := Result{Subject: user.Username}
			if user.Status != duo.StatusPendingDeletion {
				return r, &FieldError{Field: userID.Name, Message: "This user is not in the trash."}
			}
			if in.role < Administrator {
				past, err := in.trashed(ctx, id)
				if err != nil {
					return r, err
				}
				if why := whyNotHarmless(ctx, d, past, user); why != "" {
					return r, &RoleError{Administrator, "the trash hides the earlier status, and " + why + "."}
				}
			}
			if err := d.Restore(ctx, id); err != nil {
				return r, err
			}
			r.Summary = "Restored user " + user.Username + " from the trash."
			said, err := withoutBypass(ctx, d, user)
			r.Summary = strings.TrimSpace(r.Summary + " " + said)
			return r, err
		},
	}
}

// withoutBypass ends a bypass that a user came back with. What cannot be read
// counts as one.
func withoutBypass(ctx context.Context, d *duo.Client, trashed duo.User) (said string, err error) {
	after, err := d.User(ctx, trashed.ID)
	if err != nil {
		after = trashed
		after.Status = ""
	}
	switch {
	case after.Status == duo.StatusPendingDeletion:
		return "Duo still shows the user in the trash: check the status after the user is restored.", nil
	case !inBypass(after):
		return "The status is " + string(after.Status) + ".", nil
	}
	said = "The user was restored in bypass:"
	if err != nil {
		said = "The status of the user could not be read:"
	}
	done, err := endBypass(ctx, d, after)
	if err != nil {
		done = append(done, "This bypass could not be ended: the user may log in without a second factor.")
		return said + " " + strings.Join(done, " "), err
	}
	return said + " " + strings.Join(done, " "), nil
}

// afterRestored is what follows a restoring that was found by reading back.
func afterRestored(ctx context.Context, d *duo.Client, in Values) (string, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return "The status of the user could not be read.", err
	}
	return withoutBypass(ctx, d, user)
}

// afterCreatedUser is what follows a creating that was found by reading back.
func afterCreatedUser(ctx context.Context, d *duo.Client, in Values) (string, error) {
	user, found, err := d.UserByUsername(ctx, username.Of(in))
	if err != nil || !found || userStatus.Of(in) == "bypass" {
		return "", err
	}
	said, err := endUnasked(ctx, d, in, user)
	return strings.TrimSpace(said), err
}

// The margins of reading the activity log. The trashing has to be in it, so far
// behind the beginning that everything since the status was read is in it too,
// with clocks that differ.
const (
	pastMargin   = 2 * time.Minute
	pastAtLeast  = time.Minute
	pastLogPages = 5
)

// whyNotHarmless says, as the end of a sentence, why what the trash hides may be
// a bypass; empty if the record and Duo's log agree that it is none: the user was
// active or disabled, in Active groups only, when the console moved them there,
// and nothing happened to the user since.
func whyNotHarmless(ctx context.Context, d *duo.Client, past *Past, user duo.User) string {
	if past == nil {
		return "the console has no record of moving this user there"
	}
	if past.Before["status"] == "" {
		return "the record of moving this user there does not hold the status"
	}
	if status := past.Before["status"]; status != string(duo.StatusActive) && status != string(duo.StatusDisabled) {
		return "the status was " + Plain(status) + " when the console moved this user there"
	}
	if why := whyNotActive(ctx, d, past, user); why != "" {
		return why
	}
	return whyTouched(ctx, d, past, user)
}

// whyNotActive looks at the groups that the user is in, and was in: a user in the
// trash may be shown without them.
func whyNotActive(ctx context.Context, d *duo.Client, past *Past, user duo.User) string {
	seen := user
	seen.Status = duo.StatusActive
	if why := WhyBypass(seen); why != "" {
		return why
	}
	for line := range strings.Lines(past.Before["groups"]) {
		id, status, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if status != string(duo.GroupActive) {
			return "a group of this user had the status " + Plain(status) + " at that time"
		}
		if slices.ContainsFunc(user.Groups, func(g duo.Group) bool { return string(g.ID) == id }) {
			continue
		}
		group, err := d.Group(ctx, duo.GroupID(id))
		if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeNotFound {
			continue // deleted since
		}
		if err != nil || group.Status != duo.GroupActive {
			return "a group of this user may not be Active now"
		}
	}
	return ""
}

// whyTouched looks for events on the user other than the trashing itself. One is
// on the user if it names their id, or one of their names now and then: who was
// renamed since is called by either.
func whyTouched(ctx context.Context, d *duo.Client, past *Past, user duo.User) string {
	names := []string{string(user.ID), user.Username, past.Before["username"]}
	names = append(append(names, strings.Split(past.Before["aliases"], "\n")...), user.Aliases[:]...)
	window := duo.LogWindow{From: past.From.Add(-pastMargin), To: past.Now.Add(pastMargin)}
	trashings := 0
	for event, err := range d.ActivityLog(ctx, window, pastLogPages) {
		switch {
		case err != nil:
			return "Duo's activity log since then cannot be read to its end"
		case !concerns(event, names):
		case !isTrashing(event), event.Time.Before(window.From.Add(pastMargin - pastAtLeast)),
			event.Time.After(past.To.Add(pastMargin)):
			return "Duo's activity log shows that this user was changed at that time or since"
		default:
			trashings++
		}
	}
	switch trashings {
	case 0:
		return "Duo's activity log does not show the move to the trash, which takes about two minutes to appear"
	case 1:
		return ""
	}
	return "Duo's activity log shows that this user was moved to the trash more than once"
}

func isTrashing(e duo.ActivityEvent) bool {
	return strings.Contains(e.Action, "trash") && !strings.Contains(e.Action, "restore")
}

// concerns reports whether an event is on the user of these names. An event on
// several, such as a bulk call, lists them in one text; the details are JSON.
func concerns(e duo.ActivityEvent, names []string) bool {
	texts := []string{e.ActionDetails}
	for _, on := range []duo.LogParty{e.Target, e.OldTarget} {
		texts = append(texts, on.Key, on.Name, on.Details)
	}
	for i := 0; i < len(texts); i++ {
		texts = append(texts, stringsOf(texts[i])...)
		if slices.ContainsFunc(names, func(name string) bool { return mentions(texts[i], name) }) {
			return true
		}
	}
	return false
}

// stringsOf are the texts within JSON, without its escapes; none of what is not JSON.
func stringsOf(details string) (found []string) {
	tokens := json.NewDecoder(strings.NewReader(details))
	for token, err := tokens.Token(); err == nil; token, err = tokens.Token() {
		if s, is := token.(string); is {
			found = append(found, s)
		}
	}
	return found
}

// mentions reports whether a text has a name in it, as a person would search for it,
// that is not a part of a longer one. In doubt it is one: DOMAIN\jdoe and
// jdoe@client.example can be jdoe.
func mentions(in, name string) bool {
	if folded := text.Fold(name); folded != "" {
		in, name = text.Fold(in), folded
	}
	for from := 0; name != ""; {
		at := strings.Index(in[from:], name)
		if at < 0 {
			return false
		}
		at += from
		if !goesOn(lastTwo(in[:at])) && !goesOn(firstTwo(in[at+len(name):])) {
			return true
		}
		_, size := utf8.DecodeRuneInString(in[at:])
		from = at + size
	}
	return false
}

// goesOn reports whether a name goes on with the characters beside it: a letter or
// digit, be it behind a sign that joins words, such as that of a-maria.
func goesOn(near, far rune) bool {
	isWord := func(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }
	return isWord(near) || strings.ContainsRune("-_.+", near) && isWord(far)
}

func firstTwo(s string) (near, far rune) {
	near, size := utf8.DecodeRuneInString(s)
	far, _ = utf8.DecodeRuneInString(s[size:])
	return near, far
}

func lastTwo(s string) (near, far rune) {
	near, size := utf8.DecodeLastRuneInString(s)
	far, _ = utf8.DecodeLastRuneInString(s[:len(s)-size])
	return near, far
}
