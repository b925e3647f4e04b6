package run

import (
	"context"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// Groups lists an organization's groups, from what is held if fresh is false.
func (r *Runner) Groups(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.Group], error) {
	return list(ctx, r, &r.groups, sc, o, fresh)
}

// Tokens lists an organization's hardware tokens, from what is held if fresh is
// false.
func (r *Runner) Tokens(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.Token], error) {
	return list(ctx, r, &r.tokens, sc, o, fresh)
}

// Credentials lists an organization's WebAuthn credentials, from what is held if
// fresh is false.
func (r *Runner) Credentials(ctx context.Context, sc store.Scope, o store.Organization,
	fresh bool) (List[duo.WebAuthnCredential], error) {
	return list(ctx, r, &r.credentials, sc, o, fresh)
}

// object reads the object of an id, as it is now.
func object[ID ~string, T any](ctx context.Context, r *Runner, sc store.Scope, o store.Organization, id string,
	ask func(*duo.Client, context.Context, ID) (T, error)) (T, error) {
	return read(ctx, r, sc, o, func(ctx context.Context, d *duo.Client) (T, error) { return ask(d, ctx, ID(id)) })
}

// Settings reads an account's settings as they are now.
func (r *Runner) Settings(ctx context.Context, sc store.Scope, o store.Organization) (duo.Settings, error) {
	return read(ctx, r, sc, o, func(ctx context.Context, d *duo.Client) (duo.Settings,
		error) {
		return d.Settings(ctx)
	})
}

// Credits reads the telephony credits that an organization's account has left,
// as its parent is billed for them.
func (r *Runner) Credits(ctx context.Context, sc store.Scope, o store.Organization) (int, error) {
	return read(ctx, r, sc, o, func(ctx context.Context, d *duo.Client) (int, error) { return d.TelephonyCredits(ctx) })
}

// ParentCredits reads the telephony credits that the MSP's own account has left,
// with the workspace's Admin keys.
func (r *Runner) ParentCredits(ctx context.Context, sc store.Scope) (int, error) {
	client, err := r.clientIn(ctx, sc, store.OfWorkspace(store.AdminAPI))
	if err != nil {
		return 0, err
	}
	return readBy(ctx, r, client, func(ctx context.Context, d *duo.Client) (int, error) {
		summary, err := d.InfoSummary(ctx)
		return summary.TelephonyCreditsRemaining, err
	})
}

// Group reads one group as it is now: its status decides over the second factor
// of its members.
func (r *Runner) Group(ctx context.Context, sc store.Scope, o store.Organization, id string) (duo.Group, error) {
	return object(ctx, r, sc, o, id, (*duo.Client).Group)
}

// GroupAndMembers reads one group as it is now, and returns the members that its status concerns.
func (r *Runner) GroupAndMembers(ctx context.Context, sc store.Scope, o store.Organization, id string) (duo.Group,
	string, error) {
	members := ""
	group, err := read(ctx, r, sc, o, func(ctx context.Context, d *duo.Client) (group duo.Group, err error) {
		if group, err = d.Group(ctx, duo.GroupID(id)); err == nil {
			members, err = catalog.MembersOf(ctx, d, group.ID)
		}
		return group, err
	})
	return group, members, err
}

// Phone reads one phone.
func (r *Runner) Phone(ctx context.Context, sc store.Scope, o store.Organization, id string) (duo.Phone, error) {
	return object(ctx, r, sc, o, id, (*duo.Client).Phone)
}

// BypassCode reads what Duo tells of one bypass code.
func (r *Runner) BypassCode(ctx context.Context, sc store.Scope, o store.Organization,
	id string) (duo.BypassCode, error) {
	return object(ctx, r, sc, o, id, (*duo.Client).BypassCode)
}

// PhoneAndUsers reads one phone and, whole, the users who have it: what a phone
// itself tells of them is short and can be out of date.
func (r *Runner) PhoneAndUsers(ctx context.Context, sc store.Scope, o store.Organization, id string) (duo.Phone,
	[]duo.User, error) {
	var users []duo.User
	phone, err := read(ctx, r, sc, o, func(ctx context.Context, client *duo.Client) (phone duo.Phone, err error) {
		phone, err = client.Phone(ctx, duo.PhoneID(id))
		if err != nil || len(phone.Users) == 0 {
			return phone, err
		}
		var ids []duo.UserID
		for _, u := range phone.Users {
			ids = append(ids, u.ID)
		}
		users, err = client.UsersByID(ctx, ids...)
		return phone, err
	})
	return phone, users, err
}

// Preauth asks Duo how a user would have to log in, and with which devices. It
// sends nothing to anybody.
func (r *Runner) Preauth(ctx context.Context, sc store.Scope, o store.Organization,
	user duo.AuthUser) (duo.Preauth, error) {
	client, err := r.authClient(ctx, sc, o)
	if err != nil {
		return duo.Preauth{}, err
	}
	return readBy(ctx, r, client, func(ctx context.Context, d *duo.Client) (duo.Preauth, error) {
		return d.Preauth(ctx, user, duo.AccessDevice{})
	})
}
