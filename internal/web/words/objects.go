package words

import (
	"cmp"
	"context"
	"slices"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// Object is one object as forms offer it and questions name it.
type Object struct {
	ID    string
	Value string // typed into a box, it means the object
	Note  string // beside Value, to tell it from others
	Name  string // in a question, for the person who has to agree
}

// ObjectKind is a kind of objects that fields name by id.
type ObjectKind struct {
	// List returns what there is of the kind, as far as it can be read: Duo may not answer, and the account may have
	// too many. Its error is one of the console's own tables.
	List func(context.Context, *run.Runner, store.Scope, store.Organization) ([]Object, error)
	// Link is the page of an object, or of the list that has it; nil: there is none.
	Link func(ws, org, id string) string
	Help string // what to type into a box for one
	// Many says why a name finds nothing where there are too many to look through.
	Many string
	// OfPeople: who has such an object is concerned by what is done with it.
	OfPeople bool
}

// Objects are the kinds, by the names that [catalog.Spec] has for them in Of.
var Objects = map[string]ObjectKind{
	catalog.OfUser: {
		List: inDuo((*run.Runner).Users, func(u duo.User) Object {
			name, username := DisplayName(u), catalog.Plain(u.Username)
			return Object{ID: string(u.ID), Value: username, Note: name, Name: name + " (" + username + ")"}
		}),
		Link: views.User, Help: "Type a username, an alias, an email address or Duo's id.", OfPeople: true,
		Many: "No user has exactly this " + views.ExactUser +
			". This account has too many users to look through for other names.",
	},
	catalog.OfPhone: {
		List: inDuo((*run.Runner).Phones, func(p duo.Phone) Object {
			title, names := PhoneTitle(p), UserNames(p, "")
			note, name := catalog.Plain(p.Name)+" "+names, title+" of "+cmp.Or(names, "nobody")
			return Object{ID: string(p.ID), Value: title, Note: note, Name: name}
		}),
		Link: views.Phone, Help: "Type a number, a name or Duo's id.", OfPeople: true,
	},
	catalog.OfGroup: {
		List: inDuo((*run.Runner).Groups, func(g duo.Group) Object {
			return Object{ID: string(g.ID), Value: catalog.Plain(g.Name), Note: catalog.Plain(g.Description)}
		}),
		Help: "Type a name or Duo's id.", OfPeople: true,
	},
	catalog.OfToken: {
		List: inDuo((*run.Runner).Tokens, func(t duo.Token) Object {
			return Object{ID: string(t.ID), Value: cmp.Or(catalog.Plain(t.Serial), string(t.ID)),
				Note: usernames(t.Users)}
		}),
		Help: "Type a serial number or Duo's id.", OfPeople: true,
	},
	catalog.OfCredential: {
		List: inDuo((*run.Runner).Credentials, func(w duo.WebAuthnCredential) Object {
			words := catalog.Plain(cmp.Or(w.Name, w.Label)) + ", " + usernames([]duo.User{w.User})
			return Object{ID: string(w.Key), Value: string(w.Key), Note: words, Name: words}
		}),
		OfPeople: true,
	},
	catalog.OfBypassCode: {
		List: inDuo((*run.Runner).BypassCodes, func(b duo.BypassCode) Object {
			words := DisplayName(b.User) + ", " + UsesLeft(b)
			return Object{ID: string(b.ID), Value: string(b.ID), Note: words, Name: words}
		}),
		Link: func(ws, org, _ string) string { return views.BypassCodes(ws, org) },
		Help: "Duo's id, as in the list of bypass codes.", OfPeople: true,
	},
	catalog.OfDirectory: {
		List: ours(func(ctx context.Context, tx *store.Tx, o store.Organization) ([]store.Directory, error) {
			return tx.Directories(ctx, o.ID)
		}, func(d store.Directory) Object {
			return Object{ID: d.Key, Value: d.Key, Note: catalog.Plain(d.Name), Name: catalog.Plain(d.Name)}
		}),
	},
	catalog.OfAccount: {
		List: ours(func(ctx context.Context, tx *store.Tx, _ store.Organization) ([]store.Account, error) {
			return tx.Accounts(ctx)
		}, func(a store.Account) Object {
			return Object{ID: a.AccountID, Value: a.AccountID, Note: catalog.Plain(a.Name), Name: catalog.Plain(a.Name)}
		}),
	},
}

// inDuo lists objects of a Duo account, sorted by what is typed.
func inDuo[T any](
	list func(*run.Runner, context.Context, store.Scope, store.Organization, bool) (run.List[T], error),
	describe func(T) Object,
) func(context.Context, *run.Runner, store.Scope, store.Organization) ([]Object, error) {
	return func(ctx context.Context, r *run.Runner, sc store.Scope, o store.Organization) ([]Object, error) {
		// What cannot be read is not offered: a form must not fail because Duo does not answer.
		found, _ := list(r, ctx, sc, o, false)
		objects := described(found.Items, describe)
		slices.SortFunc(objects, func(a, b Object) int { return cmp.Compare(a.Value, b.Value) })
		return objects, nil
	}
}

// ours lists objects that the console keeps, in the order of the store.
func ours[T any](list func(context.Context, *store.Tx, store.Organization) ([]T, error), describe func(T) Object,
) func(context.Context, *run.Runner, store.Scope, store.Organization) ([]Object, error) {
	return func(ctx context.Context, r *run.Runner, sc store.Scope, o store.Organization) (objects []Object,
		err error) {
		err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) error {
			found, err := list(ctx, tx, o)
			objects = described(found, describe)
			return err
		})
		return objects, err
	}
}

func described[T any](items []T, describe func(T) Object) (objects []Object) {
	for _, item := range items {
		object := describe(item)
		object.Name = cmp.Or(object.Name, object.Value)
		objects = append(objects, object)
	}
	return objects
}

// usernames are those of short copies of users, in a line.
func usernames(users []duo.User) string {
	var names []string
	for _, u := range users {
		names = append(names, catalog.Plain(u.Username))
	}
	return catalog.Listed(names, 3)
}
