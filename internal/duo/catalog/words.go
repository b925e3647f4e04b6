package catalog

import (
	"fmt"
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
