package catalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// explored is how far a walk through the model came.
type explored struct {
	deep    int // calls one after the other, all of them tried
	states  int // distinct ones
	calls   int // that were looked at
	carried int // of them, by the console's actions in the simulator
	left    int // states that are not expanded; 0: there are no others, whatever the number of calls
	grown   string
}

func (e explored) String() string {
	text := fmt.Sprintf("depth %d: %d distinct states, %d calls, %d of them carried out", e.deep, e.states,
		e.calls, e.carried)
	if e.left == 0 {
		text += "; no call leads to another state"
	}
	return text
}

// reading is all that a call depends on: the user it is about, the group, and which of its names
// others have.
type reading struct {
	call  modelCall
	user  person
	group word
	taken nameSet
}

// effect is what a call did: the user and the group afterwards.
type effect struct {
	user  person
	group word
}

// sampled is how often a call whose reading is known is carried out once more from the whole state it
// is made in: that a call depends on its reading alone is checked, not believed.
const sampled = 2000

// explore walks through the model breadth first until depth calls were made one after the other from
// each start, or until a moment. The first growth that it finds ends it.
func explore(t testing.TB, depth int, until time.Time) (e explored) {
	d := newModelDuo(t)
	known := map[reading]effect{}
	type step struct {
		from modelState
		call modelCall
	}
	came := map[modelState]step{}
	level := modelStarts()
	for _, s := range level {
		came[s] = step{}
	}
	defer func() { e.states, e.carried, e.left = len(came), d.carried, len(level) }()
	for ; e.deep < depth && len(level) > 0; e.deep++ {
		var next []modelState
		for i, from := range level {
			if i%100 == 0 && time.Now().After(until) || t.Failed() {
				return e
			}
			for _, c := range callsFrom(from, e.deep == 0) {
				e.calls++
				on := reading{call: c, group: from.group, taken: c.names & from.taken(c.at)}
				if c.at >= 0 {
					on.user, on.call.at = from.people[c.at], 0 // whose place it is matters to nobody
				}
				done, seen := known[on]
				if !seen || e.calls%sampled == 0 {
					after := d.do(from, c)
					real := effect{group: after.group}
					if c.at >= 0 {
						real.user = after.people[c.at]
					}
					if seen && real != done {
						t.Fatalf("%+v was %+v before, and is %+v from %+v", on, done, real, from)
					}
					known[on], done = real, real
				}
				to := from
				if to.group = done.group; c.at >= 0 {
					to.people[c.at] = done.user
				}
				if to == from {
					continue
				}
				if more := grown(from, to); more != "" {
					path := []string{c.String()}
					for at := from; came[at].call.slug != ""; at = came[at].from {
						path = append([]string{came[at].call.String()}, path...)
					}
					e.grown = more + " passes without a second factor after: " + strings.Join(path, ", then ")
					return e
				}
				if _, been := came[to]; !been {
					came[to] = step{from, c}
					next = append(next, to)
				}
			}
		}
		level = next
	}
	return e
}

func (c modelCall) String() string {
	who := []string{"the victim", "the second victim", "the service account", "a new user"}
	text := c.slug
	if c.at >= 0 {
		text += " of " + who[c.at]
	}
	return strings.TrimRight(text+" "+strings.ReplaceAll(c.form, "\n", ","), " &")
}

// TestNobodyComesToPassWithoutASecondFactor tries all that a help desk and a technician can do in
// four calls: see modelState.
func TestNobodyComesToPassWithoutASecondFactor(t *testing.T) {
	t.Parallel()
	began := time.Now()
	e := explore(t, 4, began.Add(5*time.Minute))
	t.Logf("%v in %v", e, time.Since(began).Round(10*time.Millisecond))
	if e.grown != "" || e.deep < 4 {
		t.Fatal(e.grown)
	}
}
