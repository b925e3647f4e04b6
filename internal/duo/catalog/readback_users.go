package catalog

import (
	"context"
	"slices"
	"strings"

	"duodesk/internal/duo"
)

var userFacts = []string{"username", "realname", "firstname", "lastname", "email", "notes", "status", "aliases"}

func factsOfUser(u duo.User) map[string]string {
	aliases := slices.DeleteFunc(slices.Clone(u.Aliases[:]), func(alias string) bool { return alias == "" })
	return map[string]string{
		"username": u.Username, "realname": u.RealName, "firstname": u.FirstName, "lastname": u.LastName,
		"email": u.Email, "notes": u.Notes,
		"status": string(u.Status), "aliases": strings.Join(aliases, "\n"),
	}
}

func lookNewUser(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	user, found, err := d.UserByUsername(ctx, username.Of(in))
	if err != nil || !found {
		return map[string]string{factExists: no}, err
	}
	facts := factsOfUser(user)
	facts[factExists] = yes
	return facts, nil
}

func sentNewUser(in Values, _ map[string]string) map[string]string {
	sent := given(in, true, userFacts...)
	sent[factExists] = yes
	return sent
}

func createdUser(ctx context.Context, d *duo.Client, in Values, _ map[string]string) (string, error) {
	user, _, err := d.UserByUsername(ctx, username.Of(in))
	return string(user.ID), err
}

func lookUser(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return nil, err
	}
	return factsOfUser(user), nil
}

func sentUser(in Values, _ map[string]string) map[string]string {
	sent := given(in, false, userFacts...)
	if sent["status"] == "" {
		delete(sent, "status") // leaves what there is
	}
	return sent
}

func lookTrash(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return nil, err
	}
	return map[string]string{factTrash: yesOrNo(user.Status == duo.StatusPendingDeletion)}, nil
}

func lookDeletedUser(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	facts, err := lookTrash(ctx, d, in)
	return existing(facts, err)
}

func sentDeletedUser(in Values, _ map[string]string) map[string]string {
	if in.given["permanent"] == "true" {
		return map[string]string{factExists: no}
	}
	return map[string]string{factTrash: yes, factExists: yes}
}
