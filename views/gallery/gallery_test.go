package gallery

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"duodesk/views"
	"duodesk/views/sample"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

func drawn(t *testing.T, s sample.Sample) string {
	t.Helper()
	var page bytes.Buffer
	if err := views.Layout(s.Shell, s.Page).Render(context.Background(), &page); err != nil {
		t.Fatalf("drawing %s: %v", s.Name, err)
	}
	return page.String()
}

// golden leaves out the head, whose addresses depend on the style sheet and on what npm has fetched, but for the title,
// and breaks lines so that a difference can be read.
func golden(page string) string {
	title := page[strings.Index(page, "<title>"):strings.Index(page, "</title>")]
	body := page[strings.Index(page, "</head>")+len("</head>"):]
	return title + "\n" + strings.ReplaceAll(body, "><", ">\n<") + "\n"
}

func TestPagesAreAsTheyWereAgreed(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, room := range Rooms() {
		folder := filepath.Join("..", room.Folder, "testdata")
		for _, s := range room.Samples {
			if known[s.Name] {
				t.Errorf("two samples are called %s", s.Name)
			}
			known[s.Name] = true
			compare(t, filepath.Join(folder, s.Name+".html"), golden(drawn(t, s)))
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.html"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".html")
			if !slices.ContainsFunc(room.Samples, func(s sample.Sample) bool { return s.Name == name }) {
				t.Errorf("%s belongs to no sample", file)
			}
		}
	}
}

// compare compares a page with its golden file, or writes it.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is different: %s\nIf it is meant: go test ./views/gallery -update", file,
			firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || wanted[i] != line {
			before := ""
			if i < len(wanted) {
				before = wanted[i]
			}
			return "\n got " + line + "\nwant " + before
		}
	}
	return "it is shorter"
}

func TestEveryPageCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	for _, s := range Samples() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			d := parse(t, drawn(t, s))
			d.checkHeadings(t)
			d.checkIDs(t)
			d.checkControls(t)
		})
	}
}

// TestKeysAreShownByTheScript: a letter does nothing without a script, so no page shows one to who has none.
func TestKeysAreShownByTheScript(t *testing.T) {
	t.Parallel()
	for _, s := range Samples() {
		for _, n := range parse(t, drawn(t, s)).elements {
			shown := n.Data == "kbd"
			for at := n; shown && at != nil; at = at.Parent {
				byScript := slices.ContainsFunc(at.Attr, func(a html.Attribute) bool { return a.Key == "hidden" }) &&
					strings.Contains(attribute(at, "class"), "js-only")
				shown = !byScript && at.Data != "dialog"
			}
			if shown {
				t.Errorf("%s shows the key %s", s.Name, text(n))
			}
		}
	}
}

// leadsOut is the page with the link to the identity provider that an owner has set.
const leadsOut = "link-sign-on"

func TestNoPageRunsWhatItShows(t *testing.T) {
	t.Parallel()
	for _, s := range Samples() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for _, n := range parse(t, drawn(t, s)).elements {
				switch n.Data {
				case "style", "img", "iframe", "object", "embed", "base":
					t.Errorf("element %s", n.Data)
				case "script":
					if attribute(n, "src") == "" {
						t.Error("inline script")
					}
				}
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
						t.Errorf("%s has the attribute %s=%q", n.Data, a.Key, a.Val)
					}
					if strings.HasPrefix(a.Key, "hx-") && a.Key != "hx-post" &&
						strings.Contains(a.Val, sample.Workspace) {
						t.Errorf("data in %s=%q", a.Key, a.Val)
					}
					if a.Key == "href" && s.Name == leadsOut && strings.HasPrefix(a.Val, "https://") {
						continue
					}
					if (a.Key == "href" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") &&
						!strings.HasPrefix(a.Val, "#") {
						t.Errorf("%s leads out of the console: %q", n.Data, a.Val)
					}
				}
			}
		})
	}
}

