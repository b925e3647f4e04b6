package run

import (
	"testing"

	"github.com/google/uuid"
)

// TestWorkspacesArePacedApart: a workspace that enters the host of another does not
// make it wait.
func TestWorkspacesArePacedApart(t *testing.T) {
	t.Parallel()
	r, one, other := New(Config{Paced: true}), uuid.New(), uuid.New()
	first := r.pacer(one)
	if first == nil || first != r.pacer(one) || first == r.pacer(other) {
		t.Error("a workspace has no pace of its own")
	}
	if first.Unspaced || !New(Config{}).pacer(one).Unspaced {
		t.Error("only the calls to the simulator are not spaced out")
	}
}
