package catalog

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"duodesk/internal/duo"
)

var (
	directoryKey = ID{Name: "directory_key", Label: "Directory", Names: OfDirectory,
		Help: "The directory key starts with DS.", Example: "DS0000000000000000EX"}
	syncUsername = Text{Name: "username", Label: "Username", Help: "As it is in the directory.", Required: true,
		Example: "casey.example"}
)

func synchronizeUser() Action {
	return Action{
		Slug: SynchronizeUser, Title: "Synchronize Users", Category: userCategory,
		Help: "Makes Duo read a user again from the directory, Entra ID included. Duo creates or updates the user, or moves a user who is no longer in the directory to the trash. For a user who may be in bypass this requires the Administrator role.",
		API:  Admin, Call: "POST /admin/v1/users/directorysync/{directory_key}/syncuser", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{directoryKey, syncUsername},
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			key, name := duo.DirectoryKey(directoryKey.Of(in)), syncUsername.Of(in)
			before, known, err := d.UserByUsername(ctx, name)
			if err != nil {
				return Result{Subject: name}, err
			}
			if known {
				if err := maySynchronize(in, before); err != nil {
					return Result{Subject: before.Username}, err
				}
			}
			if err := d.SyncUser(ctx, key, name); err != nil {
				if refused, ok := asRefusal(err); ok && refused.Code == duo.CodeNotFound {
					err = notInDirectory(ctx, d, key, before, refused)
				}
				return Result{Subject: name}, err
			}
			// What the directory changed is told as far as it can be read; done it is.
			after, found, err := d.UserByUsername(ctx, name)
			if err != nil || !found {
				return Result{Subject: name, Summary: "Synchronized user " + name + "."}, nil
			}
			r := Result{Subject: after.Username, Facts: Facts{Created: string(after.ID),
				Users: []string{string(after.ID)}},
				Summary: "Synchronized user " + after.Username + ": " + synced(before, after, known) + "."}
			said, err := endUnasked(ctx, d, in, after)
			r.Summary += said
			return r, err
		},
	}
}

// maySynchronize decides about the changes that a directory makes to an existing user: other
// names, and a way into the trash that hides the status from before. A user in
// the trash is restored first: a directory may bring them back with what they had.
func maySynchronize(in Values, before duo.User) error {
	err := mayLeave(in.role, before, before)
	if fault, ok := err.(*FieldError); ok {
		fault.Field = syncUsername.Name
	}
	return err
}

// synced says what a synchronization has changed of a user.
func synced(before, after duo.User, known bool) string {
	if !known {
		return "created"
	}
	var changed []string
	for _, f := range []struct{ name, was, is string }{
		{"username", before.Username, after.Username}, {"full name", before.RealName, after.RealName},
		{"first name", before.FirstName, after.FirstName},
		{"last name", before.LastName, after.LastName}, {"email", before.Email, after.Email},
		{"status", string(before.Status), string(after.Status)},
	} {
		if f.was != f.is {
			changed = append(changed, f.name+" from "+cmp.Or(f.was, "empty")+" to "+cmp.Or(f.is, "empty"))
		}
	}
	for _, f := range []struct {
		same bool
		name string
	}{
		{before.Aliases == after.Aliases, "aliases"}, {before.Notes == after.Notes, "notes"},
		{before.DirectoryKey == after.DirectoryKey, "the directory"},
		{len(before.Phones) == len(after.Phones), "phones"}, {len(before.Groups) == len(after.Groups), "groups"},
	} {
		if !f.same {
			changed = append(changed, f.name)
		}
	}
	if len(changed) == 0 {
		return "nothing to change"
	}
	return "changed " + strings.Join(changed, ", ")
}

// notInDirectory tells the two apart that Duo answers alike: a key that this
// account does not have, and a username that the directory does not have. A user
// who comes from the directory shows that the key is right.
func notInDirectory(ctx context.Context, d *duo.Client, key duo.DirectoryKey, asked duo.User,
	refused *duo.Error) *FieldError {
	comes := func(u duo.User) bool { return u.DirectoryKey == string(key) }
	known, read, all := comes(asked), 0, true
	if !known {
		for user, err := range d.Users(ctx) {
			if all = err == nil && read < mostSearched; !all {
				break
			}
			read++
			if known = comes(user); known {
				break
			}
		}
	}
	if known {
		return refusedField(syncUsername.Name,
			"The key works, but its directory has no user with this username. Type the username as it is in the directory.", refused)
	}
	here := "No user of this account comes from this directory"
	if !all {
		here = fmt.Sprintf(
			"None of the first %d users of this account comes from this directory; the others were not read", read)
	}
	return refusedField(directoryKey.Name,
		"Duo does not know this key in this account, or the directory has no user with this username. "+
			here+": compare the key with the directory's page in the Duo Admin Panel.", refused)
}

// mostSearched is how many users are read to find one who comes from a directory:
// 20 calls, while a technician waits for the answer.
const mostSearched = 6000