func TestFormsThatActCarryTheirRun(t *testing.T) {
	t.Parallel()
	for _, s := range Samples() {
		for _, form := range parse(t, drawn(t, s)).elements {
			if form.Data != "form" || attribute(form, "method") != "post" ||
				!strings.Contains(attribute(form, "action"), "/actions/") ||
				strings.HasSuffix(attribute(form, "action"), "?proof=1") { // the form that waits has its run
				continue
			}
			if !strings.Contains(inner(form), `name="run_id" value="`+sample.RunID+`"`) {
				t.Errorf("%s: the form to %s has no run_id", s.Name, attribute(form, "action"))
			}
			if organization := s.Shell.Organization; organization == nil ||
				!strings.Contains(attribute(form, "action"), "/o/"+organization.Slug+"/") {
				t.Errorf("%s: the form to %s is not of the organization on the page", s.Name, attribute(form, "action"))
			}
		}
	}
}

func TestSecretBoxesAreEmpty(t *testing.T) {
	t.Parallel()
	for _, s := range Samples() {
		for _, n := range parse(t, drawn(t, s)).elements {
			if n.Data == "input" && attribute(n, "type") == "password" && attribute(n, "value") != "" {
				t.Errorf("%s: %s holds a value", s.Name, attribute(n, "name"))
			}
		}
	}
}

// TestPasswordBoxes: what asks for a password hides it, is known to password managers, and
// takes what is pasted.
func TestPasswordBoxes(t *testing.T) {
	t.Parallel()
	boxes := 0
	for _, s := range Samples() {
		for _, n := range parse(t, drawn(t, s)).elements {
			fill := attribute(n, "autocomplete")
			asks := fill == "current-password" || fill == "new-password" || attribute(n, "name") == "password"
			if n.Data != "input" || !asks {
				continue
			}
			boxes++
			if attribute(n, "type") != "password" || !strings.HasSuffix(fill, "-password") || attribute(n, "onpaste") != "" ||
				attribute(n, "maxlength") != "" {
				t.Errorf("%s: the box %s is %v", s.Name, attribute(n, "name"), n.Attr)
			}
		}
	}
	if boxes < 10 {
		t.Errorf("only %d boxes were found", boxes)
	}
}

