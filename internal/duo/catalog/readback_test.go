package catalog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
)

// notRead are the writes that are never read back: what they make is secret, or
// was made for a person.
var notRead = []string{
	"create-bypass-code-for-user", "delete-bypass-code", "send-activation-url", "auth-enroll-user", "synchronize-users",
	"create-auth-api-integration",
}

// TestWhatIsReadBack: an action has a read-back, or is on the list of those that
// must not have one. What reaches a person never has one.
func TestWhatIsReadBack(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		never := a.Kind != catalog.Write || slices.Contains(notRead, a.Slug)
		if got := a.ReadBack != nil; got == never {
			t.Errorf("%s, of the kind %s: read back: %v", a.Slug, a.Kind, got)
		}
		if a.ReadBack != nil && a.Reveals {
			t.Errorf("%s brings secrets, and is read back", a.Slug)
		}
	}
}

// TestReadBackOfEachAction looks, acts and looks again: before, nothing may be
// taken for done; after, exactly that is.
func TestReadBackOfEachAction(t *testing.T) {
	t.Parallel()
	for _, a := range catalog.All() {
		if a.ReadBack == nil {
			continue
		}
		for name, form := range readForms(a) {
			t.Run(a.Slug+name, func(t *testing.T) {
				t.Parallel()
				s := seed(t)
				full := s.examples(a)
				maps.Copy(full, form)
				for field, value := range full {
					if id := s.ids[value]; id != "" {
						full[field] = id
					}
				}
				in := parse(t, a, full)
				if a.ReadBack.Object != "" && full[a.ReadBack.Object] == "" {
					t.Errorf("the object is named by %s, which is empty", a.ReadBack.Object)
				}
				look := func() map[string]string {
					facts, err := a.ReadBack.Look(t.Context(), s.apis[a.API], in)
					if err != nil {
						t.Fatal(err)
					}
					return facts
				}
				before := look()
				if got, words := a.ReadBack.Compare(a, in, before, look()); got != catalog.NotMade {
					t.Errorf("before anything was done: %s, %s", got, words)
				}
				if _, err := a.Run(t.Context(), s.apis[a.API], in.By(catalog.Owner)); err != nil {
					t.Fatal(err)
				}
				now := look()
				got, words := a.ReadBack.Compare(a, in, before, now)
				if got != catalog.Made || !strings.HasSuffix(words, ".") || !strings.Contains(words, "was ") {
					t.Errorf("after it was done: %s, %q; before %v, now %v", got, words, before, now)
				}
				// What was there all along proves nothing, nor does a record that lacks it.
				if got, _ := a.ReadBack.Compare(a, in, now, now); got == catalog.Made {
					t.Error("what was there before counts as made")
				}
				for _, unknown := range []map[string]string{nil, {}, {"lastlogin": "0"}} {
					if got, _ := a.ReadBack.Compare(a, in, unknown, now); got != catalog.Unclear {
						t.Errorf("with %v on record: %s", unknown, got)
					}
				}
				// Each value sent counts, for both conclusions.
				for field := range a.ReadBack.Sent(in, before) {
					other := maps.Clone(now)
					other[field] = "something else"
					if got, _ := a.ReadBack.Compare(a, in, before, other); got != catalog.Unclear {
						t.Errorf("with another %s: %s", field, got)
					}
				}
			})
		}
	}
}

// readForms are the ways in which an action is tried; the empty one is with its
// examples.
func readForms(a catalog.Action) map[string]map[string]string {
	switch a.Slug {
	case "delete-user":
		return map[string]map[string]string{" to the trash": nil, " for good": {"permanent": "true", "confirm": "ada"}}
	case "create-user":
		return map[string]map[string]string{"": nil, " in capitals": {"username": "Casey.Example",
			"status": "disabled"}, " name alone": {"realname": "", "email": "", "notes": "", "aliases": ""}}
	case "update-user":
		return map[string]map[string]string{"": nil, " status": {"status": "disabled"},
			" cleared": {"realname": "Ada", "notes": "", "email": ""}}
	case "create-phone":
		return map[string]map[string]string{"": nil, " nobody's": {"user_id": ""}}
	}
	return map[string]map[string]string{"": nil}
}

// TestATabletCannotBeReadBack: without a number nothing tells it from others.
func TestATabletCannotBeReadBack(t *testing.T) {
	t.Parallel()
	s := seed(t)
	a, _ := catalog.Lookup("create-phone")
	in := parse(t, a, map[string]string{"name": "Reception"})
	before, err := a.ReadBack.Look(t.Context(), s.client, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Run(t.Context(), s.client, in); err != nil {
		t.Fatal(err)
	}
	now, err := a.ReadBack.Look(t.Context(), s.client, in)
	if err != nil {
		t.Fatal(err)
	}
	if got, words := a.ReadBack.Compare(a, in, before, now); got != catalog.Unclear || words == "" {
		t.Errorf("%s, %q", got, words)
	}
}
