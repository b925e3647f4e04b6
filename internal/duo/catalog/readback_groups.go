package catalog

import (
	"cmp"
	"context"
	"strings"

	"duodesk/internal/duo"
)

func factsOfGroup(g duo.Group) map[string]string {
	return map[string]string{"name": g.Name, "desc": g.Description, "status": string(g.Status)}
}

func lookGroup(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	group, err := d.Group(ctx, duo.GroupID(groupID.Of(in)))
	return existing(factsOfGroup(group), err)
}

func sentGroup(in Values, _ map[string]string) map[string]string {
	sent := given(in, false, "name", "desc", "status")
	for _, name := range []string{"name", "status"} {
		if sent[name] == "" {
			delete(sent, name) // not sent
		}
	}
	return sent
}

// lookNewGroup finds the group by its name, which Duo allows once.
func lookNewGroup(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	for group, err := range d.Groups(ctx) {
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(group.Name, groupName.Of(in)) {
			facts := factsOfGroup(group)
			facts[factExists] = yes
			return facts, nil
		}
	}
	return map[string]string{factExists: no}, nil
}

func sentNewGroup(in Values, _ map[string]string) map[string]string {
	sent := given(in, true, "name", "desc")
	sent[factExists], sent["status"] = yes, cmp.Or(in.given["status"], "active")
	return sent
}

func lookGroupOfUser(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	user, err := d.User(ctx, duo.UserID(userID.Of(in)))
	if err != nil {
		return nil, err
	}
	return map[string]string{factGroup: yesOrNo(inGroup(user, duo.Group{ID: duo.GroupID(groupID.Of(in))}))}, nil
}
