package duosim

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// knownCalls are all calls that are known of Duo, each as method and path with {} for ids.
func knownCalls(t *testing.T) (calls []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] == "#" {
			continue
		}
		for _, method := range words[:len(words)-1] {
			calls = append(calls, method+" "+words[len(words)-1])
		}
	}
	return calls
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func withoutNames(call string) string { return placeholder.ReplaceAllString(call, "{}") }

func TestEveryCallIsSimulatedOrListed(t *testing.T) {
	t.Parallel()
	known := knownCalls(t)
	simulated := []string{"GET /auth/v2/ping"}
	for _, r := range routes {
		simulated = append(simulated, withoutNames(r.method+" "+r.pattern))
	}
	listed := each(notSimulated, withoutNames)
	for _, call := range known {
		if slices.Contains(simulated, call) == slices.Contains(listed, call) {
			t.Errorf("%s: simulated %t, listed as not simulated %t", call, slices.Contains(simulated, call),
				slices.Contains(listed, call))
		}
	}
	for _, call := range append(simulated, listed...) {
		if !slices.Contains(known, call) {
			t.Errorf("Duo is not known to have %s", call)
		}
	}
	for _, r := range routes {
		if no := lacking(r.method, placeholder.ReplaceAllString(r.pattern, "X")); no != nil {
			t.Errorf("%s %s is hidden: %s", r.method, r.pattern, no.detail)
		}
	}
	if len(known) < 180 {
		t.Errorf("only %d calls are known", len(known))
	}
}

// TestWhatIsNotSimulatedAnswersOneWay: the refusal names the call, whether or not the path is known for another method
// or looks like that of an object.
func TestWhatIsNotSimulatedAnswersOneWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	own := b.AddApplication(b.child.AccountID, AdminAPI)
	for _, call := range notSimulated {
		method, pattern, _ := strings.Cut(call, " ")
		path := placeholder.ReplaceAllString(pattern, "DU4N8YC2H6J0F5S3KBQD")
		b.wantRefusal(b.call(b.child.APIHostname, own, method, path), 40401, "not simulated: "+call)
	}
	b.wantRefusal(b.call(b.child.APIHostname, own, "GET", "/admin/v1/nobody/knows"), 40401, "")
	b.wantRefusal(b.call(b.child.APIHostname, own, "PUT", "/admin/v1/users"), 40501, "")
	wrong := own
	wrong.SecretKey = strings.Repeat("x", secretLength)
	b.wantRefusal(b.call(b.child.APIHostname, wrong, "GET", "/admin/v1/trust_monitor/events"), 40103, "")
}

func TestReadmeListsWhatIsNotSimulated(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "### Not simulated")
	_, block, _ := strings.Cut(after, "```\n")
	block, _, _ = strings.Cut(block, "```")
	var told []string
	for line := range strings.Lines(block) {
		words := strings.Fields(line)
		for _, method := range words[:len(words)-1] {
			told = append(told, method+" "+words[len(words)-1])
		}
	}
	slices.Sort(told)
	want := slices.Sorted(slices.Values(notSimulated))
	if !slices.Equal(told, want) {
		t.Errorf("README.md tells %d calls, want these %d:\n%s", len(told), len(want), strings.Join(want, "\n"))
	}
}
