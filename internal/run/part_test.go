package run_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
)

// TestPartOfUsersTooLargeForOneAnswer: a part that a program asks for is read in smaller
// pages where Duo's answer would be too large.
func TestPartOfUsersTooLargeForOneAnswer(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	for i := range 320 { // 300 of them are 12 MB
		d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: fmt.Sprint("user", i),
			Notes: strings.Repeat("x", 40<<10)})
	}
	for offset, want := range map[int]int{0: 300, 300: 20} {
		part, err := d.Runner.Part(t.Context(), d.Scope(), d.Client, run.UsersInDuo, 300, offset)
		if err != nil || len(part.Items) != want || part.Total != 320 || (part.Next == 300) != (offset == 0) {
			t.Fatalf("from %d: %d users of %d, next %d, %v", offset, len(part.Items), part.Total, part.Next, err)
		}
		for i, item := range part.Items {
			var user struct{ Username string }
			if err := json.Unmarshal(item, &user); err != nil || user.Username != fmt.Sprint("user", offset+i) {
				t.Fatalf("from %d: %s is number %d, %v", offset, user.Username, i, err)
			}
		}
	}
}
