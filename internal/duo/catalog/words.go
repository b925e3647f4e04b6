package catalog

import (
	"fmt"
	"strings"
	"time"
)

// Duration writes a span the way a person says it: "1 hour", "90 minutes",
// "7 days".
func Duration(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return counted(int(d/(24*time.Hour)), "day", "days")
	case d >= time.Hour && d%time.Hour == 0:
		return counted(int(d/time.Hour), "hour", "hours")
	case d >= time.Minute && d%time.Minute == 0:
		return counted(int(d/time.Minute), "minute", "minutes")
	}
	return counted(int(d/time.Second), "second", "seconds")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Listed writes names the way a person lists them, at most so many of them.
func Listed(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// What to look at when the outcome of several actions is not known.
const (
	unsureAsked  = "The person's answer is not known. Ask them whether a request came before you send another."
	unsurePhones = "Check whether the phone is among the user's phones."
	unsureUser   = "Check whether the user's page shows the change."
)
