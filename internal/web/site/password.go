package site

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/text/unicode/norm"

	"duodesk/internal/secret"
)

const (
	// leastPassword is the least number of characters of an operator's password.
	leastPassword = 15
	// judgedPassword is how many of its characters are judged: judging 1,000 takes
	// seconds, and these are enough.
	judgedPassword = 64
	// leastGuesses is how many guesses a password must take, by the best order that is
	// known. argon2id makes each cost tens of milliseconds.
	leastGuesses = 1e10
	// leastRemainder is the same for what is left without the words that anybody would
	// try for this operator.
	leastRemainder = 1e8
)

// productWords are what anybody would try at this console.
var productWords = []string{"duodesk", "duo", "desk", "cisco", "security", "console", "operator", "admin", "password"}

// goodPassword is what to do about a password that is easy to guess.
const goodPassword = " Four unrelated words work well."

// PasswordFault says why a new password will not do for the operator with an
// email, in words that stand beside a field, or nothing. names are those of the
// operator's workspaces.
func PasswordFault(password, email string, names ...string) string {
	switch {
	case password == "":
		return "Fill this in."
	case utf8.RuneCountInString(password) < leastPassword:
		return fmt.Sprintf("This has %d characters; at least %d are needed.", utf8.RuneCountInString(password),
			leastPassword)
	case len(password) > secret.LongestPassword:
		return fmt.Sprintf("This is too long: %d characters are enough.", leastPassword*4)
	}
	judged := judgedPart(password)
	var near []string
	for _, text := range append(names, email) {
		near = append(near, wordsOf(text)...)
	}
	near = append(near, productWords...)
	for _, read := range []string{judged, strings.Join(strings.FieldsFunc(judged, separates), "")} {
		rest, named := without(read, near)
		if len(named) > 0 && zxcvbn.PasswordStrength(rest, nil).Guesses < leastRemainder {
			return "This is easy to guess: it is little more than “" + strings.Join(named, "”, “") +
				"”, which anyone would try here." + goodPassword
		}
	}
	strength := zxcvbn.PasswordStrength(judged, near)
	if strength.Guesses >= leastGuesses {
		return ""
	}
	var why []string
	for _, m := range strength.Sequence {
		if text := patternWords[m.Pattern]; text != "" && !slices.Contains(why, text) {
			why = append(why, text)
		}
	}
	if len(why) == 0 {
		return "This is easy to guess." + goodPassword
	}
	return "This is easy to guess: it is made of " + strings.Join(why, " and ") + "." + goodPassword
}

// patternWords are what zxcvbn finds, for a person.
var patternWords = map[string]string{
	"dictionary": "common passwords or words",
	"repeat":     "repeated parts",
	"spatial":    "keys that are side by side",
	"sequence":   "a sequence",
	"date":       "a date",
	"regex":      "a year",
}

// judgedPart is the beginning of a password as a person reads it: full-width letters
// are letters, and what is invisible adds nothing.
func judgedPart(password string) string {
	if len(password) > 8*judgedPassword {
		password = password[:8*judgedPassword]
	}
	read := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(strings.ToValidUTF8(password, ""))))
	return string(read[:min(len(read), judgedPassword)])
}

// wordsOf are the words of an email or a name, and all of them in one.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), separates)
	words = append(words, strings.Join(words, ""))
	return slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < 3 })
}

func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// lookalikes are characters that stand for others: a password is read as if each were
// the first of its group.
var lookalikes = []string{"i1!|l", "o0", "s5$", "a4@", "e3", "t7+", "b8", "g96"}

func folded(text string) []rune {
	read := []rune(strings.ToLower(text))
	for n, r := range read {
		for _, group := range lookalikes {
			if strings.ContainsRune(group, r) {
				read[n] = rune(group[0])
			}
		}
	}
	return read
}

// without is a password without any of the words, forwards or backwards, and the
// words that it held.
func without(password string, words []string) (rest string, held []string) {
	original, read := []rune(password), folded(password)
	if len(original) != len(read) {
		return password, nil // no letters of which a word could be made
	}
	// The longest first: what is left of one is not looked at as another.
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, word := range slices.Compact(words) {
		forwards := folded(word)
		backwards := slices.Clone(forwards)
		slices.Reverse(backwards)
		for _, w := range [][]rune{forwards, backwards} {
			for n := 0; n+len(w) <= len(read); {
				if !slices.Equal(read[n:n+len(w)], w) {
					n++
					continue
				}
				original, read = slices.Delete(original, n, n+len(w)), slices.Delete(read, n, n+len(w))
				if !slices.Contains(held, word) {
					held = append(held, word)
				}
			}
		}
	}
	return string(original), held
}
