package main

import (
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// stumbles are the words that slowed readers down, each with the better one. A reader who stumbles again
// adds a line. Titles of the source document, Duo's own words and names in code are no matter of it.
var stumbles = [][2]string{
	// Pronoun fog.
	{`somebody`, "someone"}, {`everybody`, "everyone"}, {`anybody`, "anyone"},
	{`whoever`, "anyone who, or the person who"},
	{`whom`, "name the person"}, {`nobody has|nobody had`, "not assigned"}, {`what is there`, "name the thing"},
	{`one a line`, "one per line"},
	{`is there (twice|already|now)`, "is listed twice, already exists"}, {`there is no such`, "does not exist"},
	{`there is no \w+ of`, "no … has"},
	{`called so|of this name|of one name`, "with this name"}, {`is none`, "is not a …"}, {`anything else`, "name it"},
	// Inversions, literal verbs, and nouns for verbs.
	{`anew`, "again"}, {`tells`, "says, reports"}, {`carrying-out|carried out`, "execution, sent, done"},
	{`brought forth|it brought`, "the result"},
	{`(is|was|not|be) drawn`, "shown"}, {`stands?|stood`, "is, appears, replaces"}, {`puts? to use`, "activate, use"},
	{`taken? off`, "removed"},
	{`was faster`, "changed this first"}, {`at this moment|at the moment`, "now, temporarily"},
	{`the time was over|time was over`, "ran out of time"},
	{`take (it|account|\w+ account) away|took the account away`, "unmap"}, {`too much at once`, "too large"},
	{`at most \d+ fit|at most %d fit`, "the limit is"},
	{`in spite of`, "despite"}, {`otherwise than|connected otherwise`, "differently"},
	{`another one than`, "must differ from"}, {`in the place of`, "instead of"},
	{`by hand`, "manually"}, {`beside`, "next to"}, {`goes? before the status`, "overrides the status"},
	{`takes? the (role|administrator role)`, "requires the … role"},
	{`needs the role`, "requires the … role"}, {`role is less`, "Requires the … role"},
	{`duo begins with`, "Duo's default is"}, {`live at most|limited life|lives? for`, "expires after"},
	{`for good`, "permanently"}, {`for ever`, "forever"}, {`gets? in`, "logs in"}, {`is needed`, "required"},
	{`least (length|role)`, "minimum"},
	{`leave out|left out`, "skip"}, {`the desk`, "Duodesk"}, {`destroyed`, "deleted"},
	{`these are %d`, "…listed; the limit is"}, {`it takes`, "it requires"},
	{`the one of`, "name it"}, {`by now`, "now"}, {`out of reach`, "not visible to"}, {`the own`, "own"},
	{`go on with`, "continue"}, {`un-assign [a-z]`, "remove"},
	// Duo's users log in; only operators sign in.
	{`log-ins?`, "login"}, {`user (can |could |cannot )?(not )?signs? in`, "log in"},
	// American spelling.
	{`colours?`, "color"}, {`cancelled|cancelling`, "canceled"}, {`catalogues?`, "catalog"},
	{`enrol|enrols|enrolment`, "enroll, enrollment"}, {`dialled`, "dialed"},
	{`\w*(chronis|ognis|ganis|thoris|ximis|nimis)\w+`, "-iz-"}, {`behaviour`, "behavior"}, {`licence`, "license"},
	{`centre`, "center"}, {`grey`, "gray"},
	{`programmes?`, "program"}, {`whilst`, "while"}, {`labelled`, "labeled"}, {`towards`, "toward"},
}

// labels are whole texts that have one label elsewhere: a state has the same one everywhere.
var labels = map[string]string{
	"In the trash": "Pending Deletion", "Locked out": "Locked Out", "Not enrolled": "Not Enrolled",
	"Un-assign": "Remove phone", "Least length": "Minimum password length", "Life of users": "Users",
	"Other smartphone": "Generic smartphone",
}

// stumble matches any of them.
var stumble = func() *regexp.Regexp {
	var all []string
	for _, s := range stumbles {
		all = append(all, s[0])
	}
	return regexp.MustCompile(`(?i)\b(` + strings.Join(all, "|") + `)\b`)
}()

// better is the word to write in the place of one that was found.
func better(found string) string {
	for _, s := range stumbles {
		if regexp.MustCompile(`(?i)^(` + s[0] + `)$`).MatchString(found) {
			return s[1]
		}
	}
	return ""
}

var (
	seenAttribute = regexp.MustCompile(`(?:aria-label|title|placeholder|alt)="([^"]*)`)
	markup        = regexp.MustCompile(`<[^>]*>|<[^>]*$|^"[^>]*>|^"? [a-z-]+="[^<>]*$`)
	sqlWords      = regexp.MustCompile(
		`(?i)\b(select|insert into|delete from|update \w+ \w* ?set|order by|where|create|coalesce|now\(\)|from) `)
	sentence = regexp.MustCompile(`^[A-Z][a-z]+$|\s`) // a label, or words
)

// wordsRead are the words of a literal that a person reads: of markup its text and its labels.
func wordsRead(literal string) string {
	if !strings.ContainsAny(literal, "<>") && !markup.MatchString(literal) {
		return literal
	}
	var words []string
	for _, m := range seenAttribute.FindAllStringSubmatch(literal, -1) {
		words = append(words, m[1])
	}
	return strings.Join(append(words, markup.ReplaceAllString(literal, " ")), " ")
}

// stumblesIn finds the words in the literals of a file.
func stumblesIn(set *token.FileSet, parsed *ast.File, sql bool) (found []string) {
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			return n.Tag == nil
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				return false
			}
			text, _ := strconv.Unquote(n.Value)
			if !sentence.MatchString(text) || sql && sqlWords.MatchString(text) {
				return false
			}
			at := set.Position(n.Pos())
			if label, other := labels[text]; other {
				found = append(found, at.Filename+":"+strconv.Itoa(at.Line)+": “"+text+"”: better "+label)
			}
			for _, bad := range stumble.FindAllString(wordsRead(text), -1) {
				found = append(found, at.Filename+":"+strconv.Itoa(at.Line)+": “"+bad+"”: better "+better(bad)+": "+
					strings.TrimSpace(text))
			}
		}
		return true
	})
	return found
}

// TestOneVoice: labels, messages and help are in words that a technician knows. A page's text is read from
// the file that is generated from it.
func TestOneVoice(t *testing.T) {
	t.Parallel()
	set, planted := parsedText(t, "package p\n// whoever\nvar a, b, c, d = \"colour_key\", \"Whoever has it\", "+
		"`<p class=\"colour x\" title=\"The colour\">`, \"In the trash\"")
	if found := stumblesIn(set, planted, false); len(found) != 3 {
		t.Fatal("the planted words are not the ones found: ", found)
	}
	eachSource(t, 240, []string{"internal/duo/catalog", "internal/run", "internal/store", "internal/web", "views"},
		func(set *token.FileSet, path string, f *ast.File) {
			for _, found := range stumblesIn(set, f, strings.Contains(path, "/store/")) {
				t.Error(strings.TrimPrefix(strings.Replace(found, "_templ.go", ".templ", 1), "../../"))
			}
		})
	for _, path := range []string{"../../README.md", "../../ARCHITECTURE.md", "../../CONTRIBUTING.md",
		"../../SECURITY.md", "../../docs/backup.md", "../../docs/proxy.md", "../../docs/real-duo.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, bad := range stumble.FindAllString(line, -1) {
				t.Errorf("%s:%d: “%s”: better %s", strings.TrimPrefix(path, "../../"), i+1, bad, better(bad))
			}
		}
	}
}