// TestSignOutIsOnEveryPage that an operator sees.
func TestSignOutIsOnEveryPage(t *testing.T) {
	t.Parallel()
	pages := 0
	for _, s := range Samples() {
		if s.Shell.Operator == "" {
			continue
		}
		pages++
		if !slices.ContainsFunc(parse(t, drawn(t, s)).elements, func(n *html.Node) bool {
			return n.Data == "form" && attribute(n, "action") == views.SignOut() && strings.Contains(text(n), "Sign out")
		}) {
			t.Errorf("%s has no way to sign out", s.Name)
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages were looked at", pages)
	}
}

func TestNineFieldsHaveTheirNamesInOrder(t *testing.T) {
	t.Parallel()
	want := []string{"Auth Host", "Auth Integration Key", "Auth Secret Key", "Account Host",
		"Accounts API Integration Key", "Accounts API Secret Key", "Admin Host", "Admin Integration Key",
		"Admin Secret Key"}
	wantNames := []string{"auth_host", "auth_integration_key", "auth_secret_key", "account_host",
		"accounts_integration_key", "accounts_secret_key", "admin_host", "admin_integration_key", "admin_secret_key"}
	for _, s := range Samples() {
		if s.Name != "integration-new" {
			continue
		}
		var labels, names []string
		for _, n := range parse(t, drawn(t, s)).elements {
			if n.Data == "label" && slices.Contains(want, strings.TrimSpace(text(n))) {
				labels = append(labels, strings.TrimSpace(text(n)))
			}
			if name := attribute(n, "name"); n.Data == "input" && slices.Contains(wantNames, name) {
				names = append(names, name)
			}
			if n.Data == "button" && attribute(n, "class") == "primary" && text(n) != "Save Configuration" {
				t.Errorf("the button says %q", text(n))
			}
		}
		if !slices.Equal(labels, want) {
			t.Errorf("labels: %q", labels)
		}
		if !slices.Equal(names, wantNames) {
			t.Errorf("names: %q", names)
		}
	}
}

func TestValuesCannotLeaveTheirPartOfAnAddress(t *testing.T) {
	t.Parallel()
	const evil = "../a/b?c#d&e=f\n\"'"
	for _, got := range []string{views.Organization(evil, evil), views.User(evil, evil, evil),
		views.Action("w", "o", evil, "user_id", evil), views.KeysAct(views.Keys("w", evil), "check"),
		views.With(views.Users("w", "o"), "q", evil, "status", evil, "sort", evil)} {
		rest := strings.NewReplacer("/w/", "", "/o/", "", "/users", "", "/actions", "", "/integration", "", "/check",
			"").Replace(got)
		if strings.Contains(rest, "a/b") || strings.ContainsAny(rest, "#\n\"'") || strings.Count(rest, "?") > 1 {
			t.Errorf("%q", got)
		}
		if _, query, _ := strings.Cut(got, "?"); strings.Contains(query, "e=f") {
			t.Errorf("a value added to the query of %q", got)
		}
	}
}

// document is a page as a browser reads it.
type document struct {
	elements []*html.Node
	ids      map[string]int
}

func parse(t *testing.T, page string) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	d := document{ids: map[string]int{}}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			d.elements = append(d.elements, n)
			if id := attribute(n, "id"); id != "" {
				d.ids[id]++
			}
		}
	}
	return d
}

func (d document) checkHeadings(t *testing.T) {
	t.Helper()
	count := 0
	for _, n := range d.elements {
		if n.Data == "h1" {
			count++
			if strings.TrimSpace(text(n)) == "" {
				t.Error("the h1 is empty")
			}
		}
	}
	if count != 1 {
		t.Errorf("%d h1 elements", count)
	}
}

func (d document) checkIDs(t *testing.T) {
	t.Helper()
	for id, count := range d.ids {
		if count > 1 {
			t.Errorf("id %q is used %d times", id, count)
		}
	}
	for _, n := range d.elements {
		var targets []string
		for _, key := range []string{"aria-describedby", "aria-labelledby", "for", "list", "form", "data-copy",
			"data-open"} {
			targets = append(targets, strings.Fields(attribute(n, key))...)
		}
		if fragment, ok := strings.CutPrefix(attribute(n, "href"), "#"); ok {
			targets = append(targets, fragment)
		}
		for _, target := range targets {
			if d.ids[target] == 0 {
				t.Errorf("%s points to %q, which is not on the page", n.Data, target)
			}
		}
	}
}

func (d document) checkControls(t *testing.T) {
	t.Helper()
	labelled := map[string]bool{}
	for _, n := range d.elements {
		if n.Data == "label" && strings.TrimSpace(text(n)) != "" {
			labelled[attribute(n, "for")] = true
		}
	}
	for _, n := range d.elements {
		switch n.Data {
		case "input", "select", "textarea":
			if attribute(n, "type") != "hidden" && !labelled[attribute(n, "id")] && attribute(n, "aria-label") == "" {
				t.Errorf("%s %s has no label", n.Data, attribute(n, "name"))
			}
		case "button", "a", "summary":
			if strings.TrimSpace(text(n)) == "" && attribute(n, "aria-hidden") != "true" {
				t.Errorf("a %s says nothing", n.Data)
			}
		}
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var words strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words.WriteString(d.Data)
		}
	}
	return words.String()
}

func inner(n *html.Node) string {
	var out strings.Builder
	_ = html.Render(&out, n) // a strings.Builder does not fail
	return out.String()
}
