package words

import "strings"

// InGroups writes a code in groups of three, as it is read aloud.
func InGroups(code string) string {
	var b strings.Builder
	for i, r := range code {
		if i > 0 && i%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

var digitWords = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}

// Spoken writes a code the way it is said on the phone: digit by digit, with a
// pause after each group.
func Spoken(code string) string {
	var groups []string
	for group := range strings.FieldsSeq(InGroups(code)) {
		var words []string
		for _, r := range group {
			if r >= '0' && r <= '9' {
				words = append(words, digitWords[r-'0'])
			} else {
				words = append(words, string(r))
			}
		}
		groups = append(groups, strings.Join(words, " "))
	}
	return strings.Join(groups, ", ")
}
