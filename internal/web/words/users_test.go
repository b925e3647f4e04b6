package words

import (
	"cmp"
	"slices"
	"testing"

	"duodesk/internal/duo"
)

func TestUserMatches(t *testing.T) {
	t.Parallel()
	u := duo.User{ID: "DU123", Username: "jroe", RealName: "Jané Roe", Email: "jane@acme.example",
		Phones: []duo.Phone{{Number: "+44 20 7946 0123"}}}
	u.Aliases[0] = "roe.j"
	for q, want := range map[string]bool{
		"": true, "JANÉ": true, "roe jané": true, "roe nobody": false, "acme": true, "7946-0123": true, "01": false,
		"012": true, "999": false, "du123": true, "u12": false, "jroe 0123": false, "(20) 7946": true, "roe.j": true,
		"%": false, "_": false,
	} {
		if got := SearchOf(q).User(u); got != want {
			t.Errorf("%q: %t", q, got)
		}
	}
}

func TestUserStates(t *testing.T) {
	t.Parallel()
	sorted := []duo.User{
		{Status: duo.StatusLockedOut}, {Status: duo.StatusBypass}, {Status: duo.StatusDisabled},
		{Status: duo.StatusActive},
		{Status: duo.StatusActive, Phones: []duo.Phone{{ID: "DP1"}}},
		{Status: duo.StatusActive, Enrolled: true, Phones: []duo.Phone{{ID: "DP2"}}},
		{Status: duo.StatusPendingDeletion}, {Status: "something new"},
	}
	var chips []string
	for _, u := range sorted {
		chips = append(chips, ChipOf(u).Text)
	}
	if want := []string{"Locked Out", "Bypass", "Disabled", "Not Enrolled", "Partially Enrolled", "Active",
		"Pending Deletion", "Something new"}; !slices.Equal(chips, want) {
		t.Error(chips)
	}
	mixed := slices.Clone(sorted)
	slices.Reverse(mixed)
	slices.SortFunc(mixed, func(a, b duo.User) int {
		return cmp.Compare(UserKey(a, "status"), UserKey(b, "status"))
	})
	for i := range mixed {
		if StateOf(mixed[i]) != StateOf(sorted[i]) {
			t.Errorf("place %d: %s", i, StateOf(mixed[i]))
		}
	}
}
